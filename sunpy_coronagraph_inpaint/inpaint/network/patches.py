"""Inputs of the network for one hole: frame and neighbors on a polar grid, candidate fills, and position."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from scipy import ndimage

from sunpy_coronagraph_inpaint.frames.frame import Region
from sunpy_coronagraph_inpaint.frames.laplace import solve_laplace
from sunpy_coronagraph_inpaint.frames.masked import masked_mean
from sunpy_coronagraph_inpaint.frames.polar_grid import LogPolarGrid
from sunpy_coronagraph_inpaint.frames.statistics import mad_std
from sunpy_coronagraph_inpaint.inpaint.gaussian_process import regress
from sunpy_coronagraph_inpaint.inpaint.network.candidates import interpolate_axis, temporal_candidates
from sunpy_coronagraph_inpaint.inpaint.network.gate import parts_around, trust

#: Names of the extra channels of smooth fields, in order.
AUXILIARY_CHANNELS = (
    "distance from the Sun", "place, horizontally", "place, vertically", "uncertainty of kriging", "noise of a cell",
    "background taken off", "background known", "lag of the frame before", "lag of the frame after", "scale",
    "size of a cell", "pixels in a solar radius",
)  # fmt: skip
#: A background that explains less of the variance on rings belongs to another camera or roll angle.
_DESCRIBES = 0.5
#: The amplitude of the template varies between frames by about this fraction.
_SHARE = 0.5
#: Width of the window beyond a hole, pixels.
_MARGIN = 48
#: Smallest scale of the structure, relative to the radial profile.
_WEAKEST = 2e-3
#: Input of the network is clipped at this many times the scale, which a planet exceeds.
_FARTHEST = 100.0
#: Stars deviate by more standard deviations than this from the median of their surroundings.
_STAR, _SURROUNDINGS, _AROUND = 5.0, 5, 9


class Plain(NamedTuple):
    """
    Kriging of one hole without the background, and the weight of the fill with it.

    Attributes
    ----------
    trust : float
        Weight of the fill with the background, from 0 to 1, see
        `~sunpy_coronagraph_inpaint.inpaint.network.gate.trust`.
    value, std : `numpy.ndarray`
        Shape ``(h, w)``, of the grid's bins in the hole, not divided by the background, relative to the profile.
    scatter : float
        Standard deviation of a pixel about its bin, likewise.
    """

    trust: float
    value: np.ndarray
    std: np.ndarray
    scatter: float


class HolePatch(NamedTuple):
    """
    One hole as the network sees it. Brightness is in units of ``scale``.

    Attributes
    ----------
    images, known : `numpy.ndarray`
        Shape ``(3, h, w)``: the frame, the one before and the one after, and, boolean, where each is known.
    extras : `numpy.ndarray`
        Shape ``(len(AUXILIARY_CHANNELS), h, w)``.
    candidates, usable : `numpy.ndarray`
        Shape ``(len(CANDIDATES), h, w)``, and, boolean, where each can be used.
    target : `numpy.ndarray`
        Boolean, shape ``(h, w)``: the bins from which the hole's pixels are interpolated.
    scale : float
        Unit of brightness, relative to the radial profile.
    scatter : float
        Standard deviation of a pixel about its bin, stars included, relative to the radial profile.
    grid : LogPolarGrid
        Positions of the bins.
    region : Region
        The hole.
    plain : Plain or None
        The fill without the background, if the frame was divided by one and the level was given.
    """

    images: np.ndarray
    known: np.ndarray
    extras: np.ndarray
    candidates: np.ndarray
    usable: np.ndarray
    target: np.ndarray
    scale: float
    scatter: float
    grid: LogPolarGrid
    region: Region
    plain: Plain | None = None


def flatten(frame, background):
    """
    Subtract the bias and divide by the background of the camera, in the frame and its neighbors.

    Returns the frame and the level it was divided by, an array of its shape; the level is `None` if the background does
    not cover the frame or does not describe it.
    """
    data, level = frame.data - frame.bias, None
    if background is not None and background.covers(frame.camera):
        better, flat = background.fit(data, frame.valid, frame.camera.grid, frame.center)
        if better > _DESCRIBES:
            level = background.level(frame.camera.grid, flat=flat)
    divisor = 1.0 if level is None else level
    neighbors = tuple(replace(n, data=(n.data - n.bias) / divisor, bias=0.0) for n in frame.neighbors)
    return replace(frame, data=data / divisor, bias=0.0, neighbors=neighbors), level


def hole_patches(frame, background=None, level=None):
    """
    Yield a `HolePatch` for every hole of a frame from `flatten`, given its background.

    With ``level``, what the frame was divided by, each patch has the fill without the background as well.
    """
    for region in frame.regions(margin=_MARGIN):
        yield _patch(frame, background, region, level)


def _patch(frame, background, region, level):
    prior = 1.0 if frame.profile.relative else 0.0
    window, valid = region.window, frame.valid[region.window]
    image = frame.normalize(window) - prior
    center = frame.center[0] - window[1].start, frame.center[1] - window[0].start
    grid = LogPolarGrid.around(region.holes, center)

    def modes(y, x):
        at = y + window[0].start, x + window[1].start
        template = background.template_at(frame.camera.grid, *at)
        return np.c_[background.modes_at(frame.camera.grid, *at), _SHARE * template]

    process, polar, support = regress(image, valid, region.holes, center, modes=None if background is None else modes)
    value, known = grid.average(image, valid & ~_stars(image, valid, support.noise))
    target = grid.bins_of(region.holes) & ~known
    images, has = [value], [known]
    for other in _before_and_after(frame, window, prior):
        ok = other[1] & ~_stars(other[0], other[1], support.noise)
        for layers, layer in zip((images, has), grid.average(other[0], ok), strict=True):
            layers.append(layer)
    fills, usable, std = _candidates(
        images, has, target, process, support, grid, polar, modes, background, _lags(frame)
    )
    scale = max(float(mad_std(value[known])) if known.any() else 0.0, _floor(frame))
    extras = _extras(frame, background, grid, window, std / scale, support.noise / scale, scale / _floor(frame))
    images, fills = (
        np.clip(np.stack(layers) / scale, -_FARTHEST, _FARTHEST).astype(np.float32) for layers in (images, fills)
    )
    return HolePatch(
        images,
        np.stack(has),
        extras,
        fills,
        np.stack(usable),
        target,
        scale,
        support.scatter,
        grid,
        region,
        None if level is None else _plain(frame, image, region, grid, (process, support), level[window]),
    )


def _plain(frame, image, region, grid, fitted, level):
    """Fill the hole without the background, and weight the two fills by their errors in the surroundings."""
    profile = 1.0 if frame.profile.relative else frame.profile(region.window)
    inside = grid.bins_of(region.holes)
    value, std = np.zeros((2, *grid.shape))
    was = (image + profile) * level - profile
    process, polar, support = regress(was, frame.valid[region.window], region.holes, grid.polar.center)
    if process is None:
        value[inside], std[inside] = support.value.mean(), 0.0
        return Plain(0.0, value, std, support.scatter)
    value[inside], std[inside] = process.predict(polar(grid.y[inside], grid.x[inside]))
    model, cells = fitted
    if model is None:
        return Plain(0.0, value, std, support.scatter)
    residuals = []
    for one, around in ((process, support), (model, cells)):
        parts = parts_around(around.y, around.x, region.holes)
        residuals.append((one.left_out(parts), parts))
    # Convert the residuals with the background to units of the frame, as those without it are.
    here = level[np.rint(cells.y).astype(int), np.rint(cells.x).astype(int)]
    share = trust(residuals[0], (residuals[1][0] * here, residuals[1][1]))
    return Plain(share, value, std, support.scatter)


def _floor(frame):
    """Return the smallest scale of structure, from the range of a frame that cannot be divided by its profile."""
    return _WEAKEST if frame.profile.relative else max(_WEAKEST * (frame.limits[1] - frame.limits[0]), 1e-30)


def _stars(image, valid, noise):
    """Find pixels that deviate from the median of their surroundings."""
    if not valid.any():
        return valid
    # Beside a hole a pixel is compared with known ones: the hole is set to their mean.
    mean, _ = masked_mean(lambda layer: ndimage.uniform_filter(layer, _AROUND), image, valid)
    reach = _SURROUNDINGS // 2
    around = np.pad(np.where(valid, image, mean), reach, mode="symmetric")
    low, high = (image + sign * _STAR * max(noise, 1e-12) for sign in (-1, 1))
    # The median is below a value if more than half of the pixels are; counting is much faster than sorting.
    below, above = np.zeros(image.shape, np.uint8), np.zeros(image.shape, np.uint8)
    for row, column in np.ndindex(_SURROUNDINGS, _SURROUNDINGS):
        other = around[row : row + image.shape[0], column : column + image.shape[1]]
        below += other < low
        above += other > high
    return valid & (np.maximum(below, above) > _SURROUNDINGS**2 // 2)


def _before_after(frame):
    """Yield the neighbors before, then those after, the nearest first."""
    for before in (True, False):
        yield sorted(
            (n for n in frame.neighbors if (n.time <= frame.time) == before), key=lambda n: abs(n.time - frame.time)
        )


def _lags(frame):
    """Return seconds to the nearest frame before and after; NaN without one."""
    return tuple(abs(side[0].time - frame.time) if side else np.nan for side in _before_after(frame))


def _before_and_after(frame, window, prior):
    """Yield the nearest frames before and after in a window, relative to the frame's own profile."""
    level = frame.profile(window)
    for side in _before_after(frame):
        image, valid = np.zeros(level.shape), np.zeros(level.shape, bool)
        for neighbor in side:
            new = neighbor.valid[window] & ~valid
            image[new] = (neighbor.data[window] / level - 1 if prior else neighbor.data[window] - level)[new]
            valid |= new
        yield image, valid


def _candidates(images, has, target, process, support, grid, polar, modes, background, lags):
    """Return the candidate fills, where each can be used, and the standard deviation of kriging."""
    value, known = images[0], has[0]
    kriged, std = np.where(known, value, support.value.mean()), np.zeros(value.shape)
    if process is None:
        std[target] = support.scatter if np.isfinite(support.scatter) else 1.0
    else:
        y, x = grid.y[target], grid.x[target]
        kriged[target], std[target] = process.predict(polar(y, x), None if background is None else modes(y, x))
    harmonic = np.where(known, value, 0.0)
    harmonic[target] = solve_laplace(value, known, target) if known.any() else kriged[target]
    lines = [interpolate_axis(value, known, axis) for axis in (0, 1)]
    everywhere = np.ones_like(known)
    share = lags[0] / (lags[0] + lags[1]) if np.isfinite(lags).all() else 0.5
    others = list(zip(images[1:], has[1:], strict=True))
    later, later_usable = temporal_candidates(value, known, target, others, share, (kriged, std), support.noise)
    fills = [kriged, harmonic, *(line[0] for line in lines), *later]
    return fills, [everywhere, everywhere, *(line[1] for line in lines), *later_usable], std


def _extras(frame, background, grid, window, std, noise, scale):
    y, x = grid.y + window[0].start - frame.center[1], grid.x + window[1].start - frame.center[0]
    radius = np.maximum(np.hypot(x, y), 1.0)
    if background is None:
        taken_off = np.zeros(grid.shape)
    else:
        taken_off = background.template_at(frame.camera.grid, grid.y + window[0].start, grid.x + window[1].start)
        taken_off = 10 * (taken_off - taken_off.mean())
    lags = [0.0 if np.isnan(lag) else np.log10(1 + lag / 600) for lag in _lags(frame)]
    layers = (
        np.log(radius / frame.solar_radius),
        x / radius,
        y / radius,
        np.log(np.maximum(std, 1e-2)),
        np.log(max(noise, 1e-2)),
        taken_off,
        float(background is not None),
        *lags,
        np.log(scale),
        np.log(grid.step),
        np.log(frame.solar_radius / 18),
    )
    return np.stack([np.broadcast_to(layer, grid.shape) for layer in layers]).astype(np.float32)
