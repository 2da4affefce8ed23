"""Built-in values that stand for calibration files, as far as they could be measured on public frames."""

from functools import lru_cache

import numpy as np

from sunpy_coronagraph_inpaint.calibrate.pointing import Pointing
from sunpy_coronagraph_inpaint.instruments import BlockGrid
from sunpy_coronagraph_inpaint.instruments.lasco_facts import OPTICS
from sunpy_coronagraph_inpaint.instruments.lasco_level1 import Level1, expected_mask

# Pixels from the center of the occulter, and the inverse of the vignetting there: medians on circles of a real level-1
# frame over a level-0.5 frame (benchmarks/calibration_against_real.py prints such a table). C3: two frames of
# 2002-01-08, 23 minutes apart; beyond 220 pixels their ratio falls to 0.9 because of the ramp that level 1 has
# subtracted, and that is not vignetting. C2: a polarized level-1 frame of 2010-12 and level-0.5 frames of 2010-01, so
# that it includes whatever changed in the corona meanwhile.
VIGNETTING_MULTIPLIER = {
    "C2": (
        (166, 170, 175, 180, 190, 200, 210, 220, 240, 260, 280, 300, 330, 360, 400, 440, 480, 500, 520, 560, 600, 640),
        (100.0, 88.1, 33.8, 24.1, 14.2, 11.1, 8.79, 7.24, 5.19, 4.06, 3.28, 2.76, 2.25, 1.94, 1.68, 1.44, 1.29, 1.23,
         1.19, 1.24, 1.39, 1.65),
    ),
    "C3": (
        (72, 75, 78, 82, 86, 90, 95, 100, 110, 120, 130, 140, 150, 160, 180, 200, 220),
        (15.1, 10.96, 8.01, 5.87, 4.62, 3.93, 3.36, 2.94, 2.38, 1.97, 1.62, 1.37, 1.205, 1.094, 1.018, 1.01, 1.0),
    ),
}  # fmt: skip
_CENTERS = {"C2": OPTICS["C2"].center, "C3": OPTICS["C3"].distortion_center}
_ROLL = {"C2": 0.5, "C3": -0.23}  # degrees, get_roll_or_xy.pro


@lru_cache(maxsize=4)
def nominal_vignetting(detector):
    """Return an inverse of the vignetting that depends on the distance from the occulter alone; read-only."""
    x, y = _CENTERS[detector]
    radius = np.hypot(np.arange(1024)[None] - x, np.arange(1024)[:, None] - y)
    radii, values = VIGNETTING_MULTIPLIER[detector]
    # Between the points it follows a power of the radius rather than a straight line.
    multiplier = np.exp(np.interp(radius, radii, np.log(values)))
    multiplier.flags.writeable = False
    return multiplier


@lru_cache(maxsize=1)
def nominal_mask():
    """Return the mask of C3 from its geometry: 0 on occulter, pylon, field corners and rim, else 1; read-only."""
    level_1 = Level1(detector="C3", grid=BlockGrid(frame_shape=(1024, 1024)), masked=True, compression="XZR")
    mask = (~expected_mask(level_1)).astype(np.float32)
    mask.flags.writeable = False
    return mask


def nominal_pointing(detector, crota):
    """
    Return the usual pointing of a camera: the interim values of ``get_sun_center.pro`` and ``get_roll_or_xy.pro``.

    ``crota`` is the nominal roll of the spacecraft in degrees, ``CROTA1`` of the level-0.5 header.
    """
    return Pointing(*OPTICS[detector].sun_center, crota + _ROLL[detector])
