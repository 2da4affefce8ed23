"""Robust means of small cells around a hole: the support of a fill, and the noise of one pixel."""

from typing import NamedTuple

import numpy as np
from scipy import ndimage

__all__ = ["Cells", "around"]

#: Deviations beyond this many standard deviations of the noise do not enter a cell's mean: stars, cosmic rays.
_CLIP = 3.0
#: The median absolute deviation of four values from their own median is this much below that of many.
_MAD_TO_STD = 1.4826


class Cells(NamedTuple):
    """
    Means over small square cells of valid pixels.

    Attributes
    ----------
    y, x : `numpy.ndarray`
        Shape ``(n,)``, mean position of each cell's pixels in the window.
    value : `numpy.ndarray`
        Shape ``(n,)``, clipped mean.
    count : `numpy.ndarray`
        Shape ``(n,)``, how many pixels it is the mean of.
    noise : float
        Standard deviation of a pixel about its cell, stars and cosmic rays left out.
    scatter : float
        The same with them: the larger of what holds 68.3 % and half of what holds 95.4 % of the pixels.
    """

    y: np.ndarray
    x: np.ndarray
    value: np.ndarray
    count: np.ndarray
    noise: float
    scatter: float


def around(image, valid, holes, *, size, depth):
    """
    Average the valid pixels around a hole in square cells, twice as fine next to the rim.

    Parameters
    ----------
    image : `numpy.ndarray`
        Shape ``(ny, nx)``, a normalized window.
    valid, holes : `numpy.ndarray`
        Boolean, same shape.
    size : int
        Side of a cell in pixels, even. Within one ``size`` of the hole the cells have half that side.
    depth : int
        How far from the hole pixels are used.

    Returns
    -------
    `Cells`
    """
    distance = ndimage.distance_transform_edt(~holes)
    if not (valid & (distance <= depth)).any():
        depth = distance[valid].min() + depth
    rim = _average(image, valid & (distance <= size), max(size // 2, 1))
    outer = _average(image, valid & (distance > size) & (distance <= depth), size)
    # The noise comes from the larger cells where there are any: four pixels tell little of their own scatter.
    best = outer if outer.value.size > rim.value.size / 8 else rim
    merged = (np.concatenate(pair) for pair in zip(rim[:4], outer[:4], strict=True))
    return Cells(*merged, best.noise, best.scatter)


def _average(image, chosen, size):
    """Clipped means of the chosen pixels on a grid of cells of one size."""
    y, x = np.nonzero(chosen)
    if not y.size:
        nothing = np.empty(0)
        return Cells(nothing, nothing, nothing, nothing, 0.0, 0.0)
    values = image[y, x]
    key = (y // size) * (image.shape[1] // size + 1) + x // size
    order = np.lexsort((values, key))
    y, x, values = y[order], x[order], values[order]
    _, start, cell, count = np.unique(key[order], return_index=True, return_inverse=True, return_counts=True)
    median = 0.5 * (values[start + (count - 1) // 2] + values[start + count // 2])
    deviation = np.abs(values - median[cell])
    sorted_deviation = deviation[np.lexsort((deviation, cell))]
    noise = _MAD_TO_STD * np.median(sorted_deviation[start + count // 2])
    # A cell mostly outside the chosen area is no cell, and one that is mostly star is none either.
    good = deviation <= _CLIP * max(noise, np.finfo(float).tiny)
    used = np.bincount(cell, good)
    keep = (count >= max(1, size * size // 2)) & (used >= max(1, size * size // 3))
    mean = np.bincount(cell, np.where(good, values, 0.0)) / np.maximum(used, 1)
    centers = (np.bincount(cell, axis) / count for axis in (y, x))
    # The mean of a cell follows its own pixels, which makes them look quieter than they are.
    freedom = np.sqrt(used / np.maximum(used - 1, 1))
    one, two = np.quantile(np.abs(values - mean[cell]) * freedom[cell], (0.683, 0.954))
    return Cells(*(array[keep] for array in (*centers, mean, used)), float(noise), float(max(one, two / 2)))
