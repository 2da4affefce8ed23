"""Where training knocks out blocks: runs in telemetry order, squares, anywhere in the corona, rather where it moves."""

import numpy as np
from scipy import ndimage

__all__ = ["draw_holes"]

#: Kinds of holes and how often they are drawn: runs of 1 to 5 blocks in telemetry order, squares of so many blocks.
_KINDS = {"run": 0.7, 2: 0.08, 3: 0.17, 5: 0.05}
#: Lengths of runs: single blocks are the most frequent loss.
_LENGTHS = (1, 1, 1, 1, 2, 3, 4, 5)


def draw_holes(camera, usable, rng, *, number=6, interest=None):
    """
    Draw separate holes.

    Parameters
    ----------
    camera : `~sunpy_coronagraph_inpaint.instruments.Camera`
        With a telemetry grid of equal square blocks.
    usable : `numpy.ndarray`
        Boolean, shape of the frame: pixels that may be taken away. A block is taken if most of it may.
    rng : `numpy.random.Generator`
        Where chance comes from.
    number : int, optional
        How many holes to draw; fewer where there is no room.
    interest : `numpy.ndarray`, optional
        Shape of the frame: half of the holes are drawn in proportion to the mean of this in their first block.

    Returns
    -------
    `numpy.ndarray`
        Boolean, shape of the frame.

    Examples
    --------
    >>> import numpy as np
    >>> from sunpy_coronagraph_inpaint.instruments import identify
    >>> from sunpy_coronagraph_inpaint.simulate import plain_corona
    >>> from sunpy_coronagraph_inpaint.inpaint.training.holes import draw_holes
    >>> camera = identify(plain_corona(detector="C3").meta)
    >>> holes = draw_holes(camera, np.ones((1024, 1024), bool), np.random.default_rng(0), number=3)
    >>> int(holes.sum()) % 1024
    0
    """
    grid = camera.grid
    shape, size = grid.shape, grid.size
    open_blocks = grid.count(usable).reshape(shape) > 0.7 * size**2
    chance = np.ones(shape) if interest is None else _per_block(interest, grid) + 1e-12
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


def _per_block(image, grid):
    ny, nx = grid.shape
    return image.reshape(ny, grid.size, nx, grid.size).mean(axis=(1, 3))


def _shape_from(first, grid, rng):
    """Return the blocks of one hole that begins with a given one."""
    kinds = list(_KINDS)
    kind = kinds[rng.choice(len(kinds), p=list(_KINDS.values()))]
    row, column = divmod(int(first), grid.shape[1])
    if kind != "run":
        rows = [min(row + i, grid.shape[0] - 1) for i in range(kind)]
        columns = [min(column + i, grid.shape[1] - 1) for i in range(kind)]
        return [r * grid.shape[1] + c for r in rows for c in columns]
    place = int(grid.to_telemetry([first])[0])
    last = min(place + int(rng.choice(_LENGTHS)), grid.n_blocks)
    return list(grid.from_telemetry(range(place, last)))
