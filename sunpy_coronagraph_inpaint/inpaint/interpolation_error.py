"""Error of interpolations that do not estimate their own: noise, and structure that grows with distance."""

import numpy as np
from scipy import ndimage
from scipy.spatial.distance import pdist

_LAGS = 10
_DIRECTIONS = tuple((axis, flip) for axis, back in ((0, np.s_[::-1]), (1, np.s_[:, ::-1])) for flip in (np.s_[:], back))


def interpolation_std(support, valid, holes, *, share):
    """
    Estimate the standard deviation of interpolated pixels from the structure of their surroundings, shape ``(n,)``.

    The structure function of the bins around the hole (mean square difference against distance) measures how much the
    brightness changes between the boundary and a pixel inside. An interpolation misses a fraction of that, ``share``,
    which is measured once per method on frames with known truth. Pixels with valid data on one side only (at the edge
    of the frame) are extrapolated and miss all of it. The noise of the pixel itself is added in full. ``support`` holds
    the bins; ``valid`` and ``holes`` are the window's pixels with data, and those to fill, in whose order the result
    is.
    """
    depth = ndimage.distance_transform_edt(np.pad(holes, 1, mode="edge"))[1:-1, 1:-1][holes]
    missed = np.where(_enclosed(valid)[holes], share, 1.0)
    return np.hypot(support.scatter, missed * np.sqrt(_structure(support, depth)))


def _enclosed(valid):
    """Return which pixels have valid ones on two opposite sides, in their row or column."""
    seen = [np.logical_or.accumulate(valid[flip], axis=axis)[flip] for axis, flip in _DIRECTIONS]
    return (seen[0] & seen[1]) | (seen[2] & seen[3])


def _structure(support, depth):
    """Return the robust structure function (Cressie and Hawkins 1980) at given distances, less the bins' noise."""
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
