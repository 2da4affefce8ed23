"""Coronal mass ejections, and how they are distributed."""

from dataclasses import replace

import numpy as np
import pytest

from astropy.time import Time

from sunpy_coronagraph_inpaint.simulate import Scene
from sunpy_coronagraph_inpaint.simulate.catalog import CATALOG, activity, draw_cme
from sunpy_coronagraph_inpaint.simulate.cme import Cme, cme_image
from sunpy_coronagraph_inpaint.simulate.outflow import deflection
from sunpy_coronagraph_inpaint.thomson.scattering import GRAMS_PER_ELECTRON, SOLAR_RADIUS_CM, scattering

SIZE, EXTENT = 512, 32.0


def make(**changes):
    """Return a CME of 2e15 g to the west in the plane of the sky."""
    options = {
        "onset": 0.0, "position_angle": -np.pi / 2, "depth": 0.0, "tilt": 0.3, "half_angle": 0.4, "ratio": 0.35,
        "speed": 700.0, "acceleration": 0.0, "mass": 2e15, "parts": (0.7, 0.15, 0.15), "seed": 5,
    }  # fmt: skip
    return Cme(**(options | changes))


def radii():
    """West, north and distance in solar radii of an image's pixels."""
    x = (np.arange(SIZE) + 0.5) * 2 * EXTENT / SIZE - EXTENT
    return x[None], x[:, None], np.hypot(x[None], x[:, None])


def apparent_mass(image):
    """Mass in grams if all of it were in the plane of the sky, as catalogs have it."""
    distance = np.maximum(radii()[2], 1.5)
    area = (2 * EXTENT / SIZE * SOLAR_RADIUS_CM) ** 2
    return float(np.sum(image / scattering(distance, distance)[0]) * area * GRAMS_PER_ELECTRON)


@pytest.mark.parametrize("seed", range(4))
def test_mass_is_right_to_a_factor_of_two(seed):
    """The mass measured in the image, as is done with real frames, is that of the CME within a factor of two."""
    cme = make(seed=seed, tilt=0.5 * seed - 0.8, depth=0.2 * seed - 0.3)
    time = 4 * 3600.0
    mass = apparent_mass(cme_image(cme, time, extent=EXTENT, size=SIZE))
    assert cme.mass / 2 < mass < cme.mass * 1.1


def test_mass_grows_on_the_way():
    """A CME gathers mass, most of it below ten solar radii."""
    cme = make()
    assert 0.4 * cme.mass < cme.mass_at(3.0) < 0.6 * cme.mass
    assert cme.mass_at(15.0) > 0.9 * cme.mass


def test_front_is_where_height_says():
    """Without a sheath nothing is ahead of the front, and the front is bright."""
    cme = make(parts=(1.0, 0.0, 0.0), tilt=np.pi / 2, half_angle=0.1)
    time = 3 * 3600.0
    image = cme_image(cme, time, extent=EXTENT, size=SIZE)
    west, north, _ = radii()
    beam = image[np.abs(north[:, 0]) < 0.8].sum(axis=0) * np.maximum(west[0], 1) ** 2
    edge = west[0][beam > 0.1 * beam.max()].max()
    assert edge == pytest.approx(cme.height(time), rel=0.06)
    front = beam[np.abs(west[0] - 0.96 * cme.height(time)) < 0.8].mean()
    cavity = beam[np.abs(west[0] - 0.75 * cme.height(time)) < 0.8].mean()
    assert front > 1.5 * cavity


def test_sheath_is_ahead_of_the_shell():
    """With a sheath there is light ahead of the shell's front."""
    time = 3 * 3600.0
    height = make().height(time)
    ahead = radii()[2] > 1.08 * height
    without, with_sheath = (
        cme_image(make(parts=parts), time, extent=EXTENT, size=SIZE)[ahead].sum()
        for parts in ((0.85, 0.15, 0.0), (0.7, 0.15, 0.15))
    )
    assert with_sheath > 3 * without


def test_it_moves_at_its_speed():
    """Speed and acceleration are those asked for, and a CME that is braked does not turn around."""
    steady, braked = make(), make(acceleration=-50.0)
    assert (steady.height(7200.0) - steady.height(3600.0)) * 6.957e5 / 3600 == pytest.approx(700.0)
    heights = [braked.height(t) for t in np.arange(1, 200) * 1800.0]
    assert np.all(np.diff(heights) > 0)
    assert steady.height(-1.0) == 0


def test_nothing_before_the_onset_and_after_it_left():
    """There is no image before the onset, nor when the CME has left the field."""
    assert cme_image(make(), -60.0, extent=EXTENT) is None
    assert cme_image(make(), 1e7, extent=EXTENT) is None


def test_streamers_are_pushed_away_from_it():
    """Streamers north of a CME go north, those south of it south, and those ahead of it stay."""
    cme, time = make(), 2 * 3600.0
    angles = cme.position_angle + np.array([0.7, -0.7])
    shift = deflection(cme, time, angles[:, None], np.array([[3.0, 25.0]]))
    assert shift[0, 0] > np.deg2rad(0.3)
    assert shift[1, 0] < -np.deg2rad(0.3)
    assert np.abs(shift[:, 1]).max() < np.deg2rad(0.05)
    assert np.rad2deg(np.abs(shift).max()) < 6


def test_drawn_events_have_the_distributions_of_the_catalog():
    """Logarithms of speed and width, halos and latitudes of many draws come back as they went in."""
    rng = np.random.default_rng(0)
    events = [draw_cme(1.0, rng=rng) for _ in range(4000)]
    normal = [event for event in events if event["width"] < 360]
    speed = np.log([event["speed"] for event in normal])
    width = np.log([event["width"] for event in normal])
    assert speed.mean() == pytest.approx(CATALOG.ln_speed[0], abs=0.03)
    assert speed.std() == pytest.approx(CATALOG.ln_speed[1], abs=0.03)
    assert width.mean() == pytest.approx(CATALOG.ln_width[0], abs=0.06)  # the narrowest and widest are clipped
    assert 1 - len(normal) / len(events) == pytest.approx(CATALOG.halos, abs=0.01)
    assert np.median([event["mass"] for event in normal]) == pytest.approx(8e14, rel=0.3)


@pytest.mark.parametrize("year", [1996.4, 2008.9, 2019.9])
def test_minima_are_quiet(year):
    """Activity is 0 at the minima and near 1 four years later."""
    assert activity(year) == pytest.approx(0, abs=0.01)
    assert activity(year + 4.5) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("detector", ["C2", "C3"])
def test_scene_has_its_cme_in_the_field(detector):
    """A CME that is asked for is in the field when the sequence starts."""
    inner, outer = {"C2": (2.2, 6.0), "C3": (4.0, 22.0)}[detector]
    for seed in range(5):
        scene = Scene.random(seed, detector, cme=True)
        (cme,) = scene.cmes
        height = cme.height(scene.start.unix) * max(np.cos(cme.depth), 0.35)
        assert 0.99 * inner < height < 1.01 * outer


def test_two_cmes():
    """Several CMEs are several."""
    first, second = Scene.random(3, cme=2, start=Time("2001-05-05")).cmes
    assert replace(first, seed=0) != replace(second, seed=0)
