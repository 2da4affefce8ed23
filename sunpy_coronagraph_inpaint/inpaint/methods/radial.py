"""Interpolate along rays from the center of the Sun."""

from functools import partial

import numpy as np
from scipy import ndimage

from sunpy_coronagraph_inpaint.frames.masked import masked_mean
from sunpy_coronagraph_inpaint.frames.support_bins import bin_annulus, replace_outliers
from sunpy_coronagraph_inpaint.inpaint.interpolation_error import interpolation_std
from sunpy_coronagraph_inpaint.inpaint.methods.registry import Fill, register_method

#: The end values of a ray are means over about this many pixels along and across it.
_ALONG, _ACROSS = 6.0, 2.0
#: Fraction of the structure that the method misses, measured by ``coronagraph-inpaint evaluate``.
_SHARE = 0.5


@register_method("radial")
def radial(frame):
    """
    Interpolate along solar rays, from the inner to the outer boundary of each hole.

    Each ray is interpolated between the last valid brightness below the hole and the first above it, relative to the
    radial profile and therefore in the logarithm of brightness. This continues streamers, which are nearly radial. A
    ray with only one end (at the occulter or the edge) keeps the ratio to the profile at that end; a ray with none is
    interpolated from adjacent rays.

    Parameters
    ----------
    frame : `~sunpy_coronagraph_inpaint.frames.CoronagraphFrame`
        The frame and its holes.

    Returns
    -------
    `~sunpy_coronagraph_inpaint.inpaint.Fill`
        The interpolation. The standard deviation grows with distance from the boundary, following the structure of the
        surroundings.

    References
    ----------
    * Pagot et al. 2014, Sol. Phys. 289, 1433, on missing blocks of LASCO-C2.

    Examples
    --------
    >>> import numpy as np
    >>> from sunpy_coronagraph_inpaint.frames.frame import CoronagraphFrame
    >>> from sunpy_coronagraph_inpaint.inpaint.methods import radial
    >>> y, x = np.mgrid[:128, :128]
    >>> streamer = 1 + 0.3 * np.exp(-((np.arctan2(y - 64, x - 64) - 0.5) ** 2) / 0.02)
    >>> data = streamer * 1e4 / (20 + np.hypot(x - 64, y - 64))
    >>> holes = (abs(x - 98) < 8) & (abs(y - 82) < 8)
    >>> fill = radial(CoronagraphFrame(data, ~holes, holes, center=(64.0, 64.0), solar_radius=8.0))
    >>> bool(np.abs(fill.values / data[holes] - 1).max() < 0.03)
    True
    """
    return Fill(*frame.assemble(_fill(frame, region) for region in frame.regions(margin=24)))


def _fill(frame, region):
    image, valid = frame.normalize(region.window), frame.valid[region.window]
    support = bin_annulus(image, valid, region.holes, size=8, depth=24)
    center = frame.center[0] - region.window[1].start, frame.center[1] - region.window[0].start
    clean = replace_outliers(image, valid, support)
    if frame.profile.relative:
        values = np.exp(_along_rays(np.log(np.maximum(clean, 1e-6)), valid, region.holes, center))
    else:
        values = _along_rays(clean, valid, region.holes, center)
    return region, *frame.restore(values, interpolation_std(support, valid, region.holes, share=_SHARE), region)


def _along_rays(image, valid, holes, center):
    """Resample to rays, interpolate each across the hole, and resample to the hole's pixels."""
    y, x = np.indices(image.shape)
    radius = np.hypot(x - center[0], y - center[1])
    middle = np.angle(np.exp(1j * np.arctan2(y - center[1], x - center[0]))[holes].mean())
    angle = (np.arctan2(y - center[1], x - center[0]) - middle + np.pi) % (2 * np.pi) - np.pi
    r_hole, a_hole = radius[holes], angle[holes]
    step = 1.0 / np.clip(np.median(r_hole), 1.0, None)
    margin = 24
    r = np.arange(max(r_hole.min() - margin, 0.0), r_hole.max() + margin + 1.0)
    a = np.arange(a_hole.min() - 8 * step, a_hole.max() + 9 * step, step)
    at = (
        r[None, :] * np.sin(a[:, None] + middle) + center[1],
        r[None, :] * np.cos(a[:, None] + middle) + center[0],
    )
    read = partial(ndimage.map_coordinates, coordinates=at, order=1, mode="constant")
    sampled, weight = masked_mean(read, image, valid, least=0.5)
    known = weight > 0.5
    if not known.any():
        return np.full(r_hole.size, np.median(image[valid]))
    rays = _interpolate(sampled, known)
    where = (a_hole - a[0]) / step, r_hole - r[0]
    return ndimage.map_coordinates(rays, where, order=1, mode="nearest")


def _interpolate(rays, known):
    """Interpolate linearly along each row between means of known samples, then across rows without a known sample."""
    blur = partial(ndimage.gaussian_filter, sigma=(_ACROSS / 2, _ALONG / 2), mode="nearest")
    smooth, _ = masked_mean(blur, rays, known, floor=1e-6)
    column = np.arange(rays.shape[1])
    full = np.zeros_like(rays)
    seen = known.any(axis=1)
    for row in np.nonzero(seen)[0]:
        full[row] = np.interp(column, column[known[row]], smooth[row, known[row]])
    rows = np.arange(rays.shape[0])
    if not seen.all():
        above = np.clip(np.searchsorted(rows[seen], rows), 0, seen.sum() - 1)
        below = np.clip(above - 1, 0, None)
        high, low = rows[seen][above], rows[seen][below]
        share = np.clip((rows - low) / np.maximum(high - low, 1), 0, 1)[:, None]
        full = np.where(seen[:, None], full, (1 - share) * full[low] + share * full[high])
    return full
