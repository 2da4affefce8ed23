"""Stars, cosmic rays and other pixels that stick out of the median of their surroundings."""

import numpy as np
from scipy import ndimage


def find_spikes(image, size, threshold, *, both=True, mode="reflect"):
    """
    Find the pixels that differ from the median of their surroundings by more than a threshold.

    Parameters
    ----------
    image : `numpy.ndarray`
        Shape ``(ny, nx)``. Pixels without data must hold something like their surroundings.
    size : int or tuple of int
        Sides of the box whose median is taken, pixels. A star must cover less than half of it.
    threshold : float, `numpy.ndarray` or callable
        By how much a pixel must differ, in the unit of the image; or a function of the median, where the noise depends
        on the brightness.
    both : bool, optional
        Whether dark pixels count as well as bright ones.
    mode : str, optional
        How the image goes on beyond its edges, see `scipy.ndimage.median_filter`.

    Returns
    -------
    spikes : `numpy.ndarray`
        Boolean, shape ``(ny, nx)``.
    median : `numpy.ndarray`
        Shape ``(ny, nx)``.
    """
    median = ndimage.median_filter(image, size, mode=mode)
    excess = np.abs(image - median) if both else image - median
    return excess > (threshold(median) if callable(threshold) else threshold), median
