"""Undo the correction of distortion."""

from functools import lru_cache

import numpy as np

__all__ = ["undistortion_source"]

# The way back, as distortion_coeffs.pro has it.
_INVERSE = {
    "C2": (-0.00508753, 0.000119011, -5.30006e-8, -1.20326e-10),
    "C3": (0.0153525, -0.000173515, 6.34659e-8),
}


@lru_cache(maxsize=4)
def undistortion_source(detector, shape, *, summing=(1, 1), center):
    """
    Return where the image as it was taken has its pixels in the corrected one: the way back of `distortion_source`.

    Parameters
    ----------
    detector, shape, summing, center
        As for `distortion_source`.

    Returns
    -------
    `numpy.ndarray`
        Shape ``(2, ny, nx)``, rows and columns; not to be written to.

    References
    ----------
    * SolarSoft IDL routine ``distortion_coeffs.pro`` 1.4, inverse coefficients.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.calibrate import undistortion_source
    >>> y, x = undistortion_source("C3", (1024, 1024), center=(516.4, 531.1))[:, 531, 1017]
    >>> round(float(x), 1)
    1015.5
    """
    (sy, sx), (x0, y0) = summing, center
    y, x = np.ogrid[: shape[0], : shape[1]]
    dx, dy = x * sx - x0, y * sy - y0
    square = (0.021 * np.hypot(dx, dy)) ** 2
    stretch = 1 + np.polynomial.polynomial.polyval(square, _INVERSE[detector])
    source = np.stack([(y0 + stretch * dy) / sy, (x0 + stretch * dx) / sx])
    source.flags.writeable = False
    return source
