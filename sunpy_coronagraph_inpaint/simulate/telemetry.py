"""
Lose telemetry blocks: all ways to draw which blocks are missing.

`lost_blocks` and `damage` lose blocks as telemetry does. `choose_blocks` places the holes of the benchmark, and
`draw_holes` those of training: separate squares and bursts, half of them where the signal is interesting.
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

#: Longest run of blocks in a benchmark hole, and scatter of the factor by which the seed varies its position.
_LONGEST, _JITTER = 5, 0.2
#: Training holes and their probabilities: runs in telemetry order, squares of N blocks on a side.
_TRAINED = {"run": 0.7, 2: 0.08, 3: 0.17, 5: 0.05}
#: Lengths of these runs: single blocks are the most frequent loss.
_LENGTHS = (1, 1, 1, 1, 2, 3, 4, 5)


class Holes(NamedTuple):
    """A kind of holes: the number of squares and their side in blocks; side 0 means telemetry runs of 1 to 5 blocks."""

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
#: Kinds evaluated by default; "5 x 32" serves to measure the time that a typical frame takes.
DEFAULT_HOLES = tuple(name for name in HOLES if name != "5 x 32")


def sent_blocks(grid, usable):
    """Return the numbers of the usable blocks (boolean, one per block) in the order of transmission."""
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
    Choose ``count`` of the transmitted blocks ``sent``, in the order of transmission, and return them sorted.

    ``kind`` is ``"runs"`` (bursts of consecutive blocks, 3 on average), ``"single"`` (anywhere), ``"truncated"`` (the
    last ``count`` blocks: the image ends early) or ``"whole"`` (everything).
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
        Number of blocks to lose, or their indices.
    rate : float, optional
        Fraction of the transmitted blocks that are lost, instead of a number.
    kind : str, optional
        ``"runs"`` (bursts, running down the columns as telemetry does), ``"single"`` (packets lost one by one),
        ``"truncated"`` (the image ends early) or ``"whole"`` (every block is lost). Ignored for a list of indices.
    seed : int, optional
        The same seed loses the same blocks of any frame with the same grid.

    Returns
    -------
    `~sunpy.map.GenericMap`
        A new map, with ``DATAZER``, ``DATAMIN`` and the percentiles updated if the header has them. Null blocks,
        which are never transmitted, are never chosen.

    Raises
    ------
    TypeError
        If ``smap`` is not a map, or ``blocks`` neither a number nor indices.
    ValueError
        If there are fewer transmitted blocks, an index is not of a transmitted block, or ``kind`` is unknown.

    Notes
    -----
    The order of telemetry is that of the on-board computer, column-major after the image was turned: block ``(x, y)``
    of a grid of ``ny`` rows is sent as number ``ny * x + (ny - 1 - y)`` (SolarSoft, ``unpack_lz_science``), so that a
    burst runs down a column.

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
    Choose the blocks of the benchmark's holes among the ``good`` ones: boolean in and out, shape of the grid of blocks.

    ``kind`` is one of ``HOLES`` (`ValueError` otherwise). Squares of blocks never touch each other. Runs need the
    ``grid`` and follow the order of transmission, down the columns of the frame; they skip unusable blocks and may
    touch, so that they form compound holes. With ``signal`` (not negative, shape of ``good``) squares lie where its sum
    is largest and runs begin where it is large, varied by the seed by a few tens of percent. There are fewer holes than
    requested where they do not fit.
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
    """Return the sum over the square of blocks with its lower left corner at each position."""
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
    Draw up to ``number`` separate holes for training: boolean, shape of the frame.

    The camera has a telemetry grid of equal square blocks. ``usable`` (boolean, shape of the frame) are the pixels that
    may be removed; a block is removed if most of it may be. With ``interest`` (shape of the frame) half of the holes
    are drawn in proportion to its mean over their first block.
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
    """Return the blocks of one hole that begins with a given block."""
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
