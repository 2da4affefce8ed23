"""Stars, cosmic rays and other pixels that deviate from the median of their surroundings."""

import numpy as np
from scipy import ndimage


def find_spikes(image, size, threshold, *, both=True, mode="reflect"):
    """
    Find the pixels that deviate from the median of their surroundings by more than a threshold.

    Returns the boolean mask and the median image, shape ``(ny, nx)``. ``size`` is the side, or the two sides, of the
    box of the median in pixels: a star must cover less than half of it, and pixels without data must hold values like
    their surroundings. ``threshold``, in units of the image, may be a number, an array, or a function of the median if
    the noise depends on the brightness. ``both`` includes dark pixels; ``mode`` as for `scipy.ndimage.median_filter`.
    """
    median = ndimage.median_filter(image, size, mode=mode)
    excess = np.abs(image - median) if both else image - median
    return excess > (threshold(median) if callable(threshold) else threshold), median
