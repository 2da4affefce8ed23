"""From counts to brightness: bias, exposure time, vignetting, calibration factor and the stray-light ramp of C3."""

import numpy as np

from sunpy_coronagraph_inpaint.instruments.lasco_photometry import calibration_factor


def subtract_bias(state):
    """
    Subtract the bias from the table of exposure factors, else from the polynomial of ``offset_bias.pro``.

    As in ``c2_calibrate.pro`` 1.14 and ``c3_calibrate.pro`` 1.54 it is multiplied by the on-board, not the on-chip,
    summing.
    """
    if not state.info.has_bias:
        state.meta["calbias"] = 0.0
        state.history.append("no offset in a derived frame or a monthly model")
        return
    found = state.store.exposure_factor(state.info.detector, *state.info.middle)
    value = state.info.camera.bias if found.value is None else found.value.bias
    state.data = state.data - float(value)
    state.meta["calbias"] = float(value)
    state.history.append(f"bias {value:.3f} ({'offset_bias' if found.value is None else found.source})")


def normalize_exposure(state):
    """Divide by the exposure time, which is ``EXPTIME`` times the exposure factor of the frame."""
    found = state.store.exposure_factor(state.info.detector, *state.info.middle)
    entry = state.use("exposure factor", found)
    factor = 1.0 if entry is None else entry.factor
    seconds = state.info.exposure * factor
    if not seconds > 0:
        msg = f"An exposure time of {seconds} s cannot be right. Check EXPTIME in the header of the frame."
        raise ValueError(msg)
    state.data = state.data / seconds
    state.scale_uncertainty(1 / seconds)
    state.put(exptime=seconds, calexpf=factor)
    if entry is not None:
        state.history.append(f"exposure factor {factor:.6f}, Nreg={entry.regions} ({found.source})")
    else:
        state.history.append("WARNING: No exposure correction found.")


def correct_vignetting(state):
    """Multiply by the inverse of the vignetting, which the calibration files of both cameras contain."""
    found = state.store.vignetting(state.info.detector, state.info.day)
    multiplier = state.use_image("vignetting", found)
    state.data = state.data * multiplier
    state.scale_uncertainty(multiplier)
    state.put(calvig=found.source, calday=state.info.day)
    state.history.append(f"vignetting {found.source}")


def apply_calibration_factor(state):
    """Multiply by the mean solar brightness of 1 DN/s (``c2_calfactor.pro`` 1.9, ``c3_calfactor.pro`` 1.17)."""
    info = state.info
    summed = int(np.prod(info.summing))
    factor = calibration_factor(info.detector, info.color, info.polar, info.day, summing=summed)
    if not factor:
        msg = (
            f"SolarSoft has no calibration factor for {info.detector} with the filter {info.color!r} and the "
            f"polarizer {info.polar!r}. Stop before this step, with until='vignetting', to get counts per second."
        )
        raise ValueError(msg)
    state.data = state.data * factor
    state.scale_uncertainty(factor)
    state.put(calfac=factor, bunit="MSB")
    state.history.append(f"{info.detector.lower()}_calfactor: {factor:.5e}")


def subtract_ramp(state):
    """Subtract the stray light of C3, a ramp across the field that is neither vignetted nor masked."""
    if not state.info.has_ramp:
        state.meta["calramp"] = "None"
        return
    found = state.store.ramp()
    state.data = state.data - state.use_image("ramp", found)
    state.meta["calramp"] = found.source
    state.history.append(f"ramp {found.source}")
