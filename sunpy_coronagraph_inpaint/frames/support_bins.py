"""Robust means of small square bins around a hole: the support of a fill, and the noise of one pixel."""

from typing import NamedTuple

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from sunpy_coronagraph_inpaint.frames.spikes import find_spikes
from sunpy_coronagraph_inpaint.frames.statistics import MAD_TO_STD, mad_std

#: Deviations beyond this many standard deviations of the noise do not enter a bin's mean: stars, cosmic rays.
_CLIP = 3.0
#: Standard deviation of Gaussian values over their mean absolute deviation.
_MEAN_TO_STD = 1.2533
#: Pixels further than this many standard deviations from their neighborhood's median are stars or cosmic rays.
_SPIKE = 4.0
#: Side of that neighborhood, pixels: a star of 3x3 pixels that touches the hole is less than half of what is valid.
_MEDIAN = 7
#: Bins of fewer pixels, and fewer pixels in total, say nothing about the noise.
_FEWEST = 4


class SupportBins(NamedTuple):
    """
    Means over small square bins of valid pixels.

    Attributes
    ----------
    y, x : `numpy.ndarray`
        Shape ``(n,)``, mean position of each bin's pixels in the window.
    value : `numpy.ndarray`
        Shape ``(n,)``, clipped mean.
    count : `numpy.ndarray`
        Shape ``(n,)``, how many pixels it is the mean of.
    noise : float
        Standard deviation of a pixel about its bin, stars and cosmic rays left out.
    scatter : float
        The same with them: the larger of what holds 68.3 % and half of what holds 95.4 % of the pixels. Infinite where
        there are too few pixels to estimate it.
    """

    y: np.ndarray
    x: np.ndarray
    value: np.ndarray
    count: np.ndarray
    noise: float
    scatter: float


def bin_annulus(image, valid, holes, *, size, depth):
    """
    Average the valid pixels around a hole in square bins, twice as fine next to the boundary.

    Parameters
    ----------
    image : `numpy.ndarray`
        Shape ``(ny, nx)``, a normalized window.
    valid, holes : `numpy.ndarray`
        Boolean, same shape.
    size : int
        Side of a bin in pixels, even. Within one ``size`` of the hole the bins have half that side.
    depth : int
        How far from the hole pixels are used.

    Returns
    -------
    `SupportBins`
    """
    distance = ndimage.distance_transform_edt(~holes)
    if not (valid & (distance <= depth)).any():
        depth = distance[valid].min() + depth
    rim = _average(image, valid & (distance <= size), max(size // 2, 1))
    outer = _average(image, valid & (distance > size) & (distance <= depth), size)
    # The noise comes from the larger bins where there are any: four pixels say little about their own scatter.
    best = outer if outer.value.size > rim.value.size / 8 else rim
    merged = [np.concatenate(pair) for pair in zip(rim[:4], outer[:4], strict=True)]
    if not merged[0].size:
        # No bin has most of its pixels: all there are make one.
        y, x = np.nonzero(valid & (distance <= depth))
        values = image[y, x]
        merged = [np.array([number]) for number in (y.mean(), x.mean(), np.median(values), values.size)]
    if best.count.size == 0 or best.count.max() < _FEWEST:
        return SupportBins(*merged, *_of_few(image[valid & (distance <= depth)]))
    return SupportBins(*merged, best.noise, best.scatter)


def replace_outliers(image, valid, support):
    """
    Replace stars and cosmic rays by the median of their neighborhood.

    Parameters
    ----------
    image : `numpy.ndarray`
        Shape ``(ny, nx)``, a normalized window.
    valid : `numpy.ndarray`
        Boolean, same shape.
    support : `SupportBins`
        Bins around the hole.

    Returns
    -------
    `numpy.ndarray`
        A copy. Pixels that are not valid hold the value of the nearest bin, so that the boundary is compared with its
        surroundings and not with the hole.
    """
    filled = np.array(image)
    y, x = np.nonzero(~valid)
    _, nearest = cKDTree(np.stack([support.y, support.x], axis=1)).query(np.stack([y, x], axis=1))
    filled[y, x] = support.value[nearest]
    spikes, median = find_spikes(filled, _MEDIAN, _SPIKE * support.scatter)
    return np.where(spikes, median, filled)


def _of_few(values):
    """Noise and scatter where so few pixels are valid that bins have hardly any: structure counts as noise here."""
    if values.size < _FEWEST:
        return 0.0, np.inf
    return float(mad_std(values)), float(np.std(values))


def _average(image, chosen, size):
    """Clipped means of the chosen pixels on a grid of bins of one size."""
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
    # The mean of a bin follows its own pixels, which makes them look quieter than they are.
    freedom = np.sqrt(used / np.maximum(used - 1, 1))
    one, two = np.quantile(np.abs(values - mean[owner]) * freedom[owner], (0.683, 0.954))
    return SupportBins(*(array[keep] for array in (*centers, mean, used)), float(noise), float(max(one, two / 2)))
