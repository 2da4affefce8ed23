"""Built-in values that replace calibration files, measured on public frames where possible."""

from functools import lru_cache

import numpy as np

from sunpy_coronagraph_inpaint.calibrate.pointing import Pointing
from sunpy_coronagraph_inpaint.instruments import BlockGrid
from sunpy_coronagraph_inpaint.instruments.lasco_facts import DETECTORS
from sunpy_coronagraph_inpaint.instruments.lasco_level1 import Level1, expected_mask
from sunpy_coronagraph_inpaint.instruments.lasco_vignetting import MULTIPLIER

_CENTERS = {"C2": DETECTORS["C2"].center, "C3": DETECTORS["C3"].distortion_center}
_ROLL = {"C2": 0.5, "C3": -0.23}  # degrees, get_roll_or_xy.pro


@lru_cache(maxsize=4)
def nominal_vignetting(detector):
    """Return an inverse of the vignetting that depends only on the distance from the occulter; read-only."""
    x, y = _CENTERS[detector]
    radius = np.hypot(np.arange(1024)[None] - x, np.arange(1024)[:, None] - y)
    radii, values = MULTIPLIER[detector]
    # Between the points it is closer to a power of the radius than to a straight line.
    multiplier = np.exp(np.interp(radius, radii, np.log(values)))
    multiplier.flags.writeable = False
    return multiplier


@lru_cache(maxsize=1)
def nominal_mask():
    """Return the mask of C3 from its geometry: 0 on occulter, pylon, field corners and edge, else 1; read-only."""
    level_1 = Level1(detector="C3", grid=BlockGrid(frame_shape=(1024, 1024)), masked=True, compression="XZR")
    mask = (~expected_mask(level_1)).astype(np.float32)
    mask.flags.writeable = False
    return mask


def nominal_pointing(detector, crota):
    """
    Return the nominal pointing of a camera: the interim values of ``get_sun_center.pro`` and ``get_roll_or_xy.pro``.

    ``crota`` is the nominal roll of the spacecraft in degrees, ``CROTA1`` of the level-0.5 header.
    """
    return Pointing(*DETECTORS[detector].sun_center, crota + _ROLL[detector])
