"""Anisotropic Gaussian process in radial and tangential coordinates around each hole."""

from itertools import product
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
#: Covariance ranges tried, pixels: geometric mean of that along and that across the radius, and the ratio of the two.
_RANGES = (40.0, 70.0, 120.0)
_ELONGATIONS = (0.7, 1.0, 1.5, 2.2)
#: A hole whose cells are larger is seen in as much larger structure, up to this factor.
_LARGEST_SCALE = 4
#: Amplitudes tried, in units of the scatter of the support.
_AMPLITUDES = (0.5, 1.0, 2.0)
#: The trend along and across the radius is linear near the hole and levels off at this distance, pixels.
_TREND_REACH = 100.0
#: A cell that its neighbors predict worse than this many standard deviations is left out.
_OUTLIER = 4.0
#: Fewer cells than this are averaged.
_FEWEST = 4
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
    # The profile is what is known of a pixel without its surroundings: deviations from it are predicted.
    prior = 1.0 if frame.profile.relative else 0.0
    image, valid = frame.normalize(region.window) - prior, frame.valid[region.window]
    coarser = _coarsening(region.holes)
    support = cells.around(image, valid, region.holes, size=_CELL * coarser, depth=_DEPTH * coarser)
    y, x = np.nonzero(region.holes)
    if support.value.size < _FEWEST:
        everywhere = np.ones(y.size)
        return region, *frame.restore((prior + support.value.mean()) * everywhere, support.scatter * everywhere, region)
    center = frame.center[0] - region.window[1].start, frame.center[1] - region.window[0].start
    polar = _Polar.about(center, y, x)
    scale = min(coarser, _LARGEST_SCALE)
    process = _fit_robust(polar(support.y, support.x), support.value, support.count, support.noise, scale)
    step = int(np.ceil(np.sqrt(y.size / _PIXELS)))
    if step == 1:
        mean, std = process.predict(polar(y, x))
    else:
        mean, std = _on_lattice(process, polar, y, x, step)
    return region, *frame.restore(prior + mean, np.hypot(std, support.scatter), region)


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
    covariance: "_Covariance"
    factor: np.ndarray
    weights: np.ndarray

    def predict(self, at):
        """Mean and standard deviation of the noise-free brightness at each position, from the prior mean."""
        covariance = self.covariance(at, self.support)
        explained = linalg.solve_triangular(self.factor, covariance.T, lower=True, check_finite=False)
        left = self.covariance.variance(at) - np.einsum("ij,ij->j", explained, explained)
        return covariance @ self.weights, np.sqrt(np.maximum(left, 0.0))

    def outliers(self):
        """Cells which the others predict badly: leave-one-out residuals by equation 5.12."""
        inverse = linalg.solve_triangular(self.factor, np.eye(len(self.weights)), lower=True, check_finite=False)
        residual = np.abs(self.weights) / np.sqrt(np.einsum("ij,ij->j", inverse, inverse))
        return residual > _OUTLIER * max(1.0, 1.4826 * np.median(residual))


class _Covariance(NamedTuple):
    """Structure around the hole, on a level and slopes that are known only so far."""

    amplitude: float
    ranges: tuple[float, float]
    level: float
    slope: float
    reach: float

    def __call__(self, a, b):
        trend = self.slope**2 * _slopes(a, self.reach) @ _slopes(b, self.reach).T
        return self.amplitude**2 * _matern(a, b, self.ranges) + self.level**2 + trend

    def variance(self, at):
        return self.amplitude**2 + self.level**2 + self.slope**2 * np.sum(_slopes(at, self.reach) ** 2, axis=1)


def _matern(a, b, ranges):
    """Matern correlation of order 3/2 between two sets of positions."""
    square = sum(((a[i][:, None] - b[i][None, :]) / ranges[i]) ** 2 for i in (0, 1))
    distance = np.sqrt(3.0 * square)
    return (1.0 + distance) * np.exp(-distance)


def _slopes(at, reach):
    return np.stack([np.tanh(axis / reach) for axis in at], axis=1)


def _fit_robust(support, value, count, noise, scale):
    process = _fit(support, value, count, noise, scale)
    outliers = process.outliers()
    if outliers.any() and np.count_nonzero(~outliers) >= _FEWEST:
        keep = ~outliers
        process = _fit(tuple(axis[keep] for axis in support), value[keep], count[keep], noise, scale)
    return process


def _fit(support, value, count, noise, scale):
    """Choose elongation and amplitude by the likelihood."""
    trend = np.c_[np.ones(value.size), _slopes(support, _TREND_REACH)]
    scatter = np.std(value - trend @ np.linalg.lstsq(trend, value)[0])
    scatter = max(scatter, 1e-9 * max(np.abs(value).max(), 1e-9))
    level = np.hypot(scatter, np.median(value))
    nugget = np.maximum(noise**2 / count, (1e-3 * scatter) ** 2)
    known = _Covariance(0.0, (1.0, 1.0), level, scatter, scale * _TREND_REACH)(support, support)
    best = (-np.inf,)
    for length, elongation in product(_RANGES, _ELONGATIONS):
        ranges = (scale * length * np.sqrt(elongation), scale * length / np.sqrt(elongation))
        unit = _Covariance(1.0, ranges, 0.0, 0.0, scale * _TREND_REACH)(support, support)
        for factor in _AMPLITUDES:
            matrix = (factor * scatter) ** 2 * unit + known
            matrix[np.diag_indices_from(matrix)] += nugget
            lower = linalg.cholesky(matrix, lower=True, overwrite_a=True, check_finite=False)
            white = linalg.solve_triangular(lower, value, lower=True, check_finite=False)
            likelihood = -0.5 * white @ white - np.log(np.diag(lower)).sum()
            if likelihood > best[0]:
                covariance = _Covariance(factor * scatter, ranges, level, scatter, scale * _TREND_REACH)
                best = likelihood, covariance, lower, white
    _, covariance, lower, white = best
    weights = linalg.solve_triangular(lower, white, lower=True, trans=1, check_finite=False)
    return _Process(support, covariance, lower, weights)
