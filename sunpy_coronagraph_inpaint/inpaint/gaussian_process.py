"""The Gaussian process behind kriging: covariance of the support around a hole, and prediction."""

from itertools import product
from operator import itemgetter
from typing import NamedTuple

import numpy as np
from scipy import linalg, ndimage

from sunpy_coronagraph_inpaint.frames.polar_grid import Polar
from sunpy_coronagraph_inpaint.frames.statistics import mad_std
from sunpy_coronagraph_inpaint.frames.support_bins import bin_annulus

#: Covariance ranges tried, pixels: geometric mean of radial and tangential range, and their ratio.
_RANGES = (40.0, 70.0, 120.0)
_ELONGATIONS = (0.7, 1.0, 1.5, 2.2)
#: Amplitudes tried, in units of the scatter of the support.
_AMPLITUDES = (0.5, 1.0, 2.0)
#: The trend along and across the radius is linear near the hole and levels off at this distance, pixels.
_TREND_REACH = 100.0
#: A bin whose leave-one-out residual exceeds this many standard deviations is an outlier.
_OUTLIER = 4.0
#: Variance of an outlier, in units of that of the process: large enough to give it no weight.
_DISBELIEVED = 1e4
#: Fewer bins than this are averaged, without a fit.
_FEWEST = 4
#: Side of a support bin, and distance from the hole out to which bins are used, pixels.
_CELL, DEPTH = 8, 24
#: A hole with a longer boundary gets larger bins, so that the number of bins stays about this small.
_SUPPORT = 900
#: Covariance ranges are scaled with the size of the bins, up to this factor.
_LARGEST_SCALE = 4
#: A hole wider than this, pixels, uses support from farther away.
_WIDE = 170.0


def regress(image, valid, holes, center, *, modes=None):
    """
    Fit the Gaussian process around one hole.

    Parameters
    ----------
    image : `numpy.ndarray`
        Shape ``(ny, nx)``, a window of deviations from the prior mean, near 0.
    valid, holes : `numpy.ndarray`
        Boolean, same shape.
    center : tuple of float
        ``(x, y)`` of the center of the corona in pixels of the window.
    modes : callable, optional
        Maps positions ``(y, x)`` in the window to an array of shape ``(n, k)``: ``k`` patterns with unknown
        coefficients of about 1 (kriging with an external drift).

    Returns
    -------
    process : `Process` or None
        `None` if there are too few bins.
    polar : `~sunpy_coronagraph_inpaint.frames.polar_grid.Polar`
        The coordinates in which it predicts.
    support : `~sunpy_coronagraph_inpaint.frames.support_bins.SupportBins`
        The bins it was fitted to.
    """
    coarser = _coarsening(holes)
    support = bin_annulus(image, valid, holes, size=_CELL * coarser, depth=DEPTH * coarser)
    polar = Polar.about(center, *np.nonzero(holes))
    if support.value.size < _FEWEST:
        return None, polar, support
    drift = None if modes is None else modes(support.y, support.x)
    scale = min(coarser, _LARGEST_SCALE)
    at = polar(support.y, support.x)
    return fit_robust(at, support.value, support.count, support.noise, scale, drift), polar, support


def _coarsening(holes):
    """Return the power of two by which bins grow for a hole with a long boundary or a large area."""
    boundary = np.count_nonzero(ndimage.binary_dilation(holes) & ~holes)
    cells_needed = boundary / _CELL * (DEPTH / _CELL + 2)
    return 2 ** int(np.ceil(np.log2(max(1.0, cells_needed / _SUPPORT, np.sqrt(np.count_nonzero(holes)) / _WIDE))))


class Process(NamedTuple):
    """A Gaussian process fitted to the support."""

    support: tuple
    drift: np.ndarray
    covariance: "Covariance"
    factor: np.ndarray
    weights: np.ndarray
    cells: "Observed"

    def predict(self, at, drift=None):
        """Return mean and standard deviation of the noise-free deviation from the prior mean at each position."""
        drift = np.zeros((at[0].size, self.drift.shape[1])) if drift is None else drift
        covariance = self.covariance(at, self.support) + drift @ self.drift.T
        explained = linalg.solve_triangular(self.factor, covariance.T, lower=True, check_finite=False)
        variance = self.covariance.variance(at) + np.einsum("ij,ij->i", drift, drift)
        left = variance - np.einsum("ij,ij->j", explained, explained)
        return covariance @ self.weights, np.sqrt(np.maximum(left, 0.0))

    def outliers(self):
        """Return outliers by their leave-one-out residuals (Rasmussen and Williams 2006, equation 5.12)."""
        inverse = linalg.solve_triangular(self.factor, np.eye(len(self.weights)), lower=True, check_finite=False)
        residual = np.abs(self.weights) / np.sqrt(np.einsum("ij,ij->j", inverse, inverse))
        return residual > _OUTLIER * max(1.0, mad_std(residual, center=0.0))

    def left_out(self, parts):
        """
        Return the residual of each bin, shape ``(n,)``, outliers included, predicted without the bins of its own part.

        ``parts`` are the numbers of the parts, shape ``(n,)``. One matrix is inverted for all parts: equation 5.12 of
        Rasmussen and Williams (2006), for blocks.
        """
        matrix = self.covariance(self.cells.at, self.cells.at) + self.cells.drift @ self.cells.drift.T
        matrix[np.diag_indices_from(matrix)] += self.cells.nugget
        lower = linalg.cholesky(matrix, lower=True, overwrite_a=True, check_finite=False)
        inverse, _ = linalg.lapack.dpotri(lower, lower=1, overwrite_c=1)
        inverse = np.tril(inverse) + np.tril(inverse, -1).T
        weights, residual = inverse @ self.cells.value, np.empty(parts.size)
        for part in np.unique(parts):
            own = np.flatnonzero(parts == part)
            residual[own] = linalg.solve(inverse[np.ix_(own, own)], weights[own], assume_a="pos", check_finite=False)
        return residual


class Observed(NamedTuple):
    """All bins considered in the fit, with the variance assumed for each (``nugget``), which is large for outliers."""

    at: tuple
    value: np.ndarray
    nugget: np.ndarray
    drift: np.ndarray


class Covariance(NamedTuple):
    """Covariance of the structure around a hole, with Gaussian priors on its level and slopes."""

    amplitude: float
    ranges: tuple[float, float]
    level: float
    slope: float
    reach: float

    def __call__(self, a, b):
        """Return the covariance of two sets of positions, shape ``(n, m)``."""
        trend = self.slope**2 * _slopes(a, self.reach) @ _slopes(b, self.reach).T
        return self.amplitude**2 * _matern(a, b, self.ranges) + self.level**2 + trend

    def variance(self, at):
        """Return the variance at positions, shape ``(n,)``."""
        return self.amplitude**2 + self.level**2 + self.slope**2 * np.sum(_slopes(at, self.reach) ** 2, axis=1)


def _matern(a, b, ranges):
    """Return the Matern correlation of order 3/2 between two sets of positions."""
    square = sum(((a[i][:, None] - b[i][None, :]) / ranges[i]) ** 2 for i in (0, 1))
    distance = np.sqrt(3.0 * square)
    return (1.0 + distance) * np.exp(-distance)


def _slopes(at, reach):
    return np.stack([np.tanh(axis / reach) for axis in at], axis=1)


def fit_robust(support, value, count, noise, scale, drift=None):
    """
    Fit a process, then fit it again without outliers.

    ``support`` holds the positions along and across the radius, ``value`` and ``count`` the mean and the number of
    pixels of each bin, shape ``(n,)``; ``noise`` is the standard deviation of a pixel, and ``scale`` multiplies all
    lengths. ``drift``, shape ``(n, k)``, holds patterns whose unknown coefficients have mean 0 and standard deviation
    1.
    """
    drift = np.zeros((value.size, 0)) if drift is None else drift
    process = _fit(support, value, count, noise, scale, drift)
    outliers = process.outliers()
    if outliers.any() and np.count_nonzero(~outliers) >= _FEWEST:
        keep = ~outliers
        process = _fit(tuple(axis[keep] for axis in support), value[keep], count[keep], noise, scale, drift[keep])
        nugget = np.full(value.size, _DISBELIEVED * process.covariance.variance(support).max())
        nugget[keep] = process.cells.nugget
        process = process._replace(cells=Observed(support, value, nugget, drift))
    return process


def _fit(support, value, count, noise, scale, drift):
    """Choose elongation and amplitude by maximum likelihood."""
    trend = np.c_[np.ones(value.size), _slopes(support, _TREND_REACH)]
    scatter = np.std(value - trend @ np.linalg.lstsq(trend, value)[0])
    scatter = max(scatter, 1e-9 * max(np.abs(value).max(), 1e-9))
    level = np.hypot(scatter, np.median(value))
    # If all bins are equal, the covariance consists of the level alone and is singular without a nugget.
    nugget = np.maximum(noise**2 / count, max(1e-3 * scatter, 1e-6 * level) ** 2)
    known = Covariance(0.0, (1.0, 1.0), level, scatter, scale * _TREND_REACH)(support, support)
    known += drift @ drift.T

    def likely(ranges, factor):
        covariance = Covariance(factor * scatter, ranges, level, scatter, scale * _TREND_REACH)
        matrix = covariance.amplitude**2 * _matern(support, support, ranges) + known
        matrix[np.diag_indices_from(matrix)] += nugget
        lower = linalg.cholesky(matrix, lower=True, overwrite_a=True, check_finite=False)
        white = linalg.solve_triangular(lower, value, lower=True, check_finite=False)
        return -0.5 * white @ white - np.log(np.diag(lower)).sum(), covariance, lower, white

    # The elongation that maximizes the likelihood at the largest amplitude does so, or nearly so, at all of them.
    shapes = [
        (scale * length * np.sqrt(elongation), scale * length / np.sqrt(elongation))
        for length, elongation in product(_RANGES, _ELONGATIONS)
    ]
    best = max((likely(ranges, _AMPLITUDES[-1]) for ranges in shapes), key=itemgetter(0))
    ranges = best[1].ranges
    best = max(best, *(likely(ranges, factor) for factor in _AMPLITUDES[:-1]), key=itemgetter(0))
    _, covariance, lower, white = best
    weights = linalg.solve_triangular(lower, white, lower=True, trans=1, check_finite=False)
    return Process(support, drift, covariance, lower, weights, Observed(support, value, nugget, drift))
