"""Differences between a fill and the truth in the holes."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import ndimage

from sunpy_coronagraph_inpaint.evaluate import Measure
from sunpy_coronagraph_inpaint.frames.spikes import find_spikes

#: Pixels with a larger error, in % of the profile, are stars and cosmic rays, which no method can predict.
_SPIKE = 10.0
#: Width of the median from which such spikes differ by that much, pixels.
_AROUND = 11
#: Side in pixels of the bins whose means are compared, and number of bins around a hole in the window of the
#: structural similarity.
_CELL, _MARGIN = 4, 4
#: Low and high band of the power spectrum, cycles per block.
_LOW, _HIGH = (0.5, 3.5), (4.5, 16.5)
#: Width of the rings in which a running difference is averaged, pixels, and smallest brightness of a front, %.
_RING, _FRONT = 4.0, 1.0


#: The columns of the table, in order.
MEASURES = {
    "mae": Measure("%", "mean absolute error of a pixel, in % of the radial profile"),
    "mae10": Measure("%", "the same without pixels off by more than 10 % (stars, cosmic rays)"),
    "mae_4x4": Measure("%", "mean absolute error of 4x4-pixel means, without spikes of the frame"),
    "bias": Measure("%", "mean absolute error of a block's flux, without spikes of the frame"),
    "offset": Measure("%", "mean error of a block's flux with its sign", "nearest", 0),
    "rmse": Measure("%", "root mean square error of a pixel against the truth without noise"),
    "clean4": Measure("%", "mean absolute error of 4x4-pixel means against the truth without noise"),
    "ssim": Measure("", "structural similarity of 4x4-pixel means in the holes", "higher", digits=3),
    "power_low": Measure("", "power of the fill over that of the truth at 9 to 32 pixels per cycle", "ratio", 1),
    "power_high": Measure("", "power of the fill over that of the truth at 2 to 7 pixels per cycle", "ratio", 1, 3),
    "coverage_1sigma": Measure("%", "pixels with an error below one standard deviation", "nearest", 68.27, 1),
    "coverage_2sigma": Measure("%", "pixels with an error below two standard deviations", "nearest", 95.45, 1),
    "front_radius_error": Measure(
        "pixel", "mean absolute error of a front's radius in the running difference", digits=1
    ),
}


@dataclass(frozen=True, eq=False)
class Reference:
    """
    The truth in the holes of one frame.

    Attributes
    ----------
    data : `numpy.ndarray`
        Shape ``(ny, nx)``, the frame before blocks were knocked out.
    holes : `numpy.ndarray`
        Boolean, same shape; whole blocks.
    profile : `numpy.ndarray`
        Same shape, positive: 100 % of every error.
    size : int
        Side of a block in pixels, a multiple of 4.
    center : tuple of float
        ``(x, y)`` origin of radii, 0-based pixels.
    clean : `numpy.ndarray`, optional
        Same shape, the truth without noise, stars and particles.
    before : `numpy.ndarray`, optional
        Same shape, the truth of the frame before.
    """

    data: np.ndarray
    holes: np.ndarray
    profile: np.ndarray
    size: int
    center: tuple[float, float]
    clean: np.ndarray | None = None
    before: np.ndarray | None = None

    @cached_property
    def relative(self):
        """The frame in % of its profile."""
        return 100 * np.asarray(self.data, dtype=float) / self.profile

    @cached_property
    def spikes(self):
        """Pixels of the holes that deviate from their surroundings in the frame by more than 10 % of the profile."""
        spikes = np.zeros(self.holes.shape, bool)
        for box in hole_windows(self.holes, _AROUND):
            image = self.relative[box]
            spikes[box] |= find_spikes(image, _AROUND, _SPIKE, mode="nearest")[0]
        return spikes & self.holes

    @cached_property
    def best(self):
        """The truth without noise if it is known, else the frame, in % of the profile."""
        return self.relative if self.clean is None else 100 * self.clean / self.profile

    def with_fill(self, fill):
        """Return the frame with its holes filled, in % of its profile."""
        filled = self.relative.copy()
        filled[self.holes] = 100 * np.asarray(fill.values, dtype=float) / self.profile[self.holes]
        return filled


def score(fill, reference):
    """
    Compare a `Fill` with a `Reference`.

    Returns a `dict` of measures, NaN where one does not apply: without a truth free of noise, without standard
    deviations, or without a front in any hole.
    """
    holes = reference.holes
    filled = reference.with_fill(fill)
    error = filled - reference.relative
    inside = np.abs(error[holes])
    small = inside[inside <= _SPIKE]
    blocks = block_errors(error, reference.spikes, holes, reference.size)
    low, high = power_ratios(filled, reference.best, holes, reference.size)
    found = {
        "mae": inside.mean(),
        "mae10": small.mean() if small.size else np.nan,
        "mae_4x4": np.abs(block_errors(error, reference.spikes, holes, _CELL)).mean(),
        "bias": np.abs(blocks).mean(),
        "offset": blocks.mean(),
        **_against_truth(filled, reference),
        "ssim": similarity(filled, reference.best, holes),
        "power_low": low,
        "power_high": high,
        **_coverage(fill, inside * reference.profile[holes] / 100),
        "front_radius_error": _front(filled, reference),
    }
    return {name: float(value) for name, value in found.items()}


def block_errors(error, spikes, holes, size):
    """
    Return the mean error of every square of ``size`` pixels in the holes, without spikes.

    Squares of which more than half are spikes are omitted.
    """
    cut = error.shape[0] // size, size, error.shape[1] // size, size
    inside = holes.reshape(cut).all(axis=(1, 3))
    kept = (~spikes).reshape(cut).sum(axis=(1, 3))
    total = np.where(spikes, 0.0, error).reshape(cut).sum(axis=(1, 3))
    inside &= kept > size**2 / 2
    return total[inside] / kept[inside]


def _against_truth(filled, reference):
    if reference.clean is None:
        return {"rmse": np.nan, "clean4": np.nan}
    error = filled - reference.best
    cells = block_errors(error, np.zeros_like(reference.holes), reference.holes, _CELL)
    return {"rmse": np.sqrt(np.mean(error[reference.holes] ** 2)), "clean4": np.abs(cells).mean()}


def _front(filled, reference):
    if reference.before is None:
        return np.nan
    y, x = np.indices(filled.shape)
    radius = np.hypot(x - reference.center[0], y - reference.center[1])
    before = 100 * reference.before / reference.profile
    return front_error(filled - before, reference.best - before, reference.holes, radius)


def _coverage(fill, error):
    std = np.asarray(fill.std, dtype=float)
    if not np.isfinite(std).all():
        return {"coverage_1sigma": np.nan, "coverage_2sigma": np.nan}
    return {"coverage_1sigma": 100 * np.mean(error < std), "coverage_2sigma": 100 * np.mean(error < 2 * std)}


def hole_windows(holes, margin):
    """Return windows, tuples of slices, around the connected holes with ``margin`` pixels beyond each."""
    boxes = ndimage.find_objects(ndimage.label(holes, structure=np.ones((3, 3)))[0])
    return [
        tuple(slice(max(s.start - margin, 0), min(s.stop + margin, n)) for s, n in zip(box, holes.shape, strict=True))
        for box in boxes
    ]


def similarity(filled, truth, holes):
    """
    Return the mean structural similarity (SSIM) of 4x4-pixel means in the holes.

    This is the SSIM of Wang et al. 2004 (https://doi.org/10.1109/TIP.2003.819861) as implemented in scikit-image, in
    squares of 7x7 bins, in windows four bins wider than a hole, outside of which the fill equals the truth. The data
    range is that between the 1 % and 99 % quantiles of the truth in the window.
    """
    from skimage.metrics import structural_similarity

    cut = filled.shape[0] // _CELL, _CELL, filled.shape[1] // _CELL, _CELL
    first, second = (image.reshape(cut).mean(axis=(1, 3)) for image in (np.where(holes, filled, truth), truth))
    inside = holes.reshape(cut).all(axis=(1, 3))
    values = []
    for window in hole_windows(holes, _MARGIN * _CELL):
        box = tuple(slice(side.start // _CELL, side.stop // _CELL) for side in window)
        low, high = np.quantile(second[box], (0.01, 0.99))
        image = structural_similarity(first[box], second[box], data_range=max(high - low, 1e-9), full=True)[1]
        values.append(image[inside[box]])
    return np.concatenate(values).mean()


def power_ratios(filled, truth, holes, size):
    """
    Return the ratio of the power of fill and truth in a low and a high band.

    The mean of every block is subtracted, and the block is tapered by a Hann window and transformed. The ratio is that
    of the medians over the blocks, so that a star in one does not matter. The low band reaches up to 3 cycles per
    block, the high one is 5 to 16.
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
    Return the mean absolute error of a front's radius over the holes with a front, in pixels; NaN without any.

    ``filled`` and ``truth`` are running differences in % of the profile, ``radius`` is the distance from the center. A
    fill without a front counts as one at the outer end of the hole.
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
    Return the radius at which the brightening of a running difference ends, and whether that lies within the hole.

    The difference is averaged in rings 4 pixels wide. Outward from the brightest ring, the front is where the average
    first falls to half of that ring's value, interpolated between the rings; it is the outermost ring if the average
    does not fall to half within the hole. There is none if the brightest ring is below ``least``, in % of the profile.
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


def smooth(image, sigma):
    """Smooth an image by medians over 3x3 pixels and a Gaussian."""
    return ndimage.gaussian_filter(ndimage.median_filter(image, 3), sigma)
