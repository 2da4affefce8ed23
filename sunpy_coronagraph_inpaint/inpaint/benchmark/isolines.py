"""Interpolation along isolines between coarse cells, the first step of the fuzzy fill."""

import numpy as np
from scipy import interpolate, ndimage

__all__ = ["CELL", "interpolate_zone"]

#: Side of a cell in pixels: 8 cells on the side of a block.
CELL = 4


def interpolate_zone(image, valid, pixels, missing, size):
    """
    Write the interpolation between coarse cells into the missing blocks of a zone.

    Parameters
    ----------
    image : `numpy.ndarray`
        Shape ``(ny, nx)``. It is changed.
    valid : `numpy.ndarray`
        Boolean, same shape.
    pixels : tuple of slice
        The zone.
    missing : `numpy.ndarray`
        Boolean, one value per block of the zone.
    size : int
        Side of a block in pixels, a multiple of 4.

    Examples
    --------
    >>> import numpy as np
    >>> from sunpy_coronagraph_inpaint.inpaint.benchmark.isolines import interpolate_zone
    >>> y, x = np.indices((96, 96))
    >>> image, missing = 100.0 + x + 0.5 * y, np.zeros((3, 3), bool)
    >>> missing[1, 1] = True
    >>> lost = image.copy()
    >>> lost[32:64, 32:64] = 0
    >>> interpolate_zone(lost, lost > 0, np.s_[0:96, 0:96], missing, 32)
    >>> bool(np.abs(lost - image).max() < 2)
    True
    """
    cut = [((side.stop - side.start) // CELL, CELL) for side in pixels]
    shape = (*cut[0], *cut[1])
    weight = valid[pixels].reshape(shape).sum(axis=(1, 3))
    cells = np.divide(image[pixels].reshape(shape).sum(axis=(1, 3)), weight, out=np.zeros(weight.shape),
                      where=weight > 0)  # fmt: skip
    lost = missing.repeat(size // CELL, axis=0).repeat(size // CELL, axis=1)
    known = (weight > CELL**2 / 2) & ~lost
    if np.count_nonzero(known) < 4:
        return
    smooth = _medians(cells, known)
    start = _surface(np.where(known, smooth, 0.0), known, lost)
    along = _along_isolines(np.where(lost, start, smooth), known, lost)
    both = ndimage.uniform_filter(np.where(lost, 0.5 * (start + along), smooth), 3, mode="nearest")
    y, x = ((np.arange(side.stop - side.start) + 0.5) / CELL - 0.5 for side in pixels)
    fine = ndimage.map_coordinates(both, np.meshgrid(y, x, indexing="ij"), order=1, mode="nearest")
    target = missing.repeat(size, axis=0).repeat(size, axis=1)
    image[pixels][target] = fine[target]


def _medians(cells, known):
    """Medians over 7 by 7 cells, of what is left of a plane, since only one side of a rim is known."""
    y, x = np.indices(cells.shape)
    terms = np.stack([np.ones(cells.shape), y, x], axis=-1)
    plane = terms @ np.linalg.lstsq(terms[known], cells[known], rcond=None)[0]
    nearest = ndimage.distance_transform_edt(~known, return_distances=False, return_indices=True)
    return plane + ndimage.median_filter((cells - plane)[tuple(nearest)], 7, mode="nearest")


def _surface(cells, known, lost):
    """Triangles over the known cells; outside of them the nearest one."""
    points, values, wanted = np.argwhere(known), cells[known], np.argwhere(lost)
    found = interpolate.griddata(points, values, wanted, method="linear")
    outside = ~np.isfinite(found)
    if outside.any():
        found[outside] = interpolate.griddata(points, values, wanted[outside], method="nearest")
    filled = cells.copy()
    filled[lost] = found
    return filled


def _along_isolines(cells, known, lost):
    """Interpolate lost cells between the first known ones that the isoline through them meets on either side."""
    gradient = [ndimage.gaussian_filter(ndimage.sobel(cells, axis=axis, mode="nearest"), 1.0) for axis in (0, 1)]
    length = np.hypot(*gradient) + 1e-30
    wanted = np.argwhere(lost).T.astype(float)
    step = np.array([-gradient[1][lost], gradient[0][lost]]) / length[lost]
    ends, distances = [], []
    for sign in (1, -1):
        value, distance = np.full(wanted.shape[1], np.nan), np.full(wanted.shape[1], np.inf)
        for far in range(1, 2 * max(cells.shape)):
            y, x = np.rint(wanted + sign * far * step).astype(int)
            inside = (y >= 0) & (x >= 0) & (y < cells.shape[0]) & (x < cells.shape[1])
            hit = np.flatnonzero(inside & np.isinf(distance))
            hit = hit[known[y[hit], x[hit]]]
            value[hit], distance[hit] = cells[y[hit], x[hit]], far
        ends.append(value)
        distances.append(distance)
    weights = [np.where(np.isfinite(d), 1 / d, 0.0) for d in distances]
    total = weights[0] + weights[1]
    mean = sum(w * np.nan_to_num(e) for w, e in zip(weights, ends, strict=True)) / np.maximum(total, 1e-30)
    result = cells.copy()
    result[lost] = np.where(total > 0, mean, cells[lost])
    return result
