"""The arrays of one frame: radial profile, normalization, regions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sunpy_coronagraph_inpaint.frames import CoronagraphFrame, RadialProfile, find_dropouts
from sunpy_coronagraph_inpaint.simulate import damage, plain_corona
from tests.inpaint.artificial import corona, hole, noise

SHAPE = (160, 160)
CENTER = (80.0, 80.0)


def make(data, holes, valid=None):
    """Make a frame around the middle."""
    return CoronagraphFrame(data, ~holes if valid is None else valid, holes, CENTER, 8.0)


# ------------------------------------------------------------------------------------------------------ profile


@pytest.mark.parametrize("dtype", [">i2", "i4", "u2", "f4", ">f4", "f8"])
def test_profile_follows_a_ring(dtype):
    """A frame that depends on the radius alone is its own profile, whatever its type."""
    y, x = np.indices(SHAPE)
    data = (2e5 / (np.hypot(x - 80, y - 80) + 30)).astype(dtype)
    profile = RadialProfile(data, np.ones(SHAPE, bool), CENTER)
    ratio = data / profile(np.s_[:, :])
    assert profile.relative
    assert np.abs(ratio[np.hypot(x - 80, y - 80) > 5] - 1).max() < 0.02  # a ring is one pixel wide


@pytest.mark.parametrize("thing", ["stars", "cosmic rays", "comet", "pylon"])
def test_profile_is_not_bent(thing):
    """What covers a tenth of a ring moves its median by a tenth of its structure (here 10 %), not by its brightness."""
    rng = np.random.default_rng(1)
    data = corona() + noise(SHAPE)
    plain = RadialProfile(data, np.ones(SHAPE, bool), CENTER).values
    if thing == "stars":
        for y, x in rng.integers(3, 157, (60, 2)):
            data[y - 1 : y + 2, x - 1 : x + 2] += 3000
    elif thing == "cosmic rays":
        data[rng.random(SHAPE) < 0.05] += 8000
    elif thing == "comet":
        data[100:112, 20:140] = 16383
    else:
        data[70:90, :70] *= 0.1
    bent = RadialProfile(data, np.ones(SHAPE, bool), CENTER).values
    rings = np.s_[45:75]
    assert np.abs(bent / plain - 1)[rings].max() < 0.04
    assert np.median(np.abs(bent / plain - 1)[rings]) < 0.025


def test_rings_without_data():
    """Rings that hold no valid pixel are interpolated, and both ends go on as they are."""
    y, x = np.indices(SHAPE)
    radius = np.hypot(x - 80, y - 80)
    valid = (radius > 10) & (radius < 60) & ~((radius > 30) & (radius < 40))
    values = RadialProfile(1000.0 - 5 * radius, valid, CENTER).values
    np.testing.assert_allclose(values[30:41], 1000 - 5 * np.arange(30, 41), atol=3)
    assert np.ptp(values[:10]) < 15
    assert np.ptp(values[62:]) < 15


def test_center_outside():
    """The center may lie outside the frame, as in a cropped map."""
    data = corona(center=(-200.0, 400.0))
    profile = RadialProfile(data, np.ones(SHAPE, bool), (-200.0, 400.0))
    assert np.abs(data / profile(np.s_[:, :]) - 1).max() < 0.25


@pytest.mark.parametrize(
    ("data", "relative"),
    [
        (corona() + noise(SHAPE), True),
        (noise(SHAPE), False),
        (0.5 + noise(SHAPE), False),  # a difference that is positive on the whole
        (-corona(), False),
        (np.full(SHAPE, 7), True),
        (np.zeros(SHAPE), False),
        (1e-12 * corona(), True),
    ],
    ids=["corona", "difference", "positive difference", "negative", "constant", "zero", "brightness"],
)
def test_divided_or_subtracted(data, relative):
    """A frame of brightness is divided by its profile, a difference of two has it subtracted."""
    assert RadialProfile(data, np.ones(SHAPE, bool), CENTER).relative is relative


# -------------------------------------------------------------------------------------------------------- frame


@pytest.mark.parametrize(
    ("data", "valid", "holes", "match"),
    [
        (np.ones((4, 4)), np.ones((4, 5), bool), np.zeros((4, 4), bool), "must be 2-D arrays of one shape"),
        (np.ones((4, 4)), np.ones((4, 4), bool), np.zeros((5, 4), bool), "must be 2-D arrays of one shape"),
        (np.ones((2, 4, 4)), np.ones((2, 4, 4), bool), np.zeros((2, 4, 4), bool), "must be 2-D arrays"),
        (np.ones((4, 4)), np.zeros((4, 4), bool), np.ones((4, 4), bool), "No valid pixel is left"),
        (np.full((4, 4), np.nan), np.ones((4, 4), bool), np.zeros((4, 4), bool), "No valid pixel is left"),
        (np.ones((4, 4)), np.ones((4, 4), bool), np.ones((4, 4), bool), "No valid pixel is left"),
    ],
)
def test_bad_frames(data, valid, holes, match):
    """Arrays that do not fit together, or leave nothing to fill from, are refused."""
    with pytest.raises(ValueError, match=match):
        CoronagraphFrame(data, valid, holes, (2.0, 2.0), 1.0)


def test_valid_pixels():
    """Nothing is learned from holes, from what is not finite, nor from a saturated streak and the pixels beside it."""
    data = corona() + noise(SHAPE)
    data[5, 5], data[5, 6] = np.nan, -np.inf
    data[100:104, 20:90] = 16383
    holes = hole(SHAPE, np.s_[104:120, 40:60])
    frame = make(data, holes, np.ones(SHAPE, bool))
    expected = ~holes
    expected[5, 5:7] = False
    expected[98:106, 18:92] = False
    np.testing.assert_array_equal(frame.valid, expected)
    assert frame.limits[1] < 16383


def test_a_constant_is_not_saturated():
    """A frame of one value, and one with a few equal maxima, keep all their pixels."""
    nothing = np.zeros(SHAPE, bool)
    assert make(np.full(SHAPE, 7), nothing).valid.all()
    data = noise(SHAPE)
    data[10, 10:20] = 1e3
    assert make(data, nothing).valid.all()


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**16),
    scale=st.sampled_from([1e-12, 1.0, 1e4]),
    kind=st.sampled_from(["brightness", "difference"]),
    box=st.tuples(*[st.integers(0, 150)] * 2, *[st.integers(1, 80)] * 2),
)
def test_restore_is_the_inverse_of_normalize(seed, scale, kind, box):
    """What was normalized comes back to a few units in the last place, inside the frame's limits."""
    data = scale * (noise(SHAPE, seed) + (corona() if kind == "brightness" else 0))
    holes = hole(SHAPE, np.s_[box[0] : box[0] + box[2], box[1] : box[1] + box[3]])
    everything = make(data, np.zeros(SHAPE, bool))
    assert everything.profile.relative is (kind == "brightness")
    for region in make(data, holes).regions(margin=8):
        normalized = everything.normalize(region.window)[region.holes]
        values, std = everything.restore(normalized, np.abs(normalized), region)
        # A quotient times its divisor is off by one unit in the last place, a difference plus what was taken by two.
        np.testing.assert_allclose(values, data[region.window][region.holes], rtol=1e-15, atol=1e-14 * scale * 100)
        assert np.isfinite(std).all()


def test_restore_keeps_the_limits():
    """Values beyond anything measured are cut down to what was."""
    data = corona()
    holes = hole(SHAPE, np.s_[20:30, 20:30])
    frame = make(data, holes)
    region = frame.regions(margin=8)[0]
    values, std = frame.restore(np.r_[np.full(50, -9.0), np.full(50, 99.0)], np.full(100, 0.1), region)
    assert set(values) == set(frame.limits)
    np.testing.assert_allclose(std, 0.1 * frame.profile(region.window)[region.holes])


# ------------------------------------------------------------------------------------------------------ regions


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**16), share=st.floats(0.001, 0.6), margin=st.integers(1, 48))
def test_regions_cover_every_hole_once(seed, share, margin):
    """Every pixel of the holes is in one region, whose window holds valid pixels, and finds its way back."""
    rng = np.random.default_rng(seed)
    holes = rng.random(SHAPE) < share
    holes[20:50, 60:100] = True
    frame = make(corona(), holes)
    regions = frame.regions(margin)
    seen = np.zeros(SHAPE, int)
    for region in regions:
        seen[region.window] += region.holes
        assert frame.valid[region.window].any()
    np.testing.assert_array_equal(seen, holes)
    number = np.arange(holes.size).reshape(SHAPE)
    values, std = frame.assemble((r, number[r.window][r.holes], -number[r.window][r.holes]) for r in regions)
    np.testing.assert_array_equal(values, number[holes])
    np.testing.assert_array_equal(std, -number[holes])


def test_blocks_that_touch_by_a_corner():
    """A checkerboard is filled block by block: each has valid pixels on all sides."""
    board = np.kron(np.indices((5, 5)).sum(axis=0) % 2 == 0, np.ones((32, 32), bool)).astype(bool)
    assert len(make(corona(), board).regions(margin=24)) == 13


def test_blocks_side_by_side():
    """Blocks with a common side are one hole."""
    holes = hole(SHAPE, np.s_[32:64, 32:64], np.s_[32:64, 64:96], np.s_[64:96, 64:96])
    assert len(make(corona(), holes).regions(margin=24)) == 1


def test_thousands_of_bad_pixels():
    """Single bad pixels are taken together, so that filling them does not take one system of equations each."""
    holes = np.random.default_rng(0).random(SHAPE) < 0.05
    assert holes.sum() > 1000
    assert len(make(corona(), holes).regions(margin=24)) <= 25


def test_window_grows_until_it_finds_something():
    """The window of a hole amid pixels without data reaches to the nearest that have some."""
    holes, valid = hole(SHAPE, np.s_[70:90, 70:90]), hole(SHAPE, np.s_[:30])
    (region,) = make(corona(), holes, valid).regions(margin=8)
    assert np.count_nonzero(valid[region.window]) >= 64


def test_frame_of_a_known_camera():
    """Geometry, bias and exposure come from the camera, what holds no data is not valid, and options override."""
    smap = damage(plain_corona(detector="C2", size=256), blocks=[2, 3])
    dropouts = find_dropouts(smap)
    camera = dropouts.camera
    frame = CoronagraphFrame.from_camera(smap.data, camera, dropouts.mask)
    known = frame.center, frame.solar_radius, frame.bias, frame.exposure
    assert known == (camera.center, camera.solar_radius, camera.bias, camera.exposure)
    assert frame.camera is camera
    assert not (frame.valid & dropouts.no_data).any()
    assert frame.holes.sum() == 2 * 1024
    other = CoronagraphFrame.from_camera(smap.data, camera, valid=smap.data > 1000, bias=0.0, time=60.0)
    assert (other.bias, other.time, other.holes.any()) == (0.0, 60.0, False)
    assert not other.valid[smap.data <= 1000].any()
