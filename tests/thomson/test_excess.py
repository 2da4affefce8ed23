"""Excess brightness of two calibrated frames, and sectors of the sky."""

import numpy as np
import pytest

import astropy.units as u

from sunpy_coronagraph_inpaint import filled_mask
from sunpy_coronagraph_inpaint.simulate import damage
from sunpy_coronagraph_inpaint.thomson import excess_brightness, sector
from sunpy_coronagraph_inpaint.thomson.excess import sky_position

pytestmark = pytest.mark.filterwarnings('ignore:Could not parse unit string "MSB"')


def test_excess_of_two_frames(corona, nominally):
    """The uncertainty of an excess is that of the filled pixels of both frames."""
    one = nominally(damage(corona("C3"), blocks=[700]))
    other = nominally(damage(corona("C3"), blocks=[700, 163]))
    excess = excess_brightness(one, other)
    assert np.array_equal(np.isfinite(excess.uncertainty.array), filled_mask(other))
    shared = filled_mask(one)
    expected = np.hypot(one.uncertainty.array, other.uncertainty.array)[shared]
    assert np.allclose(excess.uncertainty.array[shared], expected)


def test_sector_and_position(corona, nominally):
    """Position angles count from north over east, which is left, and a sector may go through north."""
    smap = nominally(corona("C3"))
    radius, angle = sky_position(smap._new_instance(smap.data, smap.meta | {"crota1": 0.0}))
    x, y = round(smap.meta["crpix1"]) - 1, round(smap.meta["crpix2"]) - 1
    assert angle[y + 300, x] % 360 == pytest.approx(0, abs=0.2)
    assert angle[y, x - 300] == pytest.approx(90, abs=0.2)
    assert radius[y + 300, x] == pytest.approx(300 * 56 / smap.meta["rsun"], rel=3e-3)
    north = sector(smap, angles=(330 * u.deg, 30 * u.deg), radii=(5, 20) * u.R_sun)
    assert north[y + 250, x]
    assert not north[y - 250, x]
    assert sector(smap).all()


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"detector": "C2"}, "differ in DETECTOR"),
        ({"polar": "+60 Deg"}, "differ in POLAR"),
        ({"crpix1": 600.0}, "in the center of the Sun"),
        ({"crota1": 90.0}, "in roll"),
        ({"bunit": "DN"}, "not calibrated"),
    ],
)
def test_frames_that_do_not_go_together(corona, nominally, change, match):
    """Frames of different kinds or places cannot be subtracted."""
    smap = nominally(corona("C3"))
    with pytest.raises(ValueError, match=match):
        excess_brightness(smap, smap._new_instance(smap.data, smap.meta | change))


def test_maps_are_needed(corona, nominally):
    """An array is not a frame."""
    smap = nominally(corona("C3"))
    with pytest.raises(TypeError, match="two sunpy maps"):
        excess_brightness(smap, smap.data)


@pytest.mark.parametrize(
    ("limits", "match"),
    [
        ({"radii": (5, 20)}, "radii must be two quantities"),
        ({"radii": (5, 20) * u.deg}, "radii must be two quantities"),
        ({"radii": 5 * u.R_sun}, "radii must be two quantities"),
        ({"angles": (0, 90)}, "angles must be two quantities"),
        ({"angles": (0, 45, 90) * u.deg}, "angles must be two quantities"),
    ],
)
def test_limits_of_a_sector_are_quantities(corona, nominally, limits, match):
    """Plain numbers, other units and other than two limits are errors."""
    with pytest.raises(TypeError, match=match):
        sector(nominally(corona("C3")), **limits)


def test_any_length_and_angle(corona, nominally):
    """Limits in other units, and as two quantities, select the same pixels."""
    smap = nominally(corona("C3"))
    one = sector(smap, angles=(0, 90) * u.deg, radii=(5, 20) * u.R_sun)
    limits = {"angles": (0 * u.rad, np.pi / 2 * u.rad), "radii": ((5 * u.R_sun).to(u.km), 20 * u.R_sun)}
    assert np.mean(one != sector(smap, **limits)) < 1e-4
