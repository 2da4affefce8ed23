"""Neighbors in time."""

import numpy as np
import pytest

import astropy.units as u

import sunpy.map

from sunpy_coronagraph_inpaint import filled_mask, inpaint_map
from sunpy_coronagraph_inpaint.exceptions import NeighborWarning
from sunpy_coronagraph_inpaint.frames import CoronagraphFrame
from sunpy_coronagraph_inpaint.frames.neighbors import align, observation_time, sky_roll
from sunpy_coronagraph_inpaint.instruments import identify
from sunpy_coronagraph_inpaint.simulate import damage, plain_corona

pytestmark = pytest.mark.filterwarnings("ignore:Missing metadata for observer")

SIZE = 512


def _frame(minute=0, *, seed=1, exposure=25.1, detector="C2", **changes):
    """A frame of a corona that does not change, at a minute of the hour."""
    smap = plain_corona(detector=detector, seed=seed, size=SIZE, exposure=exposure * u.s)
    meta = smap.meta | {"time-obs": f"06:{minute:02d}:00.000"} | changes
    return sunpy.map.Map(smap.data, meta)


@pytest.fixture(scope="module")
def case():
    """A frame, the same with blocks lost, and which pixels those are."""
    truth = _frame(12)
    damaged = damage(truth, blocks=6, seed=5)
    return truth, damaged, truth.data != damaged.data


def _error(filled, truth, holes):
    return np.median(np.abs(filled.data[holes].astype(float) / truth.data[holes] - 1))


@pytest.mark.parametrize("order", [(0, 24), (24, 0), (0,), (24,), (0, 24, 36)])
def test_any_order(case, order):
    """Neighbors before and after, in any order and number, give what they show."""
    truth, damaged, holes = case
    filled = inpaint_map(damaged, method="temporal", neighbors=[_frame(minute) for minute in order])
    assert filled.meta["fillmeth"] == "temporal"
    assert _error(filled, truth, holes) < 0.002
    assert np.isfinite(filled.uncertainty.array[holes]).all()


def test_exposure_is_corrected(case):
    """A neighbor of twice the exposure time shows the same corona."""
    truth, damaged, holes = case
    filled = inpaint_map(damaged, method="temporal", neighbors=[_frame(0, exposure=50.2), _frame(24, exposure=12.5)])
    assert _error(filled, truth, holes) < 0.02


def test_summing_is_corrected():
    """A neighbor summed 2x2 by the on-board computer serves a frame that is not, and the other way round."""
    fine = plain_corona(detector="C2", seed=2, size=1024)
    coarse = plain_corona(detector="C2", seed=2, size=512)
    coarse = sunpy.map.Map(coarse.data, coarse.meta | {"time-obs": "07:00:00.000"})
    for truth, neighbor in ((fine, coarse), (coarse, fine)):
        damaged = damage(truth, blocks=4, seed=5)
        holes = damaged.data != truth.data
        filled = inpaint_map(damaged, method="temporal", neighbors=[neighbor])
        assert _error(filled, truth, holes) < 0.03


def test_half_turn_is_corrected():
    """A neighbor taken while the spacecraft was rolled by 180 degrees is turned back."""
    truth = _frame(12)
    whole = truth.meta | {"comprssn": "XZR", "datazer": 0}
    camera = identify(whole)
    # The corona on the sky is turned, the occulter and its vignetting are not: build the turned one from contrast.
    y, x = np.indices(truth.data.shape)
    angle = np.arctan2(y - camera.sun_center[1], x - camera.sun_center[0])
    distance = np.hypot(y - camera.sun_center[1], x - camera.sun_center[0])
    level = 4 * 600 + 4e5 / (40 + distance)
    streamer = 1 + 0.4 * np.exp(-(((angle - 0.5) / 0.2) ** 2))
    turned = 1 + 0.4 * np.exp(-(((np.abs(angle) - (np.pi - 0.5)) / 0.2) ** 2)) * (angle < 0)
    noise = np.random.default_rng(0).normal(0, 2, (2, *level.shape))
    now = sunpy.map.Map((level * streamer + noise[0]).astype(np.int32), whole)
    rolled_meta = whole | {"time-obs": "06:30:00.000", "crota1": 180.0, "crota2": 180.0}
    rolled = sunpy.map.Map((level * turned + noise[1]).astype(np.int32), rolled_meta)
    assert abs(sky_roll(rolled)) == pytest.approx(180)
    mask = np.zeros(level.shape, bool)
    row, column = (int(c + 120 * f) for c, f in zip(camera.sun_center[::-1], (np.sin(0.5), np.cos(0.5)), strict=True))
    mask[row - 16 : row + 16, column - 16 : column + 16] = True
    damaged = sunpy.map.Map(np.where(mask, 0, now.data), now.meta)
    filled = inpaint_map(damaged, mask=mask, neighbors=[rolled])
    assert _error(filled, now, mask) < 0.02


def test_missing_blocks_of_neighbors_are_not_used(case):
    """Where one neighbor misses the same block the other serves, and where all do the rim does."""
    truth, damaged, holes = case
    blind = damage(_frame(0), blocks=6, seed=5)
    with_one = inpaint_map(damaged, method="temporal", neighbors=[blind, _frame(24)])
    assert _error(with_one, truth, holes) < 0.002
    with pytest.raises(ValueError, match="No neighbor has data where the frame has holes"):
        inpaint_map(damaged, method="temporal", neighbors=[blind])


def test_partly_blind_neighbors(case):
    """Pixels that no neighbor has are filled from the rim."""
    _, damaged, holes = case
    lost = np.unique(np.nonzero(holes.reshape(16, 32, 16, 32).any(axis=(1, 3)).ravel())[0])
    blind = damage(_frame(0), blocks=lost[:1])
    filled = inpaint_map(damaged, method="temporal", neighbors=[blind])
    np.testing.assert_array_equal(filled_mask(filled), holes)
    assert (filled.data[holes] > 0).all()


def test_same_time_is_left_out(case):
    """The frame itself among its neighbors is left out with a warning."""
    truth, damaged, holes = case
    with pytest.warns(NeighborWarning, match="Neighbor 0 is of the same time"):
        filled = inpaint_map(damaged, method="temporal", neighbors=[damaged, _frame(24)])
    assert _error(filled, truth, holes) < 0.002


@pytest.mark.parametrize(
    ("neighbor", "match"),
    [
        (lambda: _frame(0, detector="C3"), "another camera"),
        (lambda: _frame(0, filter="Blue"), "another filter"),
        (lambda: _frame(0, polar="+60 Deg"), "another polar"),
        (lambda: _frame(0, exptime=0.0), "no exposure time"),
        (lambda: _frame(0, **{"date-obs": "", "time-obs": ""}), "no observation time"),
    ],
    ids=["detector", "filter", "polarizer", "exposure", "time"],
)
def test_refused_neighbors(case, neighbor, match):
    """A neighbor that no correction makes comparable is refused, with its number and the reason."""
    with pytest.raises(ValueError, match=match):
        inpaint_map(case[1], neighbors=[neighbor()])


def test_no_map():
    """Something that is not a map is refused by name."""
    damaged = damage(_frame(12), blocks=2)
    with pytest.raises(TypeError, match="takes a sunpy map, but was given"):
        inpaint_map(damaged, method="temporal", neighbors=["frame.fts"])


def test_motion_is_in_the_uncertainty(case):
    """Where the frames before and after differ, the standard deviation is larger."""
    _, damaged, holes = case
    quiet = inpaint_map(damaged, method="temporal", neighbors=[_frame(0), _frame(24)])
    other = _frame(24, seed=9)
    moving = inpaint_map(damaged, method="temporal", neighbors=[_frame(0), other])
    assert np.median(moving.uncertainty.array[holes]) > 2 * np.median(quiet.uncertainty.array[holes])


@pytest.mark.parametrize(
    ("meta", "expected"),
    [
        ({"date-obs": "2002/01/08", "time-obs": "02:18:05.594"}, "2002-01-08T02:18:05.594"),
        ({"date-obs": "2002-01-08T20:41:16.454", "time-obs": "        "}, "2002-01-08T20:41:16.454"),
        ({"date_obs": "2025/10/17", "time_obs": "00:06:07.495"}, "2025-10-17T00:06:07.495"),
    ],
)
def test_observation_time(meta, expected):
    """Date and clock time are put together from the keywords of every level."""
    assert observation_time(meta).isot == expected


@pytest.mark.parametrize("meta", [{}, {"date-obs": ""}, {"date-obs": "yesterday"}])
def test_no_observation_time(meta):
    """A header without a date that can be read has none."""
    assert observation_time(meta) is None


def test_real_sequence(lasco_files, real_map):
    """The frames of January 2002, hours apart, fill one another at the rim's level."""
    names = ("32082111.fts", "32082126.fts", "32082153.fts")
    before, truth, after = (real_map(next(p for p in lasco_files if p.name == name)) for name in names)
    damaged = damage(truth, blocks=10, seed=4)
    holes = damaged.data != truth.data
    filled = inpaint_map(damaged, method="temporal", neighbors=[before, after])
    assert _error(filled, truth, holes) < 0.02


def test_frame_of_no_known_camera():
    """Neighbors cannot be aligned with a frame without a camera, and the message says how to create one with it."""
    smap = _frame(12)
    bare = CoronagraphFrame(smap.data, smap.data > 0, smap.data < 0, (256.0, 256.0), 40.0)
    with pytest.raises(ValueError, match=r"a frame of a known camera. Create it with CoronagraphFrame.from_camera"):
        align(smap, bare, [_frame(24)])
