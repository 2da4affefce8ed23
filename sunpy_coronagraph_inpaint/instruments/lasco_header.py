"""Read the header of a LASCO frame, and check that its pixels are still as they were transmitted."""

import warnings

import numpy as np

from sunpy_coronagraph_inpaint.exceptions import DropoutWarning
from sunpy_coronagraph_inpaint.instruments.blocks import BlockGrid
from sunpy_coronagraph_inpaint.instruments.lasco_facts import DETECTORS
from sunpy_coronagraph_inpaint.instruments.misslist import decode_misslist

_REMEDY = (
    "The pixels no longer lie as they were transmitted, so missing blocks cannot be told from their shape. Find and "
    "fill them before the map is cropped, resampled or rotated, or say which pixels are missing with mask=..."
)
#: Latest plausible day of an exposure (MJD), in 2132.
_LAST_DAY = 100_000
_MATRIX = [f"{kind}{i}_{j}" for kind in ("pc", "cd") for i in "12" for j in "12"]


def number(meta, key, default):
    """Return a header value as a number, or the default if it is not one (level-0.5 headers have RECTIFY = 'TRUE')."""
    try:
        return float(meta.get(key, default))
    except (TypeError, ValueError):
        return float(default)


def text(meta, key):
    """Return a header value as upper-case text, an empty string if it is missing."""
    return str(meta.get(key, "")).strip().upper()


def modified_julian_day(meta):
    """Return the Modified Julian Day of the exposure."""
    day = number(meta, "mid_date", 0)
    if 0 < day < _LAST_DAY:
        return day
    from sunpy.time import parse_time

    date = next((str(meta[key]) for key in ("date-obs", "date_obs") if meta.get(key)), None)
    if date is None:
        msg = (
            "The header has neither MID_DATE nor DATE-OBS, so the offset of the detector and the radius of the Sun are "
            "unknown. Give the frame with its own header."
        )
        raise ValueError(msg)
    return float(parse_time(date.replace("/", "-")).mjd)


def processing_level(meta):
    """Return ``"0.5"``, ``"1"``, or ``"jp2"`` for a picture of the Helioviewer Project."""
    if "helioviewer" in meta or any(str(key).startswith("hv_") for key in meta):
        return "jp2"
    level = text(meta, "level")
    if level in ("1", "1.0"):
        return "1"
    if level in ("", "0.5"):
        return "1" if text(meta, "bunit") == "MSB" else "0.5"
    msg = f"LASCO level {level} is not supported: give a level-0.5 or a level-1 frame, or say mask=..."
    raise ValueError(msg)


def delivered_grid(meta, detector, level):
    """
    Return the blocks of the frame.

    Raises `ValueError` if its size, scale or orientation show that it was cropped, resampled or rotated after delivery.
    """
    ny, nx = (int(meta[key]) for key in ("naxis2", "naxis1"))
    row, column = number(meta, "r1row", 1), number(meta, "r1col", 20)
    height, width = number(meta, "r2row", 1024) - row + 1, number(meta, "r2col", 1043) - column + 1
    found = [height / ny, width / nx]
    stated = found if _summing_unrecorded(meta) else [_summing_of(meta, *keys) for keys in _SUMMING]
    if any(value not in (1, 2, 4) for value in found) or found != stated:
        _refuse(
            f"The frame has {nx}x{ny} pixels, but its header describes {width / stated[1]:g}x{height / stated[0]:g} "
            "(R1COL to R2ROW, SUMCOL, LEBXSUM)."
        )
    for key, summing in (("cdelt1", found[1]), ("cdelt2", found[0])):
        expected = DETECTORS[detector].scale * summing
        if not np.isclose(abs(number(meta, key, expected)), expected, rtol=0.05):
            _refuse(f"{key.upper()} is {float(meta[key]):g}, but a pixel as delivered has {expected:g} arcsec.")
    if any(key in meta for key in _MATRIX):
        _refuse("The header has a rotation matrix (PCi_j or CDi_j), which no LASCO frame has as delivered.")
    return BlockGrid(
        frame_shape=(ny, nx),
        summing=(int(found[0]), int(found[1])),
        origin=(int(row) - 1, int(column) - 20),
        rotated=level == "1" and abs(number(meta, "rectify", 0)) > 90,
    )


_SUMMING = (("sumrow", "lebysum"), ("sumcol", "lebxsum"))


def _summing_of(meta, *keys):
    """Multiply on-chip and on-board summing; 0 and 1 both mean none."""
    return float(np.prod([max(number(meta, key, 1), 1) for key in keys]))


def _summing_unrecorded(meta):
    """Return whether LEBXSUM is 1 for any summing, as from 6 to 20 March 1997 (``check_obesumerror.pro``)."""
    return 50513 <= modified_julian_day(meta) <= 50527


def _refuse(reason):
    msg = f"{reason} {_REMEDY}"
    raise ValueError(msg)


def roll_taken_out(meta):
    """Return the clockwise rotation of a level-1 frame in degrees, beyond a rotation by 180 degrees."""
    applied = number(meta, "rectify", 0)
    left = applied - np.copysign(180, applied) if abs(applied) > 90 else applied
    return float(-left) if abs(left) >= 0.5 else 0.0


def listed(meta, detector, grid):
    """Return the fields of `FrameInfo` that the header's list of missing blocks gives."""
    if text(meta, "nmissing") in ("", "NONE"):
        return {}
    count = number(meta, "nmissing", 0)
    if not -grid.n_blocks <= count <= grid.n_blocks:
        msg = f"NMISSING={meta['nmissing']!r} is not a number of blocks of this frame: the header's list is ignored."
        warnings.warn(msg, DropoutWarning, stacklevel=2)
        return {}
    count = int(count)
    try:
        blocks = decode_misslist(meta.get("misslist"), count, grid, style="decimal" if detector == "C2" else "runs")
    except ValueError as error:
        warnings.warn(str(error), DropoutWarning, stacklevel=2)
        blocks = None
    return {"listed_blocks": blocks, "listed_count": max(count, 0)}
