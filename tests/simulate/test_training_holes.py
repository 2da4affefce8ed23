"""Where training knocks out blocks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from sunpy_coronagraph_inpaint.instruments import identify
from sunpy_coronagraph_inpaint.simulate import plain_corona
from sunpy_coronagraph_inpaint.simulate.telemetry import draw_holes

CAMERA = identify(plain_corona(detector="C3").meta)
SHAPE = (1024, 1024)
EVERYWHERE = np.ones(SHAPE, bool)


def draw(seed, usable=EVERYWHERE, **options):
    """Draw holes."""
    return draw_holes(CAMERA, usable, np.random.default_rng(seed), **options)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**16), number=st.integers(1, 10))
def test_whole_blocks_that_do_not_touch(seed, number):
    """Holes are whole blocks, at least one, at most as many as asked for."""
    holes = draw(seed, number=number)
    blocks = holes.reshape(32, 32, 32, 32).mean(axis=(1, 3))
    assert set(np.unique(blocks)) <= {0.0, 1.0}
    # A run in the order of telemetry may go on at the other end of the next column.
    assert 1 <= ndimage.label(blocks, np.ones((3, 3)))[1] <= 2 * number


def test_same_seed():
    """A seed gives the same holes, another one others."""
    assert np.array_equal(draw(1), draw(1))
    assert not np.array_equal(draw(1), draw(2))


def test_only_where_it_is_allowed():
    """No pixel is taken that may not be, and no block of which little may be."""
    y, x = np.indices(SHAPE)
    usable = np.hypot(x - 512, y - 512) > 300
    for seed in range(5):
        holes = draw(seed, usable, number=20)
        assert not (holes & ~usable).any()
        taken = holes.reshape(32, 32, 32, 32).mean(axis=(1, 3))
        assert taken[taken > 0].min() > 0.7


def test_no_room():
    """Where nothing may be taken nothing is."""
    assert not draw(0, ~EVERYWHERE).any()


def test_interest():
    """Half of the holes lie where it is interesting."""
    interest = np.zeros(SHAPE)
    interest[:256, :256] = 1
    share = np.mean([draw(seed, number=1, interest=interest)[:288, :288].any() for seed in range(60)])
    assert 0.35 < share < 0.75


@pytest.mark.parametrize("n_blocks", [1, 9])
def test_sizes(n_blocks):
    """Single blocks and squares of three blocks are drawn."""
    sizes = [int(draw(seed, number=1).sum()) // 1024 for seed in range(60)]
    assert n_blocks in sizes
    assert max(sizes) <= 25
