"""How wrong an interpolation may be that has no error of its own: noise, and structure that grows with distance."""

import numpy as np
from scipy import ndimage
from scipy.spatial.distance import pdist

_LAGS = 10
_DIRECTIONS = tuple((axis, flip) for axis, back in ((0, np.s_[::-1]), (1, np.s_[:, ::-1])) for flip in (np.s_[:], back))


def interpolation_std(support, valid, holes, *, share):
    """
    Estimate the standard deviation of interpolated pixels from the structure of the surroundings.

    The mean square difference of two cells around the hole, as a function of their distance, tells how much
    brightness changes between the boundary and a pixel inside. An interpolation misses a share of that, since it knows
    the boundary on all sides; where it knows one side alone (at the edge, in an image that was cut off) it is an
    extrapolation and misses all. The noise of the pixel itself is missed whole.

    Parameters
    ----------
    support : `~sunpy_coronagraph_inpaint.frames.support_bins.SupportBins`
        Cells around the hole.
    valid, holes : `numpy.ndarray`
        Boolean, shape ``(ny, nx)``: the window's pixels with data, and those to be filled.
    share : float
        The share of the structure that the method misses, measured once per method on frames with known truth.

    Returns
    -------
    `numpy.ndarray`
        Shape ``(n,)``, in the order of ``data[holes]``.
    """
    depth = ndimage.distance_transform_edt(np.pad(holes, 1, mode="edge"))[1:-1, 1:-1][holes]
    missed = np.where(_enclosed(valid)[holes], share, 1.0)
    return np.hypot(support.scatter, missed * np.sqrt(_structure(support, depth)))


def _enclosed(valid):
    """Tell which pixels have valid ones on two opposite sides, in their row or in their column."""
    seen = [np.logical_or.accumulate(valid[flip], axis=axis)[flip] for axis, flip in _DIRECTIONS]
    return (seen[0] & seen[1]) | (seen[2] & seen[3])


def _structure(support, depth):
    """Robust structure function (Cressie and Hawkins 1980), without the noise of the cells, at given distances."""
    keep = slice(None, None, max(1, support.value.size // 400))
    value = support.value[keep]
    if value.size < 3:
        return np.zeros(depth.shape)
    lag = pdist(np.stack([support.y[keep], support.x[keep]], axis=1))
    root = np.sqrt(pdist(value[:, None]))
    edges = np.geomspace(max(lag.min(), 1.0), lag.max() + 1e-9, _LAGS + 1)
    place = np.clip(np.digitize(lag, edges) - 1, 0, _LAGS - 1)
    pairs = np.bincount(place, minlength=_LAGS)
    used = pairs > 0
    mean_root = np.bincount(place, root, minlength=_LAGS)[used] / pairs[used]
    square = mean_root**4 / (0.457 + 0.494 / pairs[used])
    square = np.maximum.accumulate(np.maximum(square - 2 * support.noise**2 * np.mean(1 / support.count[keep]), 0.0))
    middle = np.bincount(place, lag, minlength=_LAGS)[used] / pairs[used]
    return np.interp(depth, np.r_[0.0, middle], np.r_[0.0, square])
