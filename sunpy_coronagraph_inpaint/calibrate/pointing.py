"""Write Sun center and roll at the corrected time into the header, and rotate a rolled frame."""

import re
from typing import NamedTuple

import numpy as np
from scipy import ndimage

import astropy.units as u

from sunpy_coronagraph_inpaint.calibrate.level_05 import DETECTOR_SIZE, TRACE
from sunpy_coronagraph_inpaint.instruments.lasco_facts import DETECTORS, solar_radius

_UPSIDE_DOWN = 170.0  # degrees of nominal roll from which a frame is rotated by 180 degrees
_LARGE_ROLL = 1.0  # degrees from which the image is rotated; a smaller roll is only recorded in the header
_TAI_TO_TABLE = 32.184  # the pointing tables use ephemeris time


class Pointing(NamedTuple):
    """Sun center and roll of a camera at one time, measured on stars."""

    x: float
    """Pixel of the whole detector, from 0, in the orientation of the camera."""
    y: float
    """Likewise."""
    roll: float
    """Degrees."""


class FramePointing(NamedTuple):
    """Sun center in a frame, and the rotation of the frame."""

    x: float
    """Pixel of the frame, from 0, after the rotation by 180 degrees."""
    y: float
    """Likewise."""
    upside_down: bool
    """Whether the frame is rotated by 180 degrees."""
    rotation: float
    """Degrees by which it is then rotated clockwise, 0 for none."""
    crota: float
    """Remaining roll in degrees: rotating the image counterclockwise by it would remove the roll."""
    rectify: float
    """Removed roll in degrees, as in level-1 headers."""


def interpolate_pointing(table, tai):
    """
    Interpolate the pointing in a table of SolarSoft, as ``adjust_hdr_tcr.pro`` 1.13 does.

    ``table`` holds ``c_tai``, ``c_xmed``, ``c_ymed`` and ``c_rmed`` of a file like
    ``c3_post_recovery_adj_xyr_medv2.sav``; ``tai`` is the corrected start of the exposure, seconds since 1958-01-01.
    Before and after the table its first and last pointing apply.
    """
    values = (np.interp(tai + _TAI_TO_TABLE, table["c_tai"], table[key]) for key in ("c_xmed", "c_ymed", "c_rmed"))
    return Pointing(*(float(value) for value in values))


def frame_pointing(pointing, *, crota, summing=(1, 1)):
    """Return the rotation of a frame of nominal roll ``crota`` and its Sun center, as ``reduce_level_1.pro``."""
    x, y, roll = pointing
    upside_down = abs(crota) > _UPSIDE_DOWN
    if upside_down:
        x, y, roll = DETECTOR_SIZE - 1 - x, DETECTOR_SIZE - 1 - y, roll - 180
    if roll < -180:
        roll += 360
    x, y = x / summing[1], y / summing[0]
    rectify = 180.0 if upside_down else 0.0
    if abs(roll) >= _LARGE_ROLL:
        return FramePointing(x, y, upside_down, -roll, 0.0, rectify + roll)
    return FramePointing(x, y, upside_down, 0.0, roll, rectify)


def correct_pointing(state):
    """Correct the date, rotate all arrays if the roll is large, and write the geometry of a level-1 header."""
    info = state.info
    time = _correct_date(state)
    found = state.store.pointing(info.detector, time, info.crota)
    pointing = frame_pointing(state.use("pointing", found), crota=info.crota, summing=info.summing)
    for name in ("data", "no_data", "filled", "uncertainty", "mask"):
        if getattr(state, name) is not None:
            setattr(state, name, _rotated(getattr(state, name), pointing))
    dy, dx = (DETECTORS[info.detector].scale * step for step in info.summing)
    ny, nx = state.data.shape
    crota, filename = pointing.crota, str(state.meta.get("filename", ""))
    state.put(crpix1=pointing.x + 1, crpix2=pointing.y + 1, crota=crota, crota1=crota, crota2=crota)
    state.put(crval1=0.0, crval2=0.0, ctype1="HPLN-TAN", ctype2="HPLT-TAN", cunit1="arcsec", cunit2="arcsec")
    state.put(cdelt1=dx, cdelt2=dy, rectify=pointing.rectify, rsun=solar_radius(info.time.mjd))
    state.put(xcen=dx * ((nx + 1) / 2 - pointing.x - 1), ycen=dy * ((ny + 1) / 2 - pointing.y - 1))
    state.put(level="1.0", filename=level_1_name(filename))
    rotated = f"rotated {pointing.rotation:.5f} deg" if pointing.rotation else "No roll correction applied."
    state.history += [
        f"pointing {found.source}",
        f"{'turned by 180 deg, ' if pointing.upside_down else ''}{rotated}",
    ]


def _correct_date(state):
    """Write the start of the exposure by SOHO's clock into the header, and return it."""
    info = state.info
    found = state.store.clock(info.time)
    offset = state.use("clock", found)
    time = info.time - offset * u.s
    state.meta.update({"date-obs": time.isot, "date_obs": time.isot, "time-obs": "", "time_obs": ""})
    date = info.time.strftime("%Y/%m/%d %H:%M:%S.%f")[:23]
    state.put(calclock=float(offset), caldate=date, calcrota=info.crota)
    state.history += [f"clock {offset:.3f} s ({found.source})", f"Original date_obs: {date}"]
    return time


def level_1_name(name):
    """
    Return the file name of a level-1 frame; other names than SolarSoft's are kept.

    Level-0.5 names begin with the camera and 1 (quick look), 2 (final) or 3 (real time), level-1 names with the camera
    and 5 for final data, else 4: ``32082085.fts`` becomes ``35082085.fts``.
    """
    return re.sub(r"^([1-4])([123])(\d{6}\.)", lambda m: f"{m[1]}{'5' if m[2] == '2' else '4'}{m[3]}", name)


def _rotated(image, pointing):
    """Rotate one array of a frame."""
    image = np.rot90(image, 2) if pointing.upside_down else image
    if not pointing.rotation:
        return np.ascontiguousarray(image)
    pivot = pointing.x, pointing.y
    if image.dtype != bool:
        return rotate_about(image, pointing.rotation, pivot)
    return np.nan_to_num(rotate_about(image.astype(np.float32), pointing.rotation, pivot)) > TRACE


def rotate_about(image, degrees, pivot):
    """
    Rotate an image clockwise about the pixel ``pivot``, ``(x, y)``, with bilinear interpolation.

    As IDL's ``ROT(image, degrees, 1, x, y, /INTERP, /PIVOT, MISSING=0)`` in ``reduce_level_1.pro``, in which positions
    from 0 up to the number of pixels count as inside. NaN spreads to every pixel interpolated from it, and pixels from
    outside the image become NaN, where SolarSoft has 0.
    """
    ny, nx = image.shape
    y, x = np.ogrid[:ny, :nx]
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    x, y = x - pivot[0], y - pivot[1]
    x, y = pivot[0] + cos * x - sin * y, pivot[1] + sin * x + cos * y
    known = np.isfinite(image)
    rotated, share = (
        ndimage.map_coordinates(values, (y, x), order=1, mode="nearest", prefilter=False)
        for values in (np.where(known, image, 0), known.astype(np.float32))
    )
    outside = (x < -1e-9) | (x > nx) | (y < -1e-9) | (y > ny)
    return np.where(outside | (share < 1 - TRACE), np.nan, rotated)
