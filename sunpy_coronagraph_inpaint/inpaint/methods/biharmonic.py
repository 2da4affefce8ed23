"""Solve the biharmonic equation in each hole with scikit-image."""

from functools import partial

import numpy as np
from scipy import ndimage

from sunpy_coronagraph_inpaint.frames.masked import masked_mean
from sunpy_coronagraph_inpaint.frames.support_bins import bin_annulus, replace_outliers
from sunpy_coronagraph_inpaint.inpaint.interpolation_error import interpolation_std
from sunpy_coronagraph_inpaint.inpaint.methods.registry import Fill, register_method

#: Single pixels beside a hole enter the solution, so the frame is first smoothed by this many pixels.
_SMOOTHING = 2.0
#: Pixels without data this close to the hole are solved for as well, so that they are not its boundary.
_BESIDE = 8
#: Fraction of the structure that the method misses, measured by ``coronagraph-inpaint evaluate``.
_SHARE = 0.4
#: A larger hole is solved on a grid coarser by a power of two: the time grows faster than the area.
_PIXELS = 12_000


@register_method("biharmonic")
def biharmonic(frame):
    """
    Solve the biharmonic equation in each hole: continue values and slopes from its boundary.

    Values and slopes are taken from 3 pixels around the hole. The normalized frame is therefore smoothed slightly
    first; otherwise the noise of single pixels would be continued as slope.

    Parameters
    ----------
    frame : `~sunpy_coronagraph_inpaint.frames.CoronagraphFrame`
        The frame and its holes.

    Returns
    -------
    `~sunpy_coronagraph_inpaint.inpaint.Fill`
        The solution. The standard deviation grows with distance from the boundary, following the structure of the
        surroundings.

    References
    ----------
    * Damelin and Hoang 2018, https://doi.org/10.1155/2018/3950312, in `skimage.restoration.inpaint_biharmonic`.

    Examples
    --------
    >>> import numpy as np
    >>> from sunpy_coronagraph_inpaint.frames.frame import CoronagraphFrame
    >>> from sunpy_coronagraph_inpaint.inpaint.methods import biharmonic
    >>> y, x = np.mgrid[:64, :64]
    >>> data = 1e4 / (20 + np.hypot(x - 32, y - 32))
    >>> holes = (abs(x - 30) < 5) & (abs(y - 50) < 5)
    >>> fill = biharmonic(CoronagraphFrame(data, ~holes, holes, center=(32.0, 32.0), solar_radius=8.0))
    >>> bool(np.abs(fill.values / data[holes] - 1).max() < 0.02)
    True
    """
    return Fill(*frame.assemble(_fill(frame, region) for region in frame.regions(margin=24)))


def _fill(frame, region):
    image, valid = frame.normalize(region.window), frame.valid[region.window]
    support = bin_annulus(image, valid, region.holes, size=8, depth=24)
    smooth = _smooth(image, valid, support)
    # Pixels next to the hole that are neither valid nor a hole are unknowns as well.
    unknown = ~valid & ndimage.binary_dilation(region.holes, iterations=_BESIDE)
    factor = 1
    while np.count_nonzero(unknown) / factor**2 > _PIXELS:
        factor *= 2
    values = _solve(smooth, unknown, factor)[region.holes]
    return region, *frame.restore(values, interpolation_std(support, valid, region.holes, share=_SHARE), region)


def _smooth(image, valid, support):
    """Smooth the valid pixels without stars and cosmic rays; the others get the value of the nearest bin."""
    clean = replace_outliers(image, valid, support)
    smooth, _ = masked_mean(partial(ndimage.gaussian_filter, sigma=_SMOOTHING), clean, valid)
    return np.where(valid, smooth, clean)


def _solve(image, unknown, factor):
    """Call scikit-image on the window, which is reduced by an integer factor if it is large."""
    from skimage.restoration import inpaint_biharmonic

    if factor == 1:
        return inpaint_biharmonic(np.where(unknown, 0.0, image), unknown)
    pad = [(0, -side % factor) for side in image.shape]
    cut = [((side + after) // factor, factor) for side, (_, after) in zip(image.shape, pad, strict=True)]
    known = np.pad(~unknown, pad, mode="edge").reshape(*cut[0], *cut[1]).astype(float)
    total = np.pad(np.where(unknown, 0.0, image), pad, mode="edge").reshape(known.shape) * (known > 0)
    weight = known.sum(axis=(1, 3))
    coarse = np.divide(total.sum(axis=(1, 3)), weight, out=np.zeros_like(weight), where=weight > 0)
    solved = inpaint_biharmonic(coarse, weight == 0)
    y, x = np.indices(image.shape)
    fine = ndimage.map_coordinates(
        solved, [(y + 0.5) / factor - 0.5, (x + 0.5) / factor - 0.5], order=1, mode="nearest"
    )
    return np.where(unknown, fine, image)
