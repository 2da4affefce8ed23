"""
Telemetry blocks that are not equal squares.

`SegmentGrid` divides a frame into rectangles of several sizes, as the ICER codec of STEREO/SECCHI does. `WarpedGrid`
follows the blocks of a frame whose pixels were displaced later, such as a LASCO level-1 frame, which is corrected for
distortion and roll.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from sunpy_coronagraph_inpaint.instruments.blocks import BlockGrid


@dataclass(frozen=True, kw_only=True)
class SegmentGrid(BlockGrid):
    """
    Rectangles of several sizes that cover one frame, numbered in the order of transmission.

    Parameters
    ----------
    frame_shape : tuple of int
        Rows and columns of the frame in pixels.
    rectangles : tuple of tuple of int
        ``(y0, y1, x0, x1)`` of each segment, in pixels of the frame.
    places : tuple of tuple of int
        Row and column of each segment.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.instruments import SegmentGrid
    >>> halves = SegmentGrid(frame_shape=(4, 6), rectangles=((0, 4, 0, 2), (0, 4, 2, 6)), places=((0, 0), (0, 1)))
    >>> halves.slices(1)
    (slice(0, 4, None), slice(2, 6, None))
    >>> halves.count(halves.mask([1]))
    array([ 0, 16])
    """

    size: int = 1
    column_major: bool = False
    rectangles: tuple[tuple[int, int, int, int], ...] = field(repr=False)
    places: tuple[tuple[int, int], ...] = field(repr=False)

    @property
    def shape(self) -> tuple[int, int]:
        """Number of segment rows, and the largest number of segments in a row."""
        return tuple(1 + max(place[axis] for place in self.places) for axis in (0, 1))

    @property
    def n_blocks(self) -> int:
        """Number of segments."""
        return len(self.rectangles)

    def row_col(self, index: int) -> tuple[int, int]:
        """Return row and column of a segment."""
        return self.places[int(self._check([index])[0])]

    def slices(self, index: int) -> tuple[slice, slice]:
        """Return the pixels of a segment, as ``data[grid.slices(index)]``."""
        y0, y1, x0, x1 = self.rectangles[int(self._check([index])[0])]
        return slice(y0, y1), slice(x0, x1)

    def mask(self, indices: Iterable[int]) -> np.ndarray:
        """Return a boolean image of ``frame_shape`` that is `True` on the given segments."""
        image = np.zeros(self.frame_shape, dtype=bool)
        for index in self._check(indices):
            image[self.slices(index)] = True
        return image

    def count(self, image: np.ndarray) -> np.ndarray:
        """Count the `True` pixels of each segment."""
        self._check_image(image)
        return np.array([np.count_nonzero(image[self.slices(index)]) for index in range(self.n_blocks)])

    def sizes(self) -> np.ndarray:
        """Return the number of pixels of each segment, shape ``(n_blocks,)``."""
        return np.array([(y1 - y0) * (x1 - x0) for y0, y1, x0, x1 in self.rectangles])


@dataclass(frozen=True, kw_only=True)
class WarpedGrid(BlockGrid):
    """
    The blocks of a frame whose pixels were displaced after they were received.

    Parameters
    ----------
    labels : `numpy.ndarray`
        Integers, shape ``frame_shape``: the block from which each pixel came, -1 where it came from none.

    Examples
    --------
    >>> import numpy as np
    >>> from sunpy_coronagraph_inpaint.instruments import WarpedGrid
    >>> labels = np.array([[0, 0, 0, 1], [0, 0, 1, 1], [2, 2, 1, 3], [2, 2, 3, 3]])
    >>> grid = WarpedGrid(frame_shape=(4, 4), size=2, labels=labels)
    >>> grid.sizes()
    array([5, 4, 4, 3])
    >>> grid.slices(1)
    (slice(0, 3, None), slice(2, 4, None))
    """

    labels: np.ndarray = field(repr=False, compare=False)

    def slices(self, index: int) -> tuple[slice, slice]:
        """Return the smallest rectangle that holds all pixels of a block (which may be empty)."""
        rows, columns = np.nonzero(self.labels == self._check([index])[0])
        if not rows.size:
            return slice(0, 0), slice(0, 0)
        return slice(int(rows.min()), int(rows.max()) + 1), slice(int(columns.min()), int(columns.max()) + 1)

    def mask(self, indices: Iterable[int]) -> np.ndarray:
        """Return a boolean image of ``frame_shape`` that is `True` on the given blocks."""
        flags = np.zeros(self.n_blocks + 1, dtype=bool)  # the last flag stands for label -1
        flags[self._check(indices)] = True
        return flags[self.labels]

    def count(self, image: np.ndarray) -> np.ndarray:
        """Count the `True` pixels of each block."""
        self._check_image(image)
        return self._tally(self.labels[np.asarray(image, dtype=bool)])

    def sizes(self) -> np.ndarray:
        """Return the number of pixels of each block, shape ``(n_blocks,)``."""
        return self._sizes

    @cached_property
    def _sizes(self):
        return self._tally(self.labels.ravel())

    def _tally(self, labels):
        return np.bincount(labels[labels >= 0], minlength=self.n_blocks)
