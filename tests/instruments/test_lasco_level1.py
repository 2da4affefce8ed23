"""Where the pixels of level-1 frames come from, and which of them are masked by design."""

import numpy as np
import pytest
from scipy.ndimage import binary_dilation

from sunpy_coronagraph_inpaint.instruments import BlockGrid, identify
from sunpy_coronagraph_inpaint.instruments.lasco_facts import null_blocks
from sunpy_coronagraph_inpaint.instruments.lasco_level1 import Level1, expected_mask, origin_labels
from tests.solarsoft import rot, warp

FULL = BlockGrid(frame_shape=(1024, 1024))
TURNED = BlockGrid(frame_shape=(1024, 1024), rotated=True)


@pytest.mark.parametrize("detector", ["C2", "C3"])
@pytest.mark.parametrize("size", [1024, 512])
def test_labels_follow_the_correction_of_distortion(detector, size):
    """A block whose pixels are 1 lies, after SolarSoft's correction, where the labels say."""
    grid = BlockGrid(frame_shape=(size, size), summing=(1024 // size,) * 2)
    way = Level1(detector=detector, grid=grid)
    blocks = np.random.default_rng(size).choice(grid.n_blocks, grid.n_blocks // 5, replace=False)
    corrected = warp(grid.mask(blocks), detector)
    core = np.isin(origin_labels(way, margin=1.0), blocks)
    whole = np.isin(origin_labels(way), blocks)
    assert corrected[core].min() > 0.999
    assert corrected[~whole].max() < 0.8
    assert whole.sum() == pytest.approx(corrected.sum(), rel=0.01)


def test_labels_of_a_turned_and_rotated_frame():
    """Labels also follow the half turn and the rotation about the Sun."""
    way = Level1(detector="C3", grid=TURNED, roll=6.678, pivot=(505.0, 490.0))
    camera_side = np.array([200, 201, 530, 700])
    turned = warp(FULL.mask(camera_side), "C3")[::-1, ::-1]
    rotated = rot(turned, 6.678, (505.0, 490.0))
    core = np.isin(origin_labels(way, margin=2.5), 1023 - camera_side)
    assert core.sum() > 2500
    assert rotated[core].min() > 0.99
    assert rotated[~np.isin(origin_labels(way), 1023 - camera_side)].max() < 0.8


def test_labels_number_every_block():
    """Without rotation every block has pixels, and every pixel a block."""
    labels = origin_labels(Level1(detector="C2", grid=FULL))
    assert np.array_equal(np.unique(labels), np.arange(1024))


def test_place_is_the_way_forth():
    """A block's middle lies in the frame where the labels of the undistorted block are."""
    way = Level1(detector="C2", grid=TURNED, roll=-20.0, pivot=(511.0, 511.0))
    x, y = way.place((512.634, 505.293))  # the center of distortion stays where it is
    label = origin_labels(way)[round(y), round(x)]
    assert label == 1023 - (32 * (505 // 32) + 512 // 32)


def test_rotation_leaves_empty_corners():
    """Only what a rotation turned in from outside is expected to hold no data in a C2 frame without null blocks."""
    way = Level1(detector="C2", grid=FULL, roll=10.0, pivot=(511.5, 511.5), compression="XZR")
    mask = expected_mask(way)
    empty = rot(np.ones((1024, 1024)), 10.0, (511.5, 511.5)) == 0
    assert not (empty & ~mask).any()
    assert mask.sum() - empty.sum() < 60
    assert mask[0, 0]
    assert not expected_mask(Level1(detector="C2", grid=FULL, compression="XZR")).any()


def test_null_blocks_are_expected_where_they_were_moved():
    """Blocks of C2 that are never transmitted are expected to hold no data."""
    mask = expected_mask(Level1(detector="C2", grid=FULL, compression="XR"))
    moved = warp(FULL.mask(null_blocks("C2", FULL, "XR")), "C2")
    assert mask.sum() == pytest.approx(moved.sum(), rel=0.01)
    assert not mask[moved == 0].any()
    assert mask[505 - 80, 512]


def test_mask_of_real_c3_frames(lasco_files, real_map):
    """The mask leaves out no pixel that is masked in the real frame, and takes in few others, at its rim."""
    seen = 0
    for path in lasco_files:
        smap = real_map(path)
        camera = identify(smap.meta)
        if camera.level == "1":
            seen += 1
            mask, no_data = camera.masked(smap.data.shape), camera.no_data(smap.data)
            assert not (no_data & ~mask).any(), path.name
            assert (mask & ~no_data).sum() < 600, path.name
            assert not (mask & ~binary_dilation(no_data, np.ones((5, 5)))).any(), path.name
    assert seen == 2


def test_turned_mask_is_the_mask_turned():
    """After a half turn the pylon points to the upper right."""
    mask = expected_mask(Level1(detector="C3", grid=FULL, masked=True))
    turned = expected_mask(Level1(detector="C3", grid=TURNED, masked=True))
    assert np.array_equal(turned, mask[::-1, ::-1])
    assert mask[531 - 200, 518 - 200]
    assert not mask[531 + 200, 518 + 200]


def test_masks_are_kept_and_cannot_be_written():
    """The mask of one frame serves the next one; whoever wants to change it copies it."""
    mask = expected_mask(Level1(detector="C3", grid=FULL, masked=True))
    assert mask is expected_mask(Level1(detector="C3", grid=FULL, masked=True))
    with pytest.raises(ValueError, match="read-only"):
        mask[0, 0] = False
