"""Candidate fills of one hole on its polar grid, which the network weights."""

from functools import partial

import numpy as np
from scipy import ndimage

from sunpy_coronagraph_inpaint.frames.laplace import solve_laplace
from sunpy_coronagraph_inpaint.frames.masked import masked_mean

#: Names of the candidate fills, in channel order.
CANDIDATES = (
    "kriging", "harmonic", "along the radius", "across the radius", "before", "after", "time_interpolated",
    "motion_compensated",
)  # fmt: skip
#: Largest radial motion searched for between two frames, and side of the square that is compared, bins.
_FARTHEST, _SQUARE = 36, 9
#: A motion whose disagreement exceeds the minimum by this fraction of it has 1/e of the weight.
_LIKE = 0.5
#: Smallest width of the ring around a hole in which a neighbor is compared, and smoothing scale there, bins.
_LEAST_RING, _SMOOTHING = 6, 1.5


def interpolate_axis(value, known, axis):
    """
    Interpolate between the nearest known bins along each line of an array of shape ``(h, w)``.

    ``axis`` is 0 for lines along the radius, 1 across. Returns the filled array, constant beyond the last known bin of
    a line, and a boolean array that is `False` on lines without a known bin.
    """
    value, known = (np.moveaxis(array, axis, 0) for array in (value, known))
    smoothed, _ = masked_mean(partial(ndimage.uniform_filter1d, size=3, axis=1, mode="nearest"), value, known)
    place = np.broadcast_to(np.arange(len(value))[:, None], value.shape)
    before = np.maximum.accumulate(np.where(known, place, -1), axis=0)
    after = np.minimum.accumulate(np.where(known, place, len(value))[::-1], axis=0)[::-1]
    has_before, has_after = before >= 0, after < len(value)
    low = np.take_along_axis(smoothed, np.maximum(before, 0), axis=0)
    high = np.take_along_axis(smoothed, np.minimum(after, len(value) - 1), axis=0)
    share = np.divide(place - before, after - before, out=np.zeros(value.shape), where=after > before)
    share = np.where(has_before, np.where(has_after, share, 0.0), 1.0)
    filled = np.where(known, value, (1 - share) * low + share * high)
    reached = has_before | has_after
    return (np.moveaxis(np.where(reached, filled, 0.0), 0, axis), np.moveaxis(reached, 0, axis))


def temporal_candidates(value, known, wanted, others, share, otherwise, noise):
    """
    Fill from the frames before and after, corrected at the boundary and weighted by their agreement with the frame.

    Each result is a weighted mean with a fill without neighbors. Its weights are the inverse squares of two errors: the
    standard deviation of that fill, and the disagreement of the neighbors with this frame around the hole beyond the
    noise.

    Parameters
    ----------
    value, known : `numpy.ndarray`
        Shape ``(h, w)``, the frame's bins, and which of them are known.
    wanted : `numpy.ndarray`
        Boolean, same shape, bins to fill.
    others : tuple of tuple of `numpy.ndarray`
        ``(value, known)`` of the frames before and after; nothing is known of a missing frame.
    share : float
        Time of the frame, from 0 (the frame before) to 1 (the frame after).
    otherwise : tuple of `numpy.ndarray`
        A fill without neighbors and its standard deviation, shape ``(h, w)``.
    noise : float
        Standard deviation of the noise of a bin.

    Returns
    -------
    fills, usable : list of `numpy.ndarray`
        Four of shape ``(h, w)`` each: from the frame before, from the frame after, interpolated between them, and
        interpolated along the motion; and, boolean, where each can be used.
    """
    (first, has_first), (last, has_last) = others
    both = has_first & has_last
    if not (has_first.any() or has_last.any()):
        return [np.where(known, value, 0.0)] * 4, [np.zeros_like(known)] * 4
    # Variance of the difference: the noise of this frame adds to that of one neighbor, or of the mean of two.
    one, mean = 2 * noise**2, (1 + share**2 + (1 - share) ** 2) * noise**2
    estimates = [(first, has_first, one), (last, has_last, one), ((1 - share) * first + share * last, both, mean)]
    estimates.append((motion_compensated(first, last, both, share), both, mean))
    depth = float(ndimage.distance_transform_edt(wanted).max())
    around = ndimage.binary_dilation(wanted, iterations=max(_LEAST_RING, int(depth)))
    fills, usable = [], []
    for estimate, has, variance in estimates:
        target, rim = wanted & has, known & has
        fill = np.where(known, value, 0.0)
        if target.any() and rim.any():
            fill[target] = estimate[target] + solve_laplace(value - estimate, rim, target)
            trust = otherwise[1][target] ** 2
            trust = trust / (trust + _disagreement(value - estimate, rim, around, depth, variance) + 1e-30)
            fill[target] = trust * fill[target] + (1 - trust) * otherwise[0][target]
        fills.append(fill)
        usable.append((target | known) if target.any() and rim.any() else np.zeros_like(known))
    return fills, usable


def _disagreement(difference, known, around, depth, variance):
    """Return the mean square of a difference around a hole, on scales between a bin and the depth of the hole."""

    def smooth(layer, width):
        return masked_mean(partial(ndimage.gaussian_filter, sigma=width), layer, known, least=1e-9)[0]

    left = smooth(difference - smooth(difference, depth), _SMOOTHING)[known & around]
    return max(float(np.mean(left**2)) - variance / (4 * np.pi * _SMOOTHING**2), 0.0) if left.size else 0.0


def motion_compensated(first, last, both, share):
    """
    Interpolate between two images of shape ``(h, w)``, axis 0 outward, along an outward motion.

    The motion of each bin is the one that minimizes the disagreement, in a square around it, between the earlier image
    farther in and the later image farther out. Motions that agree about equally well, so that noise decides, are
    averaged. ``both`` is `True` where both images are known, and ``share`` the time between them, from 0 to 1.
    """
    costs, pictures = [], []
    rows = len(first)
    average = partial(ndimage.uniform_filter, size=_SQUARE, mode="nearest")
    for motion in range(min(_FARTHEST, rows // 2) + 1):
        inwards, outwards = round(share * motion), motion - round(share * motion)
        # After a shift by `inwards` an image shows here what was that much farther in.
        a, b = _shifted(first, inwards), _shifted(last, -outwards)
        fits = _shifted(both, inwards) & _shifted(both, -outwards)
        cost, _ = masked_mean(average, np.abs(a - b), fits, least=0.4, otherwise=np.inf)
        # Prefer no motion: longer motions must agree better.
        cost = cost * (1 + motion / (4 * rows))
        costs.append(np.where(fits, cost, np.inf))
        pictures.append((1 - share) * a + share * b)
    costs = np.stack(costs)
    least = costs.min(axis=0)
    found = np.isfinite(least)
    least = np.where(found, least, 0.0)
    weights = np.exp((least - costs) / (_LIKE * np.maximum(least, 1e-12)))
    total = weights.sum(axis=0)
    mean = np.divide((weights * pictures).sum(axis=0), total, out=np.zeros(first.shape), where=found)
    return np.where(found, mean, (1 - share) * first + share * last)


def _shifted(layer, rows):
    """Shift a layer outward by a number of rows, leaving zeros behind."""
    result = np.zeros_like(layer)
    if rows >= 0:
        result[rows:] = layer[: len(layer) - rows]
    else:
        result[:rows] = layer[-rows:]
    return result
