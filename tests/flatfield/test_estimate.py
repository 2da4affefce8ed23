"""The background of a camera, fitted to frames."""

import numpy as np
import pytest

from sunpy_coronagraph_inpaint.flatfield.estimate import fit_background, flattened, spoiled

SHAPE = (1024, 1024)
CENTER = (500.0, 520.0)
Y, X = np.indices(SHAPE)
RADIUS = np.hypot(X - CENTER[0], Y - CENTER[1])
FIELD = RADIUS > 120


def pattern():
    """Smooth pattern of a camera, logarithm."""
    return 0.1 * np.sin(X / 80) * np.cos(Y / 90)


def frame_parts(seed=0, flat=0.0, change=0.0):
    """A frame with the pattern, noise, stars and a bias of 300, split into smooth part and rest."""
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
    """The flat is what pixels have in common in all frames; its noise falls with the number of frames."""
    inner = (RADIUS > 150) & (RADIUS < 450)
    dark = X % 16 == 0
    assert np.mean(fitted.flat[inner & dark]) - np.mean(fitted.flat[inner & ~dark]) == pytest.approx(-0.02, abs=0.003)
    assert np.std(fitted.flat[inner & ~dark]) < 0.008


def test_modes_are_what_differs():
    """One pattern of variation between frames is found, with a coefficient of standard deviation 1."""
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
    """Small images add to the modes and change neither template nor flat."""
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
    """A single frame is too few."""
    with pytest.raises(ValueError, match="Give at least two"):
        fit_background(parts[:number], center=CENTER, occulter_radius=120.0)


SATURATED = 16383.0


def with_venus(seed, row, column):
    """A frame with the pattern, a saturated planet, its glare, and its bleeding streak."""
    rng = np.random.default_rng(seed)
    data = 300 + 4e5 / (RADIUS + 30) * np.exp(pattern()) * (1 + 0.01 * rng.normal(size=SHAPE))
    distance = np.hypot(Y - row, X - column)
    data += 3e3 * np.exp(-distance / 8)
    data[np.abs(Y - row) < 2] += 400
    data[(distance < 9) | ((np.abs(Y - row) < 2) & (X > 200))] = SATURATED
    return data


def test_what_saturation_spoils():
    """Wings about each saturated pixel, whole rows about a streak, and the glare about a planet; nothing else."""
    bad = spoiled(with_venus(0, 765, 700), CENTER, 120.0, SATURATED)
    assert bad[752:779].all()
    distance = np.hypot(Y - 765, X - 700)
    assert bad[distance < 46].all()
    assert not bad[(np.abs(Y - 765) > 13) & (distance > 50)].any()
    ring = np.zeros(SHAPE)
    ring[520, 600:640] = SATURATED
    rows, columns = np.nonzero(spoiled(ring, CENTER, 120.0, SATURATED))
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (516, 524, 594, 645)
    assert not spoiled(np.full(SHAPE, SATURATED - 1), CENTER, 120.0, SATURATED).any()


def test_a_subsampled_frame_is_spoiled_alike():
    """In a frame subsampled by 8 about the same part of the sky is excluded."""
    frame = with_venus(0, 764, 700)
    whole = spoiled(frame, CENTER, 120.0, SATURATED)[::8, ::8]
    small = spoiled(frame[::8, ::8], tuple(c / 8 for c in CENTER), 15.0, SATURATED, factor=8)
    assert (small | ~whole).mean() > 0.96
    assert small.mean() < 2.5 * whole.mean()


def test_a_planet_in_all_frames_is_not_printed():
    """A planet in nearly the same place in all frames is in neither template nor flat nor modes."""
    fits = []
    for masked in (True, False):
        parts = []
        for seed in range(4):
            data = with_venus(seed, 763 + 2 * seed, 660 + 25 * seed)
            bad = spoiled(data, CENTER, 120.0, SATURATED) if masked else np.zeros(SHAPE, bool)
            parts.append(flattened(data, FIELD & ~bad, CENTER, 300.0))
        fits.append(fit_background(parts, center=CENTER, occulter_radius=120.0, n_modes=2))
    expected = pattern().reshape(256, 4, 256, 4).mean(axis=(1, 3))
    there = np.s_[180:202, 140:200]
    worst = []
    for fitted in fits:
        difference = (fitted.template - expected)[there]
        worst.append((np.abs(difference - np.median(difference)).max(), np.abs(fitted.modes[:, *there]).max()))
    assert worst[0][0] < 0.05 < worst[1][0]
    assert worst[0][1] < 0.05 < worst[1][1]
    assert np.abs(fits[0].flat[750:785, 560:800]).max() < 0.03
    assert np.abs(fits[1].flat[750:785, 560:800]).max() > 0.1


def test_one_good_frame_is_too_few():
    """Where only one frame is valid the flat is 0 and the template is extrapolated."""
    frames = [(np.full(SHAPE, 0.1), np.full(SHAPE, 0.02)) for _ in range(3)]
    patch = np.s_[600:640, 700:740]
    for smooth, rest in frames[1:]:
        smooth[patch] = rest[patch] = np.nan
    frames[0][0][patch], frames[0][1][patch] = 0.5, 0.04
    fitted = fit_background(frames, center=CENTER, occulter_radius=120.0)
    assert (fitted.flat[patch] == 0).all()
    np.testing.assert_allclose(fitted.flat[500:590, 700:740], 0.02, atol=1e-6)
    np.testing.assert_allclose(fitted.template, 0.1, atol=1e-6)


def test_what_one_frame_has_alone_is_no_mode():
    """A glare in one of several frames deviates from their median and is excluded."""
    frames = [(pattern(), np.zeros(SHAPE)) for _ in range(4)]
    frames[1] = (pattern() + 0.4 * np.exp(-((Y - 700) ** 2 + (X - 700) ** 2) / 2e3), np.zeros(SHAPE))
    fitted = fit_background(frames, center=CENTER, occulter_radius=120.0, n_modes=1)
    assert np.abs(fitted.modes).max() < 0.08
