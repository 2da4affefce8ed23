"""Robust means of small square bins around a hole: the support of a fill, and the noise of one pixel."""

from typing import NamedTuple

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from sunpy_coronagraph_inpaint.frames.spikes import find_spikes
from sunpy_coronagraph_inpaint.frames.statistics import MAD_TO_STD, mad_std

#: Deviations beyond this many standard deviations of the noise are left out of a bin's mean: stars, cosmic rays.
_CLIP = 3.0
#: Standard deviation of Gaussian values over their mean absolute deviation.
_MEAN_TO_STD = 1.2533
#: Pixels more than this many standard deviations from the median of their neighborhood are stars or cosmic rays.
_SPIKE = 4.0
#: Side of that neighborhood, pixels: a star of 3x3 pixels that touches the hole is less than half of what is valid.
_MEDIAN = 7
#: Bins with fewer pixels, or fewer pixels in total, do not constrain the noise.
_FEWEST = 4


class SupportBins(NamedTuple):
    """
    Means over small square bins of valid pixels.

    ``scatter`` is like ``noise`` with stars and cosmic rays: the larger of the 68.3 % half-width and half of the 95.4 %
    half-width of the deviations, infinite if there are too few pixels to estimate it.
    """

    y: np.ndarray  # shape (n,), mean position of each bin's pixels in the window
    x: np.ndarray  # shape (n,), likewise
    value: np.ndarray  # shape (n,), clipped mean
    count: np.ndarray  # shape (n,), number of averaged pixels
    noise: float  # standard deviation of a pixel about its bin, without stars and cosmic rays
    scatter: float


def bin_annulus(image, valid, holes, *, size, depth):
    """
    Average the valid pixels around a hole in square bins, half the size next to the boundary.

    Parameters
    ----------
    image : `numpy.ndarray`
        Shape ``(ny, nx)``, a normalized window.
    valid, holes : `numpy.ndarray`
        Boolean, same shape.
    size : int
        Side of a bin in pixels, even. Within one ``size`` of the hole the bins have half that side.
    depth : int
        Distance from the hole up to which pixels are used.
    """
    distance = ndimage.distance_transform_edt(~holes)
    if not (valid & (distance <= depth)).any():
        depth = distance[valid].min() + depth
    rim = _average(image, valid & (distance <= size), max(size // 2, 1))
    outer = _average(image, valid & (distance > size) & (distance <= depth), size)
    # The noise comes from the larger bins if there are any: four pixels hardly constrain their scatter.
    best = outer if outer.value.size > rim.value.size / 8 else rim
    merged = [np.concatenate(pair) for pair in zip(rim[:4], outer[:4], strict=True)]
    if not merged[0].size:
        # No bin has most of its pixels: put all of them into one.
        y, x = np.nonzero(valid & (distance <= depth))
        values = image[y, x]
        merged = [np.array([number]) for number in (y.mean(), x.mean(), np.median(values), values.size)]
    if best.count.size == 0 or best.count.max() < _FEWEST:
        return SupportBins(*merged, *_of_few(image[valid & (distance <= depth)]))
    return SupportBins(*merged, best.noise, best.scatter)


def replace_outliers(image, valid, support):
    """
    Return a copy of a normalized window with stars and cosmic rays replaced by the median of their neighborhood.

    Pixels that are not valid hold the value of the nearest bin of ``support``, so that the boundary is compared with
    its surroundings and not with the hole.
    """
    filled = np.array(image)
    y, x = np.nonzero(~valid)
    _, nearest = cKDTree(np.stack([support.y, support.x], axis=1)).query(np.stack([y, x], axis=1))
    filled[y, x] = support.value[nearest]
    spikes, median = find_spikes(filled, _MEDIAN, _SPIKE * support.scatter)
    return np.where(spikes, median, filled)


def _of_few(values):
    """Return noise and scatter if there are too few valid pixels for bins: structure counts as noise here."""
    if values.size < _FEWEST:
        return 0.0, np.inf
    return float(mad_std(values)), float(np.std(values))


def _average(image, chosen, size):
    """Return clipped means of the chosen pixels on a grid of bins of one size."""
    y, x = np.nonzero(chosen)
    if not y.size:
        nothing = np.empty(0)
        return SupportBins(nothing, nothing, nothing, nothing, 0.0, 0.0)
    values = image[y, x]
    key = (y // size) * (image.shape[1] // size + 1) + x // size
    order = np.lexsort((values, key))
    y, x, values = y[order], x[order], values[order]
    _, start, owner, count = np.unique(key[order], return_index=True, return_inverse=True, return_counts=True)
    median = 0.5 * (values[start + (count - 1) // 2] + values[start + count // 2])
    deviation = np.abs(values - median[owner])
    sorted_deviation = deviation[np.lexsort((deviation, owner))]
    # Where most pixels of a bin are equal (8-bit pictures) the median deviation is 0.
    noise = MAD_TO_STD * np.median(sorted_deviation[start + count // 2]) or _MEAN_TO_STD * deviation.mean()
    # Bins with fewer than half the pixels of the fullest, and those that are mostly a star, are dropped.
    good = deviation <= _CLIP * max(noise, np.finfo(float).tiny)
    used = np.bincount(owner, good)
    keep = (count >= count.max() / 2) & (used >= count.max() / 3)
    mean = np.bincount(owner, np.where(good, values, 0.0)) / np.maximum(used, 1)
    centers = (np.bincount(owner, axis) / count for axis in (y, x))
    # The mean of a bin follows its own pixels, which biases their scatter low.
    freedom = np.sqrt(used / np.maximum(used - 1, 1))
    one, two = np.quantile(np.abs(values - mean[owner]) * freedom[owner], (0.683, 0.954))
    return SupportBins(*(array[keep] for array in (*centers, mean, used)), float(noise), float(max(one, two / 2)))
