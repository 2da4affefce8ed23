"""Block geometry of segments of several sizes, and of blocks that resampling has moved."""

import numpy as np
import pytest

from sunpy_coronagraph_inpaint.instruments import BlockGrid, SegmentGrid, WarpedGrid

HALVES = SegmentGrid(frame_shape=(4, 6), rectangles=((0, 4, 0, 2), (0, 4, 2, 6)), places=((0, 0), (0, 1)))
LABELS = np.array([[0, 0, 0, 1], [0, 0, 1, 1], [2, 2, 1, 3], [2, 2, -1, 3]])
WARPED = WarpedGrid(frame_shape=(4, 4), size=2, labels=LABELS)


def test_segments():
    """Segments answer with their own sizes and places."""
    assert HALVES.shape == (1, 2)
    assert HALVES.n_blocks == 2
    assert HALVES.row_col(1) == (0, 1)
    assert HALVES.sizes().tolist() == [8, 16]
    assert HALVES.count(HALVES.mask([0])).tolist() == [8, 0]
    assert HALVES.to_telemetry([1, 0]).tolist() == [1, 0]


def test_warped_blocks():
    """Moved blocks count the pixels that came from them, and none that came from outside."""
    assert WARPED.n_blocks == 4
    assert WARPED.sizes().tolist() == [5, 4, 4, 2]
    np.testing.assert_array_equal(WARPED.mask([1, 3]), (LABELS == 1) | (LABELS == 3))
    assert not WARPED.mask([0, 1, 2, 3])[3, 2]
    assert WARPED.count(LABELS <= 0).tolist() == [5, 0, 0, 0]
    assert WARPED.slices(1) == (slice(0, 3), slice(2, 4))


def test_warped_block_without_pixels():
    """A block that resampling moved out of the frame has an empty slice."""
    grid = WarpedGrid(frame_shape=(4, 4), size=2, labels=np.zeros((4, 4), int))
    assert LABELS[grid.slices(3)].size == 0


def test_unmoved_labels_are_a_block_grid():
    """Labels that move nothing give the answers of equal squares."""
    plain = BlockGrid(frame_shape=(8, 12), size=4)
    labels = np.zeros((8, 12), int)
    for index in range(plain.n_blocks):
        labels[plain.slices(index)] = index
    grid = WarpedGrid(frame_shape=(8, 12), size=4, labels=labels)
    image = np.random.default_rng(0).random((8, 12)) < 0.5
    np.testing.assert_array_equal(grid.count(image), plain.count(image))
    np.testing.assert_array_equal(grid.mask([1, 4]), plain.mask([1, 4]))
    np.testing.assert_array_equal(grid.sizes(), plain.sizes())
    assert grid.slices(4) == plain.slices(4)


@pytest.mark.parametrize("grid", [HALVES, WARPED])
def test_unknown_segment(grid):
    """A block that there is not is refused."""
    with pytest.raises(ValueError, match="numbered from 0 to"):
        grid.mask([grid.n_blocks])
