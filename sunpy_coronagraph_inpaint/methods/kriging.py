"""Anisotropic Gaussian process in radial and tangential coordinates around each hole."""

from typing import NamedTuple

import numpy as np
from scipy import linalg, ndimage
from threadpoolctl import threadpool_limits

from sunpy_coronagraph_inpaint.methods import cells
from sunpy_coronagraph_inpaint.methods.registry import Fill, register_method

__all__ = ["kriging"]

#: Cells of this many pixels, out to this distance from the hole.
_CELL, _DEPTH = 8, 24
#: A hole with a longer rim gets larger cells, so that its support stays about this small.
_SUPPORT = 900
#: Geometric mean of the covariance range along and across the radius, pixels, and the ratios of the two tried.
_RANGE = 60.0
_ELONGATIONS = (0.7, 1.0, 1.5, 2.2)
#: Amplitudes tried, in units of the scatter of the support.
_AMPLITUDES = (0.5, 1.0, 2.0)
#: The trend along and across the radius is linear near the hole and levels off at this distance, pixels.
_TREND_REACH = 100.0
#: A cell that its neighbors predict worse than this many standard deviations is left out.
_OUTLIER = 4.0
#: A hole wider than this, pixels, is seen from further away.
_WIDE = 170.0
#: Up to this many pixels of a hole are predicted one by one, beyond on a lattice.
_PIXELS = 6_000


@register_method("kriging")
def kriging(frame):
    """
    Fit a Gaussian process along and across the solar radius around each hole.

    The frame is divided by its radial profile and averaged in small cells around the hole, stars and cosmic rays
    clipped. In conformal coordinates along and across the radius a Matern covariance of order 3/2 is fitted by its
    likelihood: streamers make it longer along the radius, so that they are continued through the hole. Cells which
    their neighbors cannot predict (a comet, a planet's streak) are left out and the fit is made again.

    Parameters
    ----------
    frame : `~sunpy_coronagraph_inpaint.frame.CoronagraphFrame`
        The frame and its holes.

    Returns
    -------
    `~sunpy_coronagraph_inpaint.methods.Fill`
        The predictive mean, and the predictive standard deviation of a pixel, noise included.

    References
    ----------
    * Rasmussen and Williams 2006, Gaussian Processes for Machine Learning, equations 2.42, 4.17 and 5.12.
    * Cressie 1990, The origins of kriging, https://doi.org/10.1007/BF00889887

    Examples
    --------
    >>> import numpy as np
    >>> from sunpy_coronagraph_inpaint.frame import CoronagraphFrame
    >>> from sunpy_coronagraph_inpaint.methods import kriging
    >>> y, x = np.mgrid[:128, :128]
    >>> data = 1e4 / (20 + np.hypot(x - 64, y - 64)) + np.random.default_rng(0).normal(size=(128, 128))
    >>> holes = np.zeros(data.shape, bool)
    >>> holes[96:112, 96:112] = True
    >>> fill = kriging(CoronagraphFrame(data, ~holes, holes, center=(64.0, 64.0), solar_radius=8.0))
    >>> bool(np.mean(np.abs(fill.values - data[holes])) < 1.2)
    True
    """
    # Systems of a few hundred unknowns are solved faster by one thread, and much faster on a busy machine.
    with threadpool_limits(limits=1, user_api="blas"):
        return Fill(*frame.scatter(_fill(frame, region) for region in frame.regions(margin=2 * _DEPTH)))


def _fill(frame, region):
    image, valid = frame.normalize(region.window), frame.valid[region.window]
    coarser = _coarsening(region.holes)
    support = cells.around(image, valid, region.holes, size=_CELL * coarser, depth=_DEPTH * coarser)
    y, x = np.nonzero(region.holes)
    center = frame.center[0] - region.window[1].start, frame.center[1] - region.window[0].start
    polar = _Polar.about(center, y, x)
    process = _fit_robust(polar(support.y, support.x), support.value, support.count, support.noise)
    step = int(np.ceil(np.sqrt(y.size / _PIXELS)))
    if step == 1:
        mean, std = process.predict(polar(y, x))
    else:
        mean, std = _on_lattice(process, polar, y, x, step)
    return region, *frame.restore(mean, np.hypot(std, support.scatter), region)


def _coarsening(holes):
    """Power of two by which cells grow for a hole with a long rim or a large area."""
    rim = np.count_nonzero(ndimage.binary_dilation(holes) & ~holes)
    cells_needed = rim / _CELL * (_DEPTH / _CELL + 2)
    return 2 ** int(np.ceil(np.log2(max(1.0, cells_needed / _SUPPORT, np.sqrt(np.count_nonzero(holes)) / _WIDE))))


def _on_lattice(process, polar, y, x, step):
    """Predict every ``step`` pixels and interpolate: the process varies over tens of pixels."""
    rows, columns = (np.arange(axis.min(), axis.max() + step + 1, step) for axis in (y, x))
    lattice = np.meshgrid(rows, columns, indexing="ij")
    near = ndimage.binary_dilation(
        np.histogram2d(y, x, bins=[np.r_[rows, rows[-1] + step], np.r_[columns, columns[-1] + step]])[0] > 0,
        structure=np.ones((3, 3)),
    )
    out = np.zeros((2, *near.shape))
    wanted = np.stack([axis[near] for axis in lattice])
    parts = np.array_split(wanted, -(-wanted.shape[1] // _PIXELS), axis=1)
    out[:, near] = np.concatenate([np.stack(process.predict(polar(*part))) for part in parts], axis=1)
    where = (y - rows[0]) / step, (x - columns[0]) / step
    return tuple(ndimage.map_coordinates(layer, where, order=1, mode="nearest") for layer in out)


class _Polar(NamedTuple):
    """Conformal coordinates about a hole: along the radius and across it, in pixels of the hole's middle."""

    center: tuple[float, float]
    radius: float
    angle: float

    @classmethod
    def about(cls, center, y, x):
        dy, dx = np.mean(y) - center[1], np.mean(x) - center[0]
        return cls(center, max(np.hypot(dx, dy), 1.0), np.arctan2(dy, dx))

    def __call__(self, y, x):
        dy, dx = y - self.center[1], x - self.center[0]
        radius = np.maximum(np.hypot(dx, dy), 1.0)
        turn = (np.arctan2(dy, dx) - self.angle + np.pi) % (2 * np.pi) - np.pi
        return self.radius * np.log(radius / self.radius), self.radius * turn


class _Process(NamedTuple):
    """A Gaussian process fitted to the support: everything prediction needs."""

    support: tuple
    ranges: tuple[float, float]
    amplitude: float
    factor: np.ndarray
    trend: np.ndarray
    weights: np.ndarray

    def predict(self, at):
        """Mean and standard deviation of the noise-free brightness at each position."""
        covariance = self.amplitude**2 * _matern(at, self.support, self.ranges)
        mean = _basis(at) @ self.trend + covariance @ self.weights
        explained = linalg.solve_triangular(self.factor, covariance.T, lower=True, check_finite=False)
        return mean, np.sqrt(np.maximum(self.amplitude**2 - np.einsum("ij,ij->j", explained, explained), 0.0))

    def outliers(self):
        """Cells which the others predict badly: leave-one-out residuals by equation 5.12."""
        inverse = linalg.solve_triangular(self.factor, np.eye(len(self.weights)), lower=True, check_finite=False)
        residual = np.abs(self.weights) / np.sqrt(np.einsum("ij,ij->j", inverse, inverse))
        return residual > _OUTLIER * max(1.0, 1.4826 * np.median(residual))


def _matern(a, b, ranges):
    """Matern correlation of order 3/2 between two sets of positions."""
    square = sum(((a[i][:, None] - b[i][None, :]) / ranges[i]) ** 2 for i in (0, 1))
    distance = np.sqrt(3.0 * square)
    return (1.0 + distance) * np.exp(-distance)


def _basis(at):
    return np.stack([np.ones_like(at[0]), *(np.tanh(axis / _TREND_REACH) for axis in at)], axis=1)


def _fit_robust(support, value, count, noise):
    process = _fit(support, value, count, noise)
    outliers = process.outliers()
    if outliers.any():
        keep = ~outliers
        process = _fit(tuple(axis[keep] for axis in support), value[keep], count[keep], noise)
    return process


def _fit(support, value, count, noise):
    """Choose elongation and amplitude by the likelihood; the trend comes from generalized least squares."""
    basis = _basis(support)
    scatter = max(np.std(value - basis @ np.linalg.lstsq(basis, value)[0]), 1e-9 * max(np.abs(value).max(), 1e-9))
    nugget = np.maximum(noise**2 / count, (1e-3 * scatter) ** 2)
    best = -np.inf, None
    for elongation in _ELONGATIONS:
        ranges = (_RANGE * np.sqrt(elongation), _RANGE / np.sqrt(elongation))
        correlation = _matern(support, support, ranges)
        for factor in _AMPLITUDES:
            amplitude = factor * scatter
            matrix = amplitude**2 * correlation
            matrix[np.diag_indices_from(matrix)] += nugget
            lower = linalg.cholesky(matrix, lower=True, overwrite_a=True, check_finite=False)
            white = linalg.solve_triangular(lower, np.c_[basis, value], lower=True, check_finite=False)
            trend = np.linalg.lstsq(white[:, :-1], white[:, -1])[0]
            residual = white[:, -1] - white[:, :-1] @ trend
            likelihood = -0.5 * residual @ residual - np.log(np.diag(lower)).sum()
            if likelihood > best[0]:
                weights = linalg.solve_triangular(lower, residual, lower=True, trans=1, check_finite=False)
                best = likelihood, _Process(support, ranges, amplitude, lower, trend, weights)
    return best[1]
