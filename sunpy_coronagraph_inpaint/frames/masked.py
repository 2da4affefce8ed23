"""Filters that use valid pixels only (normalized convolution)."""

import numpy as np


def masked_sum(kernel, image, valid):
    """
    Apply a linear filter, ``kernel(array) -> array``, to the valid pixels of an image and to their weights.

    Returns the filtered image, in which pixels that are not valid count as 0, and the fraction of the filter's weight
    that lies on valid pixels. Both have the shape that the kernel returns, which may differ from that of the image.
    """
    return kernel(np.where(valid, image, 0.0)), kernel(valid.astype(float))


def masked_mean(kernel, image, valid, *, least=0.0, otherwise=0.0, floor=None):
    """
    Return the filtered mean of the valid pixels of an image, and the weight, see `masked_sum`.

    There is a mean where more than the fraction ``least`` of the filter's weight lies on valid pixels, and
    ``otherwise`` elsewhere. With ``floor`` the sum is instead divided everywhere by the weight or, if larger, by
    ``floor``: far from valid pixels the mean then fades to 0.
    """
    total, weight = masked_sum(kernel, image, valid)
    if floor is not None:
        return total / np.maximum(weight, floor), weight
    return np.divide(total, weight, out=np.full(total.shape, otherwise), where=weight > least), weight
