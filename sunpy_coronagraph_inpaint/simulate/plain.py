"""A simple artificial corona, made in a tenth of a second, for uses where the physics does not matter."""

from functools import cache

import numpy as np

import astropy.units as u
from astropy.time import Time

import sunpy.map

from sunpy_coronagraph_inpaint.instruments import identify
from sunpy_coronagraph_inpaint.instruments.lasco_facts import DETECTORS, SATURATION
from sunpy_coronagraph_inpaint.simulate.header import Exposure, lasco_header
from sunpy_coronagraph_inpaint.simulate.scene import quantity

# Median rate in DN/s on circles around the occulter, radii in pixels, as `benchmarks/measure_lasco.py` prints them
# for quiet real frames: vignetting and stray light are in them.
_RATES = {
    "C2": (
        (0, 110, 130, 150, 160, 170, 180, 190, 200, 215, 250, 300, 360, 440, 530, 730),
        (3, 6.5, 16, 120, 318, 360, 164, 113, 95.5, 95.2, 99.6, 97.5, 86.1, 70, 53, 38),
    ),
    "C3": (
        (0, 40, 60, 66, 72, 82, 90, 100, 120, 140, 170, 200, 250, 300, 360, 440, 530, 540, 546, 730),
        (5, 5.7, 38, 270, 250, 318, 348, 331, 313, 306, 256, 180, 111, 77.7, 55.7, 41, 30.5, 30, 2, 1),
    ),
}
_EXPOSURES = {"C2": 25.1, "C3": 19.1}  # seconds
_DAY = "2004-10-08T06:42:05.439"
_FLATTENING = {"C2": 0.25, "C3": 0.8}


@cache
def _polar(detector, size):
    scale = 1024 // size
    x, y = ((value + 0.5) / scale - 0.5 for value in DETECTORS[detector].optical_center)
    dy = np.arange(size)[:, None] - y
    dx = np.arange(size)[None] - x
    return np.hypot(dx, dy).astype(np.float32) * scale, np.arctan2(dy, dx).astype(np.float32)


def _angular(detector, rng):
    """Return brightness against position angle, tabulated: a flattened corona with a few streamers, mean about 1."""
    angle = np.linspace(-np.pi, np.pi, 2049)
    profile = 1 + _FLATTENING[detector] * (np.abs(np.cos(angle)) ** 3 - 0.4)
    for _ in range(7):
        belt = rng.choice([0, np.pi]) + rng.normal(0, 0.5)
        distance = np.angle(np.exp(1j * (angle - belt)))
        profile += rng.uniform(0.05, 0.3) * np.exp(-0.5 * (distance / rng.uniform(0.02, 0.08)) ** 2)
    return angle, profile


def _pylon(radius, angle):
    across = radius * np.sin(angle + 0.75 * np.pi) - 5.5
    along = radius * np.cos(angle + 0.75 * np.pi)
    return np.where(along > 0, 1 - 0.98 * np.exp(-((across / 28) ** 2)), 1)


def _add_stars(rate, detector, scale, rng):
    count = {"C2": 40, "C3": 300}[detector]
    x, y = rng.uniform(4, np.array(rate.shape)[:, None] - 5, (2, count))
    flux = np.minimum(6 * rng.pareto(0.9, count) + 3, 2000)
    steps = np.arange(-3, 4)
    column = np.round(x).astype(int)[:, None] + steps
    row = np.round(y).astype(int)[:, None] + steps
    width = np.hypot(0.7 / scale, 0.3)
    across = np.exp(-0.5 * ((column - x[:, None]) / width) ** 2)
    along = np.exp(-0.5 * ((row - y[:, None]) / width) ** 2)
    stamps = flux[:, None, None] * along[:, :, None] * across[:, None, :] / (2 * np.pi * width**2)
    np.add.at(rate, (row[:, :, None], column[:, None, :]), stamps)


def plain_corona(*, detector="C3", seed=0, size=1024, exposure=None):
    """
    Make a simple artificial level-0.5 LASCO frame in about a tenth of a second.

    For doctests and for tests in which the physics does not matter: the corona is a measured radial profile times
    a function of the position angle, with streamers, stars, photon noise, occulter, pylon and null blocks.
    Use `~sunpy_coronagraph_inpaint.simulate.observe` where it does.

    Parameters
    ----------
    detector : str, optional
        ``"C2"`` or ``"C3"``.
    seed : int, optional
        The same seed gives the same frame, to the bit.
    size : int, optional
        Side of the frame in pixels: 1024, or 512 and 256 for frames summed 2x2 and 4x4 by the on-board computer.
    exposure : `~astropy.units.Quantity`, optional
        Exposure time; 25.1 s (C2) or 19.1 s (C3) if not given.

    Returns
    -------
    `sunpy.map.sources.LASCOMap`
        ``int16`` DN (``int32`` where summed, as in the archive), with the header of a real frame. Only null blocks
        are 0.

    Raises
    ------
    TypeError
        If the exposure is not a time.
    ValueError
        If ``detector`` or ``size`` is not one of those listed.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.simulate import plain_corona
    >>> smap = plain_corona(detector="C3", seed=1)
    >>> smap.data.shape, smap.data.dtype, smap.meta["datazer"]
    ((1024, 1024), dtype('int16'), 101376)
    """
    if detector not in _RATES:
        msg = f"There is no detector {detector!r}. Choose 'C2' or 'C3'."
        raise ValueError(msg)
    if size not in (256, 512, 1024):
        msg = f"A frame cannot be {size} pixels wide. Choose 1024, 512 or 256."
        raise ValueError(msg)
    scale = 1024 // size
    rng = np.random.default_rng([seed, 20041008])
    seconds = _EXPOSURES[detector] if exposure is None else float(quantity(exposure, u.s, "exposure").value)
    taken = Exposure(detector=detector, time=Time(_DAY), seconds=seconds, binning=scale, compression="rice")
    camera = identify(lasco_header(np.zeros((size, size), np.int16), taken, offset=0.0))
    radius, angle = _polar(detector, size)
    rate = np.interp(radius, *_RATES[detector]) * np.interp(angle, *_angular(detector, rng)) * scale**2
    if detector == "C3":
        rate *= _pylon(radius, angle)
    _add_stars(rate, detector, scale, rng)
    counts = np.maximum(rate, 0) * seconds
    counts += np.sqrt(
        counts / DETECTORS[detector].gain + DETECTORS[detector].read_noise ** 2 * scale**2
    ) * rng.standard_normal(rate.shape, np.float32)
    dtype = np.int16 if scale == 1 else np.int32
    data = np.clip(np.rint(counts + camera.bias), 1, SATURATION * scale**2).astype(dtype)
    data[camera.grid.mask(camera.null_blocks)] = 0
    return sunpy.map.Map(data, lasco_header(data, taken, offset=camera.bias / scale**2))
