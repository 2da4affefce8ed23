"""The grid of cells along and across the radius."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sunpy_coronagraph_inpaint.frames.polar_grid import LogPolarGrid

SHAPE = (160, 160)


def square(corner, size, shape=SHAPE):
    """A square hole."""
    holes = np.zeros(shape, bool)
    holes[corner[0] : corner[0] + size, corner[1] : corner[1] + size] = True
    return holes


@settings(max_examples=40, deadline=None)
@given(
    x=st.floats(-500, 500), y=st.floats(-500, 500), row=st.integers(0, 120), column=st.integers(0, 120),
    size=st.integers(1, 100),
)  # fmt: skip
def test_any_hole_fits(x, y, row, column, size):
    """Wherever the hole is, its pixels are read from cells of the grid, which never has many of them."""
    holes = square((row, column), size)
    grid = LogPolarGrid.around(holes, (x, y))
    assert max(grid.shape) <= 99
    inside = grid.bins_of(holes)
    assert inside.shape == grid.shape
    layer = np.where(inside, 1.0, np.nan)
    near_sun = np.hypot(*(axis - c for axis, c in zip(np.nonzero(holes), (y, x), strict=True))).min() < 3 * size
    if not near_sun:
        assert np.isfinite(grid.sample(layer, holes)).all()
    assert grid.sample(np.ones(grid.shape), holes) == pytest.approx(np.ones(np.count_nonzero(holes)))


def test_the_grid_is_conformal():
    """Cells are squares: both sides of each are as long, in proportion to its distance from the Sun."""
    grid = LogPolarGrid.around(square((60, 60), 40), (-200.0, 30.0))
    up = np.hypot(np.diff(grid.y, axis=0), np.diff(grid.x, axis=0))[:, :-1]
    side = np.hypot(np.diff(grid.y, axis=1), np.diff(grid.x, axis=1))[:-1]
    np.testing.assert_allclose(up, side, rtol=0.01)
    radius = np.hypot(grid.x + 200.0, grid.y - 30.0)
    np.testing.assert_allclose(side / grid.step, radius[:-1, :-1] / grid.polar.radius, rtol=0.01)


def test_axes():
    """Axis 0 goes away from the Sun, axis 1 across."""
    grid = LogPolarGrid.around(square((60, 60), 40), (80.0, -300.0))
    radius = np.hypot(grid.x - 80.0, grid.y + 300.0)
    assert (np.diff(radius, axis=0) > 0).all()
    np.testing.assert_allclose(np.diff(radius, axis=1), 0, atol=1e-9)


def test_there_and_back():
    """What is smooth comes back as it was, to a small part of what it changes over a cell."""
    y, x = np.indices(SHAPE)
    image = np.sin(y / 25) + np.cos(x / 30)
    holes = square((60, 60), 32)
    grid = LogPolarGrid.around(holes, (-100.0, 20.0))
    value, known = grid.average(image, np.ones(SHAPE, bool))
    assert known[grid.bins_of(holes)].all()
    np.testing.assert_allclose(grid.sample(value, holes), image[holes], atol=0.01)


def test_only_valid_pixels_count():
    """Pixels that are not valid change nothing, and a cell of which most are not is not known."""
    rng = np.random.default_rng(1)
    image, valid = rng.normal(size=SHAPE), rng.random(SHAPE) < 0.7
    holes = square((64, 64), 32)
    grid = LogPolarGrid.around(holes, (-100.0, 20.0))
    value, known = grid.average(image, valid & ~holes)
    other, same = grid.average(np.where(valid & ~holes, image, np.nan), valid & ~holes)
    np.testing.assert_array_equal(known, same)
    np.testing.assert_array_equal(value, other)
    assert (value[~known] == 0).all()
    assert not known[grid.shape[0] // 2, grid.shape[1] // 2]


def test_cells_beyond_the_window_are_not_known():
    """Nothing is known outside of the frame."""
    grid = LogPolarGrid.around(square((0, 0), 32), (300.0, 300.0))
    outside = (grid.y < -2) | (grid.x < -2)
    assert outside.any()
    assert not grid.average(np.ones(SHAPE), np.ones(SHAPE, bool))[1][outside].any()


@pytest.mark.parametrize(("size", "step"), [(16, 3.0), (32, 3.0), (96, 3.0), (400, None)])
def test_size_of_a_cell(size, step):
    """Cells of three pixels, larger ones where the hole is large."""
    grid = LogPolarGrid.around(square((50, 50), size, (500, 500)), (-2000.0, 250.0))
    assert grid.step == step if step else grid.step > 4
