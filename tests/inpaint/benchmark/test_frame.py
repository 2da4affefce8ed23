"""The input that a method gets of a frame."""

import numpy as np
import pytest

import sunpy.map

from sunpy_coronagraph_inpaint.evaluate import Entry
from sunpy_coronagraph_inpaint.inpaint.benchmark import BenchmarkFrame, FrameSet, InpaintSuite
from sunpy_coronagraph_inpaint.simulate import plain_corona


@pytest.fixture(scope="module")
def plain():
    """A plain artificial frame."""
    return BenchmarkFrame("plain", plain_corona(detector="C2", size=512), seed=4)


def test_nothing_leaks(moving):
    """The input of a method does not depend on the truth in the holes."""
    holes = moving.holes("20 x 32", seed=0)
    other = moving.smap.data.copy()
    other[holes] = 12345
    changed = BenchmarkFrame("changed", sunpy.map.Map(other, moving.smap.meta), moving.seed, moving.neighbors)
    for neighbors in (False, True):
        one, two = (c.damaged(holes, neighbors=neighbors) for c in (moving, changed))
        np.testing.assert_array_equal(one.data, two.data)
        np.testing.assert_array_equal(one.valid, two.valid)
        np.testing.assert_array_equal(one.profile.values, two.profile.values)
        for a, b in zip(one.neighbors, two.neighbors, strict=True):
            np.testing.assert_array_equal(a.data, b.data)
    assert not one.data[holes].any()
    assert not one.valid[holes].any()
    assert len(one.neighbors) == 2


def test_the_map_is_not_changed(plain):
    """Knocking blocks out does not change the map."""
    before = plain.smap.data.copy()
    plain.damaged(plain.holes("3 x 96", seed=0))
    np.testing.assert_array_equal(plain.smap.data, before)


def test_holes_lie_in_the_open_field(plain):
    """Holes consist of whole blocks with data, outside of the occulter, and depend on the seed."""
    holes = plain.holes("20 x 32", seed=0)
    assert set(plain.camera.grid.count(holes)) <= {0, 1024}
    assert (plain.smap.data[holes] > 0).all()
    y, x = np.nonzero(holes)
    assert np.hypot(x - plain.camera.center[0], y - plain.camera.center[1]).min() > plain.camera.occulter_radius
    assert (holes != plain.holes("20 x 32", seed=1)).any()
    np.testing.assert_array_equal(holes, plain.holes("20 x 32", seed=0))


def test_saturated_blocks_are_left_alone(plain):
    """Blocks with saturated pixels, of which the truth is not known, are not knocked out."""
    data = plain.smap.data.copy()
    holes = plain.holes("20 x 32", seed=0)
    y, x = (int(place[0]) for place in np.nonzero(holes))
    data[y : y + 8, x : x + 8] = 65532
    bright = BenchmarkFrame("bright", sunpy.map.Map(data, plain.smap.meta), plain.seed)
    for seed in range(10):
        assert not bright.holes("20 x 32", seed=seed)[y : y + 32, x : x + 32].any()


def test_holes_lie_across_the_ejection(moving):
    """Holes of a frame with an ejection lie where it is seen and moves."""
    holes = moving.holes("20 x 32", seed=0)
    usable = np.zeros(holes.shape, bool)
    for seed in range(30):
        usable |= BenchmarkFrame("quiet", moving.smap, moving.seed).holes("20 x 32", seed=seed)
    assert moving.signal[holes].mean() > moving.signal[usable].mean()


def test_frames_remember_nothing(plain):
    """Each entry gets a frame that shares the arrays, but no profile that another one has computed."""
    suite = InpaintSuite([FrameSet.of("plain", [plain])], holes=["20 x 32"], peers=False)
    (case,) = suite.cases()
    entry = Entry("any", lambda frame: frame.profile)
    first = suite.prepare(case, entry)
    assert first.profile is first.profile
    again = suite.prepare(case, entry)
    assert again.data is first.data
    assert "profile" not in vars(again)


def test_difference_is_refused():
    """Nothing is scored in % of a profile that is not positive."""
    smap = plain_corona(detector="C2", size=256)
    data = smap.data - np.median(smap.data)
    with pytest.raises(ValueError, match="cannot be scored"):
        BenchmarkFrame("difference", sunpy.map.Map(data, smap.meta), 1).profile  # noqa: B018
