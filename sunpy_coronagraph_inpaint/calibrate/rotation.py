"""Turn and rotate images as IDL does."""

import numpy as np
from scipy import ndimage

__all__ = ["rotate", "turn"]


def turn(image):
    """
    Turn an image by 180 degrees.

    Parameters
    ----------
    image : `numpy.ndarray`
        Shape ``(ny, nx)``.

    Returns
    -------
    `numpy.ndarray`
        A view.

    References
    ----------
    * IDL's ``ROTATE(image, 2)``, as in ``reduce_level_1.pro``.

    Examples
    --------
    >>> import numpy as np
    >>> from sunpy_coronagraph_inpaint.calibrate import turn
    >>> turn(np.array([[1, 2], [3, 4]]))
    array([[4, 3],
           [2, 1]])
    """
    return image[::-1, ::-1]


def rotate(image, degrees, pivot):
    """
    Rotate an image clockwise.

    Parameters
    ----------
    image : `numpy.ndarray`
        Shape ``(ny, nx)``; not-a-number spreads to every pixel that takes some of it.
    degrees : float
        By how much.
    pivot : tuple of float
        ``(x, y)`` of the pixel that stays.

    Returns
    -------
    `numpy.ndarray`
        Floats, interpolated bilinearly; not a number where nothing was turned in (SolarSoft: 0).

    References
    ----------
    * IDL's ``ROT(image, degrees, 1, x, y, /INTERP, /PIVOT, MISSING=0)``, as in ``reduce_level_1.pro``. Places from 0 up
      to the number of pixels are inside.

    Examples
    --------
    >>> import numpy as np
    >>> from sunpy_coronagraph_inpaint.calibrate import rotate
    >>> rotate(np.array([[0.0, 0, 0], [0, 0, 5], [0, 0, 0]]), 90, (1.0, 1.0)).round(6)
    array([[0., 5., 0.],
           [0., 0., 0.],
           [0., 0., 0.]])
    """
    ny, nx = image.shape
    y, x = np.ogrid[:ny, :nx]
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    x, y = x - pivot[0], y - pivot[1]
    x, y = pivot[0] + cos * x - sin * y, pivot[1] + sin * x + cos * y
    known = np.isfinite(image)
    turned, share = (
        ndimage.map_coordinates(values, (y, x), order=1, mode="nearest", prefilter=False)
        for values in (np.where(known, image, 0), known.astype(np.float32))
    )
    outside = (x < -1e-9) | (x > nx) | (y < -1e-9) | (y > ny)
    return np.where(outside | (share < 1 - 1e-6), np.nan, turned)
