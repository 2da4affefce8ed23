"""Undo the calibration: convert brightness to the counts of a level-0.5 frame."""

import copy

import numpy as np

from astropy.nddata import StdDevUncertainty

from sunpy.map import GenericMap

from sunpy_coronagraph_inpaint.calibrate.distortion import resample, undistortion_source
from sunpy_coronagraph_inpaint.calibrate.level_05 import DETECTOR_SIZE, TRACE, rebin_to_frame
from sunpy_coronagraph_inpaint.calibrate.level_1 import calibration_store
from sunpy_coronagraph_inpaint.calibrate.pointing import rotate_about
from sunpy_coronagraph_inpaint.calibrate.store import CalibrationStore
from sunpy_coronagraph_inpaint.io.msb import new_map, standard_deviation
from sunpy_coronagraph_inpaint.io.provenance import printable

_EMPTY = 1e-3  # DN: counts as small as this were 0, no data


def uncalibrate_map(smap, *, calibration="auto"):
    """
    Undo the calibration of a frame.

    Parameters
    ----------
    smap : `~sunpy.map.sources.LASCOMap`
        A frame from `calibrate_map`, calibrated completely or up to any step. It is not changed.
    calibration : {"auto", "nominal"}, path-like or CalibrationStore, optional
        The files with which it was calibrated, as for `calibrate_map`. Nominal values need none.

    Returns
    -------
    `~sunpy.map.sources.LASCOMap`
        Counts (DN) with the bias of the detector, ``float32``. The uncertainty of filled pixels is also converted,
        unless the distortion was corrected.

    Raises
    ------
    TypeError
        If ``smap`` is not a map.
    ValueError
        If it was not calibrated by `calibrate_map`, or was calibrated with other files.

    Notes
    -----
    The photometric steps (bias, exposure, vignetting, factor, ramp) are undone to 1 part in a million: a frame that
    was calibrated with ``until="ramp"`` is restored, with its blocks filled. The correction of distortion mixes
    neighboring pixels, which cannot be undone exactly: every pixel is interpolated at the position from which it was
    taken, and masked pixels stay NaN.

    Examples
    --------
    >>> import warnings
    >>> import numpy as np
    >>> from sunpy_coronagraph_inpaint.calibrate import calibrate_map, uncalibrate_map
    >>> from sunpy_coronagraph_inpaint.exceptions import NominalCalibrationWarning
    >>> from sunpy_coronagraph_inpaint.simulate import plain_corona
    >>> warnings.simplefilter("ignore", NominalCalibrationWarning)
    >>> raw = plain_corona(detector="C2")
    >>> back = uncalibrate_map(calibrate_map(raw, calibration="nominal", until="ramp"))
    >>> bool(np.allclose(back.data, raw.data, rtol=1e-6, atol=0))
    True
    """
    if not isinstance(smap, GenericMap):
        msg = (
            f"uncalibrate_map takes a sunpy map, but was given {type(smap).__name__}. Read the file with sunpy.map.Map."
        )
        raise TypeError(msg)
    done = [step for step in str(smap.meta.get("calsteps", "")).split(",") if step]
    if not done:
        msg = "The header does not say how this frame was calibrated: only frames from calibrate_map can be undone."
        raise ValueError(msg)
    meta, data = copy.deepcopy(smap.meta), smap.data.astype(float)
    if "distortion" in done:
        data = _as_taken(data, meta, "pointing" in done)
    for step in ("ramp", "factor", "vignetting", "exposure", "bias"):
        if step in done:
            data = _UNDO[step](data, meta, calibration)
    if "bias" in done:
        data[np.abs(data) < _EMPTY] = 0
    std = None if "distortion" in done else _uncalibrated_std(smap, done, calibration)
    settings = copy.deepcopy(smap.plot_settings)
    return new_map(smap, data.astype(np.float32), _header(meta, done), plot_settings=settings, uncertainty=std)


def _uncalibrated_std(smap, done, calibration):
    """Return the uncertainty of filled pixels in counts; additive steps do not change it."""
    std = standard_deviation(smap)
    if std is None:
        return None
    for step in ("factor", "vignetting", "exposure"):
        if step in done:
            std = _UNDO[step](std, smap.meta, calibration)
    return StdDevUncertainty(std.astype(np.float32))


def _as_taken(data, meta, is_rotated):
    """Rotate a frame back and distort it again, to the accuracy of interpolation."""
    if is_rotated:
        rectify = float(meta["rectify"])
        upside_down = abs(rectify) > 90
        roll = rectify - np.copysign(180, rectify) if upside_down else rectify
        if roll:
            data = rotate_about(data, roll, (meta["crpix1"] - 1, meta["crpix2"] - 1))
        data = np.rot90(data, 2) if upside_down else data
    center = meta["caldisx"], meta["caldisy"]
    source = undistortion_source(meta["detector"], data.shape, summing=_summing(meta), center=center)
    known = np.isfinite(data)
    share = resample(known.astype(np.float32), source)
    return np.where(share > 1 - TRACE, resample(np.where(known, data, 0), source), np.nan)


def _summing(meta):
    return tuple(DETECTOR_SIZE // int(meta[key]) for key in ("naxis2", "naxis1"))


def _same_item(meta, key, calibration, load):
    """Return the calibration item that the header names, rebinned to the frame."""
    source = str(meta[key])
    store = CalibrationStore.nominal() if source == "nominal" else calibration_store(calibration)
    item = load(store)
    if item.source != source:
        msg = f"The frame was calibrated with {source!r}, but here is {item.source!r}. Give the same calibration files."
        raise ValueError(msg)
    return rebin_to_frame(item.value, _summing(meta))


def _undo_ramp(data, meta, calibration):
    if meta["calramp"] == "None":
        return data
    return data + _same_item(meta, "calramp", calibration, lambda store: store.ramp())


def _undo_vignetting(data, meta, calibration):
    day = meta["calday"]
    multiplier = _same_item(meta, "calvig", calibration, lambda store: store.vignetting(meta["detector"], day))
    # Where SolarSoft's multiplier is 0, as behind the occulter of C2, the counts are lost.
    return np.divide(data, multiplier, out=np.full(data.shape, np.nan), where=multiplier != 0)


_UNDO = {
    "ramp": _undo_ramp,
    "factor": lambda data, meta, _: data / meta["calfac"],
    "vignetting": _undo_vignetting,
    "exposure": lambda data, meta, _: data * meta["exptime"],
    "bias": lambda data, meta, _: data + meta["calbias"],
}


def _header(meta, done):
    """Return the header of the level-0.5 frame."""
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
    meta["history"] = f"{printable(meta.get('history', ''))}\nuncalibrate_map: undone {','.join(done)}".strip("\n")
    return meta
