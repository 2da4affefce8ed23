"""Effects of the telescope: calibration factor, vignetting, occulter, pylon, field stop and stray light."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.ndimage import gaussian_filter

from sunpy_coronagraph_inpaint.instruments.lasco_facts import DETECTORS
from sunpy_coronagraph_inpaint.instruments.lasco_photometry import FILTERS, POLARIZERS, calibration_factor
from sunpy_coronagraph_inpaint.instruments.lasco_vignetting import THROUGHPUT

# All tables: pixels from the center of the occulter, value. Measured on level-0.5 frames, see
# `benchmarks/measure_lasco.py`.
_RING = {  # light diffracted at the occulter, DN per second
    "C2": (
        (0, 60, 100, 111, 120, 129, 135, 141, 147, 150, 153, 156, 159, 162, 165, 168, 171, 174, 177, 180, 185, 190, 200,
         215),
        (2, 3.2, 4.3, 5.0, 8.2, 15, 25, 42, 78, 112, 165, 250, 358, 455, 505, 480, 352, 203, 136, 112, 58, 26, 2, 0),
    ),
    "C3": (
        (0, 24, 36, 48, 56, 58, 60, 62, 64, 66, 67.5, 69, 71, 73, 76, 80, 85, 95, 110, 130),
        (4.2, 4.6, 5.3, 6.2, 12, 20, 38, 96, 220, 405, 440, 320, 140, 85, 72, 55, 42, 14, 0, 0),
    ),
}  # fmt: skip
_DIFFUSE = {  # stray light over the whole field, DN per second; for C3 in the latest epoch
    "C2": ((0, 180, 730), (1.2, 2.0, 1.5)),
    "C3": ((0, 100, 150, 200, 260, 330, 420, 510, 560), (0, 0, 3, 7, 10.5, 13.5, 15.5, 16.5, 14)),
}
_C3_BEFORE_2002 = -4.5  # DN/s: deficit of the diffuse light of C3 until June 2002, beyond 300 pixels
_STOP = (518.6, 531.7, 558.1)  # center and radius of the field stop of C3
_RING_SHIFTS = {"C2": (0.7, 3.9), "C3": (0.9, 0.9)}  # of the center of the diffraction ring
_PYLON = np.deg2rad(225.0)  # of both, in the orientation of the camera
# MJD of the known changes of the stray light, and by how much the pattern differs afterwards (assumed).
_EPOCHS = {"C2": (51099, 51880, 52311), "C3": (51141, 52444)}


@dataclass(frozen=True)
class Optics:
    """Conversion of brightness to count rates: images ``(ny, nx)`` in the camera's orientation."""

    throughput: np.ndarray  # fraction of the light that reaches the detector
    stray: np.ndarray  # stray and diffracted light, DN/s
    dust: np.ndarray  # transmission of the specks on the detector


def _smoothstep(value):
    value = np.clip(value, 0, 1)
    return value * value * (3 - 2 * value)


def _pylon_c3(radius, bearing):
    """Return the shadow of a straight arm before the aperture: a dark core and a penumbra, narrower at the root."""
    across = np.abs(radius * np.sin(bearing) - 3.5)
    width = (104.0**-4 + np.maximum(0.77 * radius - 12, 20) ** -4) ** -0.25
    core = np.interp(radius, (66, 76, 84, 96, 116), (30, 24, 18, 15, 12))
    rise = 5 * np.logaddexp(0, (across - core) / 5) / width
    open_ = 0.013 + 0.987 * np.minimum(rise, 1)
    return np.where(np.cos(bearing) > 0, open_, 1.0)


def _pylon_c2(radius, bearing):
    """Return the broad soft shadow of the arm behind the occulter, shallower outward."""
    depth = 1 - np.interp(radius, (160, 185, 205, 220, 240, 270, 300, 350, 400, 500),
                          (0.2, 0.25, 0.32, 0.40, 0.425, 0.47, 0.50, 0.545, 0.57, 0.56))  # fmt: skip
    half = np.deg2rad(np.interp(radius, (200, 300, 500), (39, 37, 30)))
    away = np.abs(np.angle(np.exp(1j * bearing)))
    inner = np.deg2rad(9)
    fringe = 0.02 * np.exp(-(((radius * np.sin(away) - 31) / 5) ** 2)) * (np.cos(bearing) > 0)
    return 1 - depth * (1 - _smoothstep((away - inner) / (half - inner) * 0.92 + 0.08)) + fringe


def _spots(shape, detector):
    """Return the dust on the detector: dark specks of a pixel or two, and in C2 a large one near the occulter."""
    rng = np.random.default_rng([22, ord(detector[1])])
    x0, y0 = DETECTORS[detector].optical_center
    dark = np.zeros(shape, np.float32)
    places = [(*rng.uniform(60, 960, 2), rng.uniform(0.1, 0.8), rng.integers(1, 3)) for _ in range(12)]
    if detector == "C2":
        places += [(x0 + 164, y0 - 21, 1.0, 150), (x0 + 169, y0 - 15, 1.0, 8), (x0 + 260, y0 + 434, 0.9, 4)]
        places += [(*rng.uniform(60, 960, 2), rng.uniform(0.2, 0.9), rng.integers(1, 4)) for _ in range(16)]
    for x, y, depth, count in places:
        x, y = x + np.cumsum(rng.normal(0, 0.8, count)), y + np.cumsum(rng.normal(0, 0.8, count))
        np.maximum.at(dark, (np.round(y).astype(int), np.round(x).astype(int)), depth)
    return 1 - np.minimum(gaussian_filter(dark, 0.45) * 1.3, 0.97)


def _ghost_rings(radius, detector):
    """Return the faint circles that lens edges leave in the throughput."""
    places = {"C2": ((487, 0.012, 1.5), (494, -0.008, 1.2)), "C3": ((520, -0.015, 2.0), (549, 0.06, 4.0))}[detector]
    return 1 + sum(amount * np.exp(-0.5 * ((radius - r) / width) ** 2) for r, amount, width in places)


@cache
def optics(detector, mjd_epoch=0):
    """
    Return the `Optics` of a detector, shape (1024, 1024), in one `epoch` of its stray light.

    The arrays are shared and must not be written to. Vignetting, pylon and field stop were measured on frames: for C3
    as the ratio of a level-1 to a level-0.5 frame, for C2 against the corona of this package. The stray light is the
    diffraction ring of the occulter, whose center is offset from that of the shadow, and a diffuse part. Its changes on
    1998-10-13, 2000-12-02 and 2002-02-06 (C2) and on 1998-11-24 and 2002-06-19 (C3) are documented; the diffuse light
    of C3 before and after the last of these is measured, and for the others a change of a tenth is assumed.
    """
    y, x = np.mgrid[:1024, :1024].astype(np.float32)
    x0, y0 = DETECTORS[detector].optical_center
    radius = np.hypot(x - x0, y - y0)
    bearing = np.arctan2(y - y0, x - x0) - _PYLON
    pylon = (_pylon_c3 if detector == "C3" else _pylon_c2)(radius, bearing)
    throughput = np.interp(radius, *THROUGHPUT[detector]) * _ghost_rings(radius, detector) * pylon
    stray = _ring(detector, mjd_epoch, x - x0, y - y0) * _hidden(radius, bearing, detector)
    diffuse = np.interp(radius, *_DIFFUSE[detector])
    if detector == "C3" and mjd_epoch < 2:
        diffuse = diffuse + _C3_BEFORE_2002 * np.interp(radius, (100, 300), (0, 1))
    stray += diffuse * np.where(radius < 75, 1, pylon)
    if detector == "C3":
        beyond = np.hypot(x - _STOP[0], y - _STOP[1]) - _STOP[2]
        open_ = np.interp(beyond, (-3, -1, 0, 2, 4, 5), (1, 0.82, 0.5, 0.2, 0.04, 0))
        throughput *= open_
        stray = stray * open_ + np.interp(beyond, (-1, 3, 8, 60, 130), (0, 1.0, 0.9, 0.5, 0.3))
    throughput[:, 0] *= 0.015  # the first column read out is nearly dark
    stray[:, 0] *= 0.015
    return Optics(*(a.astype(np.float32) for a in (throughput, stray, _spots(throughput.shape, detector))))


def _ring(detector, mjd_epoch, dx, dy):
    """Return the occulter's diffraction ring, about its own center, with faint fringes and uneven brightness."""
    rng = np.random.default_rng([1996, ord(detector[1]), mjd_epoch])
    shift = _RING_SHIFTS[detector]
    radius = np.hypot(dx - shift[0], dy - shift[1])
    angle = np.arctan2(dy - shift[1], dx - shift[0])
    ring = np.interp(radius, *_RING[detector])
    if detector == "C2":
        ring += 14 * np.sin((radius - 178) * 1.05) * np.exp(-(((radius - 184) / 10) ** 2))
    else:  # a reflection beside the ring
        ring += 85 * np.exp(-(((radius - 80) / 2) ** 2) - (angle - np.deg2rad(118)) ** 2 / 0.25)
    uneven = 0.1 * rng.normal() / 2
    for order in (1, 2, 3):
        uneven = uneven + 0.08 / order * rng.normal() * np.cos(order * angle + rng.uniform(0, 6.3))
    return ring * (1 + uneven)


def _hidden(radius, bearing, detector):
    """Return the fraction of the occulter's light left where its arm is mounted; nothing is hidden in the shadow."""
    away = np.rad2deg(np.abs(np.angle(np.exp(1j * bearing))))
    if detector == "C3":
        return 1 - 0.97 * _smoothstep((radius - 56) / 10) * (1 - _smoothstep((away - 17) / 15))
    return 1 - _smoothstep((radius - 120) / 40) * (
        0.5 * np.exp(-((away / 8) ** 2)) + 0.35 * np.exp(-((away / 28) ** 2))
    )


def epoch(detector, mjd):
    """Return the number of the stray-light epoch of a date, for `optics`."""
    return int(np.searchsorted(_EPOCHS[detector], mjd, side="right"))


def brightness_per_count(detector, color, polar, mjd):
    """
    Return the mean solar brightness (MSB) that gives one DN per second in the absence of vignetting.

    ``color`` and ``polar`` are filter and polarizer as in the header, ``mjd`` is the Modified Julian Day. `ValueError`
    if the detector has no such filter or polarizer.

    References
    ----------
    * SolarSoft IDL routines ``c2_calfactor.pro`` and ``c3_calfactor.pro``.
    * Morrill et al. 2006, Sol. Phys. 233, 331, https://doi.org/10.1007/s11207-006-2058-1
    """
    name, position = (text.upper().replace(" ", "") for text in (color, polar))
    if name not in FILTERS.get(detector, ()):
        msg = f"{detector} has no filter {color!r}. Choose one of {', '.join(FILTERS.get(detector, ()))}."
        raise ValueError(msg)
    if position not in POLARIZERS:
        msg = f"There is no polarizer {polar!r}. Choose 'Clear', '+60 Deg', '0 Deg' or '-60 Deg'."
        raise ValueError(msg)
    return calibration_factor(detector, name, position, mjd)
