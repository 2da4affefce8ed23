"""The loss of the on-board H-compress."""

import numpy as np


def h_compress(data, scale, *, block=32):
    """
    Return an image as it comes back from lossy H-compress.

    Parameters
    ----------
    data : `numpy.ndarray`
        Integers, shape ``(ny, nx)``, multiples of ``block``.
    scale : int
        ``HCOMP_SF`` of the header: 32 for C3, 64 for C2.
    block : int, optional
        Side of the blocks that are compressed by themselves.

    Returns
    -------
    `numpy.ndarray`
        Integers of the same shape.

    Notes
    -----
    A Haar transform of each block down to one coefficient, all of them rounded to multiples of ``scale / 2`` (in the
    orthonormal scaling) [1]_. The frames of the archive show it: in those with ``HCOMP_SF`` the sum ``a - b - c + d``
    of every aligned square of four pixels is a multiple of ``HCOMP_SF``, and so on for the next scales.

    References
    ----------
    .. [1] White, Postman & Lattanzi 1992, in Digitised Optical Sky Surveys, 167,
       https://doi.org/10.1007/978-94-011-2472-0_23
    """
    levels = int(np.log2(block))
    current = np.asarray(data, dtype=np.int64)
    details = []
    for level in range(levels):
        a, b = current[::2, ::2], current[::2, 1::2]
        c, d = current[1::2, ::2], current[1::2, 1::2]
        step = scale << level
        details.append(tuple(_round(value, step) for value in (a + b - c - d, a - b + c - d, a - b - c + d)))
        current = a + b + c + d
    current = _round(current, scale << (levels - 1))
    for across, along, both in reversed(details):
        finer = np.empty((2 * current.shape[0], 2 * current.shape[1]), np.int64)
        finer[::2, ::2] = current + across + along + both
        finer[::2, 1::2] = current + across - along - both
        finer[1::2, ::2] = current - across + along - both
        finer[1::2, 1::2] = current - across - along + both
        current = finer // 4
    return current


def _round(values, step):
    return (values + step // 2) // step * step
