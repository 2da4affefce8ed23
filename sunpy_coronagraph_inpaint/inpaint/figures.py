"""Plot a damaged map beside the filled one."""

import numpy as np
from scipy import ndimage

from sunpy_coronagraph_inpaint.frames.frame import RadialProfile
from sunpy_coronagraph_inpaint.io.provenance import filled_mask

#: Quantiles of the brightness relative to the radial profile that are drawn as the ends of the color scale.
_ENDS = 0.02, 0.99
_ZOOM = 48
_MISSING = "limegreen"  # in none of the color tables of LASCO


def plot_fill(before, after, *, truth=None):
    """
    Plot a damaged map, the filled map and the error, in full and around the largest hole.

    Brightness is relative to the radial profile, since the corona falls off steeply.

    Parameters
    ----------
    before, after : `~sunpy.map.GenericMap`
        The map with holes, and the same map filled.
    truth : `~sunpy.map.GenericMap`, optional
        The map without holes. With it, the last column is the error of the fill in units of its standard deviation;
        without it, the standard deviation in percent.

    Returns
    -------
    `matplotlib.figure.Figure`

    Raises
    ------
    ValueError
        If ``after`` has no filled pixel.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint import inpaint_map
    >>> from sunpy_coronagraph_inpaint.inpaint import plot_fill
    >>> from sunpy_coronagraph_inpaint.simulate import damage, plain_corona
    >>> truth = plain_corona(seed=1)
    >>> damaged = damage(truth, blocks=5, seed=2)
    >>> figure = plot_fill(damaged, inpaint_map(damaged), truth=truth)
    >>> [axes.get_title() for axes in figure.axes[:3]]
    ['missing', 'filled by partial_conv', 'error [standard deviations]']
    """
    from matplotlib.figure import Figure

    filled = filled_mask(after)
    if not filled.any():
        msg = "No pixel of the second map was filled, so there is nothing to plot. Fill it with inpaint_map first."
        raise ValueError(msg)
    level = _level(after)
    third, label, limits, cmap = _third(after, truth, filled, level)
    figure = Figure(figsize=(12, 7), layout="constrained")
    window = _largest(filled)
    color = after.plot_settings.get("cmap", "gray")
    for row, view in zip(figure.subplots(2, 3), (np.s_[:, :], window), strict=True):
        extent = [
            view[1].start or 0,
            view[1].stop or filled.shape[1],
            view[0].start or 0,
            view[0].stop or filled.shape[0],
        ]
        common = {"origin": "lower", "extent": [edge - 0.5 for edge in extent], "interpolation": "nearest"}
        low, high = np.quantile((after.data / level)[after.data != 0], _ENDS)
        relative = {"cmap": color, "vmin": low, "vmax": high}
        light = row[0].imshow(np.where(filled, np.nan, before.data / level)[view], **common, **relative)
        row[0].set_facecolor(_MISSING)
        row[1].imshow((after.data / level)[view], **common, **relative)
        other = row[2].imshow(third[view], **common, cmap=cmap, vmin=limits[0], vmax=limits[1])
        row[2].set_facecolor("0.92")
        for axes in row:
            axes.set_xlabel("x [pixel]")
        row[0].set_ylabel("y [pixel]")
        figure.colorbar(light, ax=row[:2], label="brightness / radial profile", shrink=0.8)
        figure.colorbar(other, ax=row[2], label=label, shrink=0.8)
        for axes, title in zip(row, ("missing", f"filled by {after.meta['fillmeth']}", label), strict=True):
            axes.set_title(title)
    return figure


def _level(smap):
    center = (float(smap.meta["crpix1"]) - 1, float(smap.meta["crpix2"]) - 1)
    data = np.asarray(smap.data, dtype=float)
    return np.maximum(RadialProfile(data, np.isfinite(data) & (data != 0), center)(np.s_[:, :]), 1e-30)


def _third(after, truth, filled, level):
    """Return the image of the last column, its label, its limits and its color table."""
    std = after.uncertainty.array
    if truth is None:
        percent = np.where(filled, 100 * std / level, np.nan)
        return percent, "standard deviation [%]", (0, np.nanquantile(percent, 0.99)), "viridis"
    with np.errstate(invalid="ignore", divide="ignore"):
        error = np.where(filled, (after.data.astype(float) - truth.data) / std, np.nan)
    return error, "error [standard deviations]", (-4, 4), "RdBu_r"


def _largest(filled):
    """Return a window around the largest hole."""
    labels, number = ndimage.label(filled, structure=np.ones((3, 3)))
    sizes = np.bincount(labels.ravel(), minlength=number + 1)[1:]
    box = ndimage.find_objects(labels)[int(np.argmax(sizes))]
    half = max(max(side.stop - side.start for side in box) // 2, 16) + _ZOOM
    middle = [(side.start + side.stop) // 2 for side in box]
    return tuple(slice(max(m - half, 0), min(m + half, size)) for m, size in zip(middle, filled.shape, strict=True))
