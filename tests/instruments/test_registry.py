"""The list of instruments, and one that somebody else adds."""

import numpy as np
import pytest

import sunpy.map

from sunpy_coronagraph_inpaint.frames.dropouts import find_dropouts
from sunpy_coronagraph_inpaint.instruments import (
    BlockGrid,
    FrameInfo,
    identify,
    list_instruments,
    register_instrument,
    unregister_instrument,
)
from sunpy_coronagraph_inpaint.instruments.registry import zero_or_nan

META = {
    "instrume": "TOY",
    "naxis1": 96,
    "naxis2": 64,
    "cdelt1": 30,
    "cdelt2": 30,
    "cunit1": "arcsec",
    "cunit2": "arcsec",
    "ctype1": "HPLN-TAN",
    "ctype2": "HPLT-TAN",
    "date-obs": "2030-01-01T00:00:00",
}


@pytest.fixture
def toy():
    """Register a toy instrument for one test."""

    @register_instrument("TOY")
    def toy_camera(meta):
        if meta.get("instrume") != "TOY":
            return None
        grid = BlockGrid(frame_shape=(meta["naxis2"], meta["naxis1"]), size=16)
        return FrameInfo(
            name="TOY",
            level="0.5",
            grid=grid,
            center=(47.5, 31.5),
            sun_center=(47.5, 31.5),
            solar_radius=8,
            occulter_radius=12,
            exposure=1.0,
            null_blocks=(0,),
        )

    yield toy_camera
    unregister_instrument("TOY")


def test_a_third_party_adds_an_instrument(toy):
    """One decorated function is all that a new instrument needs."""
    assert list_instruments() == ["LASCO", "SECCHI", "TOY"]
    assert identify(META) == toy(META)
    data = np.ones((64, 96))
    data[:16, :32] = np.nan
    dropouts = find_dropouts(sunpy.map.Map(data, META))
    assert dropouts.indices == (1,)
    assert dropouts.null_blocks == (0,)
    assert "TOY" in str(dropouts)


def test_the_function_stays_a_function(toy):
    """The decorator hands the function back."""
    assert toy({"instrume": "OTHER"}) is None


def test_unregister():
    """What is taken off the list is gone, and a name that is not on it is an error."""
    with pytest.raises(ValueError, match="There is no instrument 'TOY'"):
        unregister_instrument("TOY")


@pytest.mark.parametrize("meta", [{}, {"instrume": "AIA_3", "detector": "AIA"}, {"instrume": "EIT"}])
def test_unknown_header(meta):
    """A header of no registered instrument is a TypeError that names what was given and what there is."""
    with pytest.raises(TypeError, match=f"INSTRUME={meta.get('instrume')!r}.*Registered are LASCO, SECCHI"):
        identify(meta)


@pytest.mark.parametrize("dtype", [">i2", "<i2", "u1", ">u2", "i4", "f4", ">f8", "f8"])
def test_zero_or_nan(dtype):
    """0 means no data in every type and byte order."""
    data = np.array([[0, 1], [200, 0]], dtype=dtype)
    np.testing.assert_array_equal(zero_or_nan(data), [[True, False], [False, True]])


def test_nan_is_no_data():
    """Not a number means no data; infinity does not, since it was measured as something."""
    assert zero_or_nan(np.array([np.nan, np.inf, -1.0])).tolist() == [True, False, False]
