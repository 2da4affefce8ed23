"""Anisotropic Gaussian process in radial and tangential coordinates around each hole."""

import numpy as np
from scipy import ndimage

from sunpy_coronagraph_inpaint.inpaint.gaussian_process import DEPTH, regress
from sunpy_coronagraph_inpaint.inpaint.methods.registry import Fill, register_method
from sunpy_coronagraph_inpaint.threads import single_threaded

#: Holes of up to this many pixels are predicted pixel by pixel, larger ones on a lattice.
_PIXELS = 6_000


@register_method("kriging")
def kriging(frame):
    """
    Fit a Gaussian process along and across the solar radius around each hole.

    The frame is divided by its radial profile and averaged in small bins around the hole, with stars and cosmic rays
    clipped. A Matern covariance of order 3/2 is fitted by maximum likelihood in conformal coordinates along and across
    the radius. Streamers make its range longer along the radius, so that they are continued through the hole. Bins that
    their neighbors predict badly (a comet, the streak of a planet) are excluded, and the fit is repeated.

    Parameters
    ----------
    frame : `~sunpy_coronagraph_inpaint.frames.CoronagraphFrame`
        The frame and its holes.

    Returns
    -------
    `~sunpy_coronagraph_inpaint.inpaint.Fill`
        The predictive mean, and the predictive standard deviation of a pixel, noise included.

    References
    ----------
    * Rasmussen and Williams 2006, Gaussian Processes for Machine Learning, equations 2.42, 4.17 and 5.12.
    * Cressie 1990, The origins of kriging, https://doi.org/10.1007/BF00889887

    Examples
    --------
    >>> import numpy as np
    >>> from sunpy_coronagraph_inpaint.frames.frame import CoronagraphFrame
    >>> from sunpy_coronagraph_inpaint.inpaint.methods import kriging
    >>> y, x = np.mgrid[:128, :128]
    >>> data = 1e4 / (20 + np.hypot(x - 64, y - 64)) + np.random.default_rng(0).normal(size=(128, 128))
    >>> holes = np.zeros(data.shape, bool)
    >>> holes[96:112, 96:112] = True
    >>> fill = kriging(CoronagraphFrame(data, ~holes, holes, center=(64.0, 64.0), solar_radius=8.0))
    >>> bool(np.mean(np.abs(fill.values - data[holes])) < 1.2)
    True
    """
    # One thread solves systems of a few hundred unknowns faster, and much faster on a busy machine.
    with single_threaded():
        return Fill(*frame.assemble(_fill(frame, region) for region in frame.regions(margin=2 * DEPTH)))


def _fill(frame, region):
    # The radial profile is the prior mean: deviations from it are predicted.
    prior = 1.0 if frame.profile.relative else 0.0
    image, valid = frame.normalize(region.window) - prior, frame.valid[region.window]
    center = frame.center[0] - region.window[1].start, frame.center[1] - region.window[0].start
    y, x = np.nonzero(region.holes)
    process, polar, support = regress(image, valid, region.holes, center)
    if process is None:
        everywhere = np.ones(y.size)
        return region, *frame.restore((prior + support.value.mean()) * everywhere, support.scatter * everywhere, region)
    step = int(np.ceil(np.sqrt(y.size / _PIXELS)))
    if step == 1:
        mean, std = process.predict(polar(y, x))
    else:
        mean, std = _on_lattice(process, polar, y, x, step)
    return region, *frame.restore(prior + mean, np.hypot(std, support.scatter), region)


def _on_lattice(process, polar, y, x, step):
    """Predict every ``step`` pixels and interpolate: the process varies on scales of tens of pixels."""
    rows, columns = (np.arange(axis.min(), axis.max() + step + 1, step) for axis in (y, x))
    lattice = np.meshgrid(rows, columns, indexing="ij")
    near = ndimage.binary_dilation(
        np.histogram2d(y, x, bins=[np.r_[rows, rows[-1] + step], np.r_[columns, columns[-1] + step]])[0] > 0,
        structure=np.ones((3, 3)),
    )
    out = np.zeros((2, *near.shape))
    wanted = np.stack([axis[near] for axis in lattice])
    parts = np.array_split(wanted, -(-wanted.shape[1] // _PIXELS), axis=1)
    out[:, near] = np.concatenate([np.stack(process.predict(polar(*part))) for part in parts], axis=1)
    where = (y - rows[0]) / step, (x - columns[0]) / step
    return tuple(ndimage.map_coordinates(layer, where, order=1, mode="nearest") for layer in out)
