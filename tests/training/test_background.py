"""The background of a camera, fitted to frames."""

import numpy as np
import pytest

from sunpy_coronagraph_inpaint.training.background import fit_background, flattened

SHAPE = (1024, 1024)
CENTER = (500.0, 520.0)
Y, X = np.indices(SHAPE)
RADIUS = np.hypot(X - CENTER[0], Y - CENTER[1])
FIELD = RADIUS > 120


def pattern():
    """Smooth pattern of a camera, logarithm."""
    return 0.1 * np.sin(X / 80) * np.cos(Y / 90)


def frame_parts(seed=0, flat=0.0, change=0.0):
    """A frame with the pattern, noise, stars and a bias of 300, parted."""
    rng = np.random.default_rng(seed)
    data = 300 + 1e6 / (RADIUS + 30) * np.exp(pattern() + change) * (1 + flat) * (1 + 0.01 * rng.normal(size=SHAPE))
    data[rng.integers(0, 1024, 300), rng.integers(0, 1024, 300)] *= 5
    return flattened(data, FIELD, CENTER, 300.0)


@pytest.fixture(scope="module")
def parts():
    """Frames with a flat in which every 16th column is 2 % darker."""
    return [frame_parts(seed, -0.02 * (X % 16 == 0)) for seed in range(5)]


@pytest.fixture(scope="module")
def fitted(parts):
    """The background of those frames."""
    return fit_background(parts, center=CENTER, occulter_radius=120.0, n_modes=2)


def test_smooth_and_rest(parts):
    """The smooth part is the pattern up to the mean of its ring, and stars are in neither."""
    smooth, rest = parts[0]
    inner = (RADIUS > 150) & (RADIUS < 450)
    difference = (smooth - pattern())[inner]
    assert np.std(difference) < 0.05
    assert np.nanmax(np.abs(rest)) < 0.1
    assert np.isnan(smooth[RADIUS < 110]).all()


def test_flat_is_found(fitted):
    """What single pixels have in common in all frames is the flat; noise goes down with their number."""
    inner = (RADIUS > 150) & (RADIUS < 450)
    dark = X % 16 == 0
    assert np.mean(fitted.flat[inner & dark]) - np.mean(fitted.flat[inner & ~dark]) == pytest.approx(-0.02, abs=0.003)
    assert np.std(fitted.flat[inner & ~dark]) < 0.008


def test_modes_are_what_differs():
    """One pattern by which frames differ is found, with a coefficient of standard deviation 1."""
    wave = 0.05 * np.cos(X / 100)
    amounts = (-1.2, -0.6, 0.0, 0.6, 1.2)
    frames = [(pattern() + amount * wave, np.zeros(SHAPE)) for amount in amounts]
    background = fit_background(frames, center=CENTER, occulter_radius=120.0, n_modes=1)
    field = background.modes[0] != 0
    expected = np.sqrt(np.mean(np.square(amounts))) * wave.reshape(256, 4, 256, 4).mean(axis=(1, 3))
    sign = np.sign(np.sum(background.modes[0] * expected))
    np.testing.assert_allclose(sign * background.modes[0][field], expected[field], atol=2e-3)
    assert 0.3 < field.mean() < 0.9


def test_coarse_frames_widen_the_modes(parts):
    """Small pictures add to the modes and leave template and flat alone."""
    wave = 0.1 * np.cos(X / 100).reshape(128, 8, 128, 8).mean(axis=(1, 3))
    template = pattern().reshape(128, 8, 128, 8).mean(axis=(1, 3))
    options = {"center": CENTER, "occulter_radius": 120.0, "n_modes": 1}
    plain, wider = (
        fit_background(parts, coarse=coarse, **options) for coarse in ((), (template + wave, template - wave))
    )
    np.testing.assert_array_equal(wider.template, plain.template)
    np.testing.assert_array_equal(wider.flat, plain.flat)
    assert np.std(wider.modes[0]) > 2 * np.std(plain.modes[0])


@pytest.mark.parametrize("number", [0, 1])
def test_too_few(parts, number):
    """What frames have in common is not known of one."""
    with pytest.raises(ValueError, match="Give at least two"):
        fit_background(parts[:number], center=CENTER, occulter_radius=120.0)
