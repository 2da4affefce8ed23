"""Interpolate between neighboring frames in time, corrected at the boundary of the hole."""

from dataclasses import replace
from functools import partial

import numpy as np
from scipy import ndimage

from sunpy_coronagraph_inpaint.frames.laplace import solve_laplace
from sunpy_coronagraph_inpaint.frames.masked import masked_mean
from sunpy_coronagraph_inpaint.frames.support_bins import bin_annulus, replace_outliers
from sunpy_coronagraph_inpaint.inpaint.interpolation_error import interpolation_std
from sunpy_coronagraph_inpaint.inpaint.methods.harmonic import harmonic
from sunpy_coronagraph_inpaint.inpaint.methods.registry import Fill, register_method

#: The difference from the neighbors is smoothed by this many pixels before it is continued into the hole.
_SMOOTHING = 3.0
#: Fraction of the difference's structure that the method misses, measured by ``coronagraph-inpaint evaluate``.
_SHARE = 0.5
#: Fraction of the difference between the frames before and after that interpolation in time may miss.
_MOTION = 0.4


@register_method("temporal", needs_neighbors=True)
def temporal(frame):
    """
    Interpolate between the frames before and after, corrected at the boundary of each hole.

    Each pixel is interpolated in time between the nearest frames before and after that have it, or taken from one of
    them if the other is missing. The difference between the frame and this estimate, known on the boundary, is
    continued into the hole by Laplace's equation and added. Pixels missing in all neighbors are then filled by
    `~sunpy_coronagraph_inpaint.inpaint.methods.harmonic` from the rest.

    Parameters
    ----------
    frame : `~sunpy_coronagraph_inpaint.frames.CoronagraphFrame`
        The frame, its holes, and neighbors on the same pixel grid and of the same scale.

    Returns
    -------
    `~sunpy_coronagraph_inpaint.inpaint.Fill`
        The estimate. Its standard deviation grows with the difference between before and after, which is large where a
        coronal mass ejection moves through the hole.

    Raises
    ------
    ValueError
        If the frame has no neighbors, or none of them has data in the holes.

    References
    ----------
    * Pagot et al. 2014, Sol. Phys. 289, 1433, on missing blocks of LASCO-C2.

    Examples
    --------
    >>> import numpy as np
    >>> from dataclasses import replace
    >>> from sunpy_coronagraph_inpaint.frames.frame import CoronagraphFrame
    >>> from sunpy_coronagraph_inpaint.inpaint.methods import temporal
    >>> data = 100 + np.random.default_rng(0).normal(size=(64, 64)).cumsum(axis=0)
    >>> holes = np.zeros(data.shape, bool)
    >>> holes[20:30, 20:30] = True
    >>> frame = CoronagraphFrame(data, ~holes, holes, center=(32.0, 32.0), solar_radius=8.0)
    >>> before, after = (
    ...     CoronagraphFrame(data + change, np.ones_like(holes), np.zeros_like(holes), (32.0, 32.0), 8.0, time=time)
    ...     for change, time in ((-1.0, -60.0), (1.0, 60.0))
    ... )
    >>> fill = temporal(replace(frame, neighbors=(before, after)))
    >>> bool(np.abs(fill.values - data[holes]).max() < 0.5)
    True
    """
    if not frame.neighbors:
        msg = "The method 'temporal' needs neighbors. Give neighbors=[map, ...] of times before or after."
        raise ValueError(msg)
    estimate, known, motion = _interpolate_in_time(frame)
    reached = frame.holes & known
    if not reached.any():
        msg = "No neighbor has data where the frame has holes. Give other neighbors or choose another method."
        raise ValueError(msg)
    first = replace(frame, holes=reached)
    values, std = first.assemble(_fill(first, region, estimate, known, motion) for region in first.regions(margin=24))
    if (reached == frame.holes).all():
        return Fill(values, std)
    return _complete(frame, reached, values, std)


def _complete(frame, reached, values, std):
    """Fill the pixels missing in all neighbors, using the pixels filled so far as part of the boundary."""
    data, spread = frame.data.astype(float), np.zeros(frame.data.shape)
    data[reached], spread[reached] = values, std
    rest = frame.holes & ~reached
    fill = harmonic(replace(frame, data=data, valid=frame.valid | reached, holes=rest))
    data[rest], spread[rest] = fill.values, fill.std
    return Fill(data[frame.holes], spread[frame.holes])


def _interpolate_in_time(frame):
    """Return the estimate from the neighbors, where it exists, and the change from before to after."""
    sides = []
    for before in (True, False):
        side = sorted(
            (n for n in frame.neighbors if (n.time <= frame.time) == before), key=lambda n: abs(n.time - frame.time)
        )
        data, lag = np.full(frame.data.shape, np.nan), np.full(frame.data.shape, np.inf)
        for neighbor in side:
            new = np.isnan(data) & neighbor.valid
            data[new], lag[new] = neighbor.data[new], abs(neighbor.time - frame.time)
        sides.append((data, lag))
    (before, lag_before), (after, lag_after) = sides
    both = np.isfinite(before) & np.isfinite(after)
    gap = np.where(both, lag_before + lag_after, 1.0)
    share = np.where(gap > 0, np.divide(lag_before, gap, out=np.full(gap.shape, 0.5), where=both & (gap > 0)), 0.5)
    one = np.where(np.isfinite(before), before, after)
    estimate = np.where(both, (1 - share) * before + share * after, one)
    return estimate, np.isfinite(estimate), np.where(both, after - before, np.nan)


def _fill(frame, region, estimate, known, motion):
    window, valid = region.window, frame.valid[region.window] & known[region.window]
    level = np.abs(frame.profile(window)) if frame.profile.relative else np.ones(valid.shape)
    difference = np.where(valid, frame.data[window] - np.where(known[window], estimate[window], 0.0), 0.0) / level
    if not valid.any():
        valid, difference = frame.valid[window], np.zeros(valid.shape)
    support = bin_annulus(difference, valid, region.holes, size=8, depth=24)
    smooth = _smooth(replace_outliers(difference, valid, support), valid)
    correction = solve_laplace(smooth, valid, region.holes)
    moved = _smooth(np.nan_to_num(motion[window] / level), np.isfinite(motion[window]))
    std = np.hypot(interpolation_std(support, valid, region.holes, share=_SHARE), _MOTION * np.abs(moved[region.holes]))
    values = np.clip(estimate[window][region.holes] + correction * level[region.holes], *frame.limits)
    return region, values, std * level[region.holes]


def _smooth(image, valid):
    return masked_mean(partial(ndimage.gaussian_filter, sigma=_SMOOTHING), image, valid, floor=1e-6)[0]
