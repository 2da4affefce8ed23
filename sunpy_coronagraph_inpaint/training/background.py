"""The background of a camera, fitted to frames of it."""

import numpy as np
from scipy import ndimage

from sunpy_coronagraph_inpaint.frame import RadialProfile
from sunpy_coronagraph_inpaint.network.background import DETECTOR, Background

__all__ = ["fit_background", "flattened"]

#: Stars and cosmic rays are taken out by a median over this many pixels, and what is smoother than this many is
#: template, the rest flat.
_MEDIAN, _SMOOTH = 9, 6.0
#: A pixel further than this from the median of its surroundings is a star.
_STAR = 0.06
#: Side of the template's and the modes' grid.
_SIDE = 256
#: No frame is taken to be further from the template than this factor, logarithm.
_FARTHEST = 0.5


def flattened(data, valid, center, bias):
    """
    Divide a frame by its radial profile and part it into what is smooth and what is not.

    Parameters
    ----------
    data : `numpy.ndarray`
        Shape ``(ny, nx)``.
    valid : `numpy.ndarray`
        Boolean, same shape, `True` where a pixel counts.
    center : tuple of float
        ``(x, y)`` of the rings.
    bias : float
        Offset of the detector.

    Returns
    -------
    smooth : `numpy.ndarray`
        Shape ``(ny, nx)``, logarithm of the smooth part; not a number where not valid.
    rest : `numpy.ndarray`
        Shape ``(ny, nx)``, relative deviation from it; not a number on stars and where not valid.
    """
    inner = ndimage.binary_erosion(valid, iterations=2)
    net = data - bias
    ratio = np.where(inner, net / RadialProfile(net, inner, center)(np.s_[:, :]), 1.0)
    median = ndimage.median_filter(ratio, _MEDIAN)
    weight = ndimage.gaussian_filter(inner.astype(float), _SMOOTH)
    smooth = ndimage.gaussian_filter(np.where(inner, median, 0.0), _SMOOTH) / np.maximum(weight, 1e-6)
    smooth = np.clip(smooth, 0.05, 20.0)
    quiet = inner & (np.abs(ratio / np.where(median > 0, median, 1.0) - 1) < _STAR)
    return np.where(inner, np.log(smooth), np.nan), np.where(quiet, ratio / smooth - 1, np.nan)


def fit_background(parts, *, center, occulter_radius, n_modes=8, coarse=()):
    """
    Fit a background to frames of one camera.

    Parameters
    ----------
    parts : sequence of tuple
        ``(smooth, rest)`` of each frame as `flattened` returns them, of full unsummed frames.
    center : tuple of float
        ``(x, y)`` of the occulter.
    occulter_radius : float
        Radius of the occulter's shadow, pixels.
    n_modes : int, optional
        How many patterns of difference to keep at most.
    coarse : sequence of `numpy.ndarray`, optional
        More frames, of which only the smooth part on a coarser grid is known (logarithms, square arrays that cover
        the detector): they widen the modes, and leave template and flat alone.

    Returns
    -------
    `~sunpy_coronagraph_inpaint.network.background.Background`
        The template and the flat are medians over the frames; the modes are the principal components of what is left,
        scaled to coefficients of standard deviation 1.

    Raises
    ------
    ValueError
        If fewer than two frames are given.

    Examples
    --------
    >>> import numpy as np
    >>> from sunpy_coronagraph_inpaint.training.background import fit_background
    >>> ramp = np.linspace(-0.2, 0.2, 1024) * np.ones((1024, 1))
    >>> parts = [(ramp + change, 0.01 * ramp) for change in (-0.1, 0.0, 0.1)]
    >>> background = fit_background(parts, center=(512.0, 512.0), occulter_radius=100.0, n_modes=1)
    >>> background.modes.shape, round(float(background.template[128, 192]), 2)
    ((1, 256, 256), 0.1)
    """
    if len(parts) < 2:
        msg = f"A background is what frames have in common; {len(parts)} is too few. Give at least two."
        raise ValueError(msg)
    smooth = np.stack([part[0] for part in parts])
    known = np.isfinite(smooth).any(axis=0)
    template = np.zeros(known.shape)
    template[known] = np.nanmedian(smooth[:, known], axis=0)
    rest = np.stack([part[1] for part in parts])
    seen = np.isfinite(rest).any(axis=0)
    flat = np.zeros(seen.shape)
    flat[seen] = np.nanmedian(rest[:, seen], axis=0)
    differences = [_coarser(np.nan_to_num(frame - template), _SIDE) for frame in smooth]
    for frame in coarse:
        rough = np.nan_to_num(frame - _coarser(template, len(frame)))
        rough = ndimage.gaussian_filter(ndimage.median_filter(rough, 5), 1.0)
        differences.append(ndimage.zoom(rough, _SIDE / len(rough), order=1, grid_mode=True, mode="nearest"))
    modes = _components(np.stack(differences) * _field(center, occulter_radius), n_modes)
    return Background(_coarser(template, _SIDE).astype(np.float32), modes, flat.astype(np.float32))


def _coarser(image, side):
    factor = image.shape[0] // side
    return image.reshape(side, factor, side, factor).mean(axis=(1, 3))


def _field(center, occulter_radius):
    """Return where on the modes' grid the corona is seen."""
    y, x = (np.indices((_SIDE, _SIDE)) + 0.5) * (DETECTOR / _SIDE) - 0.5
    radius = np.hypot(x - center[0], y - center[1])
    return (radius > 1.1 * occulter_radius) & (radius < 0.495 * DETECTOR)


def _components(differences, number):
    """Principal components about 0, each times the root mean square of its coefficient."""
    differences = np.clip(differences, -_FARTHEST, _FARTHEST).reshape(len(differences), -1)
    _, vectors = np.linalg.eigh(differences @ differences.T)
    number = min(number, len(differences) - 1)
    kept = vectors[:, ::-1][:, :number]
    # Frames times their share in a component make the component; over the root of their number, one frame's part.
    modes = kept.T @ differences / np.sqrt(len(differences))
    return modes.reshape(number, _SIDE, _SIDE).astype(np.float32)
