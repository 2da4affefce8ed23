"""The plain corona for tests."""

import numpy as np
import pytest

import astropy.units as u

from sunpy.map.sources import LASCOMap

from sunpy_coronagraph_inpaint.instruments import identify
from sunpy_coronagraph_inpaint.simulate import plain_corona


@pytest.mark.parametrize(("detector", "zeros"), [("C2", 62464), ("C3", 101376)])
def test_null_blocks_are_zero_and_nothing_else_is(detector, zeros):
    """Zeros are the null blocks of the camera, as many as in a real frame, and no other pixel."""
    smap = plain_corona(detector=detector, seed=3)
    camera = identify(smap.meta)
    assert isinstance(smap, LASCOMap)
    assert smap.data.dtype == np.int16
    np.testing.assert_array_equal(smap.data == 0, camera.grid.mask(camera.null_blocks))
    assert smap.meta["datazer"] == zeros


@pytest.mark.parametrize("size", [256, 512])
def test_summed_frames(size):
    """Frames summed on board have wider integers and the counts of all their pixels."""
    whole, summed = (plain_corona(detector="C3", size=s).data for s in (1024, size))
    assert summed.shape == (size, size)
    assert summed.dtype == np.int32
    step = 1024 // size
    middle = (slice(size // 2, size // 2 + 4), slice(3 * size // 4, 3 * size // 4 + 4))
    large = tuple(slice(s.start * step, s.stop * step) for s in middle)
    assert np.median(summed[middle]) == pytest.approx(np.median(whole[large]) * step**2, rel=0.1)


def test_seed_decides():
    """The same seed gives the same frame, another seed another one."""
    first, again, other = (plain_corona(detector="C2", seed=s).data for s in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).mean() > 0.5


def test_exposure_scales_the_light():
    """Twice the exposure gives twice the light above the offset."""
    short, long = (plain_corona(detector="C3", exposure=t * u.s) for t in (10.0, 20.0))
    bias = identify(short.meta).bias
    ratio = (np.median(long.data[700:720, 600:700]) - bias) / (np.median(short.data[700:720, 600:700]) - bias)
    assert ratio == pytest.approx(2, rel=0.02)


@pytest.mark.parametrize(
    ("options", "match"), [({"detector": "C1"}, "no detector 'C1'"), ({"size": 1000}, "cannot be 1000 pixels")]
)
def test_errors(options, match):
    """What does not exist is refused."""
    with pytest.raises(ValueError, match=match):
        plain_corona(**options)
