"""Correct the distortion of the optics with SolarSoft's grid of control points, or exactly; and undo it."""

from functools import lru_cache

import numpy as np
from scipy import ndimage

from sunpy_coronagraph_inpaint.calibrate.level_05 import TRACE
from sunpy_coronagraph_inpaint.instruments.lasco_facts import DETECTORS, distorted

_STEP = 32  # detector pixels between control points
# c3_occltr_cntr.dat: MJD of the measurement, and the center.
_C3_CENTERS = (
    (50305, (516.514, 529.717)),
    (50677, (516.527, 529.685)),
    (50901, (516.385, 529.671)),
    (50939, (516.373, 529.650)),
    (51228, (516.407, 531.172)),
    (51593, (516.408, 531.160)),
    (51837, (516.456, 531.132)),
)
# Coefficients of the inverse in distortion_coeffs.pro 1.4.
_INVERSE = {
    "C2": (-0.00508753, 0.000119011, -5.30006e-8, -1.20326e-10),
    "C3": (0.0153525, -0.000173515, 6.34659e-8),
}


def correct_distortion(state):
    """Resample all arrays of a frame to where optics without distortion would have imaged them."""
    info = state.info
    center = distortion_center(info.detector, info.day)
    source = distortion_source(info.detector, state.data.shape, summing=info.summing, center=center)
    state.data = resample(state.data, source)
    for name in ("no_data", "filled", "mask"):
        flags = getattr(state, name)
        if flags is not None and np.any(flags):
            setattr(state, name, resample(flags.astype(np.float32), source) > TRACE)
    if state.uncertainty is not None:
        # Errors within one hole are correlated, so that standard deviations are added and not variances.
        known = np.isfinite(state.uncertainty)
        std = resample(np.where(known, state.uncertainty, 0), source)
        state.uncertainty = np.where(resample(known.astype(np.float32), source) > TRACE, std, np.nan)
    state.put(caldisx=center[0], caldisy=center[1])
    state.history.append(f"distortion_coeffs 1.4 about {center[0]}, {center[1]}, 32-pixel grid")


def distortion_center(detector, mjd):
    """
    Return the center of the distortion, ``(x, y)`` in unsummed pixels from 0.

    It is the center of the occulter, for C3 from the measurement nearest in time (``occltr_cntr.pro`` with
    ``occulter_center.dat`` and ``c3_occltr_cntr.dat``).
    """
    if detector == "C2":
        return DETECTORS["C2"].distortion_center
    return min(_C3_CENTERS, key=lambda entry: abs(entry[0] - mjd))[1]


@lru_cache(maxsize=8)
def distortion_source(detector, shape, *, summing=(1, 1), center, method="grid"):
    """
    Return the positions in the distorted image from which the pixels of the corrected one are taken.

    Shape ``(2, ny, nx)``, rows and columns in pixels of a full frame of the given shape and summing (y, x); read-only.
    ``center`` comes from `distortion_center`. The ``method`` ``"grid"`` is SolarSoft's (``c2_warp.pro``,
    ``c3_warp.pro``, ``warp_tri.pro``): exact at control points every 32 detector pixels, linear on triangles between
    them; ``"analytic"`` is exact everywhere. They differ by less than 0.03 pixels for C2 and 0.08 for C3.
    """
    if method not in ("grid", "analytic"):
        msg = f"method={method!r} is not known. Choose 'grid' or 'analytic'."
        raise ValueError(msg)
    if method == "analytic":
        y, x = np.ogrid[: shape[0], : shape[1]]
        source = np.stack(_distorted(x, y, detector, summing, center))
    else:
        places = [np.arange(0, n * s + _STEP, _STEP) / s for n, s in zip(shape, summing, strict=True)]
        control = _distorted(places[1][None], places[0][:, None], detector, summing, center)
        source = np.stack([_on_triangles(values, shape, summing) for values in control])
    source.flags.writeable = False
    return source


def _distorted(x, y, detector, summing, center):
    """Evaluate the distortion for pixels of the frame; `distorted` has a fixed center, hence the shift."""
    sy, sx = summing
    shift_x, shift_y = (a - b for a, b in zip(DETECTORS[detector].distortion_center, center, strict=True))
    # SolarSoft only divides the center by the summing: pixel 0 lies at 0, not at half a pixel.
    x, y = np.broadcast_arrays(x * sx + shift_x, y * sy + shift_y)
    new_x, new_y = distorted(x, y, detector)
    return (new_y - shift_y) / sy, (new_x - shift_x) / sx


def _on_triangles(control, shape, summing):
    """Interpolate linearly on the two triangles of every square of control points."""
    (row, v), (column, u) = (np.divmod(np.arange(n), _STEP // s) for n, s in zip(shape, summing, strict=True))
    v, u = v[:, None] * summing[0] / _STEP, u[None] * summing[1] / _STEP
    low, right, up, far = (control[np.ix_(row + i, column + j)] for i, j in ((0, 0), (0, 1), (1, 0), (1, 1)))
    # Which diagonal IDL's TRIANGULATE takes in a square is not known; this one is closer to the exact distortion.
    lower = low + u * (right - low) + v * (up - low)
    return np.where(u + v <= 1, lower, far + (1 - u) * (up - far) + (1 - v) * (right - far))


@lru_cache(maxsize=4)
def undistortion_source(detector, shape, *, summing=(1, 1), center):
    """Return the positions in the corrected image from which the pixels of the distorted one are taken."""
    (sy, sx), (x0, y0) = summing, center
    y, x = np.ogrid[: shape[0], : shape[1]]
    dx, dy = x * sx - x0, y * sy - y0
    square = (0.021 * np.hypot(dx, dy)) ** 2  # of the radius in millimeters on the detector
    stretch = 1 + np.polynomial.polynomial.polyval(square, _INVERSE[detector])
    source = np.stack([(y0 + stretch * dy) / sy, (x0 + stretch * dx) / sx])
    source.flags.writeable = False
    return source


def resample(image, source):
    """Interpolate an image bilinearly at the given positions; positions outside take the value at the edge."""
    return ndimage.map_coordinates(image, source, order=1, mode="nearest", prefilter=False)
