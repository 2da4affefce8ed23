"""Robust means around a hole."""

import numpy as np
import pytest

from sunpy_coronagraph_inpaint.frames.support_bins import bin_annulus, replace_outliers
from tests.inpaint.artificial import NOISE, corona, hole, noise

SHAPE = (112, 112)
HOLE = hole(SHAPE, np.s_[40:72, 40:72])


def around(image, valid=None, **options):
    """Average around the hole in the middle."""
    return bin_annulus(image, ~HOLE if valid is None else valid, HOLE, **{"size": 8, "depth": 24} | options)


def test_means_and_noise():
    """Cells hold the mean of their pixels, at their middle; the noise is that of a pixel."""
    found = around(noise(SHAPE) + np.indices(SHAPE)[1])
    assert found.count.max() == 64
    np.testing.assert_allclose(found.value, found.x, atol=5 * NOISE / 4)
    assert np.std((found.value - found.x) * np.sqrt(found.count)) == pytest.approx(NOISE, rel=0.1)
    assert found.noise == pytest.approx(NOISE, rel=0.1)
    assert found.scatter == pytest.approx(NOISE, rel=0.1)


def test_nearer_cells_are_smaller():
    """Beside the hole the cells have half the side, and none lies further than the depth."""
    found = around(noise(SHAPE))
    distance = np.maximum(np.abs(found.x - 55.5), np.abs(found.y - 55.5)) - 15.5
    assert found.count[distance < 7].max() == 16
    assert found.count[distance > 9].max() == 64
    assert distance.max() < 24


def test_stars_do_not_count():
    """Stars change neither noise nor means, but for a cell of 4x4 pixels that is mostly star."""
    image = noise(SHAPE)
    plain = around(image)
    for y, x in np.random.default_rng(3).integers(2, 110, (25, 2)):
        image[y - 1 : y + 2, x - 1 : x + 2] += 5000
    starry = around(image)
    assert starry.noise == pytest.approx(plain.noise, rel=0.1)
    assert np.mean(np.abs(starry.value) < 2 * NOISE) > 0.97


def test_equal_pixels():
    """In an 8-bit picture most pixels of a cell are equal; the mean is still a mean."""
    image = np.floor(0.3 + 0.25 * noise(SHAPE) / NOISE + np.random.default_rng(0).random(SHAPE) * 0.5)
    found = around(image)
    assert found.noise > 0
    big = found.count > 40
    assert np.median(np.abs(found.value[big] - image[~HOLE].mean())) < 0.1


@pytest.mark.parametrize(
    ("valid", "finite"),
    [
        (hole(SHAPE, np.s_[10:11, :]), True),
        (hole(SHAPE, np.s_[:, 110:112]), True),
        (hole(SHAPE, np.s_[10:12, 10:12]), True),
        (hole(SHAPE, np.s_[10, 10]), False),
        (np.random.default_rng(0).random(SHAPE) < 0.05, True),
    ],
    ids=["row", "columns", "four", "one", "a few"],
)
def test_few_pixels(valid, finite):
    """However few pixels are valid there is a cell; of fewer than four nobody can tell the scatter."""
    found = around(noise(SHAPE), valid & ~HOLE)
    assert found.value.size >= 1
    assert np.isfinite(found.value).all()
    assert (found.count > 0).all()
    assert np.isfinite(found.noise)
    assert np.isfinite(found.scatter) is np.bool_(finite)


def test_a_star_on_the_rim_is_replaced():
    """A star that touches the hole is replaced by its surroundings, a bright streamer on the rim is not."""
    image = corona(SHAPE, (56.0, -300.0)) / corona(SHAPE, (56.0, -300.0)).mean()
    image[:, 60:] *= 1.5
    image += 0.01 * noise(SHAPE) / NOISE
    starry = image.copy()
    for y, x in ((38, 50), (73, 66), (50, 38), (60, 73)):
        starry[y - 1 : y + 2, x - 1 : x + 2] += 3
    clean = replace_outliers(starry, ~HOLE, around(starry))
    assert np.abs(clean - image)[~HOLE].max() < 0.2
    same = replace_outliers(image, ~HOLE, around(image))
    assert np.mean(same[~HOLE] == image[~HOLE]) > 0.99


def test_pixels_without_data_follow_their_neighborhood():
    """A pixel of the hole holds what the nearest cell does, so that the rim is not compared with nothing."""
    image = np.where(HOLE, -999.0, 5.0 + np.indices(SHAPE)[1])
    clean = replace_outliers(image, ~HOLE, around(image))
    np.testing.assert_allclose(clean[45:67, 39:41].mean(), 44.5, atol=3)
    assert clean.min() >= 5
