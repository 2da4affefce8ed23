"""Laplace's equation on the holes of an image."""

import numpy as np
from scipy import sparse
from scipy.sparse import linalg

#: Up to this many unknowns are solved directly; more are iterated this many times from a coarser solution.
_DIRECT, _ITERATIONS = 20_000, 40


def solve_laplace(image, valid, holes):
    """
    Solve Laplace's equation on the holes of an image, ``(ny, nx)``, with valid pixels as boundary values.

    Returns the solution, shape ``(n,)``, in the order of ``image[holes]``. Pixels that are neither valid nor holes are
    insulating: no gradient across them. Connected holes that touch no valid pixel get the mean of the valid ones.
    """
    matrix, right = _equations(image, valid, holes)
    if right.size <= _DIRECT:
        return linalg.spsolve(matrix, right)
    # The remaining errors extend over a few pixels, which few iterations of conjugate gradients remove.
    start = _coarse_solution(image, valid, holes)
    precondition = sparse.diags(1 / matrix.diagonal())
    return linalg.cg(matrix, right, x0=start, rtol=1e-6, maxiter=_ITERATIONS, M=precondition)[0]


def _equations(image, valid, holes):
    """Return the sparse matrix and the right-hand side of Laplace's equation on the holes."""
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
    # A weak pull to the mean determines holes that touch nothing valid; elsewhere it is below the rounding error.
    mean, pull = image[valid].mean(), 1e-9
    rows, columns = np.concatenate(rows), np.concatenate(columns)
    matrix = sparse.csc_matrix((-np.ones(rows.size), (rows, columns)), (n, n)) + sparse.diags(diagonal + pull)
    return matrix.tocsc(), right + pull * mean


def _neighbors():
    """Return pairs of slices: every pixel and its neighbor in one of the four directions."""
    most, rest, everything = slice(None, -1), slice(1, None), slice(None)
    for a, b in ((most, rest), (rest, most)):
        yield (a, everything), (b, everything)
        yield (everything, a), (everything, b)


def _coarse_solution(image, valid, holes):
    """Solve on a grid of half the resolution, as the initial guess for the finer one."""
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
