"""Full frames for the training of the published recipe, and holes in them."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from safetensors.numpy import load_file, save_file

from sunpy_coronagraph_inpaint.frames.dropouts import find_dropouts
from sunpy_coronagraph_inpaint.inpaint.network.corkit import SmallFrame, shrink
from sunpy_coronagraph_inpaint.instruments import identify
from sunpy_coronagraph_inpaint.io.writing import whole_file

__all__ = ["Frames", "draw_batch", "draw_squares", "read_frames", "validation_set"]

#: Side of a block of telemetry, cells of a frame of 256.
_BLOCK = 8
#: Squares of so many blocks on a side, how often they are drawn, and how many of them at most.
_SIDES, _SHARES, _MOST = (1, 2, 3, 4, 5), (0.5, 0.2, 0.15, 0.1, 0.05), 12
#: A block is taken if at least this share of it is known.
_KNOWN = 0.7
#: This share of a batch are real frames, where there are any: there are few of them.
_REAL = 0.25
#: Every so many artificial frames one is not learned from, but judged by.
_JUDGE = 20


class Frames(NamedTuple):
    """
    Frames of cells.

    Attributes
    ----------
    values : `numpy.ndarray`
        Shape ``(n, h, w)``, ``float32``, brightness.
    known : `numpy.ndarray`
        Same shape, boolean.
    real : `numpy.ndarray`
        Shape ``(n,)``, boolean, which are not artificial.
    """

    values: np.ndarray
    known: np.ndarray
    real: np.ndarray


def read_frames(library, directory=None, *, cache=None):
    """
    Read artificial and real frames as cells.

    Parameters
    ----------
    library : path
        Directory of libraries, as `~sunpy_coronagraph_inpaint.simulate.render` makes them. Of each scene its
        middle frame is taken, as the camera has it, with noise and stars.
    directory : path, optional
        Of real frames, see `~sunpy_coronagraph_inpaint.inpaint.training.sources.RealFrames`. Those held out are left
        out.
    cache : path, optional
        File to which the frames are written, and from which they are read when it is there.

    Returns
    -------
    Frames

    Raises
    ------
    ValueError
        If there is no scene in the library.
    """
    if cache is not None and Path(cache).exists():
        return Frames(**load_file(cache))
    paths = sorted(Path(library).rglob("scene_*.npz"))
    if not paths:
        msg = f"There is no scene under {library}. Make some with coronagraph-inpaint simulate."
        raise ValueError(msg)
    found = [_artificial(path) for path in paths]
    real = [] if directory is None else list(_real(directory))
    small = [shrink(data, valid, np.zeros(valid.shape, bool)) for data, valid in found + real]
    frames = Frames(
        np.stack([frame.values for frame in small]).astype(np.float32),
        np.stack([frame.known for frame in small]),
        np.arange(len(small)) >= len(found),
    )
    if cache is not None:
        with whole_file(cache) as part:
            save_file(frames._asdict(), part)
    return frames


def _artificial(path):
    from sunpy_coronagraph_inpaint.simulate.library import load

    scene = load(path)
    frame = scene["frames"][len(scene["frames"]) // 2]
    return frame, ~scene["null"] & ~identify(scene["header"]).no_data(frame)


def _real(directory):
    from sunpy_coronagraph_inpaint.inpaint.training.sources import RealFrames

    for detector in ("C2", "C3"):
        for smap in RealFrames(directory, detector).maps:
            yield np.asarray(smap.data, float), ~find_dropouts(smap).no_data & np.isfinite(smap.data)


def draw_squares(known, rng):
    """
    Draw squares of 1 to 5 blocks on a side, on the grid of blocks, where most of a block is known.

    Parameters
    ----------
    known : `numpy.ndarray`
        Boolean, shape ``(h, w)``, both multiples of 8.
    rng : `numpy.random.Generator`
        Where chance comes from.

    Returns
    -------
    `numpy.ndarray`
        Boolean, same shape: 1 to 12 squares, which may overlap. Only what is known is taken away.

    Examples
    --------
    >>> import numpy as np
    >>> from sunpy_coronagraph_inpaint.inpaint.training.corkit_frames import draw_squares
    >>> holes = draw_squares(np.ones((256, 256), bool), np.random.default_rng(1))
    >>> int(holes.sum()) % 64
    0
    """
    rows, columns = (side // _BLOCK for side in known.shape)
    share = known.reshape(rows, _BLOCK, columns, _BLOCK).mean((1, 3))
    usable = share >= min(_KNOWN, share.max())
    blocks = np.zeros((rows, columns), bool)
    for _ in range(rng.integers(1, _MOST + 1)):
        side = rng.choice(_SIDES, p=_SHARES)
        row, column = rng.integers(0, rows), rng.integers(0, columns)
        blocks[row : row + side, column : column + side] = True
    if not (blocks & usable).any():
        blocks.flat[rng.choice(np.flatnonzero(usable))] = True
    return np.kron(blocks & usable, np.ones((_BLOCK, _BLOCK), bool)) & known


def draw_batch(frames, rng, number):
    """
    Draw frames, turn them over at random, knock out squares and equalize them.

    Parameters
    ----------
    frames : Frames
        What to draw from, without those of `validation_set`.
    rng : `numpy.random.Generator`
        Where chance comes from.
    number : int
        How many.

    Returns
    -------
    truth, known, holes : `torch.Tensor`
        Shape ``(number, 1, h, w)``: levels, and boolean masks, True = known and True = to be filled. What is neither
        has the level 0. The equalization is that of what is left of the frame.
    """
    real = np.flatnonzero(frames.real)
    artificial = np.flatnonzero(~frames.real)
    learned = artificial[np.arange(len(artificial)) % _JUDGE != 0] if len(artificial) > _JUDGE else artificial
    batch = []
    for _ in range(number):
        i = rng.choice(real if len(real) and rng.random() < _REAL else learned)
        turn = tuple(slice(None, None, rng.choice((-1, 1))) for _ in range(2))
        values, known = frames.values[i][turn], frames.known[i][turn]
        batch.append(damaged(values, known, draw_squares(known, rng))[:3])
    return tuple(torch.from_numpy(np.stack(arrays)[:, None]) for arrays in zip(*batch, strict=True))


def damaged(values, known, holes):
    """Return the levels of a frame by the equalization of what is left of it, that, the holes, and the equalization."""
    small = SmallFrame(values, known & ~holes, holes, 1)
    _, equalization = small.levels()
    truth = SmallFrame(values, known, holes, 1).levels_by(equalization)
    return truth, small.known, holes, equalization


def validation_set(frames, seed):
    """
    Yield the artificial frames that are not learned from, with holes.

    Parameters
    ----------
    frames : Frames
        All frames.
    seed : int
        Seed of the holes.

    Yields
    ------
    values, truth, known, holes : `numpy.ndarray`
        Shape ``(h, w)``: brightness, levels, and masks.
    equalization : `~sunpy_coronagraph_inpaint.learning.normalization.HistogramEqualization`
        Between levels and brightness.
    """
    for i in np.flatnonzero(~frames.real)[::_JUDGE]:
        rng = np.random.default_rng([seed, i, 1])
        yield frames.values[i], *damaged(frames.values[i], frames.known[i], draw_squares(frames.known[i], rng))
