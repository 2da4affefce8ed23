"""STEREO/SECCHI COR1 and COR2: build the `FrameInfo` of a header."""

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from sunpy_coronagraph_inpaint.exceptions import DropoutWarning
from sunpy_coronagraph_inpaint.instruments.blocks import BlockGrid
from sunpy_coronagraph_inpaint.instruments.misslist import decode_misslist
from sunpy_coronagraph_inpaint.instruments.registry import FrameInfo, register_instrument
from sunpy_coronagraph_inpaint.instruments.segments import SegmentGrid

# Radius of the occulter's shadow in pixels of the unsummed 2048x2048 detector: COR1 measured on a frame of 2009 (1.5
# solar radii), COR2 on a picture of 2014 (2.5 solar radii).
_OCCULTER = {"COR1": 400.0, "COR2": 172.0}
# Direction of IDL's ROTATE from the detector to the picture, where the header has no RECTROTA.
_RECTIFIED = {("A", "COR1"): 3, ("A", "COR2"): 1, ("B", "COR1"): 1, ("B", "COR2"): 3}
_SMEAR = 20  # pixels of the neighbors that a lost ICER segment spoils
# 32 segments: four rows of five, two rows of six; widths and heights in pixels of the unsummed detector.
_ROWS = ((400, 400, 416, 416, 416),) * 4 + ((336, 336, 336, 336, 352, 352),) * 2
_HEIGHTS = (320,) * 4 + (384,) * 2


@register_instrument("SECCHI")
def secchi_camera(meta: Mapping[str, Any]) -> FrameInfo | None:
    """
    Read the header of a STEREO/SECCHI COR1 or COR2 frame; `None` if it is not one of SECCHI.

    The compression (``COMPRSSN``) sets how a frame is divided: blocks of 64x64 pixels (Rice and H-compress), or 32, 16
    or 1 segments (ICER; SolarSoft's ``scc_get_missing.pro`` 1.12). A lost segment spoils 20 pixels of its neighbors,
    because the wavelets of ICER overlap; they count as missing too. `ValueError` for another telescope than COR1 and
    COR2, a compression whose segments are not known, a calibrated frame in small blocks, or a frame that is no longer
    as it was delivered.
    """
    if str(meta.get("instrume", "")).strip().upper() != "SECCHI":
        return None
    detector = str(meta.get("detector", "")).strip().upper()
    if detector not in _OCCULTER:
        msg = f"SECCHI telescope {detector!r} is not a supported coronagraph: only COR1 and COR2 are."
        raise ValueError(msg)
    spacecraft = str(meta.get("obsrvtry", "STEREO_A")).strip().upper()[-1]
    _check_as_delivered(meta)
    raw = str(meta.get("bunit", "DN")).strip().upper() == "DN"
    grid = _grid(meta, spacecraft, detector)
    if not raw and not isinstance(grid, SegmentGrid):
        msg = (
            "A calibrated COR frame is masked outside its field, which cannot be told from missing blocks of 64x64 "
            "pixels. Give the raw frame, or say which pixels are missing with mask=..."
        )
        raise ValueError(msg)
    scale = 2 ** (_summed(meta) - 1)
    return FrameInfo(
        name=f"STEREO-{spacecraft}/SECCHI {detector}",
        level="0.5" if raw else "1",
        grid=grid,
        center=(float(meta["crpix1"]) - 1, float(meta["crpix2"]) - 1),
        sun_center=_sun_center(meta),
        solar_radius=float(meta["rsun"]) / float(meta["cdelt1"]),
        occulter_radius=_OCCULTER[detector] / scale,
        bias=_bias(meta) if raw else 0.0,
        exposure=float(meta.get("exptime", "nan")),
        smear=_SMEAR if isinstance(grid, SegmentGrid) else 0,
        **_listed(meta, grid),
    )


def icer_segments(size: int, compression: int) -> tuple[list[tuple[int, int, int, int]], list[tuple[int, int]]]:
    """
    Divide a square frame of ``size`` pixels, as the detector read it, into the ICER segments of a ``COMPRSSN``.

    Returns ``(y0, y1, x0, x1)`` and ``(row, column)`` of each segment, in the order of transmission.
    """
    if 90 <= compression <= 95:
        rows, heights = _ROWS, _HEIGHTS
    elif compression in (96, 97):
        rows, heights = ((512,) * 4,) * 4, (512,) * 4
    elif compression > 98:
        rows, heights = ((2048,),), (2048,)
    else:
        msg = f"The segments of COMPRSSN={compression} are not known. Say which pixels are missing with mask=..."
        raise ValueError(msg)
    step = 2048 // size
    rectangles, places, y = [], [], 0
    for row, (widths, height) in enumerate(zip(rows, heights, strict=True)):
        x = 0
        for column, width in enumerate(widths):
            rectangles.append(tuple(edge // step for edge in (y, y + height, x, x + width)))
            places.append((row, column))
            x += width
        y += height
    return rectangles, places


def _grid(meta, spacecraft, detector):
    ny, nx = int(meta["naxis2"]), int(meta["naxis1"])
    compression = int(float(meta["comprssn"]))
    if compression < 89:
        return BlockGrid(frame_shape=(ny, nx), size=64, column_major=False)
    rectangles, places = icer_segments(nx, compression)
    n_rows, n_columns = 1 + max(row for row, _ in places), [0] * len(places)
    for row, column in places:
        n_columns[row] = max(n_columns[row], column + 1)
    turn = _direction(meta, spacecraft, detector)
    if turn == 3:  # IDL's ROTATE(a, 3): x, y -> y, n - 1 - x
        rectangles = [(nx - x1, nx - x0, y0, y1) for y0, y1, x0, x1 in rectangles]
        places = [(n_columns[row] - 1 - column, row) for row, column in places]
    elif turn == 1:  # x, y -> n - 1 - y, x
        rectangles = [(x0, x1, nx - y1, nx - y0) for y0, y1, x0, x1 in rectangles]
        places = [(column, n_rows - 1 - row) for row, column in places]
    return SegmentGrid(frame_shape=(ny, nx), rectangles=tuple(rectangles), places=tuple(places))


def _direction(meta, spacecraft, detector):
    if str(meta.get("rectify", "F")).strip().upper()[:1] != "T":
        return 0
    turn = int(float(meta.get("rectrota", _RECTIFIED[spacecraft, detector])))
    if turn not in (0, 1, 3):
        msg = f"RECTROTA={turn} is not a rectification of COR frames that is known. Say what is missing with mask=..."
        raise ValueError(msg)
    return turn


def _check_as_delivered(meta):
    ny, nx = int(meta["naxis2"]), int(meta["naxis1"])
    scale = 2 ** (_summed(meta) - 1)
    width, height = (
        float(meta.get(f"r2{axis}", 2048)) - float(meta.get(f"r1{axis}", 1)) + 1 for axis in ("col", "row")
    )
    angle = np.degrees(np.arctan2(float(meta.get("pc2_1", 0.0)), float(meta.get("pc1_1", 1.0))))
    rolled = "pc1_1" in meta and "crota" in meta and abs(angle - float(meta["crota"])) > 0.1
    derotated = "sc_roll" in meta and "crota" in meta and abs(float(meta["sc_roll"]) - float(meta["crota"])) > 2
    if "helioviewer" in meta or rolled or derotated or nx != ny or (width, height) != (scale * nx, scale * ny):
        msg = (
            f"This COR frame of {nx}x{ny} pixels is no longer as it was delivered: its size, its summing (SUMMED) and "
            "its roll (SC_ROLL, CROTA, PCi_j) do not fit together. Find and fill missing segments before a map is "
            "cropped, resampled or rotated, or say which pixels are missing with mask=..."
        )
        raise ValueError(msg)


def _summed(meta):
    """Return the number of times that pixels were doubled, plus one."""
    return int(float(meta.get("summed", 1)))


def _sun_center(meta):
    """Return the pixel of Sun center: raw frames have their reference pixel on the boresight."""
    matrix = np.array([[float(meta.get(f"pc{i}_{j}", i == j)) for j in (1, 2)] for i in (1, 2)])
    offset = np.array([float(meta.get(f"crval{i}", 0)) / float(meta.get(f"cdelt{i}", meta["cdelt1"])) for i in (1, 2)])
    x, y = np.linalg.solve(matrix, -offset)
    return float(meta["crpix1"]) - 1 + float(x), float(meta["crpix2"]) - 1 + float(y)


def _bias(meta):
    """Return the remaining offset: every on-board sum (step 3) multiplies it by four, a division (50) undoes that."""
    if float(meta.get("offsetcr", 0)) > 0:
        return 0.0
    listed = str(meta.get("ip_00_19", "")).ljust(60)
    steps = [listed[i : i + 3].strip() for i in range(0, 60, 3)]
    return float(meta.get("biasmean", 0)) * 4.0 ** (steps.count("3") - steps.count("50"))


def _listed(meta, grid):
    count = meta.get("nmissing")
    if count is None or str(count).strip() == "":
        return {}
    count = int(float(count))
    text = str(meta.get("misslist") or "").strip()
    try:
        if grid.n_blocks == 1:
            blocks = (0,) if count > 0 else ()
        else:
            blocks = decode_misslist("" if count <= 0 else text, count, grid, style="base34")
    except ValueError as error:
        warnings.warn(str(error), DropoutWarning, stacklevel=2)
        blocks = None
    return {"listed_blocks": blocks, "listed_count": max(count, 0)}
