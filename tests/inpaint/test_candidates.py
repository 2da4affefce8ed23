"""Classical fills on the polar grid."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sunpy_coronagraph_inpaint.inpaint.network.candidates import (
    interpolate_axis,
    motion_compensated,
    temporal_candidates,
)

SHAPE = (36, 30)
ROWS, COLUMNS = np.indices(SHAPE, dtype=float)
HOLE = np.zeros(SHAPE, bool)
HOLE[12:24, 10:20] = True
EVERYWHERE, NOTHING = np.ones(SHAPE, bool), np.zeros(SHAPE, bool)


@pytest.mark.parametrize("axis", [0, 1])
def test_lines_are_continued(axis):
    """Linear values along a line are found exactly, whatever is unknown in adjacent lines."""
    value = (3 * ROWS, 2 * COLUMNS)[axis]
    filled, reached = interpolate_axis(np.where(HOLE, 0, value), ~HOLE, axis)
    assert reached.all()
    np.testing.assert_allclose(filled, value)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**16), share=st.floats(0, 1), axis=st.integers(0, 1))
def test_lines_of_any_mask(seed, share, axis):
    """Known bins stay; filled ones lie between the known values; a line without known bins is not reached."""
    rng = np.random.default_rng(seed)
    known = rng.random(SHAPE) < share
    value = rng.normal(size=SHAPE)
    filled, reached = interpolate_axis(np.where(known, value, np.nan), known, axis)
    np.testing.assert_array_equal(filled[known], value[known])
    np.testing.assert_array_equal(reached, np.broadcast_to(known.any(axis=axis, keepdims=True), SHAPE))
    assert np.isfinite(filled).all()
    if known.any():
        assert (
            value[known].min() - 1e-12 <= filled[reached].min() <= filled[reached].max() <= value[known].max() + 1e-12
        )


def fills(before, after, *, has=(EVERYWHERE, EVERYWHERE), share=0.5, truth=COLUMNS, std=1.0, noise=0.0):
    """Fill the hole from neighbors, mixed with -1 according to their disagreement."""
    others = [(np.where(known, layer, 0.0), known) for layer, known in zip((before, after), has, strict=True)]
    otherwise = np.full(SHAPE, -1.0), np.full(SHAPE, std)
    return temporal_candidates(np.where(HOLE, 0, truth), ~HOLE, HOLE, others, share, otherwise, noise)


def test_neighbors_are_corrected_at_the_rim():
    """A neighbor that differs by an offset gives the truth."""
    filled, usable = fills(COLUMNS + 5, COLUMNS - 3)
    assert len(filled) == len(usable) == 4
    for layer, ok in zip(filled, usable, strict=True):
        np.testing.assert_allclose(layer[HOLE], COLUMNS[HOLE], atol=1e-6)
        assert ok.all()


@pytest.mark.parametrize(
    ("has", "expected"),
    [
        ((NOTHING, NOTHING), (False, False, False, False)),
        ((EVERYWHERE, NOTHING), (True, False, False, False)),
        ((NOTHING, EVERYWHERE), (False, True, False, False)),
        ((~HOLE, EVERYWHERE), (False, True, False, False)),
        ((EVERYWHERE, EVERYWHERE), (True, True, True, True)),
    ],
)
def test_what_is_missing_is_not_usable(has, expected):
    """A fill is usable where the frames that it needs are known in the hole."""
    _, usable = fills(COLUMNS, COLUMNS, has=has)
    assert tuple(bool(ok[HOLE].all()) for ok in usable) == expected


WAVES = 50 * np.sin(ROWS / 3) * np.sin(COLUMNS / 4)


def test_neighbors_that_disagree_count_less():
    """Neighbors that disagree around the hole get less weight, according to the other fill's standard deviation."""
    far = [np.abs(fills(WAVES, WAVES, truth=0 * WAVES, std=std)[0][3][HOLE] + 1).mean() for std in (1e-3, 1, 10, 1e3)]
    assert far[0] < 1e-3
    assert sorted(far) == far
    assert far[-1] > 5


def test_noise_is_no_disagreement():
    """Frames that differ by their noise alone are trusted, where the other fill is not better than that noise."""
    noise = np.random.default_rng(1).normal(size=(3, *SHAPE))
    truth = WAVES + noise[0]
    trusted, _ = fills(WAVES + noise[1], WAVES + noise[2], truth=truth, noise=1.0)
    doubted, _ = fills(WAVES + noise[1], WAVES + noise[2], truth=truth, noise=0.0)
    for good, bad in zip(trusted, doubted, strict=True):
        far = np.abs(good - WAVES)[HOLE].mean()
        assert far < 1.5
        assert far < np.abs(bad - WAVES)[HOLE].mean()


@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 1.0])
def test_time_between(share):
    """The interpolation between two frames follows the time of the one that is filled."""
    change = np.exp(-((ROWS - 18) ** 2 + (COLUMNS - 15) ** 2) / 8)
    filled, _ = fills(COLUMNS, COLUMNS + change, share=share, truth=COLUMNS + share * change)
    np.testing.assert_allclose(filled[2][HOLE], (COLUMNS + share * change)[HOLE], atol=1e-3)


@pytest.mark.parametrize(("share", "motion"), [(0.5, 0), (0.5, 4), (0.5, 8), (0.25, 8), (0.75, 8)])
def test_motion(share, motion):
    """A front that moves outwards is found where it is at that time."""
    rows, _ = np.mgrid[:60, :20]
    first, last, truth = (np.exp(-((rows - 20 - part * motion) ** 2) / 8) for part in (0, 1, share))
    between = motion_compensated(first, last, np.ones(rows.shape, bool), share)
    assert np.abs(between - truth).max() < 0.05
    if motion:
        assert np.abs((1 - share) * first + share * last - truth).max() > 4 * np.abs(between - truth).max()


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**16), share=st.floats(0, 1))
def test_equal_frames_stay(seed, share):
    """Between two equal frames there is no motion."""
    layer = np.random.default_rng(seed).normal(size=SHAPE)
    np.testing.assert_allclose(motion_compensated(layer, layer, EVERYWHERE, share), layer, atol=1e-12)
