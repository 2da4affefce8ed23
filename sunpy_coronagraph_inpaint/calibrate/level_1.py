"""Calibrate a LASCO map: the list of steps, and `calibrate_map`."""

import copy
import os
import warnings
from functools import lru_cache

import numpy as np

from astropy.nddata import StdDevUncertainty

from sunpy import log
from sunpy.map import GenericMap

from sunpy_coronagraph_inpaint.calibrate.distortion import correct_distortion
from sunpy_coronagraph_inpaint.calibrate.level_05 import (
    CalibrationState,
    ExposureInfo,
    embed_in_full_frame,
    unwrap_counts,
)
from sunpy_coronagraph_inpaint.calibrate.missing import fill_missing_blocks, mask_no_data
from sunpy_coronagraph_inpaint.calibrate.photometry import (
    apply_calibration_factor,
    correct_vignetting,
    normalize_exposure,
    subtract_bias,
    subtract_ramp,
)
from sunpy_coronagraph_inpaint.calibrate.pointing import correct_pointing
from sunpy_coronagraph_inpaint.calibrate.statistics import compute_statistics
from sunpy_coronagraph_inpaint.calibrate.store import CalibrationStore
from sunpy_coronagraph_inpaint.exceptions import NominalCalibrationWarning
from sunpy_coronagraph_inpaint.io.msb import new_map
from sunpy_coronagraph_inpaint.io.provenance import add_history, record_step

STEPS = {
    "unwrap": unwrap_counts,
    "fill": fill_missing_blocks,
    "size": embed_in_full_frame,
    "bias": subtract_bias,
    "exposure": normalize_exposure,
    "vignetting": correct_vignetting,
    "factor": apply_calibration_factor,
    "ramp": subtract_ramp,
    "distortion": correct_distortion,
    "mask": mask_no_data,
    "pointing": correct_pointing,
    "statistics": compute_statistics,
}
"""The steps in their order, by the names that ``until`` takes. Each changes a `CalibrationState`."""

_UNITS = {"bias": "DN", "exposure": "DN / s", "vignetting": "DN / s"}
_FILL_KEYS = ("nfilled", "fillmeth", "fillwgts", "fillmask")


def calibrate_map(smap, *, calibration="auto", fill=True, until=None, method=None, neighbors=(), **options):
    """
    Calibrate a level-0.5 frame of LASCO C2 or C3 to mean solar brightness, as SolarSoft does.

    Parameters
    ----------
    smap : `~sunpy.map.sources.LASCOMap`
        A level-0.5 frame as delivered. It is not changed.
    calibration : {"auto", "nominal"}, path-like or CalibrationStore, optional
        Source of the calibration files. ``"auto"``: the directory ``$LASCO_DATA``, else the archives of SolarSoft, else
        built-in nominal values. A directory: the same with this directory first. ``"nominal"``: the built-in values.
    fill : bool or {"all"}, optional
        `True` fills missing blocks like SolarSoft, only in C3 frames through the filter ``Clear``; ``"all"`` fills
        them in every frame. Missing blocks that are not filled become NaN.
    until : str, optional
        Stop after this step: one of ``"unwrap"``, ``"fill"``, ``"size"``, ``"bias"``, ``"exposure"``,
        ``"vignetting"``, ``"factor"``, ``"ramp"``, ``"distortion"``, ``"mask"``, ``"pointing"``, ``"statistics"``.
    method, neighbors, **options
        Options for filling missing blocks, as for `~sunpy_coronagraph_inpaint.inpaint_map`.

    Returns
    -------
    `~sunpy.map.sources.LASCOMap`
        Mean solar brightness (``BUNIT`` ``MSB``), ``float32``; NaN where there are no data. ``uncertainty`` holds the
        standard deviation of filled pixels, NaN elsewhere.

    Raises
    ------
    TypeError
        If ``smap`` is not a map, or not one of a known coronagraph.
    ValueError
        If it is not a level-0.5 frame of C2 or C3, has no calibration factor, or an argument is unknown.
    RuntimeError
        If a calibration file is not the one that was first used (``CalibrationFileChangedError``).

    Warns
    -----
    `~sunpy_coronagraph_inpaint.exceptions.NominalCalibrationWarning`
        If built-in values replaced calibration files.

    See Also
    --------
    uncalibrate_map : Undo the calibration.
    write_level_1 : Write a file like SolarSoft's.

    Notes
    -----
    The header becomes that of a level-1 frame. In addition ``CALSTEPS`` lists the steps that were done, ``CALBIAS``,
    ``CALEXPF``, ``CALFAC`` and ``CALCLOCK`` hold the constants, ``CALVIG`` and ``CALRAMP`` the files that were used
    (with the beginning of their checksums), and ``CALNOMIN`` the items that were nominal. The ``LEVEL`` of a frame
    whose calibration stopped early names the last step.

    References
    ----------
    * SolarSoft IDL routine ``reduce_level_1.pro`` 1.68.
    * Morrill et al. 2006, Sol. Phys. 233, 331, https://doi.org/10.1007/s11207-006-2058-1

    Examples
    --------
    >>> import warnings
    >>> from sunpy_coronagraph_inpaint.calibrate import calibrate_map
    >>> from sunpy_coronagraph_inpaint.exceptions import NominalCalibrationWarning
    >>> from sunpy_coronagraph_inpaint.simulate import damage, plain_corona
    >>> warnings.simplefilter("ignore", NominalCalibrationWarning)
    >>> calibrated = calibrate_map(damage(plain_corona(), blocks=[163]), calibration="nominal")
    >>> calibrated.meta["bunit"], calibrated.meta["nmissing"], calibrated.meta["misslist"]
    ('MSB', 1, '3Q3Q')
    """
    if not isinstance(smap, GenericMap):
        msg = f"calibrate_map takes a sunpy map, but was given {type(smap).__name__}. Read the file with sunpy.map.Map."
        raise TypeError(msg)
    names = _steps_until(until)
    if fill not in (True, False, "all"):
        msg = f"fill={fill!r} is not known. Choose True, False or 'all'."
        raise ValueError(msg)
    state = CalibrationState(
        smap=smap,
        info=ExposureInfo.from_header(smap.meta),
        store=calibration_store(calibration),
        fill=fill,
        fill_options={"method": _known_method(method), "neighbors": neighbors, **options},
        data=np.asarray(smap.data),
        meta=copy.deepcopy(smap.meta),
        mask=copy.deepcopy(smap.mask),
    )
    for name in names:
        STEPS[name](state)
        log.debug(f"Calibration step {name} done.")
    return _finish(state, names)


def _steps_until(until):
    names = list(STEPS)
    if until is None:
        return names
    if until not in names:
        msg = f"until={until!r} is not a step. Choose one of {', '.join(map(repr, names))}."
        raise ValueError(msg)
    return names[: names.index(until) + 1]


def _known_method(name):
    if name is None:
        return None
    from sunpy_coronagraph_inpaint.inpaint.methods import get_method

    return get_method(name)


def calibration_store(calibration):
    """Return the store for the argument ``calibration`` of `calibrate_map`."""
    if isinstance(calibration, CalibrationStore):
        return calibration
    if isinstance(calibration, str) and calibration in ("auto", "nominal"):
        return _shared_store(calibration, os.environ.get("LASCO_DATA"))
    if isinstance(calibration, (str, os.PathLike)):
        return _shared_store(os.fspath(calibration), None)
    msg = (
        f"calibration must be 'auto', 'nominal', a directory or a CalibrationStore, not a {type(calibration).__name__}."
    )
    raise TypeError(msg)


@lru_cache(maxsize=4)
def _shared_store(calibration, directory):
    """Return a cached store, so that its files are read once."""
    if calibration == "nominal":
        return CalibrationStore.nominal()
    return CalibrationStore(directory if calibration == "auto" else calibration)


def _finish(state, names):
    """Create the map, with a header that records the processing."""
    meta, last = state.meta, names[-1]
    meta["calsteps"] = ",".join(names)
    meta["calnomin"] = ", ".join(dict.fromkeys(state.nominal)) or "None"
    if "bias" in names and "pointing" not in names:
        meta["level"] = f"0.5+{last}"
        meta["bunit"] = _UNITS.get(last, "MSB")
    if state.nominal:
        msg = (
            f"Nominal values replace the files of: {meta['calnomin']}. Set LASCO_DATA to a directory with "
            "SolarSoft's calibration files of LASCO, or fetch them with 'coronagraph-inpaint calibration fetch'."
        )
        warnings.warn(msg, NominalCalibrationWarning, stacklevel=3)
    meta["history"] = add_history(meta.get("history", ""), "calibrate_map", state.history)
    if state.filled is not None and state.filled.any():
        for key in _FILL_KEYS:
            meta.pop(key, None)
        meta = record_step(meta, "fill", state.method, mask=state.filled)
    data = state.data.astype(np.float32) if "bias" in names else state.data
    std = None if state.uncertainty is None else StdDevUncertainty(state.uncertainty.astype(np.float32))
    settings = copy.deepcopy(state.smap.plot_settings)
    return new_map(state.smap, data, meta, plot_settings=settings, mask=state.mask, uncertainty=std)
