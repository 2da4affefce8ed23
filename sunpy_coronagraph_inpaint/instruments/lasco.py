"""SOHO/LASCO C2 and C3: build the `FrameInfo` of a header."""

from collections.abc import Mapping
from functools import lru_cache, partial
from typing import Any

import numpy as np

from sunpy_coronagraph_inpaint.instruments import lasco_header as header
from sunpy_coronagraph_inpaint.instruments.lasco_facts import DETECTORS, bias, null_blocks, solar_radius
from sunpy_coronagraph_inpaint.instruments.lasco_level1 import Level1, expected_mask, origin_labels, picture_mask
from sunpy_coronagraph_inpaint.instruments.registry import FrameInfo, register_instrument, zero_or_nan
from sunpy_coronagraph_inpaint.instruments.segments import WarpedGrid

# Stored 0 marks "no data" in the int16 files of C3 Clear frames; scaled it reads as 32769 * 6.5e-9 / 65536.
_C3_STEP = 6.5e-9 / 65536
_C3_NO_DATA = 32769 * _C3_STEP
# Of the pixels that the mask of a calibrated frame leaves; resampling lets a few at the edge of a block keep data.
_ABSENT = 0.97


@register_instrument("LASCO")
def lasco_camera(meta: Mapping[str, Any]) -> FrameInfo | None:
    """
    Read the header of a SOHO/LASCO C2 or C3 frame; `None` if it is not one of LASCO.

    Level 0.5, level 1 and the JPEG 2000 pictures of the Helioviewer Project are supported; full frames, frames summed
    to 512x512 or 256x256 pixels, and subfields. `ValueError` for a C1 frame, an unknown level, or a frame that is no
    longer as it was delivered.
    """
    if header.text(meta, "instrume") != "LASCO":
        return None
    detector = header.text(meta, "detector")
    if detector not in DETECTORS:
        msg = (
            f"LASCO detector {detector!r} is not supported: only C2 and C3 are, whose never-transmitted blocks and "
            "geometry are known. For any other frame say which pixels are missing with mask=..."
        )
        raise ValueError(msg)
    level = header.processing_level(meta)
    grid = header.delivered_grid(meta, detector, level)
    build = {"0.5": _raw_camera, "1": _calibrated_camera, "jp2": _picture_camera}[level]
    return build(meta, detector, grid)


def _raw_camera(meta, detector, grid):
    way = Level1(detector=detector, grid=grid)
    # The on-board computer adds offset and signal; summing on the chip comes before the offset.
    on_chip = max(header.number(meta, "sumrow", 1), 1) * max(header.number(meta, "sumcol", 1), 1)
    offset = bias(detector, header.modified_julian_day(meta)) * np.prod(grid.summing) / on_chip
    return FrameInfo(
        **_common(meta, way),
        level="0.5",
        center=way.place(DETECTORS[detector].center),
        sun_center=way.place(DETECTORS[detector].sun_center),
        null_blocks=null_blocks(detector, grid, header.text(meta, "comprssn")),
        bias=float(offset),
    )


def _calibrated_camera(meta, detector, grid):
    roll = header.roll_taken_out(meta)
    sun_center = float(meta["crpix1"]) - 1, float(meta["crpix2"]) - 1
    way = Level1(
        detector=detector,
        grid=grid,
        roll=roll,
        pivot=sun_center if roll else (0.0, 0.0),
        masked=detector == "C3",
        compression=header.text(meta, "comprssn"),
    )
    clear = detector == "C3" and header.text(meta, "filter") == "CLEAR"
    return FrameInfo(
        **_common(meta, way),
        level="1",
        center=way.place(DETECTORS[detector].center),
        sun_center=sun_center,
        null_blocks=null_blocks(detector, grid, way.compression),
        no_data=partial(_c3_no_data, value=_scaled_zero(meta)) if clear else zero_or_nan,
        masked=partial(_level1_mask, way=way),
        telemetry_grid=partial(_telemetry_grid, way),
        absent_fraction=_ABSENT,
    )


def _picture_camera(meta, detector, grid):
    way = Level1(detector=detector, grid=grid)
    # These headers count CRPIX from 0: the masked ring is centered on it to half a pixel, not one pixel lower.
    center = float(meta["crpix1"]), float(meta["crpix2"])
    common = _common(meta, way)
    shown = partial(
        _picture_mask,
        detector=detector,
        solar_radius=common["solar_radius"],
        center=center,
        roll=header.number(meta, "crota1", 0),
    )
    return FrameInfo(**common, level="jp2", center=center, sun_center=center, masked=shown, absent_fraction=_ABSENT)


def _common(meta, way):
    """Return the fields that are read in the same way at every level."""
    optics, summing = DETECTORS[way.detector], way.grid.summing[1]
    return {
        "name": f"SOHO/LASCO {way.detector}",
        "grid": way.grid,
        "solar_radius": solar_radius(header.modified_julian_day(meta)) / (optics.scale * summing),
        "occulter_radius": optics.occulter_radius / summing,
        "exposure": header.number(meta, "exptime", "nan"),
        "rotated": way.grid.rotated,
        **header.listed(meta, way.detector, way.grid),
    }


def _scaled_zero(meta):
    """Return the scaled value of a stored 0; a rewritten file has no BZERO any more, or another one."""
    value = header.number(meta, "bzero", _C3_NO_DATA)
    return value if 0 < value < 1e-6 else _C3_NO_DATA


def _c3_no_data(data, *, value):
    # Only this value lies within a quarter of a step of it, whether the data are read as float32 or as float64.
    return ~((np.abs(data - data.dtype.type(value)) > _C3_STEP / 4) & (data != 0))


def _level1_mask(shape, *, way):
    mask = expected_mask(way)
    if mask.shape != tuple(shape):
        msg = f"The mask of this frame has the shape {mask.shape}, but {tuple(shape)} was asked for."
        raise ValueError(msg)
    return mask


def _picture_mask(shape, **geometry):
    return picture_mask(tuple(shape), **geometry)


@lru_cache(maxsize=8)
def _telemetry_grid(way):
    """Return the blocks displaced by level 1: whole, and without the boundary pixels mixed with other blocks."""
    options = {name: getattr(way.grid, name) for name in ("frame_shape", "size", "summing", "origin", "rotated")}
    margin = 2.5 if way.roll else 1.0  # one interpolation, or two
    return tuple(WarpedGrid(**options, labels=origin_labels(way, margin=value)) for value in (0.0, margin))
