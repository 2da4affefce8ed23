"""Classical fills of one hole on its polar grid, among which the network chooses."""

from functools import partial

import numpy as np
from scipy import ndimage

from sunpy_coronagraph_inpaint.frames.laplace import solve_laplace
from sunpy_coronagraph_inpaint.frames.masked import masked_mean

#: What the network chooses from, in this order.
CANDIDATES = (
    "kriging", "harmonic", "along the radius", "across the radius", "before", "after", "time_interpolated",
    "motion_compensated",
)  # fmt: skip
#: Largest motion along the radius between two frames that is looked for, cells; and the square that is compared.
_FARTHEST, _SQUARE = 36, 9
#: A motion whose disagreement is larger than the least by this share of it counts 1/e as much.
_LIKE = 0.5
#: How far around a hole a neighbor is compared at least, and the width over which noise is averaged there, cells.
_LEAST_RING, _SMOOTHING = 6, 1.5


def interpolate_axis(value, known, axis):
    """
    Interpolate between the nearest known cells in each line.

    Parameters
    ----------
    value : `numpy.ndarray`
        Shape ``(h, w)``.
    known : `numpy.ndarray`
        Boolean, same shape.
    axis : int
        0 for lines along the radius, 1 across.

    Returns
    -------
    filled : `numpy.ndarray`
        Shape ``(h, w)``; a line that is known at one end alone continues what is there.
    reached : `numpy.ndarray`
        Boolean, same shape, `False` where nothing in the line is known.

    Examples
    --------
    >>> import numpy as np
    >>> from sunpy_coronagraph_inpaint.inpaint.network.candidates import interpolate_axis
    >>> interpolate_axis(np.array([[3.0, 0.0, 0.0, 9.0]]), np.array([[True, False, False, True]]), 1)[0]
    array([[3., 5., 7., 9.]])
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
    Fill from the frames before and after, each corrected at the rim, as far as they agree with the frame around it.

    Of each, the mean with another fill is taken, both weighted by the inverse square of how far off they may be: what
    frames show by how far they disagree with this one around the hole, beyond the noise.

    Parameters
    ----------
    value, known : `numpy.ndarray`
        Shape ``(h, w)``, the frame's cells.
    wanted : `numpy.ndarray`
        Boolean, same shape, cells to be filled.
    others : tuple of tuple of `numpy.ndarray`
        ``(value, known)`` of the frame before and of that after; nothing is known of a frame that is missing.
    share : float
        Where the frame lies between the one before, 0, and the one after, 1.
    otherwise : tuple of `numpy.ndarray`
        A fill without neighbors and its standard deviation, shape ``(h, w)``.
    noise : float
        Standard deviation of the noise of a cell.

    Returns
    -------
    fills : list of `numpy.ndarray`
        Shape ``(h, w)``, four: from the frame before, from that after, interpolated between them, and interpolated
        along the motion.
    usable : list of `numpy.ndarray`
        Boolean, same shape.
    """
    (first, has_first), (last, has_last) = others
    both = has_first & has_last
    if not (has_first.any() or has_last.any()):
        return [np.where(known, value, 0.0)] * 4, [np.zeros_like(known)] * 4
    # The noise of a frame, and of the mean of two, comes to that of this frame.
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
    """Return the mean square of a difference around a hole, on scales between a cell and the depth of the hole."""

    def smooth(layer, width):
        return masked_mean(partial(ndimage.gaussian_filter, sigma=width), layer, known, least=1e-9)[0]

    left = smooth(difference - smooth(difference, depth), _SMOOTHING)[known & around]
    return max(float(np.mean(left**2)) - variance / (4 * np.pi * _SMOOTHING**2), 0.0) if left.size else 0.0


def motion_compensated(first, last, both, share):
    """
    Interpolate between two pictures along a motion outwards.

    The motion of each cell is the one for which what was further in before and what is further out after agree best
    in a square around it. Where several motions agree about as well, which noise decides, their mean is taken.

    Parameters
    ----------
    first, last : `numpy.ndarray`
        Shape ``(h, w)``, axis 0 outwards.
    both : `numpy.ndarray`
        Boolean, same shape, where both are known.
    share : float
        Where the wanted picture lies between them, from 0 to 1.

    Returns
    -------
    `numpy.ndarray`
        Shape ``(h, w)``.

    Examples
    --------
    A front that is at row 10 before and at row 16 after is at row 13 between:

    >>> import numpy as np
    >>> from sunpy_coronagraph_inpaint.inpaint.network.candidates import motion_compensated
    >>> rows = np.arange(30.0)[:, None] * np.ones((1, 12))
    >>> first, last = (np.exp(-((rows - at) ** 2) / 8) for at in (10, 16))
    >>> between = motion_compensated(first, last, np.ones((30, 12), bool), 0.5)
    >>> int(between[:, 6].argmax())
    13
    """
    costs, pictures = [], []
    rows = len(first)
    average = partial(ndimage.uniform_filter, size=_SQUARE, mode="nearest")
    for motion in range(min(_FARTHEST, rows // 2) + 1):
        inwards, outwards = round(share * motion), motion - round(share * motion)
        # A picture that moved by `inwards` shows here what was that much further in.
        a, b = _shifted(first, inwards), _shifted(last, -outwards)
        fits = _shifted(both, inwards) & _shifted(both, -outwards)
        cost, _ = masked_mean(average, np.abs(a - b), fits, least=0.4, otherwise=np.inf)
        # Without a reason to move nothing moves: longer motions must agree better.
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
    """Move a layer outwards by so many rows, and leave zeros behind."""
    result = np.zeros_like(layer)
    if rows >= 0:
        result[rows:] = layer[: len(layer) - rows]
    else:
        result[:rows] = layer[-rows:]
    return result
