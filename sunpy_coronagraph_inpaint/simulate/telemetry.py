"""What telemetry loses: blocks in the order in which they are sent."""

from collections.abc import Iterable
from copy import deepcopy
from numbers import Integral

import numpy as np

from sunpy.map import GenericMap

from sunpy_coronagraph_inpaint.instruments import identify
from sunpy_coronagraph_inpaint.simulate.statistics import statistics

__all__ = ["damage", "lost_blocks"]

KINDS = ("runs", "single", "truncated", "whole")
_RUN_LENGTH = 3.0  # mean, geometric; a packet carries a block or two and losses come in bursts


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
        Source of chance.

    Returns
    -------
    `numpy.ndarray`
        Indices of the lost blocks, sorted.

    Examples
    --------
    >>> import numpy as np
    >>> lost_blocks(np.arange(20), count=4, kind="truncated", rng=np.random.default_rng(0))
    array([16, 17, 18, 19])
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
    if not isinstance(smap, GenericMap):
        msg = f"damage needs a sunpy map, not {type(smap).__name__}. Open the file with sunpy.map.Map first."
        raise TypeError(msg)
    camera = identify(smap.meta)
    order = camera.grid.from_telemetry(range(camera.grid.n_blocks))
    sent = order[~np.isin(order, camera.null_blocks)]
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
