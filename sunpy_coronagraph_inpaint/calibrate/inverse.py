"""The way back, from brightness to the counts of a level-0.5 frame."""

import copy

import numpy as np

from astropy.nddata import StdDevUncertainty

from sunpy.map import GenericMap

from sunpy_coronagraph_inpaint.calibrate.distortion import correct_distortion
from sunpy_coronagraph_inpaint.calibrate.level_1 import calibration_store
from sunpy_coronagraph_inpaint.calibrate.rotation import rotate, turn
from sunpy_coronagraph_inpaint.calibrate.store import CalibrationStore
from sunpy_coronagraph_inpaint.calibrate.summing import fit_to_frame
from sunpy_coronagraph_inpaint.calibrate.undistortion import undistortion_source
from sunpy_coronagraph_inpaint.io.msb import new_map
from sunpy_coronagraph_inpaint.io.provenance import printable

__all__ = ["to_level_05"]

_EMPTY = 1e-3  # DN: what comes out as small as this was 0, no data


def to_level_05(smap, *, calibration="auto"):
    """
    Undo the calibration of a frame.

    Parameters
    ----------
    smap : `~sunpy.map.sources.LASCOMap`
        A frame from `calibrate_map`, calibrated to the end or to any step. It is not changed.
    calibration : optional
        The files it was calibrated with, as for `calibrate_map`. Pieces that were nominal need none.

    Returns
    -------
    `~sunpy.map.sources.LASCOMap`
        Counts (DN) with the offset of the detector, ``float32``. The uncertainty of filled pixels comes back, too, if
        the distortion was not corrected yet.

    Raises
    ------
    TypeError
        If ``smap`` is not a map.
    ValueError
        If it was not calibrated by `calibrate_map`, or with other files.

    Notes
    -----
    The photometric steps (offset, exposure, factor, vignetting, ramp) are undone to 1 part in a million: a frame that
    was calibrated with ``until="ramp"`` comes back as it was, filled blocks included. Correcting the distortion moved
    and mixed pixels, which nothing brings back; of a frame that went through it, every pixel is interpolated where it
    came from, and masked pixels stay not a number.

    Examples
    --------
    >>> import warnings
    >>> import numpy as np
    >>> from sunpy_coronagraph_inpaint.calibrate import calibrate_map, to_level_05
    >>> from sunpy_coronagraph_inpaint.exceptions import NominalCalibrationWarning
    >>> from sunpy_coronagraph_inpaint.simulate import plain_corona
    >>> warnings.simplefilter("ignore", NominalCalibrationWarning)
    >>> raw = plain_corona(detector="C2")
    >>> back = to_level_05(calibrate_map(raw, calibration="nominal", until="ramp"))
    >>> bool(np.allclose(back.data, raw.data, rtol=1e-6, atol=0))
    True
    """
    if not isinstance(smap, GenericMap):
        msg = f"to_level_05 takes a sunpy map, but was given {type(smap).__name__}. Read the file with sunpy.map.Map."
        raise TypeError(msg)
    done = [step for step in str(smap.meta.get("calsteps", "")).split(",") if step]
    if not done:
        msg = (
            "The header does not tell how this frame was calibrated: only frames from calibrate_map can be taken back."
        )
        raise ValueError(msg)
    meta, data = copy.deepcopy(smap.meta), smap.data.astype(float)
    if "distortion" in done:
        data = _as_taken(data, meta, "pointing" in done)
    for step in ("ramp", "factor", "vignetting", "exposure", "bias"):
        if step in done:
            data = _UNDO[step](data, meta, calibration)
    if "bias" in done:
        data[np.abs(data) < _EMPTY] = 0
    spread = None if "distortion" in done else _spread(smap, done, calibration)
    settings = copy.deepcopy(smap.plot_settings)
    return new_map(smap, data.astype(np.float32), _header(meta, done), plot_settings=settings, uncertainty=spread)


def _spread(smap, done, calibration):
    """Return the uncertainty of filled pixels in counts; what was added or subtracted does not change it."""
    if smap.uncertainty is None:
        return None
    spread = smap.uncertainty.represent_as(StdDevUncertainty).array.astype(float)
    for step in ("factor", "vignetting", "exposure"):
        if step in done:
            spread = _UNDO[step](spread, smap.meta, calibration)
    return StdDevUncertainty(spread.astype(np.float32))


def _as_taken(data, meta, pointed):
    """Rotate and turn a frame back, and bring its distortion back, as well as interpolation can."""
    summing = _summing(meta)
    if pointed:
        rectify = float(meta["rectify"])
        turned = abs(rectify) > 90
        roll = rectify - np.copysign(180, rectify) if turned else rectify
        if roll:
            data = rotate(data, roll, (meta["crpix1"] - 1, meta["crpix2"] - 1))
        data = turn(data) if turned else data
    center = meta["caldisx"], meta["caldisy"]
    source = undistortion_source(meta["detector"], data.shape, summing=summing, center=center)
    known = np.isfinite(data)
    share = correct_distortion(known.astype(np.float32), source)
    return np.where(share > 1 - 1e-6, correct_distortion(np.where(known, data, 0), source), np.nan)


def _summing(meta):
    return tuple(1024 // int(meta[key]) for key in ("naxis2", "naxis1"))


def _piece(meta, key, calibration, load):
    """Return the piece of the calibration that the header names, cut to the frame."""
    source = str(meta[key])
    store = CalibrationStore.nominal() if source == "nominal" else calibration_store(calibration)
    item = load(store)
    if item.source != source:
        msg = f"The frame was calibrated with {source!r}, but here is {item.source!r}. Give the same calibration files."
        raise ValueError(msg)
    if np.ndim(item.value) == 0:
        return item.value
    summing, shape = _summing(meta), (int(meta["naxis2"]), int(meta["naxis1"]))
    return fit_to_frame(item.value, origin=(0, 0), summing=summing, shape=shape)


def _undo_ramp(data, meta, calibration):
    if meta["calramp"] == "None":
        return data
    return data + _piece(meta, "calramp", calibration, lambda store: store.ramp())


def _undo_vignetting(data, meta, calibration):
    day = meta["calday"]
    multiplier = _piece(meta, "calvig", calibration, lambda store: store.vignetting(meta["detector"], day))
    # Where SolarSoft's multiplier is 0, as behind the occulter of C2, nothing of the counts is left.
    return np.divide(data, multiplier, out=np.full(data.shape, np.nan), where=multiplier != 0)


_UNDO = {
    "ramp": _undo_ramp,
    "factor": lambda data, meta, _: data / meta["calfac"],
    "vignetting": _undo_vignetting,
    "exposure": lambda data, meta, _: data * meta["exptime"],
    "bias": lambda data, meta, _: data + meta["calbias"],
}


def _header(meta, done):
    """Return the header of a level-0.5 frame again."""
    if "exposure" in done:
        meta["exptime"] = meta["exptime"] / meta["calexpf"]
    if "pointing" in done:
        meta["date-obs"], _, meta["time-obs"] = str(meta["caldate"]).partition(" ")
        meta["crota1"] = meta["crota2"] = meta["calcrota"]
        for key in ("crota", "rsun", "rectify", "xcen", "ycen", "date_obs", "time_obs"):
            meta.pop(key, None)
    if "bias" in done:
        meta["bunit"] = "DN"
        meta["level"] = "0.5"
    for key in [key for key in meta if key.startswith("cal")]:
        del meta[key]
    meta["history"] = f"{printable(meta.get('history', ''))}\nto_level_05: undone {','.join(done)}".strip("\n")
    return meta
