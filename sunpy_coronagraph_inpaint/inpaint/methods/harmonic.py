"""Solve Laplace's equation in each hole."""

from sunpy_coronagraph_inpaint.frames.laplace import solve_laplace
from sunpy_coronagraph_inpaint.frames.support_bins import bin_annulus, replace_outliers
from sunpy_coronagraph_inpaint.inpaint.interpolation_error import interpolation_std
from sunpy_coronagraph_inpaint.inpaint.methods.registry import Fill, register_method

#: Fraction of the structure that the method misses, measured by ``coronagraph-inpaint evaluate``.
_SHARE = 0.5


@register_method("harmonic")
def harmonic(frame):
    """
    Solve Laplace's equation in each hole: the smoothest surface through its boundary values.

    The frame is divided by its radial profile, stars and cosmic rays beside holes are replaced by the median of their
    neighborhood, and Laplace's equation is solved with fixed boundary values. Where a hole borders on the edge of the
    frame or on pixels without data, the gradient normal to that edge is zero.

    Parameters
    ----------
    frame : `~sunpy_coronagraph_inpaint.frames.CoronagraphFrame`
        The frame and its holes.

    Returns
    -------
    `~sunpy_coronagraph_inpaint.inpaint.Fill`
        The solution. The standard deviation grows with distance from the boundary, following the structure of the
        surroundings.

    Examples
    --------
    >>> import numpy as np
    >>> from sunpy_coronagraph_inpaint.frames.frame import CoronagraphFrame
    >>> from sunpy_coronagraph_inpaint.inpaint.methods import harmonic
    >>> y, x = np.mgrid[:64, :64]
    >>> data = 100.0 + x
    >>> holes = (abs(x - 30) < 5) & (abs(y - 40) < 5)
    >>> fill = harmonic(CoronagraphFrame(data, ~holes, holes, center=(-1e3, 32.0), solar_radius=8.0))
    >>> bool(np.abs(fill.values - data[holes]).max() < 0.1)
    True
    """
    return Fill(*frame.assemble(_fill(frame, region) for region in frame.regions(margin=24)))


def _fill(frame, region):
    image, valid = frame.normalize(region.window), frame.valid[region.window]
    support = bin_annulus(image, valid, region.holes, size=8, depth=24)
    values = solve_laplace(replace_outliers(image, valid, support), valid, region.holes)
    return region, *frame.restore(values, interpolation_std(support, valid, region.holes, share=_SHARE), region)
