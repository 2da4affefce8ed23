"""The steps that change what a pixel holds: from counts to brightness."""

import numpy as np

from sunpy_coronagraph_inpaint.calibrate import brightness, counts, vignetting
from sunpy_coronagraph_inpaint.calibrate.missing import fill_missing
from sunpy_coronagraph_inpaint.instruments.lasco_photometry import calibration_factor

__all__ = ["PHOTOMETRIC_STEPS"]


def _unwrap(frame):
    frame.data = counts.fix_wrap(frame.data)


def _fill(frame):
    smap = frame.smap._new_instance(
        frame.data, frame.smap.meta, mask=frame.smap.mask, uncertainty=frame.smap.uncertainty
    )
    found = fill_missing(smap, frame.settings, **frame.options)
    frame.data, frame.lost, frame.filled, frame.spread, frame.method, cards = found
    frame.meta.update(cards)
    what = f"{int(frame.filled.sum())} pixels filled by {frame.method}" if frame.filled.any() else "none filled"
    frame.history.append(f"missing blocks {cards['nmissing']}, {what}")


def _size(frame):
    settings = frame.settings
    if settings.full:
        return
    place = {"origin": settings.origin, "summing": settings.summing}
    frame.data = counts.standard_size(frame.data, **place)
    frame.lost = counts.standard_size(frame.lost, fill=True, **place)
    frame.filled = counts.standard_size(frame.filled, **place)
    if frame.hidden is not None:
        frame.hidden = counts.standard_size(np.asarray(frame.hidden), fill=True, **place)
    if frame.spread is not None:
        frame.spread = counts.standard_size(frame.spread, fill=np.nan, **place)
    ny, nx = frame.data.shape
    for key, axis in (("crpix1", 1), ("crpix2", 0)):
        frame.meta[key] = float(frame.meta[key]) + settings.origin[axis] / settings.summing[axis]
    frame.put(r1col=20, r1row=1, r2col=1043, r2row=1024, naxis1=nx, naxis2=ny)
    frame.history.append(f"sub-field from column {settings.origin[1]}, row {settings.origin[0]}")


def _exposure_factor(frame):
    settings = frame.settings
    return frame.store.exposure_factor(settings.detector, *settings.middle)


def _bias(frame):
    if not frame.settings.has_offset:
        frame.meta["calbias"] = 0.0
        frame.history.append("no offset in a derived frame or a monthly model")
        return
    found = _exposure_factor(frame)
    value = frame.settings.bias if found.value is None else found.value.bias
    source = "offset_bias" if found.value is None else found.source
    frame.data = counts.subtract_bias(frame.data, value)
    frame.meta["calbias"] = float(value)
    frame.history.append(f"bias {value:.3f} ({source})")


def _exposure(frame):
    found = _exposure_factor(frame)
    entry = frame.use("exposure factor", found)
    factor = 1.0 if entry is None else entry.factor
    seconds = frame.settings.exposure * factor
    frame.data = counts.normalize_exposure(frame.data, seconds)
    frame.scale(1 / seconds)
    frame.put(exptime=seconds, calexpf=factor)
    if entry is not None:
        frame.history.append(f"exposure factor {factor:.6f}, Nreg={entry.regions} ({found.source})")
    else:
        frame.history.append("WARNING: No exposure correction found.")


def _vignetting(frame):
    found = frame.store.vignetting(frame.settings.detector, frame.settings.day)
    multiplier = frame.fit(frame.use("vignetting", found))
    frame.data = vignetting.correct_vignetting(frame.data, multiplier)
    frame.scale(multiplier)
    frame.put(calvig=found.source, calday=frame.settings.day)
    frame.history.append(f"vignetting {found.source}")


def _factor(frame):
    settings = frame.settings
    factor = calibration_factor(
        settings.detector, settings.color, settings.polar, settings.day, summing=settings.n_summed
    )
    if not factor:
        msg = (
            f"SolarSoft has no calibration factor for {settings.detector} with the filter {settings.color!r} and the "
            f"polarizer {settings.polar!r}. Stop before it, with until='vignetting', for counts per second."
        )
        raise ValueError(msg)
    frame.data = brightness.apply_factor(frame.data, factor)
    frame.scale(factor)
    frame.put(calfac=factor, bunit="MSB")
    frame.history.append(f"{settings.detector.lower()}_calfactor: {factor:.5e}")


def _ramp(frame):
    if not frame.settings.has_ramp:
        frame.meta["calramp"] = "None"
        return
    found = frame.store.ramp()
    frame.data = brightness.subtract_ramp(frame.data, frame.fit(frame.use("ramp", found)))
    frame.meta["calramp"] = found.source
    frame.history.append(f"ramp {found.source}")


PHOTOMETRIC_STEPS = {
    "unwrap": _unwrap,
    "fill": _fill,
    "size": _size,
    "bias": _bias,
    "exposure": _exposure,
    "vignetting": _vignetting,
    "factor": _factor,
    "ramp": _ramp,
}
