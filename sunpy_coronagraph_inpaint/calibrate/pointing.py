"""Where the center of the Sun is, how the frame is rolled, and which rotations follow from it."""

from typing import NamedTuple

import numpy as np

__all__ = ["FramePointing", "Pointing", "frame_pointing", "interpolate_pointing"]

_UPSIDE_DOWN = 170.0
_NOTABLE = 1.0  # degrees of roll from which the image itself is rotated
_TAI_TO_TABLE = 32.184


class Pointing(NamedTuple):
    """Center of the Sun and roll of a camera at one time, from stars."""

    x: float
    """Pixel of the whole detector, 0-based, in the orientation of the camera."""
    y: float
    """Likewise."""
    roll: float
    """Degrees."""


class FramePointing(NamedTuple):
    """Center of the Sun in a frame, and what has to be done to the frame."""

    x: float
    """0-based pixel of the frame, after it was turned."""
    y: float
    """Likewise."""
    turned: bool
    """Whether the frame is turned by 180 degrees."""
    rotated: float
    """Degrees by which it is then rotated clockwise, 0 for none."""
    crota: float
    """Degrees of roll that are left; the image has to be rotated so far counterclockwise to correct it."""
    rectify: float
    """Degrees that were taken out, as level-1 headers have it."""


def interpolate_pointing(table, tai):
    """
    Interpolate the pointing in a table from SolarSoft.

    Parameters
    ----------
    table : mapping
        ``c_tai``, ``c_xmed``, ``c_ymed`` and ``c_rmed`` of a file like ``c3_post_recovery_adj_xyr_medv2.sav``.
    tai : float
        Corrected start of the exposure, seconds since 1958-01-01 in TAI.

    Returns
    -------
    `Pointing`
        The first or last one of the table for times before or after it.

    References
    ----------
    * SolarSoft IDL routine ``adjust_hdr_tcr.pro`` 1.13, which adds 32.184 s because the table counts in ephemeris time.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.calibrate import interpolate_pointing
    >>> table = {
    ...     "c_tai": [1e9, 1e9 + 100],
    ...     "c_xmed": [518.0, 519.0],
    ...     "c_ymed": [532.0, 532.0],
    ...     "c_rmed": [0.0, -0.5],
    ... }
    >>> interpolate_pointing(table, 1e9 + 50 - 32.184)
    Pointing(x=518.5, y=532.0, roll=-0.25)
    """
    values = (np.interp(tai + _TAI_TO_TABLE, table["c_tai"], table[key]) for key in ("c_xmed", "c_ymed", "c_rmed"))
    return Pointing(*(float(value) for value in values))


def frame_pointing(pointing, *, crota, origin=(0, 0), summing=(1, 1)):
    """
    Tell how a frame is turned and rotated, and where the center of the Sun is then.

    Parameters
    ----------
    pointing : `Pointing`
        Of the camera.
    crota : float
        ``CROTA1`` of the level-0.5 header, degrees.
    origin : tuple of int, optional
        Row and column of the frame's lower left pixel on the detector.
    summing : tuple of int, optional
        Detector pixels summed into one, in y and x.

    Returns
    -------
    `FramePointing`

    References
    ----------
    * SolarSoft IDL routine ``reduce_level_1.pro`` 1.68.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.calibrate import Pointing, frame_pointing
    >>> found = frame_pointing(Pointing(509.966, 505.456, 173.32156), crota=173.0, summing=(2, 2))
    >>> found.turned, round(found.rotated, 5), found.crota, round(found.rectify, 3), round(found.x, 3)
    (True, 6.67844, 0.0, 173.322, 256.517)
    """
    x, y, roll = pointing
    turned = abs(crota) > _UPSIDE_DOWN
    if turned:
        x, y, roll = 1023 - x, 1023 - y, roll - 180
    if roll < -180:
        roll += 360
    x, y = (x - origin[1]) / summing[1], (y - origin[0]) / summing[0]
    rectify = 180.0 if turned else 0.0
    if abs(roll) >= _NOTABLE:
        return FramePointing(x, y, turned, -roll, 0.0, rectify + roll)
    return FramePointing(x, y, turned, 0.0, roll, rectify)
