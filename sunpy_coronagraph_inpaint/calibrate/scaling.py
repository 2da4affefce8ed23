"""The integers in which level-1 frames of C3 are kept."""

import numpy as np

__all__ = ["BRIGHTEST", "BSCALE", "BZERO", "scale_level_1", "unscale_level_1"]

BRIGHTEST = 6.5e-9
"""Mean solar brightness that the largest integer stands for."""
BSCALE = BRIGHTEST / 65536
"""Mean solar brightness of one step."""
BZERO = 32769 * BSCALE
"""Mean solar brightness of a stored 0, if it did not mean that there are no data."""


def scale_level_1(image):
    """
    Scale brightness to the integers of a level-1 file of C3.

    Parameters
    ----------
    image : `numpy.ndarray`
        Mean solar brightness; not-a-number or 0 where there is no data.

    Returns
    -------
    `numpy.ndarray`
        ``int16``. Pixels without data are 0. What is darker than the first step, SolarSoft's -32769, which no 16-bit
        integer holds, becomes -32767 (-32768 is ``BLANK``). A pixel that would become 0 becomes 1, lest it be taken for
        one without data.

    References
    ----------
    * SolarSoft IDL routine ``reduce_level_1.pro`` 1.68, for C3 frames through the filter ``Clear``.

    Examples
    --------
    >>> import numpy as np
    >>> from sunpy_coronagraph_inpaint.calibrate import scale_level_1, unscale_level_1
    >>> scaled = scale_level_1(np.array([np.nan, 1e-11, 6.5e-9, 1e-8]))
    >>> scaled
    array([     0, -32668,  32767,  32767], dtype=int16)
    >>> float(abs(unscale_level_1(scaled)[1] - 1e-11)) < 5e-14
    True
    """
    empty = ~(np.abs(image) > 0)
    steps = np.rint((np.clip(np.where(empty, 0, image), 0, BRIGHTEST) - BZERO) / BSCALE)
    steps = np.clip(np.where(steps == 0, 1, steps), -32767, 32767).astype(np.int16)
    return np.where(empty, np.int16(0), steps)


def unscale_level_1(scaled):
    """
    Turn the integers of a level-1 file of C3 into brightness.

    Parameters
    ----------
    scaled : `numpy.ndarray`
        Integers as stored.

    Returns
    -------
    `numpy.ndarray`
        Mean solar brightness, ``float32``; not a number where the integer is 0, which SolarSoft writes for "no data"
        and which readers that only follow ``BSCALE`` and ``BZERO`` take for 3.25e-9.

    References
    ----------
    * SolarSoft IDL routine ``reduce_level_1.pro`` 1.68.

    Examples
    --------
    >>> import numpy as np
    >>> from sunpy_coronagraph_inpaint.calibrate import unscale_level_1
    >>> unscale_level_1(np.array([0, -32668], dtype=np.int16))
    array([         nan, 1.001739e-11], dtype=float32)
    """
    return np.where(scaled == 0, np.nan, scaled * BSCALE + BZERO).astype(np.float32)
