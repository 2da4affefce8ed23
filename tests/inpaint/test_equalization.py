"""Tests of the histogram equalization."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sunpy_coronagraph_inpaint.inpaint.network.corkit import HistogramEqualization


def _corona(size=256):
    """Brightness that falls as the cube of the distance, and the pixels from 2 to 6 solar radii."""
    y, x = (np.mgrid[:size, :size] - size / 2) * 12 / size
    distance = np.hypot(x, y)
    return 1e6 / np.maximum(distance, 0.1) ** 3, (distance > 2) & (distance < 6)


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 2**16), knots=st.integers(2, 300), count=st.integers(1, 400))
def test_equalization_is_invertible_within_its_table(seed, knots, count):
    """The inverse is exact to rounding, on the knots and between them, with and without ties."""
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


def test_equalization_error_of_a_level():
    """An error of 0.001 in level is up to 1.4 % of the brightness."""
    data, valid = _corona(512)
    equalization = HistogramEqualization.fit(data, valid)
    levels = equalization.normalize(data[valid])
    errors = [np.abs(equalization.restore(levels + step) / data[valid] - 1).max() for step in (-0.001, 0.001)]
    assert max(errors) == pytest.approx(0.014, rel=0.02)


def test_equalization_of_a_constant():
    """A constant is restored."""
    data = np.full((3, 3), 7.0)
    equalization = HistogramEqualization.fit(data, data > 0)
    assert equalization.values.tolist() == [7.0]
    assert (equalization.restore(equalization.normalize(data)) == 7).all()


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda x, v: HistogramEqualization.fit(x, v & False), "No valid pixel is finite"),
        (lambda x, v: HistogramEqualization.fit(x * np.nan, v), "No valid pixel is finite"),
        (lambda x, v: HistogramEqualization.fit(x, v, knots=1), "Give at least 2"),
    ],
)
def test_bad_input(make, match):
    """Data without a valid finite pixel and a table of one knot are refused."""
    with pytest.raises(ValueError, match=match):
        make(np.ones((2, 2)), np.ones((2, 2), bool))
