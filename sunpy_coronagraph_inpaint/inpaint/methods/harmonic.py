"""Laplace's equation inside each hole."""

import numpy as np
from scipy import sparse
from scipy.sparse import linalg

from sunpy_coronagraph_inpaint.frames.support_bins import bin_annulus, replace_outliers
from sunpy_coronagraph_inpaint.inpaint.interpolation_error import interpolation_std
from sunpy_coronagraph_inpaint.inpaint.methods.registry import Fill, register_method

__all__ = ["harmonic", "solve_laplace"]

#: Share of the structure that the method misses, see `coronagraph-inpaint evaluate`.
_SHARE = 0.5
#: Up to this many unknowns are solved directly; more are improved by so many iterations from a coarser solution.
_DIRECT, _ITERATIONS = 20_000, 40


@register_method("harmonic")
def harmonic(frame):
    """
    Stretch the smoothest surface over the rim: Laplace's equation.

    The frame is divided by its radial profile, stars and cosmic rays on the rim are replaced by the median of their
    neighborhood, and Laplace's equation is solved with the rim as boundary. Where a hole ends at the edge of the
    frame or at pixels without data, the gradient across that edge is zero.

    Parameters
    ----------
    frame : `~sunpy_coronagraph_inpaint.frames.CoronagraphFrame`
        The frame and its holes.

    Returns
    -------
    `~sunpy_coronagraph_inpaint.inpaint.methods.Fill`
        The solution; the standard deviation grows with the distance from the rim as the surroundings' structure
        does.

    Examples
    --------
    >>> import numpy as np
    >>> from sunpy_coronagraph_inpaint.frames.frame import CoronagraphFrame
    >>> from sunpy_coronagraph_inpaint.inpaint.methods import harmonic
    >>> y, x = np.mgrid[:64, :64]
    >>> data = 100.0 + x
    >>> holes = (abs(x - 30) < 5) & (abs(y - 40) < 5)
    >>> fill = harmonic(CoronagraphFrame(data, ~holes, holes, center=(-1e3, 32.0), solar_radius=8.0))
    >>> bool(np.abs(fill.values - data[holes]).max() < 0.1)
    True
    """
    return Fill(*frame.assemble(_fill(frame, region) for region in frame.regions(margin=24)))


def _fill(frame, region):
    image, valid = frame.normalize(region.window), frame.valid[region.window]
    support = bin_annulus(image, valid, region.holes, size=8, depth=24)
    values = solve_laplace(replace_outliers(image, valid, support), valid, region.holes)
    return region, *frame.restore(values, interpolation_std(support, valid, region.holes, share=_SHARE), region)


def solve_laplace(image, valid, holes):
    """
    Solve Laplace's equation on holes, with valid pixels as boundary values.

    Parameters
    ----------
    image : `numpy.ndarray`
        Shape ``(ny, nx)``.
    valid, holes : `numpy.ndarray`
        Boolean, same shape. Pixels that are neither are insulating: no gradient across them.

    Returns
    -------
    `numpy.ndarray`
        Shape ``(n,)``, the solution in the order of ``image[holes]``. A part of the holes that touches no valid
        pixel takes the mean of the valid ones.
    """
    matrix, right = _equations(image, valid, holes)
    if right.size <= _DIRECT:
        return linalg.spsolve(matrix, right)
    # What is left to do is a matter of few pixels, which conjugate gradients repair at once.
    start = _coarse_solution(image, valid, holes)
    precondition = sparse.diags(1 / matrix.diagonal())
    return linalg.cg(matrix, right, x0=start, rtol=1e-6, maxiter=_ITERATIONS, M=precondition)[0]


def _equations(image, valid, holes):
    """Return the sparse matrix and the right side of Laplace's equation on the holes."""
    n = np.count_nonzero(holes)
    number = np.full(image.shape, -1)
    number[holes] = np.arange(n)
    diagonal, right = np.zeros(n), np.zeros(n)
    rows, columns = [], []
    for here, there in _neighbors():
        linked = holes[here] & holes[there]
        rows.append(number[here][linked])
        columns.append(number[there][linked])
        known = holes[here] & valid[there]
        right += np.bincount(number[here][known], image[there][known], minlength=n)
        diagonal += np.bincount(number[here][linked | known], minlength=n)
    # A weak pull to the mean decides the parts that touch nothing valid; elsewhere it is lost in the rounding.
    mean, pull = image[valid].mean(), 1e-9
    rows, columns = np.concatenate(rows), np.concatenate(columns)
    matrix = sparse.csc_matrix((-np.ones(rows.size), (rows, columns)), (n, n)) + sparse.diags(diagonal + pull)
    return matrix.tocsc(), right + pull * mean


def _neighbors():
    """Pairs of slices: every pixel and its neighbor in one of the four directions."""
    most, rest, everything = slice(None, -1), slice(1, None), slice(None)
    for a, b in ((most, rest), (rest, most)):
        yield (a, everything), (b, everything)
        yield (everything, a), (everything, b)


def _coarse_solution(image, valid, holes):
    """Solve on a grid of half the resolution, as a start for the finer one."""
    weight, total, hole = (
        _halve(array.astype(float)) for array in (valid, np.where(valid, image, 0.0), holes & ~valid)
    )
    coarse_valid = weight > 0
    coarse = np.divide(total, weight, out=np.zeros_like(total), where=coarse_valid)
    coarse_holes = (hole > 0) & ~coarse_valid
    if coarse_holes.any() and coarse_valid.any():
        coarse[coarse_holes] = solve_laplace(coarse, coarse_valid, coarse_holes)
    y, x = np.nonzero(holes)
    return coarse[y // 2, x // 2]


def _halve(array):
    padded = np.pad(array, [(0, side % 2) for side in array.shape])
    return padded.reshape(padded.shape[0] // 2, 2, padded.shape[1] // 2, 2).sum(axis=(1, 3))
