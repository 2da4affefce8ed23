"""Streamers that a coronal mass ejection pushes aside."""

import numpy as np

__all__ = ["deflection"]


def deflection(cme, time, angles, radii):
    """
    Return by how much a CME pushes streamers aside.

    Parameters
    ----------
    cme : `Cme`
        The CME.
    time : float
        Unix seconds.
    angles, radii : `numpy.ndarray`
        Shapes ``(na, 1)`` and ``(1, nr)``: position angle in radians and solar radii.

    Returns
    -------
    `numpy.ndarray`
        Shape ``(na, nr)``, radians counterclockwise: the kink travels with the flanks and relaxes behind the CME.
    """
    height = cme.height(time)
    if height <= 0:
        return np.zeros((angles.size, radii.size))
    away = np.angle(np.exp(1j * (angles - cme.position_angle)))
    push = np.deg2rad(min(1.0 + cme.speed / 350, 5.0)) * np.cos(cme.depth)
    flank = np.exp(-(((np.abs(away) - cme.half_width) / np.deg2rad(12)) ** 2))
    front = 0.5 * (1 + np.tanh((0.92 * height - radii) / (0.06 * height + 0.3)))
    behind = np.exp(-np.maximum(height - 25 - radii, 0) / 15)
    return np.sign(away) * push * flank * front * behind
