"""Structure in a fill: similarity, power spectrum, and where a front stands."""

import numpy as np
from scipy import ndimage

__all__ = ["front_error", "front_radius", "power_ratios", "similarity", "windows"]

#: Pixels on the side of the cells whose similarity is taken, and cells around a hole that belong to its window.
_CELL, _MARGIN = 4, 4
#: Cycles per block: the low and the high band of the power spectrum.
_LOW, _HIGH = (0.5, 3.5), (4.5, 16.5)
#: Width of the rings in which a running difference is averaged, and how much of the profile (%) a front has at least.
_RING, _FRONT = 4.0, 1.0


def windows(holes, margin):
    """
    Return the windows around the connected holes.

    Parameters
    ----------
    holes : `numpy.ndarray`
        Boolean, shape ``(ny, nx)``.
    margin : int
        Pixels beyond each hole.

    Returns
    -------
    list of tuple of slice

    Examples
    --------
    >>> import numpy as np
    >>> from sunpy_coronagraph_inpaint.inpaint.benchmark.structure import windows
    >>> windows(np.eye(4, dtype=bool), 1)
    [(slice(0, 4, None), slice(0, 4, None))]
    """
    boxes = ndimage.find_objects(ndimage.label(holes, structure=np.ones((3, 3)))[0])
    return [
        tuple(slice(max(s.start - margin, 0), min(s.stop + margin, n)) for s, n in zip(box, holes.shape, strict=True))
        for box in boxes
    ]


def similarity(filled, truth, holes):
    """
    Mean structural similarity of 4x4-pixel means in the holes.

    The similarity is that of Wang et al. 2004 (https://doi.org/10.1109/TIP.2003.819861) as scikit-image has it, in
    squares of 7x7 cells, in windows four cells wider than a hole, outside of which the fill is the truth. The range of
    values that it asks for is that from the 1 % to the 99 % quantile of the truth in the window.

    Parameters
    ----------
    filled, truth : `numpy.ndarray`
        Shape ``(ny, nx)``, multiples of 4.
    holes : `numpy.ndarray`
        Boolean, same shape; whole cells.

    Returns
    -------
    float

    Examples
    --------
    >>> import numpy as np
    >>> from sunpy_coronagraph_inpaint.inpaint.benchmark.structure import similarity
    >>> truth = np.random.default_rng(0).normal(size=(64, 64)).cumsum(axis=0)
    >>> holes = np.zeros(truth.shape, bool)
    >>> holes[16:48, 16:48] = True
    >>> float(similarity(truth, truth, holes))
    1.0
    """
    from skimage.metrics import structural_similarity

    cut = filled.shape[0] // _CELL, _CELL, filled.shape[1] // _CELL, _CELL
    first, second = (image.reshape(cut).mean(axis=(1, 3)) for image in (np.where(holes, filled, truth), truth))
    inside = holes.reshape(cut).all(axis=(1, 3))
    values = []
    for window in windows(holes, _MARGIN * _CELL):
        box = tuple(slice(side.start // _CELL, side.stop // _CELL) for side in window)
        low, high = np.quantile(second[box], (0.01, 0.99))
        image = structural_similarity(first[box], second[box], data_range=max(high - low, 1e-9), full=True)[1]
        values.append(image[inside[box]])
    return np.concatenate(values).mean()


def power_ratios(filled, truth, holes, size):
    """
    Power of the fill over that of the truth, in a low and a high band.

    Every block is freed from its mean, tapered by a Hann window and transformed. The ratio is that of the medians over
    the blocks, so that a star in one does not matter. Low are up to 3 cycles per block, high 5 to 16.

    Parameters
    ----------
    filled, truth : `numpy.ndarray`
        Shape ``(ny, nx)``.
    holes : `numpy.ndarray`
        Boolean, same shape; whole blocks.
    size : int
        Side of a block in pixels.

    Returns
    -------
    low, high : float

    Examples
    --------
    >>> import numpy as np
    >>> from sunpy_coronagraph_inpaint.inpaint.benchmark.structure import power_ratios
    >>> truth = np.random.default_rng(0).normal(size=(32, 64))
    >>> power_ratios(0.5 * truth, truth, np.ones(truth.shape, bool), 32)
    (0.25, 0.25)
    """
    taper = np.hanning(size + 2)[1:-1]
    taper = taper[:, None] * taper
    frequency = size * np.hypot(np.fft.fftfreq(size)[:, None], np.fft.fftfreq(size))
    cut = filled.shape[0] // size, size, filled.shape[1] // size, size
    inside = holes.reshape(cut).all(axis=(1, 3))
    power = []
    for image in (filled, truth):
        blocks = image.reshape(cut).transpose(0, 2, 1, 3)[inside]
        mean = (blocks * taper).sum(axis=(1, 2), keepdims=True) / taper.sum()
        power.append(np.abs(np.fft.fft2((blocks - mean) * taper)) ** 2)
    bands = [(frequency > low) & (frequency < high) for low, high in (_LOW, _HIGH)]
    sums = [[float(np.median(p[:, band].sum(axis=1))) for band in bands] for p in power]
    return tuple(a / b if b > 0 else np.nan for a, b in zip(*sums, strict=True))


def front_error(filled, truth, holes, radius):
    """
    Mean absolute error of a front's radius over the holes in which there is one; see `front_radius`.

    Parameters
    ----------
    filled, truth : `numpy.ndarray`
        Shape ``(ny, nx)``, running differences in % of the profile.
    holes : `numpy.ndarray`
        Boolean, same shape.
    radius : `numpy.ndarray`
        Same shape, distance from the center in pixels.

    Returns
    -------
    float
        Pixels; not a number where no hole has a front. A fill without a front counts as if it were at the outer end
        of the hole.
    """
    labels, number = ndimage.label(holes, structure=np.ones((3, 3)))
    errors = []
    for label in range(1, number + 1):
        hole = labels == label
        wanted, inside = front_radius(truth[hole], radius[hole])
        if inside:
            errors.append(abs(front_radius(filled[hole], radius[hole], least=0.0)[0] - wanted))
    return np.mean(errors) if errors else np.nan


def front_radius(difference, radius, *, least=_FRONT):
    """
    Radius at which the brightening of a running difference ends.

    The difference is averaged in rings 4 pixels wide. Outward from the brightest ring, the front is where the average
    first falls to half of that ring's, interpolated between the rings.

    Parameters
    ----------
    difference : `numpy.ndarray`
        Shape ``(n,)``, the running difference of the pixels of a hole, in % of the profile.
    radius : `numpy.ndarray`
        Shape ``(n,)``, their distance from the center in pixels.
    least : float, optional
        How bright the brightest ring must be.

    Returns
    -------
    radius : float
        Pixels; the outermost ring where the average does not fall to half within the hole.
    inside : bool
        Whether there is a front, and within the hole.

    Examples
    --------
    >>> import numpy as np
    >>> from sunpy_coronagraph_inpaint.inpaint.benchmark.structure import front_radius
    >>> y, x = np.indices((32, 32))
    >>> radius, inside = front_radius(np.where(y < 20, 5.0, 0.0).ravel(), y.ravel().astype(float))
    >>> radius, inside
    (19.5, True)
    """
    ring = np.floor(np.asarray(radius) / _RING).astype(int)
    first = ring.min()
    count = np.bincount(ring - first)
    used = np.flatnonzero(count >= min(4 * _RING, count.max()))
    mean = np.bincount(ring - first, difference)[used] / count[used]
    middle = np.bincount(ring - first, radius)[used] / count[used]
    peak = int(np.argmax(mean))
    after = np.flatnonzero(mean[peak:] < mean[peak] / 2)
    if mean[peak] < least or mean[peak] <= 0 or not after.size:
        return float(middle[-1]), False
    outer = peak + int(after[0])
    share = (mean[outer - 1] - mean[peak] / 2) / (mean[outer - 1] - mean[outer])
    return float(middle[outer - 1] + share * (middle[outer] - middle[outer - 1])), True
