"""Blocks that telemetry loses."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sunpy_coronagraph_inpaint.instruments import identify
from sunpy_coronagraph_inpaint.simulate import damage, plain_corona
from sunpy_coronagraph_inpaint.simulate.telemetry import lost_blocks


@pytest.fixture(scope="module")
def smap():
    """Make a C2 frame, which has null blocks in the middle, too."""
    return plain_corona(detector="C2", seed=1)


def lost(smap, damaged):
    """Blocks that are all 0 now and were not."""
    grid = identify(smap.meta).grid
    return np.flatnonzero((grid.count(damaged.data == 0) == 1024) & (grid.count(smap.data == 0) < 1024))


@pytest.mark.parametrize("kind", ["runs", "single", "truncated"])
@pytest.mark.parametrize("count", [1, 12, 300])
def test_exactly_so_many_blocks_are_lost(smap, kind, count):
    """A number of blocks is lost to the block, and every other pixel stays as it was."""
    damaged = damage(smap, blocks=count, kind=kind, seed=2)
    blocks = lost(smap, damaged)
    assert blocks.size == count
    kept = ~identify(smap.meta).grid.mask(blocks)
    np.testing.assert_array_equal(damaged.data[kept], smap.data[kept])


def test_input_is_not_changed(smap):
    """Neither data nor header of the input change."""
    data, zeros = smap.data.copy(), smap.meta["datazer"]
    damage(smap, blocks=20)
    np.testing.assert_array_equal(smap.data, data)
    assert smap.meta["datazer"] == zeros


def test_header_follows(smap):
    """DATAZER grows by the pixels of the blocks."""
    damaged = damage(smap, blocks=[100, 700], seed=0)
    assert damaged.meta["datazer"] == smap.meta["datazer"] + 2048
    assert damaged.meta["datap25"] != 0
    assert lost(smap, damaged).tolist() == [100, 700]


def test_truncated_image_ends_early(smap):
    """The last blocks in the order of telemetry are lost, null blocks not counted."""
    camera = identify(smap.meta)
    order = camera.grid.from_telemetry(range(1024))
    sent = order[~np.isin(order, camera.null_blocks)]
    assert set(lost(smap, damage(smap, blocks=40, kind="truncated"))) == set(sent[-40:].tolist())


def test_whole_image(smap):
    """A whole loss leaves nothing."""
    assert not damage(smap, kind="whole", blocks=1).data.any()


def test_runs_go_down_the_columns():
    """Lost blocks have a lost neighbor below or above far more often than blocks lost one by one."""
    smap = plain_corona(detector="C3", seed=1)

    def stacked(kind):
        share = []
        for seed in range(30):
            row, column = np.divmod(lost(smap, damage(smap, blocks=20, kind=kind, seed=seed)), 32)
            places = set(zip(row.tolist(), column.tolist(), strict=True))
            share.append(np.mean([(r - 1, c) in places or (r + 1, c) in places for r, c in places]))
        return np.mean(share)

    assert stacked("runs") > 0.6
    assert stacked("single") < 0.2


def test_rate(smap):
    """A rate is a part of the transmitted blocks."""
    assert lost(smap, damage(smap, rate=0.1)).size == round(0.1 * (1024 - 61))


@settings(max_examples=25, deadline=None)
@given(count=st.integers(0, 200), seed=st.integers(0, 2**31), kind=st.sampled_from(["runs", "single", "truncated"]))
def test_choice_is_a_subset_without_repetition(count, seed, kind):
    """Any number, seed and kind chooses that many different blocks of those sent, and the same again."""
    sent = np.arange(7, 407, 2)
    chosen = lost_blocks(sent, count=count, kind=kind, rng=np.random.default_rng(seed))
    again = lost_blocks(sent, count=count, kind=kind, rng=np.random.default_rng(seed))
    assert np.unique(chosen).size == chosen.size == count
    assert np.isin(chosen, sent).all()
    np.testing.assert_array_equal(chosen, again)


@pytest.mark.parametrize(
    ("options", "error", "match"),
    [
        ({"blocks": 2000}, ValueError, "2000 blocks cannot be lost"),
        ({"blocks": [0]}, ValueError, r"Blocks \[0\] cannot be lost"),
        ({"kind": "all"}, ValueError, "no kind of loss 'all'"),
        ({"blocks": "many"}, TypeError, "must be a number or the indices"),
        ({"blocks": 1.5}, TypeError, "must be a number or the indices"),
    ],
)
def test_errors(smap, options, error, match):
    """Impossible losses are refused."""
    with pytest.raises(error, match=match):
        damage(smap, **options)


def test_needs_a_map():
    """An array is refused with a hint."""
    with pytest.raises(TypeError, match="needs a sunpy map, not ndarray"):
        damage(np.zeros((32, 32)))
