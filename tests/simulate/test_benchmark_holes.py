"""Where blocks are knocked out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from sunpy_coronagraph_inpaint.instruments import BlockGrid
from sunpy_coronagraph_inpaint.simulate.telemetry import HOLES, choose_blocks

GRID = BlockGrid(frame_shape=(1024, 1024))


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**20), kind=st.sampled_from(list(HOLES)))
def test_only_good_blocks(seed, kind):
    """Blocks that cannot be used are never chosen, and the same seed chooses the same."""
    good = np.random.default_rng(seed).random((32, 32)) < 0.98
    chosen = choose_blocks(good, kind, seed=seed, grid=GRID)
    assert not (chosen & ~good).any()
    np.testing.assert_array_equal(chosen, choose_blocks(good, kind, seed=seed, grid=GRID))


@pytest.mark.parametrize("kind", ["20 x 32", "3 x 96", "1 x 160"])
def test_squares_do_not_touch(kind):
    """As many squares as asked for, each of its size, none touching another even by a corner."""
    number, side = HOLES[kind]
    chosen = choose_blocks(np.ones((32, 32), bool), kind, seed=5)
    labels, found = ndimage.label(chosen, structure=np.ones((3, 3)))
    assert found == number
    assert [int(np.count_nonzero(labels[box])) for box in ndimage.find_objects(labels)] == [side**2] * number


def test_runs_follow_telemetry():
    """Runs are up to five blocks long, consecutive as they are sent, so that they go down a column."""
    for seed in range(20):
        chosen = choose_blocks(np.ones((32, 32), bool), "runs", seed=seed, grid=GRID)
        numbers = np.sort(GRID.to_telemetry(np.flatnonzero(chosen)))
        runs = np.split(numbers, np.flatnonzero(np.diff(numbers) > 1) + 1)
        assert 1 <= len(runs) <= HOLES["runs"].number
        assert len(numbers) <= 5 * HOLES["runs"].number


@pytest.mark.parametrize("kind", list(HOLES))
def test_holes_follow_a_signal(kind):
    """Where a signal tells where holes are wanted, they lie there."""
    signal = np.full((32, 32), 1e-3)
    signal[20:28, 10:18] = 1.0
    chosen = choose_blocks(np.ones((32, 32), bool), kind, seed=1, grid=GRID, signal=signal)
    inside = signal[chosen] > 0.5
    assert inside.mean() > (0.5 if kind in ("runs", "20 x 32") else 0.3)
    other = choose_blocks(np.ones((32, 32), bool), kind, seed=2, grid=GRID)
    assert inside.mean() > (signal[other] > 0.5).mean()


def test_holes_that_do_not_fit():
    """Where a square does not fit, none is chosen, rather than a smaller one."""
    good = np.zeros((32, 32), bool)
    good[3:7, 3:7] = True
    assert not choose_blocks(good, "1 x 160", seed=0).any()
    assert choose_blocks(good, "3 x 96", seed=0).sum() == 9
    assert not choose_blocks(np.ones((4, 4), bool), "1 x 160", seed=0).any()
    assert not choose_blocks(np.zeros((32, 32), bool), "runs", seed=0, grid=GRID).any()


def test_unknown_kind():
    """An unknown kind is refused with the kinds there are."""
    with pytest.raises(ValueError, match=r"There are no holes '2 x 64'. Choose among 20 x 32"):
        choose_blocks(np.ones((32, 32), bool), "2 x 64", seed=0)
