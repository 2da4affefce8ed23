"""Stars, planets, comets, the slow wind's unevenness, and where they appear."""

import numpy as np
import pytest

from astropy.time import Time

from sunpy_coronagraph_inpaint.simulate.bodies import Comet, planets
from sunpy_coronagraph_inpaint.simulate.corona import Aspect
from sunpy_coronagraph_inpaint.simulate.geometry import View
from sunpy_coronagraph_inpaint.simulate.optics import brightness_per_count
from sunpy_coronagraph_inpaint.simulate.outflow import outflow, travel_time
from sunpy_coronagraph_inpaint.simulate.stars import add_glare, add_points, counts_per_second, star_field


def test_number_of_stars():
    """Averaged around the ecliptic there is one star per square degree at magnitude 8, and 2.9 times as many at 9."""
    fields = [star_field(1, "C3", longitude)[2] for longitude in range(0, 360, 20)]
    area = 24 * 23  # cells of one degree by twice the half height
    density = [np.mean([np.sum(field < limit) for field in fields]) / area for limit in (8, 9)]
    assert density[0] == pytest.approx(1.0, rel=0.35)
    assert density[1] / density[0] == pytest.approx(10**0.46, rel=0.1)


def test_stars_drift_a_degree_a_day():
    """After a day the same stars stand one degree further west, and after a year they are back."""
    today, tomorrow, next_year = (
        (aspect.ecliptic, star_field(1, "C2", aspect.ecliptic))
        for aspect in map(Aspect.at, Time(["2001-03-01T00:00", "2001-03-02T00:00", "2002-03-01T05:49"]))
    )
    assert tomorrow[0] - today[0] == pytest.approx(1.0, abs=0.03)
    bright = today[1][:, today[1][2].argmin()]
    same = tomorrow[1][:, np.isclose(tomorrow[1][2], bright[2], atol=1e-12)]
    assert bright[0] - same[0, 0] == pytest.approx(1.0, abs=0.03)
    assert next_year[0] == pytest.approx(today[0], abs=0.02)


def test_flux_is_kept():
    """A star's light is all there wherever it stands within a pixel."""
    rng = np.random.default_rng(0)
    image = np.zeros((64, 64))
    add_points(image, rng.uniform(10, 50, 30), rng.uniform(10, 50, 30), np.full(30, 2.0), spread=0.6)
    assert image.sum() == pytest.approx(60.0, rel=1e-6)


def test_points_outside_do_no_harm():
    """Sources beyond the edge add nothing, or what of them reaches into the frame."""
    image = np.zeros((32, 32))
    add_points(image, np.array([-20.0, 31.3]), np.array([5.0, 5.0]), np.array([1.0, 1.0]), spread=0.6)
    add_glare(image, -200.0, 5.0, 1e6)
    assert 0.5 < image.sum() < 1.0


def test_magnitudes():
    """A star of the zero point's magnitude gives one count per second, five magnitudes less give a hundredth."""
    assert counts_per_second(11.867, "C2", "Orange") == pytest.approx(1)
    assert counts_per_second(16.160, "C3", "Clear") == pytest.approx(0.01)


@pytest.mark.parametrize(
    ("date", "name", "magnitude"),
    [("2000-05-09", "mercury", -2.0), ("2010-01-14", "venus", -3.9), ("2001-06-10", "", 0)],
)
def test_planets_of_the_date(date, name, magnitude):
    """Planets are near the Sun when they were, as bright as almanacs have them."""
    found = {planet[0]: planet[3] for planet in planets(Time(date))}
    if name:
        assert found[name] == pytest.approx(magnitude, abs=0.4)
    else:
        assert "venus" not in found


def test_comet_is_nearest_when_it_says():
    """A comet's head passes at its distance, and its tail points away from the Sun."""
    comet = Comet(nearest=1000.0, distance=8.0, angle=0.5, sense=1, speed=20.0, magnitude=2.0, tail=3.0)
    west, north, share = comet.points(1000.0)
    assert np.hypot(west[0], north[0]) == pytest.approx(8.0)
    assert np.hypot(west[-1], north[-1]) > 10
    assert share.sum() == pytest.approx(1)
    before = comet.points(0.0)
    assert np.hypot(before[0][0], before[1][0]) > 8.0


@pytest.mark.parametrize("detector", ["C2", "C3"])
@pytest.mark.parametrize("roll", [0.0, 180.0])
def test_places_and_pixels_agree(detector, roll):
    """A place in the sky appears at the pixel that looks there, distortion and roll included."""
    view = View(detector, 52000.0, roll)
    for west, north in ((4.0, 3.5), (-3.0, 5.0), (0.5, -5.0)):
        plane = np.zeros((1024, 1024))
        cell = 2 * view.extent / 1024
        row, column = (int((value + view.extent) / cell) for value in (north, west))
        plane[row - 2 : row + 3, column - 2 : column + 3] = 1.0
        image = view.from_plane(plane)
        y, x = np.indices(image.shape)
        center = np.array([(x * image).sum(), (y * image).sum()]) / image.sum()
        middle = [(value + 0.5) * cell - view.extent for value in (column, row)]
        np.testing.assert_allclose(center, view.place(*middle), atol=0.3)


def test_polar_and_plane_agree():
    """A function of radius and position angle comes out the same by way of the polar grid."""
    view = View("C3", 52000.0, 180.0)
    values = view.radii[None] ** -2.5 * (2 + np.sin(view.angles[:, None]))
    image = view.from_polar(values)
    for west, north in ((10.0, 3.0), (-6.0, 12.0)):
        x, y = (round(float(value)) for value in view.place(west, north))
        expected = np.hypot(west, north) ** -2.5 * (2 + np.sin(np.arctan2(-west, north)))
        assert image[y, x] == pytest.approx(expected, rel=0.01)


def test_waves_run_outwards():
    """What passes one distance passes a larger one after the travel time."""
    angles = np.linspace(0, 6, 40)
    radii, hours = travel_time()
    later = np.interp(12.0, radii, hours) - np.interp(6.0, radii, hours)
    inner = outflow(3, 0.0, angles, np.array([6.0]), amplitude=0.01)[:, 0] - 1
    outer = outflow(3, 3600 * later, angles, np.array([12.0]), amplitude=0.01)[:, 0] - 1
    np.testing.assert_allclose(outer * 6 / 10, inner, atol=2e-4)
    assert np.all(np.diff(hours) > 0)
    assert 15 < np.interp(30.0, radii, hours) - np.interp(5.0, radii, hours) < 40


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("C2", "Orange", "Clear", 54890), 6.26831e-12),
        (("C3", "Clear", "Clear", 52282), 6.12955e-13),
        (("C3", "Clear", "0 Deg", 52282), 6.12955e-13 / 0.25256 * 0.9832),
        (("C2", "DeepRd", "+60 Deg", 51790), 0.1033e-10 / 0.25256),
    ],
)
def test_calibration_factors(arguments, expected):
    """Factors are those of level-1 headers."""
    assert brightness_per_count(*arguments) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        (("C2", "Clear", "Clear", 52000), "no filter 'Clear'"),
        (("C3", "Clear", "45 Deg", 52000), "no polarizer '45 Deg'"),
    ],
)
def test_unknown_glass(arguments, match):
    """Filters and polarizers that are not there are refused."""
    with pytest.raises(ValueError, match=match):
        brightness_per_count(*arguments)
