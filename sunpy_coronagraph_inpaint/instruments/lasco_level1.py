"""
Trace the pixels of a LASCO level-1 frame back to the camera, and find those that hold no data by design.

``reduce_level_1.pro`` corrects the distortion (``c2_warp``, ``c3_warp``), multiplies C3 frames by a fixed mask, turns
frames taken at a roll of 180 degrees (``ROTATE``) and, if a degree or more of roll remains, rotates about Sun center
(``ROT``). `Level1` inverts these steps.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from sunpy_coronagraph_inpaint.instruments.lasco_facts import distorted as _distorted
from sunpy_coronagraph_inpaint.instruments.lasco_facts import null_blocks

# The mask of C3 Clear frames (c3_cl_mask_lvl1.fts), measured on a level-1 frame: it covers all of its 189 510 pixels
# and 400 more, all at its boundary. Lengths in unsummed pixels, camera orientation.
_C3_CENTER = (518.5, 531.2)
_C3_RADII = (71.3, 544.83)
_C3_CORNER = 163  # the lower left corner, up to this row and column
# The frame's edge is bent by the correction of distortion: masked below position + curvature * (distance - middle)**2.
_C3_CURVATURE = 3.46e-5
_C3_EDGES = {"left": (4.25, 529.5), "right": (1019.27, 529.8), "bottom": (4.68, 516.0), "top": (1019.8, 516.6)}
# The pylon runs to the lower left at 45 degrees; its two sides, seen from the occulter: distance, half widths.
_PYLON_ALONG = (52, 58, 70, 80, 90, 100, 110, 125, 145, 220, 300, 400, 530)
_PYLON_LEFT = (49.0, 41.8, 31.5, 24.5, 19.1, 14.8, 11.9, 9.5, 8.8, 9.5, 10.8, 12.4, 14.6)
_PYLON_RIGHT = (52.0, 44.6, 35.7, 29.7, 25.3, 21.8, 19.3, 17.7, 16.8, 16.8, 17.6, 19.7, 22.5)

# Ring shown in pictures of the Helioviewer Project, in solar radii (HV_ROCC_INNER and HV_ROCC_OUTER of C3).
_PICTURE_RADII = {"C2": (2.3, 7.8), "C3": (4.4, 31.5)}
_PICTURE_BLUR = 4  # pixels over which lossy compression smears a sharp edge


@dataclass(frozen=True, kw_only=True)
class Level1:
    """The geometric steps applied to a level-1 frame; hashable, so that results can be cached."""

    detector: str  # "C2" or "C3"
    grid: object  # BlockGrid of the delivered frame; grid.rotated if it was turned by 180 degrees
    roll: float = 0.0  # degrees of the following clockwise rotation, 0 for none
    pivot: tuple[float, float] = (0.0, 0.0)  # center of that rotation, (x, y) in pixels of the frame
    masked: bool = False  # whether the fixed mask of C3 was applied
    compression: str = ""  # COMPRSSN of the header

    def received(self):
        """
        Return the pixel coordinates ``x, y`` of every pixel before the frame was turned and rotated.

        The third array is boolean, `True` where the rotation brought in pixels from outside the frame.
        """
        ny, nx = self.grid.frame_shape
        y, x = np.mgrid[:ny, :nx].astype(float)
        outside = np.zeros((ny, nx), dtype=bool)
        if self.roll:
            x, y = _rotate(x, y, self.pivot, self.roll)
            # ROT takes positions from 0 up to the number of pixels for inside. RECTIFY, from which the roll was read,
            # has three decimals: 0.005 pixels at the frame's edge.
            outside = (x < 0.005) | (x > nx - 0.005) | (y < 0.005) | (y > ny - 0.005)
        return *((nx - 1 - x, ny - 1 - y) if self.grid.rotated else (x, y)), outside

    def place(self, point):
        """Return the position in the frame of a point ``(x, y)`` of the unsummed camera orientation."""
        (sy, sx), (oy, ox) = self.grid.summing, self.grid.origin
        x, y = (point[0] - ox + 0.5) / sx - 0.5, (point[1] - oy + 0.5) / sy - 0.5
        ny, nx = self.grid.frame_shape
        if self.grid.rotated:
            x, y = nx - 1 - x, ny - 1 - y
        return tuple(float(value) for value in _rotate(x, y, self.pivot, -self.roll))

    def full(self, x, y):
        """Convert coordinates of the frame as received to unsummed full-frame coordinates."""
        (sy, sx), (oy, ox) = self.grid.summing, self.grid.origin
        return (x + 0.5) * sx - 0.5 + ox, (y + 0.5) * sy - 0.5 + oy


def _rotate(x, y, pivot, degrees):
    """Rotate coordinates counterclockwise about the pivot."""
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    x, y = x - pivot[0], y - pivot[1]
    return pivot[0] + cos * x - sin * y, pivot[1] + sin * x + cos * y


@lru_cache(maxsize=8)
def origin_labels(way: Level1, *, margin: float = 0.0) -> np.ndarray:
    """
    Return the number of the block from which each pixel of a level-1 frame came, -1 if from outside the frame.

    Pixels within ``margin`` pixels of the boundary of their block get -1 too: interpolation mixed two blocks there.
    """
    grid = way.grid
    ny, nx = grid.frame_shape
    x, y, outside = way.received()
    (sy, sx), (oy, ox) = grid.summing, grid.origin
    x, y = _distorted(*way.full(x, y), way.detector)
    # Back to pixels of the frame, counted from the outer edge of the first; the interpolation clamps to the frame.
    x = np.clip((x + 0.5 - ox) / sx, 0.5, nx - 0.5)
    y = np.clip((y + 0.5 - oy) / sy, 0.5, ny - 0.5)
    labels = grid.shape[1] * (y // grid.size).astype(np.int16) + (x // grid.size).astype(np.int16)
    if grid.rotated:
        labels = grid.n_blocks - 1 - labels
    if margin:
        near = [np.minimum(v % grid.size, grid.size - v % grid.size) < margin for v in (x, y)]
        outside |= near[0] | near[1]
    labels[outside] = -1
    labels.flags.writeable = False
    return labels


@lru_cache(maxsize=8)
def expected_mask(way: Level1) -> np.ndarray:
    """
    Return which pixels of a level-1 frame hold no data by design.

    These are occulter, pylon and field corners of C3 frames, the blocks that are never transmitted, and the corners
    that a rotation left empty.
    """
    x, y, mask = way.received()
    if way.masked:
        mask |= _c3_mask(*way.full(x, y))
    null = null_blocks(way.detector, way.grid, way.compression)
    if null:
        flags = np.zeros(way.grid.n_blocks + 1, dtype=bool)
        flags[list(null)] = True
        mask |= flags[origin_labels(way)]
    mask.flags.writeable = False
    return mask


def _c3_mask(x, y):
    """Return which points of the unsummed camera orientation the fixed mask of C3 covers."""
    dx, dy = x - _C3_CENTER[0], y - _C3_CENTER[1]
    radius = np.hypot(dx, dy)
    mask = (radius <= _C3_RADII[0]) | (radius >= _C3_RADII[1]) | ((x <= _C3_CORNER) & (y <= _C3_CORNER))
    for name, (position, middle) in _C3_EDGES.items():
        here, along = (x, y) if name in ("left", "right") else (y, x)
        bend = _C3_CURVATURE * (along - middle) ** 2
        mask |= here < position + bend if name in ("left", "bottom") else here > position - bend
    along, across = -(dx + dy) / np.sqrt(2), (dx - dy) / np.sqrt(2)
    near = (along > 40) & (np.abs(across) < max(_PYLON_LEFT + _PYLON_RIGHT))
    left = np.interp(along[near], _PYLON_ALONG, _PYLON_LEFT)
    right = np.interp(along[near], _PYLON_ALONG, _PYLON_RIGHT)
    mask[near] |= (across[near] > -left) & (across[near] < right)
    return mask


@lru_cache(maxsize=8)
def picture_mask(shape, *, detector, solar_radius, center, roll) -> np.ndarray:
    """
    Return which pixels of a picture of the Helioviewer Project are black by design.

    These are the pixels inside and outside the displayed ring about the Sun, and the corners of the frame, which was
    rotated by ``-roll`` degrees to bring solar north up.
    """
    ny, nx = shape
    y, x = np.mgrid[:ny, :nx].astype(float)
    radius = np.hypot(x - center[0], y - center[1])
    inner, outer = (value * solar_radius for value in _PICTURE_RADII[detector])
    x, y = _rotate(x, y, center, -roll)
    blur = _PICTURE_BLUR
    mask = (radius < inner + blur) | (radius > outer - blur)
    mask |= (x < blur) | (x > nx - 1 - blur) | (y < blur) | (y > ny - 1 - blur)
    mask.flags.writeable = False
    return mask
