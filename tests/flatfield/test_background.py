"""What is fixed in a camera."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sunpy_coronagraph_inpaint.flatfield.background import Background
from sunpy_coronagraph_inpaint.instruments import BlockGrid, identify

SIDE = 1024


def ramp(axis):
    """Logarithm that rises along an axis of the 256x256 template, 0.001 per detector pixel."""
    place = (np.indices((256, 256))[axis] + 0.5) * 4 - 0.5
    return 1e-3 * place - 0.5


@pytest.fixture(scope="module")
def background():
    """A slope upwards, one mode that rises to the right, and a flat in which every 64th column is darker."""
    flat = np.zeros((SIDE, SIDE), np.float32)
    flat[:, ::64] = -0.05
    return Background(ramp(0), ramp(1)[None], flat)


def test_level_on_the_whole_detector(background):
    """Template and flat are at their detector positions, exactly for a linear template."""
    level = background.level(BlockGrid(frame_shape=(SIDE, SIDE)))
    y, x = np.mgrid[10:1000:37, 10:1000:11]
    expected = np.exp(1e-3 * y - 0.5) * np.where(x % 64 == 0, 0.95, 1.0)
    np.testing.assert_allclose(level[y, x], expected, rtol=1e-5)
    assert level.dtype == np.float32


@pytest.mark.parametrize("flat", [0.0, 0.5, 1.0])
def test_share_of_the_flat(background, flat):
    """The flat is scaled by its coefficient, the template is not."""
    grid = BlockGrid(frame_shape=(SIDE, SIDE))
    level = background.level(grid, flat=flat)
    np.testing.assert_allclose(level[5:900, 64] / level[5:900, 65], 1 - 0.05 * flat, rtol=1e-6)
    np.testing.assert_allclose(level[:, 65], background.level(grid)[:, 65], rtol=1e-6)


def test_template_at_any_place(background):
    """The template is read in the frame's own coordinates, at any shape of positions."""
    grid = BlockGrid(frame_shape=(512, 512), summing=(2, 2))
    y, x = np.mgrid[10:500:50, 10:500:60].astype(float)
    expected = 1e-3 * (2 * (y + 0.5) - 0.5) - 0.5
    np.testing.assert_allclose(background.template_at(grid, y, x), expected, atol=1e-6)


def frame_with(background, flat, grid):
    """A radially decreasing frame with noise, times a background with part of its flat."""
    y, x = np.indices(grid.frame_shape)
    data = 1e6 / (np.hypot(x - 500, y - 520) + 50) * background.level(grid, flat=flat)
    return data * (1 + 0.005 * np.random.default_rng(2).normal(size=data.shape))


def test_a_background_that_fits():
    """The background describes a frame multiplied by it, and all or none of its flat is found."""
    rng = np.random.default_rng(1)
    background = Background(ramp(0), ramp(1)[None], rng.normal(0, 0.01, (SIDE, SIDE)).astype(np.float32))
    grid, valid = BlockGrid(frame_shape=(SIDE, SIDE)), np.ones((SIDE, SIDE), bool)
    for flat in (0.0, 1.0):
        better, found = background.fit(frame_with(background, flat, grid), valid, grid, (500.0, 520.0))
        assert better > 0.5
        assert found == pytest.approx(flat, abs=0.05)


def test_a_background_that_does_not_fit():
    """Dividing a frame without the pattern by it raises the variance."""
    background = Background(ramp(0), ramp(1)[None], np.zeros((SIDE, SIDE), np.float32))
    none = Background(0 * ramp(0), ramp(1)[None], np.zeros((SIDE, SIDE), np.float32))
    grid, valid = BlockGrid(frame_shape=(SIDE, SIDE)), np.ones((SIDE, SIDE), bool)
    assert background.fit(frame_with(none, 1.0, grid), valid, grid, (500.0, 520.0))[0] < 0
    assert background.fit(np.zeros((SIDE, SIDE)), ~valid, grid, (500.0, 520.0)) == (0.0, 0.0)


@pytest.mark.parametrize("summing", [2, 4])
def test_level_of_a_summed_frame(background, summing):
    """A summed pixel has the mean of its pixels, to the curvature of the exponential."""
    side = SIDE // summing
    whole = background.level(BlockGrid(frame_shape=(SIDE, SIDE)))
    summed = background.level(BlockGrid(frame_shape=(side, side), summing=(summing, summing)))
    mean = whole.reshape(side, summing, side, summing).mean(axis=(1, 3))
    np.testing.assert_allclose(summed[4:-4, 4:-4], mean[4:-4, 4:-4], rtol=1e-5)


def test_level_of_a_part(background):
    """A frame that shows a part of the detector gets that part of the background."""
    whole = background.level(BlockGrid(frame_shape=(SIDE, SIDE)))
    part = background.level(BlockGrid(frame_shape=(256, 512), origin=(320, 64)))
    np.testing.assert_allclose(part, whole[320:576, 64:576], rtol=1e-5)


@settings(max_examples=20, deadline=None)
@given(y=st.floats(8, 500), x=st.floats(8, 500))
def test_modes_at_any_place(background, y, x):
    """Modes are read between the pixels, in the frame's own coordinates."""
    grid = BlockGrid(frame_shape=(512, 512), summing=(2, 2))
    (value,) = background.modes_at(grid, np.array([y]), np.array([x]))
    assert value == pytest.approx([1e-3 * (2 * (x + 0.5) - 0.5) - 0.5], abs=1e-6)


def test_no_modes():
    """A background may have no modes."""
    background = Background(np.zeros((64, 64)), np.zeros((0, 64, 64)), np.zeros((SIDE, SIDE)))
    grid = BlockGrid(frame_shape=(SIDE, SIDE))
    assert background.modes_at(grid, np.zeros(3), np.zeros(3)).shape == (3, 0)


def test_arrays_come_back(background):
    """Stored arrays are small, and exact to the quantization step."""
    arrays = background.arrays()
    assert {name: array.dtype for name, array in arrays.items()} == {
        "template": np.float16, "modes": np.float16, "flat": np.int16,
    }  # fmt: skip
    again = Background.from_arrays(arrays)
    np.testing.assert_allclose(again.template, background.template, atol=3e-4)
    np.testing.assert_allclose(again.modes, background.modes, atol=3e-4)
    np.testing.assert_allclose(again.flat, background.flat, atol=5e-4)
    for name, array in again.arrays().items():
        np.testing.assert_array_equal(array, arrays[name])


def test_what_it_covers(corona, background):
    """Only raw frames in the readout orientation are covered."""
    camera = identify(corona("C2").meta)
    assert background.covers(camera)
    assert background.covers(identify(corona("C2", 256).meta))
    assert not background.covers(None)
    assert not background.covers(type(camera)(**{**vars(camera), "level": "1"}))


def test_file(tmp_path):
    """A background read from its file equals the stored arrays."""
    rng = np.random.default_rng(0)
    background = Background(rng.normal(size=(8, 8)), rng.normal(size=(2, 8, 8)), rng.normal(0, 0.01, (1024, 1024)))
    background.write(tmp_path / "background_C2.safetensors")
    again = Background.read(tmp_path / "background_C2.safetensors")
    for name, array in background.arrays().items():
        np.testing.assert_array_equal(again.arrays()[name], array)
