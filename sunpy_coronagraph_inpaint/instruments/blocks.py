"""
Telemetry blocks and their positions in a frame.

A coronagraph image is transmitted in blocks, and telemetry losses are whole blocks. `BlockGrid` divides a frame into
equal squares, as LASCO does; the grids of `~sunpy_coronagraph_inpaint.instruments.segments` have blocks of other
shapes. All number their blocks from 0 and have the same interface, so that the search for missing blocks works with any
of them.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, kw_only=True)
class BlockGrid:
    """
    Equal square blocks that cover one frame.

    Block ``index = n_columns * row + column``, with row 0 at the bottom and column 0 at the left of the frame *as
    delivered*. For an unsummed full LASCO frame that is ``32 * row + column``; a frame summed to 512x512 has 16x16
    blocks and counts ``16 * row + column``, and a sub-field counts its own blocks from its own lower left corner.
    `reference` gives the blocks of the unsummed full frame, in which LASCO documents write their lists.

    Parameters
    ----------
    frame_shape : tuple of int
        Rows and columns of the frame in pixels; multiples of ``size``.
    size : int, optional
        Side of a block in pixels of the frame.
    summing : tuple of int, optional
        Number of detector pixels, in y and x, summed into one pixel of the frame.
    origin : tuple of int, optional
        Row and column of the frame's lower left pixel on the detector, in unsummed pixels of the full field.
    rotated : bool, optional
        Whether the frame was turned by 180 degrees after it was received. Indices follow the frame; the telemetry
        order follows the camera.
    column_major : bool, optional
        Whether the blocks are sent column by column, each from the top down (LASCO), or row by row from the bottom up.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.instruments import BlockGrid
    >>> grid = BlockGrid(frame_shape=(1024, 1024))
    >>> grid.shape, grid.n_blocks
    ((32, 32), 1024)
    >>> grid.row_col(163)
    (5, 3)
    >>> grid.slices(163)
    (slice(160, 192, None), slice(96, 128, None))
    >>> int(grid.mask([163, 164]).sum())
    2048
    """

    frame_shape: tuple[int, int]
    size: int = 32
    summing: tuple[int, int] = (1, 1)
    origin: tuple[int, int] = (0, 0)
    rotated: bool = False
    column_major: bool = True

    def __post_init__(self):
        if len(self.frame_shape) != 2 or any(n <= 0 or n % self.size for n in self.frame_shape):
            msg = (
                f"A frame of shape {tuple(self.frame_shape)} cannot be divided into blocks of {self.size}x{self.size} "
                "pixels. Give the frame as it was delivered, neither cropped nor resampled."
            )
            raise ValueError(msg)

    @property
    def shape(self) -> tuple[int, int]:
        """Number of block rows and block columns."""
        return self.frame_shape[0] // self.size, self.frame_shape[1] // self.size

    @property
    def n_blocks(self) -> int:
        """Number of blocks."""
        rows, columns = self.shape
        return rows * columns

    def row_col(self, index: int) -> tuple[int, int]:
        """Return row and column of a block."""
        self._check([index])
        row, column = divmod(int(index), self.shape[1])
        return row, column

    def slices(self, index: int) -> tuple[slice, slice]:
        """Return the pixels of a block, as ``data[grid.slices(index)]``."""
        row, column = self.row_col(index)
        return (
            slice(row * self.size, (row + 1) * self.size),
            slice(column * self.size, (column + 1) * self.size),
        )

    def mask(self, indices: Iterable[int]) -> np.ndarray:
        """Return a boolean image of ``frame_shape`` that is `True` on the given blocks."""
        flags = np.zeros(self.n_blocks, dtype=bool)
        flags[self._check(indices)] = True
        return flags.reshape(self.shape).repeat(self.size, axis=0).repeat(self.size, axis=1)

    def count(self, image: np.ndarray) -> np.ndarray:
        """
        Count the `True` pixels of each block.

        Parameters
        ----------
        image : `numpy.ndarray`
            Boolean, shape ``frame_shape``.

        Returns
        -------
        `numpy.ndarray`
            Integers, shape ``(n_blocks,)``.
        """
        self._check_image(image)
        rows, columns = self.shape
        # The slow axis first: that sum runs over contiguous memory and takes a tenth of the time.
        counts = np.ascontiguousarray(image, dtype=bool).view(np.uint8).reshape(rows, self.size, -1)
        counts = counts.sum(axis=1, dtype=np.uint16).reshape(rows, columns, self.size)
        return counts.sum(axis=2, dtype=np.int64).ravel()

    def sizes(self) -> np.ndarray:
        """Return the number of pixels of each block, shape ``(n_blocks,)``."""
        return np.full(self.n_blocks, self.size**2)

    def to_telemetry(self, indices: Iterable[int]) -> np.ndarray:
        """
        Return the positions of blocks in the order of transmission.

        LASCO sends a frame column by column, each from the top down: the block in row ``y`` and column ``x`` of a
        frame with ``ny`` rows is number ``m = ny * x + (ny - 1 - y)``.

        Examples
        --------
        >>> from sunpy_coronagraph_inpaint.instruments import BlockGrid
        >>> grid = BlockGrid(frame_shape=(1024, 1024))
        >>> grid.to_telemetry([163])
        array([122])
        >>> grid.from_telemetry([122])
        array([163])
        """
        rows, columns = self.shape
        indices = self._camera_side(self._check(indices))
        if not self.column_major:
            return indices
        row, column = np.divmod(indices, columns)
        return rows * column + (rows - 1 - row)

    def from_telemetry(self, numbers: Iterable[int]) -> np.ndarray:
        """Return the blocks at positions in the order of transmission; the inverse of `to_telemetry`."""
        rows, columns = self.shape
        numbers = self._check(numbers)
        if self.column_major:
            column, row = np.divmod(numbers, rows)
            numbers = columns * (rows - 1 - row) + column
        return self._camera_side(numbers)

    def reference(self, index: int, *, columns: int = 32) -> tuple[int, ...]:
        """
        Return the blocks of the unsummed full frame that a block covers.

        Parameters
        ----------
        index : int
            A block of this frame.
        columns : int, optional
            Blocks per row of the unsummed full frame.

        Examples
        --------
        >>> from sunpy_coronagraph_inpaint.instruments import BlockGrid
        >>> BlockGrid(frame_shape=(512, 512), summing=(2, 2)).reference(17)
        (66, 67, 98, 99)
        """
        row, column = self.row_col(int(self._camera_side(np.array([index]))[0]))
        (y0, y1), (x0, x1) = (
            (start + place * step, start + (place + 1) * step)
            for start, place, step in zip(
                self.origin, (row, column), (self.size * n for n in self.summing), strict=True
            )
        )
        return tuple(
            columns * y + x
            for y in range(y0 // self.size, -(-y1 // self.size))
            for x in range(x0 // self.size, -(-x1 // self.size))
        )

    def _camera_side(self, indices):
        """Convert indices between the orientations of frame and camera; applied twice it changes nothing."""
        return self.n_blocks - 1 - indices if self.rotated else indices

    def _check(self, indices):
        indices = np.asarray(list(indices) if not isinstance(indices, np.ndarray) else indices, dtype=np.int64)
        if indices.size and (indices.min() < 0 or indices.max() >= self.n_blocks):
            msg = (
                f"Blocks of this frame are numbered from 0 to {self.n_blocks - 1}, but {indices.min()} to "
                f"{indices.max()} was asked for."
            )
            raise ValueError(msg)
        return indices

    def _check_image(self, image):
        if np.shape(image) != tuple(self.frame_shape):
            msg = f"The image has the shape {np.shape(image)}, but the blocks divide one of {tuple(self.frame_shape)}."
            raise ValueError(msg)
