"""Tests of the two normalizations."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sunpy_coronagraph_inpaint.learning.normalization import HistogramEqualization, RadialNormalization


def _corona(size=256):
    """Brightness that falls as the cube of the distance, and the pixels from 2 to 6 solar radii."""
    y, x = (np.mgrid[:size, :size] - size / 2) * 12 / size
    distance = np.hypot(x, y)
    return 1e6 / np.maximum(distance, 0.1) ** 3, (distance > 2) & (distance < 6)


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 2**16), relative=st.booleans(), size=st.floats(1e-9, 1e6))
def test_radial_is_exactly_invertible(seed, relative, size):
    """There and back is the same to rounding, for values on both sides of zero, and for standard deviations."""
    rng = np.random.default_rng(seed)
    profile = size * rng.uniform(0.5, 2, (6, 7))
    data = profile * rng.normal(1, 0.3, profile.shape)
    valid = rng.random(profile.shape) > 0.3
    normalization = RadialNormalization.fit(data, valid, profile=profile, relative=relative)
    z = normalization.normalize(data)
    np.testing.assert_allclose(normalization.restore(z), data, rtol=1e-13, atol=1e-13 * size)
    std = normalization.restore_std(np.full(z.shape, 0.1), z)
    np.testing.assert_allclose(std, normalization.restore(z + 0.1) - data, rtol=1e-9)


@pytest.mark.parametrize("relative", [True, False])
def test_radial_scale(relative):
    """Known values have unit scatter afterwards; stars, holes and NaN do not change the scale."""
    rng = np.random.default_rng(0)
    profile = np.full((200, 200), 50.0)
    data = profile + rng.normal(0, 4, profile.shape)
    valid = np.ones(data.shape, bool)
    plain = RadialNormalization.fit(data, valid, profile=profile, relative=relative)
    assert np.std(plain.normalize(data)) == pytest.approx(1, rel=0.02)
    assert plain.scale == pytest.approx(4 / 50 if relative else 4, rel=0.02)
    spoiled = data.copy()
    spoiled[:10], valid[:10] = 1e9, False
    spoiled[10, :5] = np.nan
    spoiled[20:22] = 1e5
    other = RadialNormalization.fit(spoiled, valid, profile=profile, relative=relative)
    assert other.scale == pytest.approx(plain.scale, rel=0.03)
    assert np.isnan(other.normalize(spoiled)[10, :5]).all()


def test_radial_floor():
    """A frame without scatter is normalized to zeros by the floor."""
    profile = np.full((4, 4), 2.0)
    normalization = RadialNormalization.fit(profile, profile > 0, profile=profile, floor=0.25)
    assert normalization.scale == 0.25
    assert (normalization.normalize(profile) == 0).all()


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 2**16), knots=st.integers(2, 300), count=st.integers(1, 400))
def test_equalization_is_invertible_within_its_table(seed, knots, count):
    """There and back is the same to rounding, on the knots and between them, ties or not."""
    rng = np.random.default_rng(seed)
    data = np.exp(rng.normal(0, 2, count)).round(2)
    equalization = HistogramEqualization.fit(data, np.ones(count, bool), knots=knots)
    assert (np.diff(equalization.values) > 0).all()
    assert (np.diff(equalization.levels) > 0).all()
    # One rounding of a level is a step of brightness by the steepest piece of the table.
    steepest = np.max(np.diff(equalization.values) / np.diff(equalization.levels), initial=0)
    for values in (data, equalization.values):
        z = equalization.normalize(values)
        assert z.min() >= 0
        assert z.max() <= 1
        np.testing.assert_allclose(equalization.restore(z), values, rtol=1e-12, atol=1e-15 * (1 + steepest))


def test_equalization_makes_uniform():
    """The levels of the known pixels are uniform between 0 and 1."""
    data, valid = _corona()
    levels = HistogramEqualization.fit(data, valid).normalize(data[valid])
    shares, _ = np.histogram(levels, 10, (0, 1))
    np.testing.assert_allclose(shares / shares.sum(), 0.1, atol=0.005)


def test_equalization_loses_what_is_outside():
    """Values beyond the brightest known pixel come back as that pixel; NaN stays NaN."""
    data, valid = _corona()
    equalization = HistogramEqualization.fit(data, valid)
    back = equalization.restore(equalization.normalize(np.array([1e9, 0.0, np.nan])))
    np.testing.assert_array_equal(back, [data[valid].max(), data[valid].min(), np.nan])


@pytest.mark.parametrize(
    ("dtype", "documented"), [(torch.bfloat16, 2.4e-2), (torch.float16, 3.1e-3), (torch.float32, 1e-6)]
)
def test_equalization_loss_by_rounding(dtype, documented):
    """The greatest relative errors by the precision of the levels are those of the docstring; print(..) shows them."""
    data, valid = _corona(512)
    equalization = HistogramEqualization.fit(data, valid)
    levels = equalization.normalize(data[valid])
    np.testing.assert_allclose(equalization.restore(levels), data[valid], rtol=1e-14)
    rounded = torch.tensor(levels).to(dtype).double().numpy()
    loss = np.abs(equalization.restore(rounded) / data[valid] - 1).max()
    print(f"levels in {dtype}: brightness off by up to {loss:.2g}")  # noqa: T201
    assert 0.3 * documented < loss < documented
    # What rounding does to the other normalization, of the same corona with a noise of 1 %.
    noisy = data * np.random.default_rng(0).normal(1, 0.01, data.shape)
    radial = RadialNormalization.fit(noisy, valid, profile=data)
    back = radial.restore(torch.tensor(radial.normalize(noisy)).to(dtype).double().numpy())
    assert np.abs(back / noisy - 1)[valid].max() < 0.02 * loss


def test_equalization_error_of_a_level():
    """An error of 0.001 in level is up to 1.4 % of the brightness."""
    data, valid = _corona(512)
    equalization = HistogramEqualization.fit(data, valid)
    levels = equalization.normalize(data[valid])
    errors = [np.abs(equalization.restore(levels + step) / data[valid] - 1).max() for step in (-0.001, 0.001)]
    assert max(errors) == pytest.approx(0.014, rel=0.02)


def test_equalization_std():
    """The standard deviation follows the slope of the inverse."""
    equalization = HistogramEqualization(np.array([0.0, 10.0, 30.0]), np.array([0.0, 0.5, 1.0]))
    np.testing.assert_allclose(equalization.restore_std(np.array([0.1, 0.1]), np.array([0.25, 0.75])), [2.0, 4.0])


def test_equalization_of_a_constant():
    """One and the same value everywhere comes back."""
    data = np.full((3, 3), 7.0)
    equalization = HistogramEqualization.fit(data, data > 0)
    assert equalization.values.tolist() == [7.0]
    assert (equalization.restore(equalization.normalize(data)) == 7).all()


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda x, v: RadialNormalization.fit(x, v & False, profile=x), "No valid pixel is finite"),
        (lambda x, v: RadialNormalization.fit(x * np.nan, v, profile=x), "No valid pixel is finite"),
        (lambda x, v: RadialNormalization.fit(x, v, profile=x - 1), "Subtract it with relative=False"),
        (lambda x, v: HistogramEqualization.fit(x, v & False), "No valid pixel is finite"),
        (lambda x, v: HistogramEqualization.fit(x, v, knots=1), "Give at least 2"),
    ],
)
def test_bad_input(make, match):
    """Nothing to take a scale from, a profile of zero and a table of one knot are refused."""
    with pytest.raises(ValueError, match=match):
        make(np.ones((2, 2)), np.ones((2, 2), bool))
