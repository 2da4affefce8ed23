"""Thomson scattering, F corona and the integral along the line of sight."""

import numpy as np
import pytest
from scipy.integrate import quad

from astropy.time import Time

from sunpy.coordinates import sun

from sunpy_coronagraph_inpaint.simulate.corona import Aspect, electron_density, f_corona
from sunpy_coronagraph_inpaint.simulate.streamers import Corona, coronal_map, k_corona
from sunpy_coronagraph_inpaint.thomson.scattering import CROSS_SECTION, SOLAR_RADIUS_CM, scattering


def test_far_electron_scatters_as_from_a_point():
    """Far out at right angles the light is that of a point source, and fully polarized."""
    total, polarized = scattering(500.0, 500.0)
    assert total * 500**2 == pytest.approx(CROSS_SECTION, rel=1e-3)
    assert polarized == pytest.approx(total, rel=1e-3)


def test_scattering_against_an_integral_over_the_disk():
    """The closed forms agree with the sum over a limb-darkened solar disk seen from the electron."""
    distance, u = 2.5, 0.63
    sigma_t = 6.6524587e-25

    def light(mu_edge, component):
        # Radiance over the cone of the Sun; Thomson phase function of light that comes from the angle w.
        def integrand(w):
            cosine = np.sqrt(np.maximum(1 - (np.sin(w) * distance) ** 2, 0))
            radiance = 1 - u + u * cosine
            return radiance * component(w) * np.sin(w)

        return quad(integrand, 0, mu_edge)[0]

    edge = np.arcsin(1 / distance)
    # At right angles to the radius: the two components of the scattered light, tangential and radial.
    tangential = light(edge, lambda w: (1 + np.cos(w) ** 2) / 2) * 2 * np.pi
    radial = light(edge, lambda w: np.sin(w) ** 2) * 2 * np.pi
    mean = 1 - u / 3
    factor = 3 / (16 * np.pi) * sigma_t / mean
    total, polarized = scattering(distance, distance)
    assert total == pytest.approx(factor * (tangential + radial), rel=2e-3)
    assert polarized == pytest.approx(factor * (tangential - radial), rel=2e-3)


def test_line_of_sight_of_a_round_corona():
    """In a corona that is the same all around, the matrix product equals the integral by quadrature."""
    uniform = Corona(maps=(np.ones((720, 1440), np.float32),), kinds=("wind",))
    aspect = Aspect.at(Time("2005-05-05"))
    radii = np.array([2.5, 6.0, 20.0])
    image = k_corona(uniform, radii, np.array([0.3, 2.0]), aspect)
    for column, rho in enumerate(radii):

        def integrand(depth, rho=rho):
            r = np.hypot(rho, depth)
            return electron_density(r) * scattering(rho, r)[0]

        expected = 2 * quad(integrand, 0, 6 * rho, limit=200)[0] * SOLAR_RADIUS_CM
        np.testing.assert_allclose(image[:, column], expected, rtol=0.02)


def test_polarizers_average_to_the_total():
    """Three polarizers 60 degrees apart see the total light on average, and differ where it is polarized."""
    corona = coronal_map(0.5, rng=np.random.default_rng(0))
    aspect, radii, angles = Aspect.at(Time("2001-01-01")), np.array([3.0, 5.0]), np.linspace(0, 6, 50)
    total = k_corona(corona, radii, angles, aspect)
    three = [k_corona(corona, radii, angles, aspect, polar=p) for p in np.deg2rad([-60, 0, 60])]
    np.testing.assert_allclose(np.mean(three, axis=0), total, rtol=1e-4)
    assert np.max(three[1] / total) > 1.4


def test_corona_rotates():
    """After one synodic rotation the corona looks the same, after a quarter it does not."""
    corona = coronal_map(0.8, rng=np.random.default_rng(1))
    start = Aspect(1.0, 0.0, 0.0, 0.99, 100.0)
    turned = [Aspect(1.0 - shift, 0.0, 0.0, 0.99, 100.0) for shift in (2 * np.pi, np.pi / 2)]
    radii, angles = np.array([4.0]), np.linspace(0, 6.2, 300)
    first, same, other = (k_corona(corona, radii, angles, aspect) for aspect in (start, *turned))
    np.testing.assert_allclose(same, first, rtol=1e-3)
    assert np.abs(other / first - 1).max() > 0.1


def test_east_limb_comes_from_behind():
    """A streamer at the west limb stood at the disk's center a quarter of a rotation earlier."""
    lump = np.zeros((720, 1440), np.float32)
    lump[350:370, 0:8] = 1.0
    corona = Corona(maps=(lump,), kinds=("wind",))
    west, east = -np.pi / 2 % (2 * np.pi), np.pi / 2
    at = {}
    for name, longitude in (("west", 2 * np.pi - np.pi / 2), ("east", np.pi / 2)):
        aspect = Aspect(longitude, 0.0, 0.0, 1.0, 0.0)
        at[name] = k_corona(corona, np.array([5.0]), np.array([east, west]), aspect)[:, 0]
    assert at["west"][1] > 5 * at["west"][0]
    assert at["east"][0] > 5 * at["east"][1]
    earlier, later = Aspect.at(Time("2001-01-01")), Aspect.at(Time("2001-01-02"))
    assert (earlier.longitude - later.longitude) % (2 * np.pi) == pytest.approx(2 * np.pi / 27.2753)


@pytest.mark.parametrize("date", ["2002-01-08", "2003-06-08", "2010-09-08"])
def test_aspect_agrees_with_sunpy(date):
    """Latitude of the disk's center and direction of the ecliptic as in sunpy."""
    aspect = Aspect.at(Time(date))
    assert np.rad2deg(aspect.latitude) == pytest.approx(sun.B0(date).deg, abs=0.02)
    ecliptic = np.arctan(-np.cos(np.deg2rad(aspect.ecliptic)) * np.tan(np.deg2rad(23.44)))
    assert np.rad2deg(-aspect.tilt + ecliptic) == pytest.approx(sun.P(date).deg, abs=0.05)


def test_f_corona_follows_its_table():
    """Equator and pole have the published ratios, and the slopes further out."""
    aspect = Aspect(0.0, 0.0, 0.0, 1.0, 87.0)
    pole, equator = f_corona(np.array([[4.0, 10.0, 20.0]]), np.array([[0.0], [np.pi / 2]]), aspect)
    np.testing.assert_allclose(np.log10(equator / pole)[:2], (0.20, 0.25), atol=0.01)
    assert equator[2] / equator[1] == pytest.approx(2**-2.25)
    assert pole[2] / pole[1] == pytest.approx(2**-2.47)


@pytest.mark.parametrize(("kind", "near_earth"), [("wind", 7.2)])
def test_density_at_the_earth(kind, near_earth):
    """The density of the wind continues to what is measured at one astronomical unit."""
    assert electron_density(215.0, kind) == pytest.approx(near_earth, rel=0.05)


def test_minimum_has_polar_holes():
    """At minimum the poles are darker against the equator than at maximum."""
    aspect, angles = Aspect.at(Time("2005-05-05")), np.deg2rad([0, 90, 180, 270])
    ratios = []
    for activity in (0.0, 1.0):
        images = [
            k_corona(coronal_map(activity, rng=np.random.default_rng(s)), np.array([3.0]), angles, aspect)[:, 0]
            for s in range(3)
        ]
        ratios.append(np.mean([(i[1] + i[3]) / (i[0] + i[2]) for i in images]))
    assert ratios[0] > 1.5 * ratios[1]
