"""Where blocks are knocked out: kinds of holes, placed at random or across a coronal mass ejection."""

from typing import NamedTuple

import numpy as np
from scipy import ndimage

__all__ = ["DEFAULT_HOLES", "HOLES", "Holes", "choose_blocks"]

#: Longest run of blocks in the order of telemetry.
_LONGEST = 5
#: Scatter of the factor by which the seed varies the places across a coronal mass ejection.
_JITTER = 0.2


class Holes(NamedTuple):
    """A kind of holes: how many squares of how many blocks on a side; side 0 stands for telemetry runs of 1 to 5."""

    number: int
    side: int


#: The kinds of holes of the benchmark by the names of the table, the sides in pixels.
HOLES = {
    "20 x 32": Holes(20, 1),
    "3 x 96": Holes(3, 3),
    "runs": Holes(6, 0),
    "1 x 160": Holes(1, 5),
    "5 x 32": Holes(5, 1),
}
#: Those that are evaluated if nothing else is said; five single blocks are for the time that a usual frame takes.
DEFAULT_HOLES = tuple(name for name in HOLES if name != "5 x 32")


def choose_blocks(good, kind, *, seed, grid=None, signal=None):
    """
    Choose blocks to knock out.

    Squares of blocks never touch each other. Runs follow the order of telemetry, which goes down the columns of the
    frame, skip blocks that cannot be used, and may touch, so that they form compound holes.

    Parameters
    ----------
    good : `numpy.ndarray`
        Boolean, shape of the grid of blocks: `True` where a block can be knocked out.
    kind : str
        One of ``HOLES``.
    seed : int or sequence of int
        The same seed chooses the same blocks.
    grid : `~sunpy_coronagraph_inpaint.instruments.BlockGrid`, optional
        Needed for runs.
    signal : `numpy.ndarray`, optional
        Not negative, shape of ``good``. With it, squares lie where its sum is largest, and runs begin where it is
        large; the seed varies that by a few ten percent.

    Returns
    -------
    `numpy.ndarray`
        Boolean, shape of ``good``; fewer holes than asked for where they do not fit.

    Raises
    ------
    ValueError
        If there is no such kind.

    Examples
    --------
    >>> import numpy as np
    >>> from sunpy_coronagraph_inpaint.simulate.benchmark_holes import choose_blocks
    >>> chosen = choose_blocks(np.ones((32, 32), bool), "3 x 96", seed=1)
    >>> int(chosen.sum())
    27
    """
    if kind not in HOLES:
        msg = f"There are no holes {kind!r}. Choose among {', '.join(HOLES)}."
        raise ValueError(msg)
    rng = np.random.default_rng(seed)
    number, side = HOLES[kind]
    if side == 0:
        return _runs(good, number, grid, rng, signal)
    return _squares(good, number, side, rng, signal)


def _squares(good, number, side, rng, signal):
    fits = _sums(good.astype(float), side) > side**2 - 0.5
    order = rng.random(fits.shape)
    if signal is not None:
        order = _sums(signal, side) * np.exp(_JITTER * (2 * order - 1))
    taken = np.zeros(good.shape, bool)
    for place in np.argsort(-order, axis=None, kind="stable"):
        row, column = np.unravel_index(place, fits.shape)
        around = taken[max(row - 1, 0) : row + side + 1, max(column - 1, 0) : column + side + 1]
        if number and fits[row, column] and not around.any():
            taken[row : row + side, column : column + side] = True
            number -= 1
    return taken


def _sums(image, side):
    """Sum of the square of blocks whose lower left one stands at each place."""
    if min(image.shape) < side:
        return np.zeros((0, 0))
    view = np.lib.stride_tricks.sliding_window_view(image, (side, side))
    return view.sum(axis=(2, 3))


def _runs(good, number, grid, rng, signal):
    """Lose runs of 1 to 5 good blocks in the order of telemetry."""
    order = grid.from_telemetry(range(grid.n_blocks))
    order = order[good.ravel()[order]]
    taken = np.zeros(good.size, bool)
    if order.size == 0:
        return taken.reshape(good.shape)
    weight = np.ones(order.size) if signal is None else ndimage.maximum_filter1d(signal.ravel()[order] ** 2, 3) + 1e-12
    for length in rng.integers(1, _LONGEST + 1, number):
        start = rng.choice(order.size, p=weight / weight.sum())
        taken[order[start : start + length]] = True
    return taken.reshape(good.shape)
