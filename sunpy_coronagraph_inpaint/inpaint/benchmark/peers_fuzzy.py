"""The fuzzy fill of SolarSoft, re-implemented from a description of ``fuzzy_image.pro``, for comparison."""

import numpy as np
from scipy import fft, interpolate, ndimage

from sunpy_coronagraph_inpaint.inpaint.methods import Fill

#: Side of a coarse bin in pixels: 8 bins on the side of a block.
_CELL = 4
#: The background subtracted is this fraction of the minimum corona (SolarSoft: of the monthly minimum),
#: here the radial profile, lowered to this quantile of the frame.
_BACKGROUND, _SMALLEST = 0.8, 0.01
#: Spectrum of a block: end of the low part, and start of the high part as a fraction of the side.
_LOW, _HIGH = 4, 0.9
#: Half opening angle of the wedges of horizontal and vertical structure, radians.
_WEDGE = np.pi / 12
#: Confidence level at which fuzzy numbers are cut.
_CONFIDENCE = 0.5
#: Zones with more missing blocks than this are not filled.
_TOO_MANY = 100
#: Pairs of opposite neighbors of a block that constrain a part of the spectrum: structure runs from one to the other.
_PAIRS = {
    "across": ((0, -1), (0, 1)),
    "up": ((-1, 0), (1, 0)),
    "rising": ((-1, -1), (1, 1)),
    "falling": ((-1, 1), (1, -1)),
}


def fuzzy(frame, *, size=32):
    """
    Interpolate along isolines in coarse bins, then add the fine structure on which the neighboring blocks agree.

    Offset and four fifths of the minimum corona are subtracted as a background. Missing blocks with a margin of one
    block are merged into zones. In each zone, bins of 4x4 pixels are smoothed by a median over 7, Sobel's gradient
    gives the direction of the isolines, missing bins are interpolated along them between the nearest known bins, and
    the result is averaged with a triangulated surface. The mean and the low part of the spectrum of a block come from
    there. The other parts come from the spectra (discrete cosine transform) of its eight neighbors: every coefficient
    of a neighbor is a fuzzy number, and the numbers of opposite neighbors are intersected at a confidence of one half.

    The frame must be a level-0.5 frame on its telemetry grid, of whole blocks of ``size`` pixels (`ValueError`
    otherwise). Whole blocks are filled, and the pixels of the holes returned. The standard deviation is infinite.

    Notes
    -----
    Only a description of the SolarSoft routine was available, and it needs files that are not. Differences: the radial
    profile of the frame, lowered to its darkest angles, replaces the monthly minimum; the median is taken after
    subtraction of a plane; isolines are straight within a zone; a fuzzy number is a triangle with the width given in
    `intersection`. As in SolarSoft, a zone with more than 100 missing blocks is not filled but gets only the
    background, and so does a zone without any known block.

    References
    ----------
    * Lee, Zhang and Leon-Garcia 1995, Information loss recovery for block-based image coding techniques: a fuzzy logic
      approach, IEEE Transactions on Image Processing 4, 259, https://doi.org/10.1109/83.366475
    * SolarSoft, ``fuzzy_image.pro``, called by ``c3_calibrate.pro``
    """
    if any(side % size for side in frame.data.shape) or size % _CELL:
        msg = f"The fuzzy fill needs a frame of whole blocks of {size} pixels, not one of shape {frame.data.shape}."
        raise ValueError(msg)
    background = _background(frame)
    image = np.where(frame.valid, frame.data - background, 0.0)
    cut = frame.data.shape[0] // size, size, frame.data.shape[1] // size, size
    missing = frame.holes.reshape(cut).any(axis=(1, 3))
    known = frame.valid.reshape(cut).mean(axis=(1, 3)) > 0.5
    done = np.zeros_like(known)
    for zone in zones(missing):
        if missing[zone].sum() <= _TOO_MANY and known[zone].any():
            pixels = tuple(slice(side.start * size, side.stop * size) for side in zone)
            interpolate_zone(image, frame.valid, pixels, missing[zone], size)
            done[zone] |= missing[zone]
    coarse = image.copy()
    for row, column in np.argwhere(done):
        block = np.s_[row * size : (row + 1) * size, column * size : (column + 1) * size]
        image[block] = _refined(coarse, known, row, column, size)
    values = np.maximum(image, 0.0)[frame.holes] + background[frame.holes]
    return Fill(np.clip(values, *frame.limits), np.full(values.shape, np.inf))


def _background(frame):
    corona = np.maximum(frame.profile(np.s_[:, :]) - frame.bias, 0.0)
    used = frame.valid & (corona > 0)
    share = np.quantile((frame.data[used] - frame.bias) / corona[used], _SMALLEST) if used.any() else 0.0
    return frame.bias + _BACKGROUND * float(np.clip(share, 0.0, 1.0)) * corona


def zones(missing):
    """
    Merge missing blocks with a margin of one block into rectangles that do not overlap.

    ``missing`` is boolean, one value per block. Returns a list of tuples of slices: rows and columns of blocks.
    """
    grown = ndimage.binary_dilation(missing, np.ones((3, 3)))
    while True:
        labels, _ = ndimage.label(grown, structure=np.ones((3, 3)))
        found = ndimage.find_objects(labels)
        whole = grown.copy()
        for zone in found:
            whole[zone] = True
        if (whole == grown).all():
            return found
        grown = whole


def _refined(image, known, row, column, size):
    """Keep the low part of a block's spectrum, and take the rest from its neighbors."""
    spectra = {}
    for y in (-1, 0, 1):
        for x in (-1, 0, 1):
            place = row + y, column + x
            if all(0 <= p < n for p, n in zip(place, known.shape, strict=True)) and (known[place] or (y, x) == (0, 0)):
                block = image[place[0] * size : (place[0] + 1) * size, place[1] * size : (place[1] + 1) * size]
                spectra[y, x] = fft.dctn(block, norm="ortho")
    own, parts = spectra[0, 0].copy(), _parts(size)
    pairs = {name: [spectra[p] for p in pair if p in spectra] for name, pair in _PAIRS.items()}
    guesses = {name: intersection(*pair) for name, pair in pairs.items() if len(pair) == 2}
    if not guesses:
        return image[row * size : (row + 1) * size, column * size : (column + 1) * size]
    for name, part in parts.items():
        wanted = [g for key, g in guesses.items() if key == name] or list(guesses.values())
        own[part] = np.mean([guess[part] for guess in wanted], axis=0)
    return fft.idctn(own, norm="ortho")


def _parts(size):
    """Return the parts of the spectrum above the low one: structure along rows, along columns, and the rest."""
    y, x = np.indices((size, size))
    radius, angle = np.hypot(y, x), np.arctan2(y, x)
    above = radius >= _LOW
    high = above & (radius > _HIGH * size)
    return {
        "across": above & ~high & (angle > np.pi / 2 - _WEDGE),
        "up": above & ~high & (angle < _WEDGE),
        "diagonal": above & ~high & (angle >= _WEDGE) & (angle <= np.pi / 2 - _WEDGE),
        "high": high,
    }


def intersection(first, second):
    """
    Intersect fuzzy numbers, arrays of values, at a confidence of one half, and return the center of the intersection.

    Each number is a triangle around its value whose half width is the smaller of the two absolute values.
    Similar numbers share an interval around their mean; without an intersection, the result is 0.
    """
    first, second = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    reach = (1 - _CONFIDENCE) * np.minimum(np.abs(first), np.abs(second))
    low, high = np.maximum(first, second) - reach, np.minimum(first, second) + reach
    return np.where(low <= high, (low + high) / 2, 0.0)


def interpolate_zone(image, valid, pixels, missing, size):
    """
    Interpolate between coarse bins in the missing blocks of a zone, in place.

    ``image`` and boolean ``valid`` have shape ``(ny, nx)``, ``pixels`` are the slices of the zone, ``missing`` is
    boolean with one value per block of the zone, and ``size`` is the side of a block in pixels, a multiple of 4.
    """
    cut = [((side.stop - side.start) // _CELL, _CELL) for side in pixels]
    shape = (*cut[0], *cut[1])
    weight = valid[pixels].reshape(shape).sum(axis=(1, 3))
    cells = np.divide(image[pixels].reshape(shape).sum(axis=(1, 3)), weight, out=np.zeros(weight.shape),
                      where=weight > 0)  # fmt: skip
    lost = missing.repeat(size // _CELL, axis=0).repeat(size // _CELL, axis=1)
    known = (weight > _CELL**2 / 2) & ~lost
    if np.count_nonzero(known) < 4:
        return
    smooth = _medians(cells, known)
    start = _surface(np.where(known, smooth, 0.0), known, lost)
    along = _along_isolines(np.where(lost, start, smooth), known, lost)
    both = ndimage.uniform_filter(np.where(lost, 0.5 * (start + along), smooth), 3, mode="nearest")
    y, x = ((np.arange(side.stop - side.start) + 0.5) / _CELL - 0.5 for side in pixels)
    fine = ndimage.map_coordinates(both, np.meshgrid(y, x, indexing="ij"), order=1, mode="nearest")
    target = missing.repeat(size, axis=0).repeat(size, axis=1)
    image[pixels][target] = fine[target]


def _medians(cells, known):
    """Return medians over 7x7 bins of the residuals from a plane, since only one side of a boundary is known."""
    y, x = np.indices(cells.shape)
    terms = np.stack([np.ones(cells.shape), y, x], axis=-1)
    plane = terms @ np.linalg.lstsq(terms[known], cells[known], rcond=None)[0]
    nearest = ndimage.distance_transform_edt(~known, return_distances=False, return_indices=True)
    return plane + ndimage.median_filter((cells - plane)[tuple(nearest)], 7, mode="nearest")


def _surface(cells, known, lost):
    """Interpolate linearly on a triangulation of the known bins; outside of it take the nearest one."""
    points, values, wanted = np.argwhere(known), cells[known], np.argwhere(lost)
    found = interpolate.griddata(points, values, wanted, method="linear")
    outside = ~np.isfinite(found)
    if outside.any():
        found[outside] = interpolate.griddata(points, values, wanted[outside], method="nearest")
    filled = cells.copy()
    filled[lost] = found
    return filled


def _along_isolines(cells, known, lost):
    """Interpolate missing bins between the first known ones that the isoline through them meets on either side."""
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
