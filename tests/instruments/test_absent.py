"""Blocks without data, from arrays."""

import numpy as np
import pytest

from sunpy_coronagraph_inpaint.instruments import BlockGrid, FrameInfo, WarpedGrid
from sunpy_coronagraph_inpaint.instruments.absent import absent_blocks, listed_absent

GRID = BlockGrid(frame_shape=(128, 128))


def camera(**options):
    """Make a camera of 4x4 blocks."""
    basic = {"name": "toy", "level": "0.5", "grid": GRID, "center": (64, 64), "sun_center": (64, 64)}
    return FrameInfo(**basic | {"solar_radius": 10, "occulter_radius": 12} | options)


@pytest.mark.parametrize(("zeros", "absent"), [(1024, True), (1000, True), (999, False), (0, False)])
def test_thousand_pixels_of_a_block(zeros, absent):
    """A block is absent when 1000 of its 1024 pixels hold no data, not when 999 do."""
    no_data = np.zeros((128, 128), bool)
    block = np.zeros(1024, bool)
    block[:zeros] = True
    no_data[32:64, 64:96] = block.reshape(32, 32)
    assert absent_blocks(no_data, camera()).blocks == ((6,) if absent else ())


def test_a_missing_block_is_missing_with_its_stray_pixels():
    """The mask takes in the whole block, also pixels of it that hold something."""
    no_data = GRID.mask([6])
    no_data[40, 70] = False
    np.testing.assert_array_equal(absent_blocks(no_data, camera()).mask, GRID.mask([6]))


def test_null_blocks_are_apart():
    """A block that is never sent is not missing, and one that was sent all the same holds data."""
    found = absent_blocks(GRID.mask([0, 5]), camera(null_blocks=(0, 15)))
    assert (found.blocks, found.null_blocks) == ((5,), (0,))
    np.testing.assert_array_equal(found.null_mask, GRID.mask([0]))
    assert found.visible.tolist() == [False] + [True] * 14 + [False]


def test_a_mask_is_not_a_loss():
    """What a calibrated frame masks by design is not missing, however many blocks it covers."""
    mask = np.zeros((128, 128), bool)
    mask[:, :50] = True
    found = absent_blocks(mask, camera(level="1", masked=lambda shape: mask))
    assert found.blocks == ()
    assert not found.mask.any()
    assert found.visible.reshape(4, 4)[0].tolist() == [False, True, True, True]


@pytest.mark.parametrize(("without", "absent"), [(100, True), (97, True), (96, False), (0, False)])
def test_only_unmasked_pixels_count(without, absent):
    """97 of 100 pixels that the mask leaves must hold no data."""
    mask = np.ones((128, 128), bool)
    mask[64:68, 32:57] = False  # 100 pixels of block 9 are left
    no_data = mask.copy()
    no_data[64:68, 32:57] = np.arange(100).reshape(4, 25) < without
    found = absent_blocks(no_data, camera(level="1", masked=lambda shape: mask, absent_fraction=0.97))
    assert found.blocks == ((9,) if absent else ())
    assert found.mask.sum() == (without if absent else 0)


def moved(shift):
    """Blocks that resampling has moved to the right, and their cores."""
    y, x = np.mgrid[:128, :128]
    labels = 4 * (y // 32) + np.clip(x - shift, 0, 127) // 32
    core = np.where(((x - shift) % 32 > 0) & ((x - shift) % 32 < 31) & (y % 32 > 0) & (y % 32 < 31), labels, -1)
    grids = [WarpedGrid(frame_shape=(128, 128), labels=value) for value in (labels, core)]
    return lambda: tuple(grids)


@pytest.mark.parametrize("shift", [0, 3])
def test_blocks_are_found_where_they_are(shift):
    """Blocks are found where resampling has moved them, or where they were; the mask is what holds no data."""
    nothing = np.zeros((128, 128), bool)
    no_data = nothing.copy()
    no_data[65:95, 33 + shift : 63 + shift] = True  # block 9, but for the rim that was mixed with its neighbors
    if shift == 0:
        no_data[64:96, 32:64] = True
    found = absent_blocks(no_data, camera(level="1", masked=lambda shape: nothing, telemetry_grid=moved(3)))
    assert found.blocks == (9,)
    np.testing.assert_array_equal(found.mask, no_data)
    assert isinstance(found.grid, WarpedGrid) is bool(shift)


def test_the_rim_of_a_moved_block_belongs_to_it():
    """Pixels without data that touch a missing block are part of it, others are not."""
    nothing = np.zeros((128, 128), bool)
    no_data = GRID.mask([9])
    no_data[96:98, 40:50] = True  # touches the block
    no_data[10, 10] = True  # does not
    found = absent_blocks(no_data, camera(level="1", masked=lambda shape: nothing))
    assert found.blocks == (9,)
    expected = no_data.copy()
    expected[10, 10] = False
    np.testing.assert_array_equal(found.mask, expected)


def test_listed_blocks():
    """The list is taken as it is, but for what the calibration masks."""
    mask = np.zeros((128, 128), bool)
    mask[:, :40] = True
    plain = listed_absent(camera(listed_blocks=(1, 2)))
    np.testing.assert_array_equal(plain.mask, GRID.mask([1, 2]))
    masked = listed_absent(camera(listed_blocks=(1, 2), level="1", masked=lambda shape: mask))
    np.testing.assert_array_equal(masked.mask, GRID.mask([1, 2]) & ~mask)


def test_smear_stays_in_the_frame():
    """Pixels beside a lost segment are spoiled, and there are none outside the frame."""
    found = absent_blocks(GRID.mask([0]), camera(smear=20))
    assert found.mask.sum() == 52 * 52
    assert found.mask[:52, :52].all()
