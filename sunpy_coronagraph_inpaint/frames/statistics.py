"""Means over blocks of pixels, and robust scatter."""

import numpy as np

#: Standard deviation of Gaussian values over their median absolute deviation. `astropy.stats.mad_std` has more digits,
#: 1.482602218505602, which would change the last bits of every fill.
MAD_TO_STD = 1.4826


def block_mean(image, size):
    """Average an image, shape ``(ny, nx)``, over blocks of ``size`` pixels on a side (or ``(sy, sx)``)."""
    sy, sx = (size, size) if np.isscalar(size) else size
    ny, nx = image.shape
    return image.reshape(ny // sy, sy, nx // sx, sx).mean(axis=(1, 3))


def mad_std(values, *, center=None):
    """Estimate a standard deviation from the median absolute deviation, about the median if no center is given."""
    center = np.median(values) if center is None else center
    return MAD_TO_STD * np.median(np.abs(values - center))
