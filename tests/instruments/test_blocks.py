"""Block geometry of equal squares."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sunpy_coronagraph_inpaint.instruments import BlockGrid

shapes = st.tuples(st.integers(1, 12), st.integers(1, 12))


@st.composite
def grids(draw):
    """Grids of any shape, block size and orientation."""
    size = draw(st.sampled_from([1, 2, 32]))
    rows, columns = draw(shapes)
    return BlockGrid(
        frame_shape=(rows * size, columns * size),
        size=size,
        rotated=draw(st.booleans()),
        column_major=draw(st.booleans()),
    )


def test_full_frame():
    """A full frame has 32x32 blocks, counted along the rows from the lower left."""
    grid = BlockGrid(frame_shape=(1024, 1024))
    assert grid.shape == (32, 32)
    assert grid.n_blocks == 1024
    assert grid.row_col(0) == (0, 0)
    assert grid.row_col(1023) == (31, 31)
    assert grid.row_col(163) == (5, 3)
    assert grid.slices(163) == (slice(160, 192), slice(96, 128))


@given(grid=grids(), data=st.data())
def test_mask_covers_exactly_the_slices(grid, data):
    """The mask of some blocks is the union of their slices, and counts as many pixels as their sizes say."""
    blocks = data.draw(st.sets(st.integers(0, grid.n_blocks - 1)))
    expected = np.zeros(grid.frame_shape, bool)
    for block in blocks:
        expected[grid.slices(block)] = True
    mask = grid.mask(blocks)
    np.testing.assert_array_equal(mask, expected)
    counts = np.zeros(grid.n_blocks, int)
    counts[list(blocks)] = grid.size**2
    np.testing.assert_array_equal(grid.count(mask), counts)
    assert grid.sizes().sum() == mask.size


@given(grid=grids(), seed=st.integers(0, 2**32 - 1))
def test_count_is_the_number_of_true_pixels(grid, seed):
    """Counting over the whole image gives what counting block by block gives."""
    image = np.random.default_rng(seed).random(grid.frame_shape) < 0.3
    expected = [np.count_nonzero(image[grid.slices(index)]) for index in range(grid.n_blocks)]
    np.testing.assert_array_equal(grid.count(image), expected)


@given(grid=grids())
def test_telemetry_order_is_a_permutation(grid):
    """Going to the order of telemetry and back changes nothing, and every place is taken once."""
    blocks = np.arange(grid.n_blocks)
    np.testing.assert_array_equal(grid.from_telemetry(grid.to_telemetry(blocks)), blocks)
    np.testing.assert_array_equal(np.sort(grid.to_telemetry(blocks)), blocks)


def test_telemetry_runs_down_the_columns():
    """LASCO sends the left column first, from the top; m = ny * x + (ny - 1 - y)."""
    grid = BlockGrid(frame_shape=(96, 64))
    assert grid.from_telemetry(range(6)).tolist() == [4, 2, 0, 5, 3, 1]
    assert BlockGrid(frame_shape=(1024, 1024)).to_telemetry([5 * 32 + 3]).tolist() == [122]


def test_telemetry_of_a_turned_frame():
    """In a frame turned by 180 degrees telemetry begins in the lower right corner and goes up."""
    grid = BlockGrid(frame_shape=(96, 64), rotated=True)
    assert grid.from_telemetry(range(6)).tolist() == [1, 3, 5, 0, 2, 4]


@pytest.mark.parametrize(
    ("options", "index", "reference"),
    [
        ({"frame_shape": (1024, 1024)}, 163, (163,)),
        ({"frame_shape": (512, 512), "summing": (2, 2)}, 17, (66, 67, 98, 99)),
        ({"frame_shape": (256, 256), "summing": (4, 4)}, 1, tuple(32 * y + x for y in range(4) for x in range(4, 8))),
        ({"frame_shape": (320, 640), "origin": (64, 32)}, 0, (65,)),
        ({"frame_shape": (320, 640), "origin": (64, 48)}, 0, (65, 66)),
        ({"frame_shape": (1024, 1024), "rotated": True}, 0, (1023,)),
    ],
)
def test_reference(options, index, reference):
    """Blocks of summed, cut-out and turned frames are traced to the unsummed full frame."""
    assert BlockGrid(**options).reference(index) == reference


@pytest.mark.parametrize("shape", [(1000, 1024), (1024, 1000), (0, 32), (32, 32, 32), (16, 16)])
def test_shape_must_be_whole_blocks(shape):
    """A frame that is not a whole number of blocks was cropped or resampled."""
    with pytest.raises(ValueError, match="cannot be divided into blocks of 32x32 pixels"):
        BlockGrid(frame_shape=shape)


@pytest.mark.parametrize("call", ["slices", "row_col", "mask", "to_telemetry", "from_telemetry"])
@pytest.mark.parametrize("index", [-1, 4])
def test_unknown_block(call, index):
    """A block that the frame does not have is refused by number, not taken from the other end."""
    grid = BlockGrid(frame_shape=(64, 64))
    with pytest.raises(ValueError, match="numbered from 0 to 3"):
        getattr(grid, call)(index if call in ("slices", "row_col") else [index])


def test_count_wants_the_frame():
    """An image of another shape is refused."""
    with pytest.raises(ValueError, match=r"has the shape \(32, 64\), but the blocks divide one of \(64, 64\)"):
        BlockGrid(frame_shape=(64, 64)).count(np.zeros((32, 64), bool))


def test_grids_can_be_keys():
    """Equal grids are equal keys, so that what is computed for one serves the other."""
    assert len({BlockGrid(frame_shape=(64, 64)), BlockGrid(frame_shape=(64, 64))}) == 1
