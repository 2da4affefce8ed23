"""Filters over valid pixels, block means, scatter and spikes."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from astropy.stats import mad_std as astropy_mad_std

from sunpy_coronagraph_inpaint.frames.masked import masked_mean, masked_sum
from sunpy_coronagraph_inpaint.frames.spikes import find_spikes
from sunpy_coronagraph_inpaint.frames.statistics import block_mean, mad_std

BOX = partial(ndimage.uniform_filter, size=5, mode="constant")


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**16), share=st.floats(0.1, 1.0))
def test_mean_of_the_valid_pixels(seed, share):
    """The masked box filter is the mean of the valid pixels of each box, whatever the others hold."""
    rng = np.random.default_rng(seed)
    image, valid = rng.normal(5, 1, (20, 24)), rng.random((20, 24)) < share
    mean, weight = masked_mean(BOX, np.where(valid, image, np.nan), valid, least=1e-12, otherwise=-1.0)
    padded = np.pad(np.where(valid, image, np.nan), 2, constant_values=np.nan)
    boxes = np.lib.stride_tricks.sliding_window_view(padded, (5, 5)).reshape(20, 24, 25)
    reached = np.isfinite(boxes).any(axis=2)
    np.testing.assert_allclose(mean[reached], [np.nanmean(box) for box in boxes[reached]], rtol=1e-9)
    assert (mean[~reached] == -1).all()
    np.testing.assert_allclose(weight, np.isfinite(boxes).sum(axis=2) / 25, atol=1e-12)


def test_a_floor_lets_the_mean_fade():
    """With a floor every pixel is divided, and far from valid ones the mean goes to 0."""
    image, valid = np.full((1, 40), 7.0), np.zeros((1, 40), bool)
    valid[0, 0] = True
    mean, _ = masked_mean(partial(ndimage.gaussian_filter, sigma=2.0), image, valid, floor=1e-2)
    assert mean[0, 0] == pytest.approx(7)
    assert np.all(np.diff(mean[0]) <= 1e-12)
    assert mean[0, -1] == 0


def test_kernels_of_another_shape():
    """An interpolation is a linear filter, too."""
    image, valid = np.arange(16.0).reshape(4, 4), np.ones((4, 4), bool)
    valid[1, 1] = False
    read = partial(ndimage.map_coordinates, coordinates=([1.0, 1.5], [1.0, 2.0]), order=1)
    total, weight = masked_sum(read, image, valid)
    np.testing.assert_allclose(total, [0, 8])
    np.testing.assert_allclose(weight, [0, 1])


def test_block_mean():
    """Blocks of equal and of unequal sides are averaged."""
    image = np.arange(48.0).reshape(6, 8)
    np.testing.assert_array_equal(block_mean(image, 2)[0], [4.5, 6.5, 8.5, 10.5])
    assert block_mean(image, (3, 8)).shape == (2, 1)
    with pytest.raises(ValueError, match="reshape"):
        block_mean(image, 5)


def test_robust_scatter():
    """It is that of astropy to its five digits, is not moved by outliers, and takes a center."""
    values = np.random.default_rng(0).normal(3, 2, 999)
    assert mad_std(values) == pytest.approx(astropy_mad_std(values), rel=1e-5)
    spoiled = np.r_[values, np.full(99, 1e6)]
    assert mad_std(spoiled) == pytest.approx(2, rel=0.2)
    assert mad_std(values, center=0.0) == pytest.approx(1.4826 * np.median(np.abs(values)))


@pytest.mark.parametrize(("both", "expected"), [(True, 2), (False, 1)])
def test_spikes(both, expected):
    """Single pixels that stick out are found, dark ones where these count, and slopes are not."""
    image = np.tile(np.linspace(0, 50, 32), (32, 1))
    image[5, 5] += 10
    image[20, 9] -= 10
    spikes, median = find_spikes(image, 5, 6.0, both=both)
    assert spikes.sum() == expected
    assert spikes[5, 5]
    assert median[5, 5] == pytest.approx(50 / 31 * 5, abs=2)


def test_threshold_from_the_brightness():
    """A threshold may follow the brightness, as noise does."""
    image = np.full((16, 32), 100.0)
    image[:, 16:] = 10_000.0
    image[8, 4] += 60
    image[8, 28] += 60
    spikes, _ = find_spikes(image, (1, 5), lambda level: 3 * np.sqrt(level), both=False)
    assert np.argwhere(spikes).tolist() == [[8, 4]]
