"""Fill maps: extract the arrays of a map, pass them to a method, and build a map from its result."""

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

#: Default methods: for cameras with network weights, and for other cameras with and without neighbors.
DEFAULT_METHOD, DEFAULT_WITH_NEIGHBORS, DEFAULT_WITHOUT_WEIGHTS = "partial_conv", "temporal", "kriging"
#: Standard deviation of the error of rounding to integers.
_ROUNDING = 12**-0.5
#: Calibration resamples frames, which mixes missing blocks into this many pixels around them.
_RESAMPLED = 2


def inpaint_map(smap, *, mask=None, method=None, neighbors=(), **options):
    """
    Fill the missing telemetry blocks of a coronagraph map.

    All other pixels are returned bit-identical. Integer data stay integer: filled values are rounded, and their
    standard deviation includes the rounding error.

    Parameters
    ----------
    smap : `~sunpy.map.GenericMap`
        A frame of a known coronagraph. It is not changed.
    mask : `numpy.ndarray`, optional
        Boolean, shape of ``smap.data``, `True` on the pixels to fill. By default the blocks that
        `~sunpy_coronagraph_inpaint.find_dropouts` finds are filled. With a mask, a map that is no longer on its
        telemetry grid (cropped, resampled, rotated) can be filled as well; pixels that are exactly 0 are then treated
        as missing and not used for the fill.
    method : str, optional
        One of `~sunpy_coronagraph_inpaint.list_methods`. By default ``"partial_conv"`` for cameras and levels with
        network weights (LASCO C2 and C3); otherwise, with a line in the log, ``"temporal"`` if neighbors are given,
        else ``"kriging"``.
    neighbors : iterable of `~sunpy.map.GenericMap`, optional
        Frames of the same camera before or after, in any order. Differences in exposure time, summing, center, and a
        roll of 180 degrees are corrected.
    **options
        Keyword arguments of the method.

    Returns
    -------
    `~sunpy.map.GenericMap`
        A map of the same class, with the same unit, plot settings and mask. Its ``uncertainty`` holds the standard
        deviation of every filled pixel; on all others it is that of the input, or NaN.

    Raises
    ------
    TypeError
        If ``smap`` or a neighbor is not a map of a known coronagraph, or ``smap`` has an uncertainty that cannot be
        converted to a standard deviation.
    ValueError
        If the data are not a 2-D array of numbers; if the map is cropped, resampled or rotated and no mask is given; if
        the mask does not fit; if no valid pixel is left; if the method does not exist, or needs neighbors
        and none are given; or if a neighbor cannot be used.
    FileNotFoundError
        If the records of the network weights, or the weights themselves, are not installed.

    Warns
    -----
    AlreadyFilledWarning
        If the map was filled before and no mask is given: it is returned unchanged.
    CoronagraphInpaintWarning
        If the map is a JPEG 2000 image of the Helioviewer Project.

    See Also
    --------
    sunpy_coronagraph_inpaint.filled_mask : Read the filled pixels from the header.

    Notes
    -----
    These header keywords are set: ``NMISSING`` and ``MISSLIST`` (number and list of the missing blocks, as in level-1
    headers), ``NFILLED`` (number of pixels filled), ``FILLMETH`` (method), ``FILLWGTS`` (hash of the network's weights,
    ``'None'`` without a network), ``FILLMASK`` (the filled pixels, packed) and a ``HISTORY`` line. Control characters
    in ``HISTORY``, which FITS does not allow, are replaced by blanks. ``BSCALE``, ``BZERO`` and
    ``BLANK`` of scaled data are removed.

    Pixels that are masked, not finite, without data, or filled before are not used for the fill. In a calibrated frame,
    neither are the two pixels around a missing block, which resampling has darkened.

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
        Its missing blocks; `None` off the telemetry grid.
    frame : `~sunpy_coronagraph_inpaint.frames.CoronagraphFrame`
        The input of a method: arrays, holes and neighbors.
    std : `numpy.ndarray`
        Standard deviations that the map already had, in its own unit, NaN where it has none.
    """

    smap: GenericMap
    dropouts: Dropouts | None
    frame: CoronagraphFrame
    std: np.ndarray


def prepare(smap, *, mask=None, neighbors=(), dropouts=None, level=2):
    """
    Do the part of `inpaint_map` that precedes the method, so that a method can fill many maps in one call.

    Returns a `PreparedMap`, or `None` if there is nothing to fill. ``dropouts`` of an earlier call of `find_dropouts`
    save another search. Warnings are attributed to the caller ``level`` calls above.
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
        msg = "Neighbors cannot be used for a map that was cropped, resampled or rotated. Fill it before that."
        raise ValueError(msg)
    if neighbors:
        frame = frame.with_neighbors(align(smap, frame, neighbors))
    return PreparedMap(smap, dropouts, frame, std)


def choose_method(frame):
    """Return the default method for the camera and the neighbors of a frame."""
    if find_weights(frame.camera) is not None:
        return get_method(DEFAULT_METHOD)
    name = DEFAULT_WITH_NEIGHBORS if frame.neighbors else DEFAULT_WITHOUT_WEIGHTS
    log.info(f"There are no network weights for this camera and level: the map is filled by {name}.")
    return get_method(name)


def finish(prepared, method, fill):
    """Build the filled map from a `PreparedMap`, the `Method`, and its `Fill`."""
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
    """Return the dropouts if the telemetry grid is known, the pixels to fill, and the pixels not to use."""
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
        log.info(f"Only the masked pixels are treated as missing: {error}")
        return None, mask, unusable | mask | (smap.data == 0)
    return dropouts, mask, unusable | _no_data(dropouts) | filled_mask(smap) | mask


def _no_data(dropouts):
    """Return pixels without data, and in a calibrated frame those contaminated by the resampling of a missing block."""
    if dropouts.camera.level != "1" or not dropouts.indices:
        return dropouts.no_data
    return dropouts.no_data | ndimage.binary_dilation(dropouts.mask, np.ones((3, 3)), iterations=_RESAMPLED)


def _frame(smap, dropouts, holes, unusable):
    """Build the method's input, with the geometry of the camera, or of the header off the telemetry grid."""
    if dropouts is not None:
        return CoronagraphFrame.from_camera(smap.data, dropouts.camera, holes, valid=~unusable)
    with caught_warnings():
        # A missing observer location is irrelevant here: only the angular size of the Sun is needed.
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
    """Return the standard deviations that the map already has, in its own unit, NaN where it has none."""
    if smap.uncertainty is None:
        return np.full(smap.data.shape, np.nan, dtype=np.float32)
    try:
        known = smap.uncertainty.represent_as(StdDevUncertainty)
    except TypeError:
        msg = (
            f"The uncertainty of the map is a {type(smap.uncertainty).__name__}, which cannot be converted to a "
            "standard deviation. Give it as a StdDevUncertainty, or set smap.uncertainty = None."
        )
        raise TypeError(msg) from None
    factor = known.unit.to(smap.unit) if known.unit is not None and smap.unit is not None else 1
    return np.broadcast_to(np.asarray(known.array) * float(factor), smap.data.shape).copy()


def _uncertainty(known, holes, std, dtype):
    known[holes] = np.hypot(std, _ROUNDING if dtype.kind in "iu" else 0.0)
    return StdDevUncertainty(known)


def _recorded(meta, dropouts, holes, method, weights):
    """Return the header of a filled map; a map that was filled before keeps its list of missing blocks."""
    cards, line = {}, f"{method}, {np.count_nonzero(holes)} pixels"
    if dropouts is not None and changed_pixels(meta, "fill", holes.shape) is None:
        listed = encode_misslist(dropouts.indices, dropouts.camera.grid, style=_list_style(dropouts.camera))
        cards = {"nmissing": len(dropouts), "misslist": listed}
        line += f", {len(dropouts)} blocks"
    return record_step(meta, "fill", method, weights=weights, mask=holes, cards=cards, history=line)


def _list_style(camera):
    """Return the format of the list of missing blocks in the headers of a camera."""
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
