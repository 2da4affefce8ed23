"""Fill maps: take the arrays out of a map, hand them to a method, and make a map of its result."""

import copy
import warnings
from typing import NamedTuple

import numpy as np
from scipy import ndimage

from astropy.nddata import StdDevUncertainty

from sunpy import log
from sunpy.map import GenericMap
from sunpy.util.exceptions import SunpyMetadataWarning

from sunpy_coronagraph_inpaint.exceptions import AlreadyFilledWarning, CoronagraphInpaintWarning
from sunpy_coronagraph_inpaint.frames import CoronagraphFrame, Dropouts, find_dropouts
from sunpy_coronagraph_inpaint.frames.neighbors import align
from sunpy_coronagraph_inpaint.inpaint.methods import get_method
from sunpy_coronagraph_inpaint.inpaint.network.trained import find_weights
from sunpy_coronagraph_inpaint.instruments import encode_misslist
from sunpy_coronagraph_inpaint.io.provenance import changed_pixels, filled_mask, is_filled, record_step
from sunpy_coronagraph_inpaint.threads import caught_warnings

#: Default methods: for cameras with network weights, and for the others with neighbors and without.
DEFAULT_METHOD, DEFAULT_WITH_NEIGHBORS, DEFAULT_WITHOUT_WEIGHTS = "partial_conv", "temporal", "kriging"
#: Standard deviation of the error of rounding to whole numbers.
_ROUNDING = 12**-0.5
#: The resampling of calibrated frames mixes missing blocks into this many pixels around them.
_RESAMPLED = 2


def inpaint_map(smap, *, mask=None, method=None, neighbors=(), **options):
    """
    Fill the missing telemetry blocks of a coronagraph map.

    All other pixels are returned bit-identical. Integer data stay integer: filled values are rounded, and their
    standard deviation includes the error of rounding.

    Parameters
    ----------
    smap : `~sunpy.map.GenericMap`
        A frame of a known coronagraph. It is not changed.
    mask : `numpy.ndarray`, optional
        Boolean, shape of ``smap.data``, `True` on the pixels to be filled. Without it, the blocks that
        `~sunpy_coronagraph_inpaint.find_dropouts` finds are filled. With it, a map that is no longer on its telemetry
        grid (cropped, resampled, rotated) can be filled as well; its pixels of exactly 0 are taken for missing and not
        used for the fill.
    method : str, optional
        One of `~sunpy_coronagraph_inpaint.list_methods`. By default ``"partial_conv"`` for cameras and levels with
        network weights (LASCO C2 and C3); for others, with a line in the log, ``"temporal"`` when neighbors are given,
        else ``"kriging"``.
    neighbors : iterable of `~sunpy.map.GenericMap`, optional
        Frames of the same camera before or after, in any order. A different exposure time, summing, roll of 180
        degrees or center is corrected.
    **options
        Options of the method.

    Returns
    -------
    `~sunpy.map.GenericMap`
        Of the same class, unit, plot settings and mask. Its ``uncertainty`` holds the standard deviation of every
        filled pixel; on the others it is that of the input, or NaN.

    Raises
    ------
    TypeError
        If ``smap`` or a neighbor is not a map of a known coronagraph, or ``smap`` has an uncertainty that cannot be
        turned into a standard deviation.
    ValueError
        If the data are not a 2-D array of numbers; if the map is cropped, resampled or rotated and no mask is given; if
        the mask does not fit; if nothing valid is left to fill from; if the method does not exist, or needs neighbors
        and has none; or if a neighbor cannot be used.
    FileNotFoundError
        If the records of the network weights, or the weights themselves, are not installed.

    Warns
    -----
    AlreadyFilledWarning
        If the map was filled before and no mask is given: it is returned unchanged.
    CoronagraphInpaintWarning
        If the map is a JPEG 2000 picture of the Helioviewer Project.

    See Also
    --------
    sunpy_coronagraph_inpaint.filled_mask : Pixels that were filled, from the header alone.

    Notes
    -----
    The header gets ``NMISSING`` and ``MISSLIST`` (number and list of the missing blocks, as level-1 headers have
    them), ``NFILLED`` (number of pixels filled), ``FILLMETH`` (the method), ``FILLWGTS`` (hash of a network's weights,
    ``'None'`` without a network), ``FILLMASK`` (the filled pixels, packed) and a ``HISTORY`` line. Control characters
    in the ``HISTORY``, with which a FITS file cannot be written, are replaced by blanks. ``BSCALE``, ``BZERO`` and
    ``BLANK`` of scaled data are removed.

    Pixels that are masked, not finite, without data, or filled before are not used for the fill, nor, in a calibrated
    frame, the two pixels around a missing block, which its resampling has darkened.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint import inpaint_map
    >>> from sunpy_coronagraph_inpaint.simulate import damage, plain_corona
    >>> damaged = damage(plain_corona(detector="C3", seed=1), blocks=5, seed=2)
    >>> filled = inpaint_map(damaged)
    >>> filled.meta["nmissing"], filled.meta["nfilled"], filled.meta["fillmeth"]
    (5, 5120, 'partial_conv')
    """
    chosen = None if method is None else get_method(method)
    prepared = prepare(smap, mask=mask, neighbors=neighbors)
    if prepared is None:
        return _copy(smap)
    chosen = chosen or choose_method(prepared.frame)
    return finish(prepared, chosen, chosen.function(prepared.frame, **options))


class PreparedMap(NamedTuple):
    """
    A map with pixels to fill, between `prepare` and `finish`.

    Attributes
    ----------
    smap : `~sunpy.map.GenericMap`
        The map.
    dropouts : `~sunpy_coronagraph_inpaint.Dropouts` or None
        Its missing blocks; `None` where it is no longer on its telemetry grid.
    frame : `~sunpy_coronagraph_inpaint.frames.CoronagraphFrame`
        What a method is given: the arrays, the holes, and the neighbors.
    std : `numpy.ndarray`
        Standard deviations that the map came with, in its own unit, NaN where it has none.
    """

    smap: GenericMap
    dropouts: Dropouts | None
    frame: CoronagraphFrame
    std: np.ndarray


def prepare(smap, *, mask=None, neighbors=(), dropouts=None, level=2):
    """
    Do all of `inpaint_map` that comes before the method, so that methods can be given frames of many maps at once.

    Parameters
    ----------
    smap, mask, neighbors
        See `inpaint_map`.
    dropouts : `~sunpy_coronagraph_inpaint.Dropouts`, optional
        The missing blocks, where `find_dropouts` was called before; without a mask they are not looked for again.
    level : int, optional
        How many calls above this one warnings are given for.

    Returns
    -------
    `PreparedMap` or `None`
        `None` where nothing is to be filled.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.inpaint.maps import finish, prepare
    >>> from sunpy_coronagraph_inpaint.inpaint.methods import get_method
    >>> from sunpy_coronagraph_inpaint.simulate import damage, plain_corona
    >>> prepared = prepare(damage(plain_corona(seed=1), blocks=5, seed=2))
    >>> harmonic = get_method("harmonic")
    >>> finish(prepared, harmonic, harmonic.function(prepared.frame)).meta["nfilled"]
    5120
    """
    _check_map(smap)
    neighbors = (neighbors,) if isinstance(neighbors, GenericMap) else tuple(neighbors)
    if mask is None and is_filled(smap.meta):
        msg = (
            f"The map was filled before ({smap.meta['fillmeth']}) and is returned as it is. Give mask=... to fill more."
        )
        warnings.warn(msg, AlreadyFilledWarning, stacklevel=level + 1)
        return None
    dropouts, holes, unusable = _holes(smap, mask, dropouts)
    if not holes.any():
        log.info("No pixel of the map is missing; it is returned as it is.")
        return None
    if dropouts is not None and dropouts.camera.level == "jp2":
        msg = "This is an 8-bit picture without its background: a fill of it is for looking at, not for measuring."
        warnings.warn(msg, CoronagraphInpaintWarning, stacklevel=level + 1)
    frame = _frame(smap, dropouts, holes, unusable)
    std = _known_std(smap)
    if neighbors and dropouts is None:
        msg = "Neighbors cannot be laid over a map that was cropped, resampled or rotated. Fill it before that is done."
        raise ValueError(msg)
    if neighbors:
        frame = frame.with_neighbors(align(smap, frame, neighbors))
    return PreparedMap(smap, dropouts, frame, std)


def choose_method(frame):
    """Return the default method for a frame: it depends on its camera and its neighbors."""
    if find_weights(frame.camera) is not None:
        return get_method(DEFAULT_METHOD)
    name = DEFAULT_WITH_NEIGHBORS if frame.neighbors else DEFAULT_WITHOUT_WEIGHTS
    log.info(f"There are no network weights for this camera and level: the map is filled by {name}.")
    return get_method(name)


def finish(prepared, method, fill):
    """
    Make a map of the result of a method.

    Parameters
    ----------
    prepared : `PreparedMap`
        From `prepare`.
    method : `~sunpy_coronagraph_inpaint.inpaint.Method`
        The method.
    fill : `~sunpy_coronagraph_inpaint.inpaint.Fill`
        Its result for ``prepared.frame``.

    Returns
    -------
    `~sunpy.map.GenericMap`
    """
    smap, holes = prepared.smap, prepared.frame.holes
    data = smap.data.copy()
    data[holes] = _cast(fill.values, data.dtype)
    log.debug(f"Filled {np.count_nonzero(holes)} pixels by {method.name}.")
    return smap._new_instance(
        data,
        _recorded(smap.meta, prepared.dropouts, holes, method.name, fill.weights),
        plot_settings=copy.deepcopy(smap.plot_settings),
        mask=copy.deepcopy(smap.mask),
        uncertainty=_uncertainty(prepared.std, holes, fill.std, data.dtype),
    )


def _check_map(smap):
    if not isinstance(smap, GenericMap):
        msg = f"inpaint_map takes a sunpy map, but was given {type(smap).__name__}. Read the file with sunpy.map.Map."
        raise TypeError(msg)
    if smap.data.ndim != 2 or smap.data.dtype.kind not in "iuf":
        msg = f"inpaint_map takes a 2-D map of numbers, not {smap.data.ndim}-D data of type {smap.data.dtype}."
        raise ValueError(msg)


def _holes(smap, mask, dropouts):
    """Return dropouts where the telemetry grid is known, pixels to fill, and pixels to learn nothing from."""
    unusable = ~np.isfinite(smap.data)
    if smap.mask is not None:
        unusable |= np.asarray(smap.mask, dtype=bool)
    if mask is None:
        dropouts = find_dropouts(smap) if dropouts is None else dropouts
        return dropouts, dropouts.mask, unusable | _no_data(dropouts)
    mask = np.asarray(mask)
    if mask.shape != smap.data.shape or mask.dtype != bool:
        msg = (
            f"mask must be a boolean array of shape {smap.data.shape}, True on the pixels to fill, "
            f"not one of {mask.dtype} and shape {mask.shape}."
        )
        raise ValueError(msg)
    try:
        dropouts = find_dropouts(smap, source="pixels")
    except ValueError as error:
        log.info(f"Only the masked pixels are taken for missing: {error}")
        return None, mask, unusable | mask | (smap.data == 0)
    return dropouts, mask, unusable | _no_data(dropouts) | filled_mask(smap) | mask


def _no_data(dropouts):
    """Return pixels without data, and in a calibrated frame those into which a missing block was interpolated."""
    if dropouts.camera.level != "1" or not dropouts.indices:
        return dropouts.no_data
    return dropouts.no_data | ndimage.binary_dilation(dropouts.mask, np.ones((3, 3)), iterations=_RESAMPLED)


def _frame(smap, dropouts, holes, unusable):
    """Take the arrays of the map, with the geometry of its camera, or of its header off the telemetry grid."""
    if dropouts is not None:
        return CoronagraphFrame.from_camera(smap.data, dropouts.camera, holes, valid=~unusable)
    with caught_warnings():
        # Where the observer was does not matter for the size of the Sun.
        warnings.simplefilter("ignore", SunpyMetadataWarning)
        solar_radius = float((smap.rsun_obs / smap.scale.axis1).to_value("pix"))
    center = tuple(float(axis.to_value("pix")) for axis in smap.reference_pixel)
    return CoronagraphFrame(smap.data, ~unusable, holes, center, abs(solar_radius))


def _cast(values, dtype):
    if dtype.kind == "f":
        return values.astype(dtype)
    limits = np.iinfo(dtype)
    return np.clip(np.rint(values), limits.min, limits.max).astype(dtype)


def _known_std(smap):
    """Return the standard deviations that the map came with, in its own unit, NaN where it has none."""
    if smap.uncertainty is None:
        return np.full(smap.data.shape, np.nan, dtype=np.float32)
    try:
        known = smap.uncertainty.represent_as(StdDevUncertainty)
    except TypeError:
        msg = (
            f"The uncertainty of the map is a {type(smap.uncertainty).__name__}, of which no standard deviation can be "
            "made. Give it as a StdDevUncertainty, or set smap.uncertainty = None."
        )
        raise TypeError(msg) from None
    factor = known.unit.to(smap.unit) if known.unit is not None and smap.unit is not None else 1
    return np.broadcast_to(np.asarray(known.array) * float(factor), smap.data.shape).copy()


def _uncertainty(known, holes, std, dtype):
    known[holes] = np.hypot(std, _ROUNDING if dtype.kind in "iu" else 0.0)
    return StdDevUncertainty(known)


def _recorded(meta, dropouts, holes, method, weights):
    """Return the header of a filled map; one that was filled before keeps its list of missing blocks."""
    cards, line = {}, f"{method}, {np.count_nonzero(holes)} pixels"
    if dropouts is not None and changed_pixels(meta, "fill", holes.shape) is None:
        listed = encode_misslist(dropouts.indices, dropouts.camera.grid, style=_list_style(dropouts.camera))
        cards = {"nmissing": len(dropouts), "misslist": listed}
        line += f", {len(dropouts)} blocks"
    return record_step(meta, "fill", method, weights=weights, mask=holes, cards=cards, history=line)


def _list_style(camera):
    """Return how the headers of a camera write their list of missing blocks."""
    if "/SECCHI" in camera.name:
        return "base34"
    return "runs" if camera.name == "SOHO/LASCO C3" else "decimal"


def _copy(smap):
    return smap._new_instance(
        smap.data.copy(),
        copy.deepcopy(smap.meta),
        plot_settings=copy.deepcopy(smap.plot_settings),
        mask=copy.deepcopy(smap.mask),
        uncertainty=copy.deepcopy(smap.uncertainty),
    )
