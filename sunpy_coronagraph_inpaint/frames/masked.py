"""Filters that look at valid pixels alone (normalized convolution)."""

import numpy as np


def masked_sum(kernel, image, valid):
    """
    Filter the valid pixels of an image, and their weights alike.

    Parameters
    ----------
    kernel : callable
        A linear filter: array in, array out. The output may have another shape, as that of an interpolation has.
    image : `numpy.ndarray`
        Shape ``(ny, nx)``; what is not valid counts as 0, whatever it holds.
    valid : `numpy.ndarray`
        Boolean, same shape.

    Returns
    -------
    total, weight : `numpy.ndarray`
        The filtered image, and the share of the filter that lies on valid pixels.
    """
    return kernel(np.where(valid, image, 0.0)), kernel(valid.astype(float))


def masked_mean(kernel, image, valid, *, least=0.0, otherwise=0.0, floor=None):
    """
    Filter the valid pixels of an image: the weighted mean of those that the filter reaches.

    Parameters
    ----------
    kernel, image, valid
        As of `masked_sum`.
    least : float, optional
        There is a mean where the filter has more than this share of its weight on valid pixels.
    otherwise : float, optional
        What stands elsewhere.
    floor : float, optional
        Divide everywhere, by a weight that is taken to be no smaller than this, instead of ``least`` and ``otherwise``:
        far from valid pixels the mean then fades to 0.

    Returns
    -------
    mean, weight : `numpy.ndarray`
        Shape of what the filter returns.
    """
    total, weight = masked_sum(kernel, image, valid)
    if floor is not None:
        return total / np.maximum(weight, floor), weight
    return np.divide(total, weight, out=np.full(total.shape, otherwise), where=weight > least), weight
