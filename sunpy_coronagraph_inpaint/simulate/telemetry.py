"""
Lose telemetry blocks: the one sampler of what is missing.

`lost_blocks` and `damage` lose blocks as telemetry does. `choose_blocks` places the holes of the benchmark, and
`draw_holes` those of training: squares as well as bursts, apart from each other, and rather where something happens.
"""

from collections.abc import Iterable
from copy import deepcopy
from numbers import Integral
from typing import NamedTuple

import numpy as np
from scipy import ndimage

from sunpy_coronagraph_inpaint.frames.statistics import block_mean
from sunpy_coronagraph_inpaint.instruments import identify
from sunpy_coronagraph_inpaint.simulate.header import statistics

KINDS = ("runs", "single", "truncated", "whole")
_RUN_LENGTH = 3.0  # mean, geometric; a packet carries a block or two and losses come in bursts

#: Longest run of blocks in a benchmark hole, and scatter of the factor by which the seed varies its place.
_LONGEST, _JITTER = 5, 0.2
#: Holes of training and how often they are drawn: runs in telemetry order, squares of N blocks on a side.
_TRAINED = {"run": 0.7, 2: 0.08, 3: 0.17, 5: 0.05}
#: Lengths of these runs: single blocks are the most frequent loss.
_LENGTHS = (1, 1, 1, 1, 2, 3, 4, 5)


class Holes(NamedTuple):
    """A kind of holes: how many squares of how many blocks on a side; side 0 stands for telemetry runs of 1 to 5."""

    number: int
    side: int


#: The kinds of holes of the benchmark by the names of its table, the sides in pixels.
HOLES = {
    "20 x 32": Holes(20, 1),
    "3 x 96": Holes(3, 3),
    "runs": Holes(6, 0),
    "1 x 160": Holes(1, 5),
    "5 x 32": Holes(5, 1),
}
#: Those that are evaluated if nothing else is said; five single blocks are for the time that a usual frame takes.
DEFAULT_HOLES = tuple(name for name in HOLES if name != "5 x 32")


def sent_blocks(grid, usable):
    """Return the numbers of the usable blocks (boolean, one for each) in the order in which they are transmitted."""
    order = grid.from_telemetry(range(grid.n_blocks))
    return order[np.asarray(usable).ravel()[order]]


def _runs(sent, count, rng):
    """Choose runs of consecutive blocks until exactly ``count`` are lost."""
    lost = np.zeros(len(sent), bool)
    while (left := count - int(lost.sum())) > 0:
        start = rng.integers(len(sent))
        free = np.flatnonzero(~lost[start:])[: min(rng.geometric(1 / _RUN_LENGTH), left)]
        lost[start + free] = True
    return sent[lost]


def lost_blocks(sent, *, count, kind="runs", rng):
    """
    Choose the blocks that telemetry loses.

    Parameters
    ----------
    sent : array-like of int
        Indices of the transmitted blocks in the order of telemetry, which goes down the columns of the frame.
    count : int
        How many are lost.
    kind : str, optional
        ``"runs"``: bursts of consecutive blocks, 3 on average. ``"single"``: packets lost one by one, anywhere.
        ``"truncated"``: the image ends early, its last ``count`` blocks are lost. ``"whole"``: everything is lost.
    rng : `numpy.random.Generator`
        Random number generator.

    Returns
    -------
    `numpy.ndarray`
        Indices of the lost blocks, sorted.
    """
    sent = np.asarray(sent)
    if kind not in KINDS:
        msg = f"There is no kind of loss {kind!r}. Choose one of {', '.join(KINDS)}."
        raise ValueError(msg)
    if not 0 <= count <= len(sent):
        msg = f"{count} blocks cannot be lost: the frame transmits {len(sent)}."
        raise ValueError(msg)
    if kind == "whole":
        return np.sort(sent)
    if kind == "single":
        return np.sort(rng.choice(sent, count, replace=False))
    if kind == "truncated":
        return np.sort(sent[len(sent) - count :])
    return np.sort(_runs(sent, count, rng))


def _explicit(blocks, sent):
    indices = np.unique(np.asarray(list(blocks), dtype=int))
    unknown = np.setdiff1d(indices, sent)
    if unknown.size:
        msg = f"Blocks {unknown.tolist()} cannot be lost: this frame does not transmit them."
        raise ValueError(msg)
    return indices


def damage(smap, *, blocks=12, rate=None, kind="runs", seed=0):
    """
    Lose transmitted blocks of a map: set them to 0, as the ground system does.

    Parameters
    ----------
    smap : `~sunpy.map.GenericMap`
        A frame of a registered instrument. It is not changed.
    blocks : int or iterable of int, optional
        How many blocks are lost, or the indices of those that are.
    rate : float, optional
        Fraction of the transmitted blocks that are lost, instead of a number.
    kind : str, optional
        ``"runs"`` (bursts, running down the columns as telemetry does), ``"single"`` (packets lost one by one),
        ``"truncated"`` (the image ends early) or ``"whole"`` (every block is lost). No matter for a list of indices.
    seed : int, optional
        The same seed loses the same blocks of any frame with the same grid.

    Returns
    -------
    `~sunpy.map.GenericMap`
        A new map. ``DATAZER``, ``DATAMIN`` and the percentiles of the header follow the damage where the header has
        them. Null blocks, which are never transmitted, are never chosen.

    Raises
    ------
    TypeError
        If ``smap`` is not a map, or ``blocks`` neither a number nor indices.
    ValueError
        If more blocks shall be lost than there are, or one that is not transmitted, or if ``kind`` is unknown.

    Notes
    -----
    The order of telemetry is that of the on-board computer, column-major after the image was turned: block ``(x, y)``
    of a grid of ``ny`` rows is sent as number ``ny * x + (ny - 1 - y)`` (SolarSoft, ``unpack_lz_science``), so that a
    burst is a piece of a column, read from the top.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.simulate import damage, plain_corona
    >>> smap = plain_corona(detector="C2")
    >>> damage(smap, blocks=5, seed=1).meta["datazer"] - smap.meta["datazer"]
    5120
    >>> int(damage(smap, blocks=[100, 101]).data[3 * 32 + 5, 4 * 32 + 5])
    0
    """
    from sunpy.map import GenericMap

    if not isinstance(smap, GenericMap):
        msg = f"damage needs a sunpy map, not {type(smap).__name__}. Open the file with sunpy.map.Map first."
        raise TypeError(msg)
    camera = identify(smap.meta)
    sent = sent_blocks(camera.grid, ~np.isin(np.arange(camera.grid.n_blocks), camera.null_blocks))
    if rate is not None:
        blocks = round(rate * len(sent))
    if isinstance(blocks, Integral):
        lost = lost_blocks(sent, count=int(blocks), kind=kind, rng=np.random.default_rng([seed, 32]))
    elif isinstance(blocks, Iterable) and not isinstance(blocks, str):
        lost = _explicit(blocks, sent)
    else:
        msg = f"blocks must be a number or the indices of blocks, not {blocks!r}."
        raise TypeError(msg)
    data = smap.data.copy()
    data[camera.grid.mask(lost)] = 0
    return _with_data(smap, data)


def _with_data(smap, data):
    damaged = smap._new_instance(data, deepcopy(smap.meta), deepcopy(smap.plot_settings), mask=deepcopy(smap.mask))
    if "datazer" in damaged.meta:
        damaged.meta.update({key.lower(): value for key, value in statistics(data).items()})
    return damaged


def choose_blocks(good, kind, *, seed, grid=None, signal=None):
    """
    Choose the blocks of the benchmark's holes.

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
    """
    if kind not in HOLES:
        msg = f"There are no holes {kind!r}. Choose among {', '.join(HOLES)}."
        raise ValueError(msg)
    rng = np.random.default_rng(seed)
    number, side = HOLES[kind]
    if side == 0:
        return _telemetry_runs(good, number, grid, rng, signal)
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


def _telemetry_runs(good, number, grid, rng, signal):
    """Lose runs of 1 to 5 good blocks in the order of telemetry."""
    order = sent_blocks(grid, good)
    taken = np.zeros(good.size, bool)
    if order.size == 0:
        return taken.reshape(good.shape)
    weight = np.ones(order.size) if signal is None else ndimage.maximum_filter1d(signal.ravel()[order] ** 2, 3) + 1e-12
    for length in rng.integers(1, _LONGEST + 1, number):
        start = rng.choice(order.size, p=weight / weight.sum())
        taken[order[start : start + length]] = True
    return taken.reshape(good.shape)


def draw_holes(camera, usable, rng, *, number=6, interest=None):
    """
    Draw separate holes for training.

    Parameters
    ----------
    camera : `~sunpy_coronagraph_inpaint.instruments.FrameInfo`
        With a telemetry grid of equal square blocks.
    usable : `numpy.ndarray`
        Boolean, shape of the frame: pixels that may be taken away. A block is taken if most of it may.
    rng : `numpy.random.Generator`
        Random number generator.
    number : int, optional
        How many holes to draw; fewer where there is no room.
    interest : `numpy.ndarray`, optional
        Shape of the frame: half of the holes are drawn in proportion to the mean of this in their first block.

    Returns
    -------
    `numpy.ndarray`
        Boolean, shape of the frame.
    """
    grid = camera.grid
    shape, size = grid.shape, grid.size
    open_blocks = grid.count(usable).reshape(shape) > 0.7 * size**2
    chance = np.ones(shape) if interest is None else block_mean(interest, grid.size) + 1e-12
    taken = np.zeros(shape, bool)
    for _ in range(number):
        weight = np.where(open_blocks & ~taken, chance if rng.random() < 0.5 else 1.0, 0.0)
        if not weight.any():
            break
        first = rng.choice(weight.size, p=(weight / weight.sum()).ravel())
        blocks = _shape_from(first, grid, rng)
        new = np.zeros(shape, bool)
        new.ravel()[blocks] = True
        new &= open_blocks
        if new.any() and not (ndimage.binary_dilation(new, np.ones((3, 3))) & taken).any():
            taken |= new
    return grid.mask(np.flatnonzero(taken)) & usable


def _shape_from(first, grid, rng):
    """Return the blocks of one hole that begins with a given one."""
    kinds = list(_TRAINED)
    kind = kinds[rng.choice(len(kinds), p=list(_TRAINED.values()))]
    row, column = divmod(int(first), grid.shape[1])
    if kind != "run":
        rows = [min(row + i, grid.shape[0] - 1) for i in range(kind)]
        columns = [min(column + i, grid.shape[1] - 1) for i in range(kind)]
        return [r * grid.shape[1] + c for r in rows for c in columns]
    place = int(grid.to_telemetry([first])[0])
    last = min(place + int(rng.choice(_LENGTHS)), grid.n_blocks)
    return list(grid.from_telemetry(range(place, last)))
