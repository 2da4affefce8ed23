"""Standard deviations of methods that have none of their own."""

import numpy as np
import pytest
from scipy import ndimage

from sunpy_coronagraph_inpaint.frames.support_bins import SupportBins, bin_annulus
from sunpy_coronagraph_inpaint.inpaint.interpolation_error import interpolation_std
from tests.inpaint.artificial import hole

SHAPE = (128, 128)
BLOCK = hole(SHAPE, np.s_[48:80, 48:80])


def spread(image, holes, share=0.5):
    """Standard deviations on the holes of an image."""
    support = bin_annulus(image, ~holes, holes, size=8, depth=24)
    return interpolation_std(support, ~holes, holes, share=share)


def structure(seed=0, size=10):
    """A smooth random surface of one standard deviation."""
    surface = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=SHAPE), size, mode="wrap")
    return surface / surface.std()


def test_noise_alone():
    """Where there is nothing but noise, the standard deviation is that of the noise."""
    std = spread(np.random.default_rng(0).normal(size=SHAPE), BLOCK)
    assert std.min() == pytest.approx(1, rel=0.1)
    assert std.max() == pytest.approx(1, rel=0.2)


def test_structure_grows_with_depth():
    """The contribution of structure grows with distance from the boundary, scaled by the fraction missed."""
    image = structure() + 0.01 * np.random.default_rng(1).normal(size=SHAPE)
    std = np.zeros(SHAPE)
    std[BLOCK] = spread(image, BLOCK)
    assert std[64, 64] > 1.4 * std[48, 64]
    # The scatter within a bin of eight pixels is there at any share.
    floor, some, more = (spread(image, BLOCK, share=share) for share in (0.0, 0.5, 1.0))
    assert np.ptp(floor) == 0
    np.testing.assert_allclose(more**2 - floor**2, 4 * (some**2 - floor**2))


def test_one_side_alone():
    """Where only one side of the hole is known, all of the structure is missed."""
    image = structure() + 0.01 * np.random.default_rng(1).normal(size=SHAPE)
    edge = hole(SHAPE, np.s_[96:, 96:])
    np.testing.assert_array_equal(spread(image, edge, share=0.1), spread(image, edge, share=0.9))


def test_too_few_cells():
    """With two bins there is no structure function, only scatter."""
    few = SupportBins(*np.ones((4, 2)), 0.5, 0.7)
    np.testing.assert_array_equal(interpolation_std(few, ~BLOCK, BLOCK, share=0.5), np.full(1024, 0.7))
