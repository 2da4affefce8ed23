"""The process behind kriging."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sunpy_coronagraph_inpaint.frames.polar_grid import Polar
from sunpy_coronagraph_inpaint.inpaint.gaussian_process import fit_robust


def positions(n=200, seed=0, reach=80.0):
    """Positions along and across the radius, none near the middle."""
    rng = np.random.default_rng(seed)
    at = rng.uniform(-reach, reach, (2, 4 * n))
    at = at[:, np.hypot(*at) > 25][:, :n]
    return at[0], at[1]


def wave(at):
    """Structure across the radius."""
    return 0.02 * np.sin(at[1] / 25)


def fit(noise=1e-3, drift=None, change=0.0, scale=1.0):
    """Fit the process to noisy values of the wave."""
    at = positions()
    value = wave(at) + change + np.random.default_rng(1).normal(0, noise, at[0].size)
    return fit_robust(at, value, np.ones(value.size), noise, scale, drift)


INSIDE = tuple(axis.ravel() for axis in np.mgrid[-15:16:5, -15:16:5].astype(float))


@settings(max_examples=50, deadline=None)
@given(
    x=st.floats(-300, 300), y=st.floats(-300, 300), dy=st.floats(-50, 50), dx=st.floats(-50, 50)
)  # fmt: skip
def test_coordinates_come_back(x, y, dy, dx):
    """`inverse` undoes the coordinates wherever the hole is, but in the Sun's own pixel."""
    hole = np.array([100.0, 101.0]), np.array([200.0, 201.0])
    polar = Polar.about((x, y), *hole)
    at = np.array([100.5 + dy]), np.array([200.5 + dx])
    if np.hypot(at[0] - y, at[1] - x)[0] < 1:
        return
    back = polar.inverse(*polar(*at))
    np.testing.assert_allclose(back, at, atol=1e-6)


def test_coordinates_of_the_middle():
    """The middle of the hole is 0, one pixel outwards is 1 along, one pixel across is 1 across."""
    polar = Polar.about((0.0, 0.0), np.array([0.0]), np.array([200.0]))
    np.testing.assert_allclose(polar(np.array([0.0]), np.array([200.0])), 0, atol=1e-12)
    np.testing.assert_allclose(polar(np.array([0.0]), np.array([201.0])), [[1], [0]], atol=0.01)
    np.testing.assert_allclose(polar(np.array([1.0]), np.array([200.0])), [[0], [1]], atol=0.01)


def test_structure_is_predicted():
    """In the middle of the support the process is right within what it says, and far from zero."""
    mean, std = fit().predict(INSIDE)
    assert np.abs(mean - wave(INSIDE)).max() < 4e-3
    pull = (mean - wave(INSIDE)) / std
    assert np.sqrt(np.mean(pull**2)) < 2


def test_far_away_little_is_known():
    """The standard deviation grows with the distance from the support."""
    process = fit()
    far = np.array([0.0]), np.array([600.0])
    assert process.predict(far)[1][0] > 5 * process.predict(INSIDE)[1].max()


def test_outliers_are_left_out():
    """Bins that the others cannot predict change the answer by little."""
    at = positions()
    value = wave(at) + np.random.default_rng(1).normal(0, 1e-3, at[0].size)
    bad = value.copy()
    bad[:6] += 0.3
    clean, robust = (fit_robust(at, v, np.ones(v.size), 1e-3, 1.0) for v in (value, bad))
    assert robust.weights.size <= value.size - 6
    assert np.abs(robust.predict(INSIDE)[0] - clean.predict(INSIDE)[0]).max() < 4e-3


def test_drift_is_found():
    """A pattern of which the frame holds an unknown amount is continued where the process alone knows nothing."""
    at = positions()
    pattern = 0.05 * np.sign(at[0] - 5) * (np.abs(at[0] - 5) < 60)
    value = 1.3 * pattern + np.random.default_rng(1).normal(0, 1e-3, at[0].size)
    with_drift = fit_robust(at, value, np.ones(value.size), 1e-3, 1.0, pattern[:, None])
    inside = 0.05 * np.sign(INSIDE[0] - 5)
    inside[INSIDE[0] == 5] = 0
    mean, _ = with_drift.predict(INSIDE, inside[:, None])
    alone, _ = fit_robust(at, value, np.ones(value.size), 1e-3, 1.0).predict(INSIDE)
    assert np.abs(mean - 1.3 * inside).max() < 0.2 * np.abs(alone - 1.3 * inside).max()


def test_drift_of_nothing_is_no_drift():
    """Patterns of zero leave the answer as it is."""
    plain, with_zeros = fit(), fit(drift=np.zeros((200, 3)))
    np.testing.assert_allclose(with_zeros.predict(INSIDE)[0], plain.predict(INSIDE)[0], atol=1e-9)


@pytest.mark.parametrize("value", [0.0, 1.0, -1e6, 1e-12])
def test_constant_support(value):
    """Where all bins are equal the answer is that value, and nothing is divided by zero."""
    at = positions(40)
    process = fit_robust(at, np.full(40, value), np.full(40, 16.0), 0.0, 1.0)
    mean, std = process.predict(INSIDE)
    np.testing.assert_allclose(mean, value, rtol=1e-3, atol=1e-9)
    assert np.isfinite(std).all()
