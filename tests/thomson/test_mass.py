"""Electrons and mass: against formulas of their own, and against artificial ejections of known mass."""

import warnings

import numpy as np
import pytest

import astropy.units as u
from astropy.io import fits
from astropy.nddata import StdDevUncertainty

from sunpy.time import parse_time

from sunpy_coronagraph_inpaint.calibrate import CalibrationStore, calibrate_map
from sunpy_coronagraph_inpaint.calibrate.distortion import distortion_source, resample
from sunpy_coronagraph_inpaint.exceptions import NominalCalibrationWarning
from sunpy_coronagraph_inpaint.instruments.lasco_facts import DETECTORS
from sunpy_coronagraph_inpaint.simulate import Scene, damage, observe
from sunpy_coronagraph_inpaint.simulate.cme import Cme, _light, cme_image
from sunpy_coronagraph_inpaint.simulate.croissant import croissant
from sunpy_coronagraph_inpaint.simulate.geometry import View
from sunpy_coronagraph_inpaint.simulate.optics import epoch, optics
from sunpy_coronagraph_inpaint.thomson import (
    cme_mass,
    electron_brightness,
    electron_column_density,
    excess_brightness,
    sector,
)
from sunpy_coronagraph_inpaint.thomson.excess import sky_position
from sunpy_coronagraph_inpaint.thomson.mass import pixel_area
from sunpy_coronagraph_inpaint.thomson.scattering import CROSS_SECTION, GRAMS_PER_ELECTRON, scattering

pytestmark = pytest.mark.filterwarnings('ignore:Could not parse unit string "MSB"')
START = "2004-10-08T06:42"
HEIGHT = 18.0


def ejection(depth=0.0):
    """
    Return a slim ejection over the north pole.

    A wide one has mass away from its middle plane, which scatters less, and one among streamers pushes them aside.
    """
    past = (HEIGHT - 1.3) * 6.957e5 / 800
    return Cme(
        onset=parse_time(START).unix - past,
        position_angle=0.0,
        depth=depth,
        tilt=0.0,
        half_angle=np.deg2rad(4),
        ratio=0.12,
        speed=800.0,
        acceleration=0.0,
        mass=5e15,
        parts=(1.0, 0.0, 0.0),
        seed=4,
    )


def mass_outside(cme, impact):
    """Return the mass of an ejection seen farther than this from the Sun, by counting its points."""
    points, weight = croissant(cme, HEIGHT)
    mass = cme.mass_at(HEIGHT)
    west, north, _ = _light(points, mass, weight, cme)
    seen = np.hypot(west, north) > impact
    return mass * float(weight[seen].sum() / weight.sum())


@pytest.fixture(scope="module")
def scene():
    """Return a C3 scene without an ejection."""
    return Scene.random(
        seed=3, detector="C3", start=START, roll=0 * u.deg, compression="rice-full", exposure=19.1 * u.s, comet=False
    )


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Calibration files of the artificial camera: the inverse of its throughput."""
    folder = tmp_path_factory.mktemp("calibration")
    throughput = optics("C3", epoch("C3", parse_time(START).mjd)).throughput
    fits.writeto(folder / "c3vig_postint_final.fts", (1 / np.maximum(throughput, 0.01)).astype(np.float32))
    return CalibrationStore(folder, download=False)


def test_pixel_area(corona, nominally):
    """A pixel of C3 covers the square of 56 arcsec at the distance of the Sun."""
    smap = nominally(corona("C3"))
    assert pixel_area(smap) == pytest.approx((6.957e10 * 56 / smap.meta["rsun"]) ** 2, rel=1e-12)


@pytest.mark.parametrize("angle", [0, 30, -60])
def test_column_density(corona, nominally, angle):
    """The column is brightness over the brightness of one electron at its place, and so is its uncertainty."""
    smap = nominally(damage(corona("C3"), blocks=[700]))
    columns = electron_column_density(smap, angle=angle * u.deg)
    radius, _ = sky_position(smap)
    place = (700, 700)
    alone = scattering(radius[place], radius[place] / np.cos(np.deg2rad(angle)))[0]
    assert columns.data[place] == pytest.approx(smap.data[place] / alone, rel=1e-6)
    assert columns.unit == u.cm**-2
    known = np.isfinite(columns.uncertainty.array)
    assert np.array_equal(known, np.isfinite(smap.uncertainty.array))
    ratio = columns.uncertainty.array[known] / smap.uncertainty.array[known]
    assert np.allclose(ratio, (columns.data / smap.data)[known], rtol=1e-5)


def test_scattering_far_away():
    """Far from the Sun at right angles an electron scatters as the simple formula of a point-like Sun has it."""
    u_dark = 0.63
    distance = 200.0
    expected = CROSS_SECTION * (1 - u_dark / 3) / (1 - u_dark / 3) / distance**2
    total, _ = scattering(distance, distance)
    assert total == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize("depth", [0, 40])
def test_mass_of_a_known_brightness(corona, nominally, depth):
    """The brightness of an artificial ejection gives its mass back to 5 %, when its angle from the sky is known."""
    cme, time = ejection(np.deg2rad(depth)), parse_time(START)
    view = View("C3", time.mjd, 0.0)
    light = view.from_plane(cme_image(cme, time.unix, extent=view.extent)).astype(float)
    # It is given on distorted pixels, like counts.
    source = distortion_source("C3", (1024, 1024), center=DETECTORS["C3"].distortion_center, method="analytic")
    like = nominally(corona("C3"))
    excess = like._new_instance(resample(light, source), like.meta | {"crota1": 0.0})
    found = cme_mass(excess, sector(excess, radii=(4, 40) * u.R_sun), angle=depth * u.deg)
    assert found.mass.to_value("g") == pytest.approx(mass_outside(cme, 4), rel=0.05)
    assert found.uncertainty == 0 * u.g
    if depth:
        assert cme_mass(excess).mass < 0.95 * cme_mass(excess, angle=depth * u.deg).mass


@pytest.fixture(scope="module")
def frames(scene, store):
    """Return a frame before and one with the ejection, noisy and raw, and how to calibrate them."""

    def calibrate(smap, **options):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NominalCalibrationWarning)
            return calibrate_map(smap, calibration=store, **options)

    (quiet,), (loud,) = (observe(one, START) for one in (scene, scene.replace(cmes=(ejection(),))))
    return quiet, loud, calibrate


def test_mass_of_a_known_ejection(frames):
    """Two raw frames with noise, stars and cosmic rays give the mass of the ejection between them to 5 %."""
    quiet, loud, calibrate = frames
    excess = excess_brightness(calibrate(loud), calibrate(quiet))
    region = sector(excess, angles=(340 * u.deg, 20 * u.deg), radii=(5, 25) * u.R_sun)
    found = cme_mass(excess, region)
    assert found.mass.to_value("g") == pytest.approx(mass_outside(ejection(), 5), rel=0.05)
    assert found.n_without_data == 0


def test_mass_with_missing_blocks(frames):
    """Blocks lost in the ejection are filled, and the mass differs by less than the uncertainty that they give it."""
    quiet, loud, calibrate = frames
    lost = damage(loud, blocks=[32 * 20 + 16, 32 * 23 + 16])
    base = calibrate(quiet)
    whole, filled = (excess_brightness(calibrate(smap), base) for smap in (loud, lost))
    region = sector(whole, angles=(340 * u.deg, 20 * u.deg), radii=(5, 25) * u.R_sun)
    one, other = cme_mass(whole, region), cme_mass(filled, region)
    assert one.uncertainty == 0 * u.g
    assert other.uncertainty > 0 * u.g
    assert abs(other.mass - one.mass) < other.uncertainty
    assert 0 * u.g < other.filled < other.mass
    masked = cme_mass(excess_brightness(calibrate(lost, fill=False), base), region)
    assert masked.n_without_data > 2000


def test_uncertainties_add_up(corona, nominally):
    """Deviations within a hole are added, those of two holes in squares."""
    smap = nominally(corona("C3"))
    std = np.full(smap.data.shape, np.nan)
    std[700:704, 700:704] = 1e-12
    one = smap._new_instance(smap.data, smap.meta, uncertainty=StdDevUncertainty(std))
    std = std.copy()
    std[700:704, 800:804] = 2e-12
    two = smap._new_instance(smap.data, smap.meta, uncertainty=StdDevUncertainty(std))
    alone = std.copy()
    alone[700:704, 700:704] = np.nan
    other = smap._new_instance(smap.data, smap.meta, uncertainty=StdDevUncertainty(alone))
    first, second, both = (cme_mass(each).uncertainty.value for each in (one, other, two))
    assert both == pytest.approx(np.hypot(first, second), rel=1e-9)
    radius, _ = sky_position(smap)
    per = scattering(radius[700:704, 700:704], radius[700:704, 700:704])[0]
    expected = np.sum(1e-12 / per) * pixel_area(smap) * GRAMS_PER_ELECTRON
    assert first == pytest.approx(expected, rel=1e-6)


def test_brightness_of_an_electron():
    """The public function takes and gives quantities, and agrees with the one of arrays."""
    total, polarized = electron_brightness([10, 20] * u.R_sun, ([10, 25] * u.R_sun).to(u.km))
    expected = scattering([10, 20], [10, 25])
    assert total.value == pytest.approx(expected[0])
    assert polarized.value == pytest.approx(expected[1])
    assert (total.unit / u.cm**2).to_string() == "MSB"
    assert polarized[0] / total[0] > 0.95  # light scattered at right angles is nearly fully polarized
    for wrong in ((0.5, 3), (5, 3), (np.nan, 3)):
        with pytest.raises(ValueError, match="impact must be more than a solar radius"):
            electron_brightness(*(wrong * u.R_sun))


def test_errors(corona, nominally):
    """Each wrong argument has its error."""
    smap = nominally(corona("C3"))
    with pytest.raises(ValueError, match="between -90 and 90"):
        cme_mass(smap, angle=90 * u.deg)
    with pytest.raises(ValueError, match="boolean array"):
        cme_mass(smap, np.ones((3, 3), dtype=bool))
    with pytest.raises(ValueError, match="No pixel of the region"):
        cme_mass(smap, sector(smap, radii=(0, 2) * u.R_sun))
    with pytest.raises(ValueError, match="Use calibrate_map first"):
        cme_mass(corona("C3"))
    with pytest.raises(u.UnitsError):
        cme_mass(smap, angle=3 * u.m)
