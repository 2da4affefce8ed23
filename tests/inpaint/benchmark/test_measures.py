"""Measures against values computed by hand."""

import numpy as np
import pytest

from sunpy_coronagraph_inpaint.inpaint.benchmark.measures import (
    MEASURES,
    block_errors,
    front_error,
    front_radius,
    hole_windows,
    power_ratios,
    score,
    similarity,
)
from sunpy_coronagraph_inpaint.inpaint.methods import Fill

from .arrays import holes_at, reference_of

SHAPE = (96, 128)
HOLES = holes_at(SHAPE, np.s_[32:64, 32:96])


def _score(values, std=None, data=None, **more):
    data = np.full(SHAPE, 50.0) if data is None else data
    std = np.full(values.shape, np.inf) if std is None else std
    return score(Fill(values[HOLES], std[HOLES]), reference_of(data, HOLES, **more))


def test_perfect_fill():
    """A perfect fill has no error, is as similar as can be, and has all the power."""
    data = np.random.default_rng(0).normal(50, 1, SHAPE).cumsum(axis=0)
    found = _score(data, np.ones(SHAPE), data, clean=data)
    for name in ("mae", "mae10", "mae_4x4", "bias", "offset", "rmse", "clean4"):
        assert found[name] == 0
    for name in ("ssim", "power_low", "power_high"):
        assert found[name] == pytest.approx(1)
    assert found["coverage_1sigma"] == found["coverage_2sigma"] == 100


def test_every_measure_has_its_column():
    """The scores are the columns of the table, in their order."""
    assert list(_score(np.full(SHAPE, 51.0))) == list(MEASURES)


def test_errors_by_hand():
    """One block is 2 too high, the other 1 too low; the profile is 100, so these are percent."""
    values = np.full(SHAPE, 50.0)
    values[:, 32:64] += 2
    values[:, 64:96] -= 1
    found = _score(values, np.full(SHAPE, 1.5), clean=np.full(SHAPE, 49.0))
    assert found["mae"] == found["mae10"] == found["mae_4x4"] == found["bias"] == pytest.approx(1.5)
    assert found["offset"] == pytest.approx(0.5)
    assert found["rmse"] == pytest.approx(np.sqrt((3**2 + 0) / 2))
    assert found["clean4"] == pytest.approx(1.5)
    assert found["coverage_1sigma"] == 50
    assert found["coverage_2sigma"] == 100


def test_errors_that_cancel_in_cells():
    """Alternating errors are seen by single pixels, not by means of 4x4 pixels nor by blocks."""
    sign = np.where(np.indices(SHAPE).sum(axis=0) % 2, 1.0, -1.0)
    found = _score(50 + 3 * sign)
    assert found["mae"] == pytest.approx(3)
    assert found["mae_4x4"] == pytest.approx(0, abs=1e-9)
    assert found["bias"] == pytest.approx(0, abs=1e-9)


def test_stars_are_left_out():
    """A star behind the hole counts in mae alone; the same pixels are left out for every fill."""
    data = np.full(SHAPE, 50.0)
    data[40, 40] = 250.0
    found = _score(np.full(SHAPE, 51.0), data=data)
    n = HOLES.sum()
    assert found["mae"] == pytest.approx((199 + (n - 1)) / n)
    assert found["mae10"] == found["mae_4x4"] == found["bias"] == pytest.approx(1)


def test_gross_errors_are_not_left_out():
    """A fill that is 20 % off everywhere is not taken for stars in means of pixels."""
    found = _score(np.full(SHAPE, 70.0))
    assert found["mae"] == found["mae_4x4"] == found["bias"] == pytest.approx(20)
    assert np.isnan(found["mae10"])


def test_what_does_not_apply_is_nan():
    """Measures are NaN without noise-free truth, standard deviation or running difference."""
    found = _score(np.full(SHAPE, 51.0))
    assert [name for name, value in found.items() if np.isnan(value)] == [
        "rmse", "clean4", "power_low", "power_high", "coverage_1sigma", "coverage_2sigma", "front_radius_error",
    ]  # fmt: skip


def test_one_infinite_std_is_no_interval():
    """A method without a standard deviation in some pixels has no coverage."""
    std = np.ones(SHAPE)
    std[40, 40] = np.inf
    assert np.isnan(_score(np.full(SHAPE, 51.0), std)["coverage_1sigma"])


def test_block_errors_need_pixels():
    """A square that is mostly spikes is left out."""
    error, spikes = np.ones((4, 8)), np.zeros((4, 8), bool)
    spikes[:, :3] = True
    np.testing.assert_array_equal(block_errors(error, spikes, np.ones((4, 8), bool), 4), [1])


def test_similarity_falls_with_the_error():
    """Similarity falls with the error of the structure; pixels outside the holes do not count."""
    rng = np.random.default_rng(1)
    truth = rng.normal(size=SHAPE).cumsum(axis=0).cumsum(axis=1)
    noise = rng.normal(size=SHAPE).cumsum(axis=0).cumsum(axis=1)
    found = [similarity(truth + amount * noise, truth, HOLES) for amount in (0, 0.1, 1)]
    assert found[0] == pytest.approx(1)
    assert found[0] > found[1] > found[2]
    assert similarity(np.where(HOLES, truth, 1e6), truth, HOLES) == pytest.approx(1)


def test_power_in_bands():
    """A long wave of half the amplitude has a quarter of the low power; a fill without grain has no high power."""
    x = np.arange(SHAPE[1]) + np.zeros(SHAPE)
    long, short = np.sin(2 * np.pi * x / 16), np.sin(2 * np.pi * x / 4)
    low, high = power_ratios(0.5 * long, long + short, HOLES, 32)
    assert low == pytest.approx(0.25, rel=1e-3)
    assert high < 1e-3


def test_a_star_does_not_rule_the_power():
    """One block with a star among many does not change the ratio much."""
    rng = np.random.default_rng(2)
    truth = rng.normal(size=(96, 320))
    holes = holes_at(truth.shape, np.s_[32:64, :])
    low, high = power_ratios(truth, truth, holes, 32)
    star = truth.copy()
    star[48, 48] = 1e4
    assert power_ratios(truth, star, holes, 32) == pytest.approx((low, high), rel=0.2)


def test_front_by_hand():
    """A front that is moved outward by 6 pixels is off by 6; without a front there is no number."""
    y, x = np.indices((128, 128))
    holes = holes_at((128, 128), np.s_[32:96, 32:96])
    radius = y.astype(float)

    def front(at):
        return 5 / (1 + np.exp((y - at) / 1.5)) + 0.0 * x

    assert front_error(front(66), front(60), holes, radius) == pytest.approx(6, abs=0.5)
    assert front_error(front(60), front(60), holes, radius) == 0
    assert np.isnan(front_error(front(60), np.zeros(y.shape), holes, radius))
    assert np.isnan(front_error(front(60), front(120), holes, radius))


def test_fill_without_a_front():
    """A fill in which nothing brightens has its front at the outer end of the hole."""
    y, _ = np.indices((64, 64))
    holes = holes_at((64, 64), np.s_[16:48, 16:48])
    truth = np.where(y < 32, 5.0, 0.0)
    assert front_error(np.zeros((64, 64)), truth, holes, y.astype(float)) == pytest.approx(45.5 - 31.5)


def test_front_radius_is_outside_of_the_peak():
    """Of two bright rings the brighter one counts, and of its two flanks the outer one."""
    radius = np.repeat(np.arange(0, 64, 4.0) + 2, 32)
    profile = np.interp(radius, [0, 10, 20, 30, 40, 50, 60], [0, 2, 0, 6, 6, 0, 0])
    found, inside = front_radius(profile, radius)
    assert inside
    assert found == pytest.approx(45, abs=0.5)


def test_windows_stay_inside():
    """Windows around holes are cut at the edge of the frame."""
    assert hole_windows(holes_at((40, 40), np.s_[0:8, 30:40]), 4) == [(slice(0, 12), slice(26, 40))]
