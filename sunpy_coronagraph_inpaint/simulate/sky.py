"""The sky in front of the camera: corona, CMEs, stars, planets and comets."""

import numpy as np
from scipy.ndimage import map_coordinates

import astropy.units as u

from sunpy_coronagraph_inpaint.simulate.bodies import planets
from sunpy_coronagraph_inpaint.simulate.cme import cme_image
from sunpy_coronagraph_inpaint.simulate.corona import Aspect, f_corona
from sunpy_coronagraph_inpaint.simulate.geometry import N_ANGLES, View
from sunpy_coronagraph_inpaint.simulate.outflow import deflection, outflow
from sunpy_coronagraph_inpaint.simulate.stars import SPREAD, add_glare, add_points, counts_per_second, star_field
from sunpy_coronagraph_inpaint.simulate.streamers import k_corona

_POLARIZERS = {"Clear": None, "+60 Deg": 60.0, "0 Deg": 0.0, "-60 Deg": -60.0}
_SKY = 1  # seed of the star field, which all scenes share


def _pushed(values, scene, seconds, view):
    """Deflect streamers where CMEs push them aside."""
    angles, radii = view.angles[:, None], view.radii[None]
    shift = sum(deflection(cme, seconds, angles, radii) for cme in scene.cmes)
    if not np.any(shift):
        return values
    rows = np.arange(N_ANGLES)[:, None] - shift * N_ANGLES / (2 * np.pi)
    columns = np.broadcast_to(np.arange(radii.size)[None], rows.shape)
    return map_coordinates(values, (rows, columns), order=1, mode="grid-wrap", output=np.float32)


def sky_brightness(scene, time, *, cmes=True):
    """
    Return the brightness of corona and, unless ``cmes`` is false, CMEs, without stars and without a telescope.

    Shape (1024, 1024), mean solar brightness (MSB), in the orientation of the camera.
    """
    view, aspect = View(scene.detector, time.mjd, scene.roll.to_value(u.deg)), Aspect.at(time)
    polar = _POLARIZERS[scene.polar]
    if polar is not None:
        polar = np.deg2rad(polar + 90.0)  # polarizers are named from solar west, position angles count from north
    electrons = k_corona(scene.corona, view.radii, view.angles, aspect, polar=polar)
    # Streamers are uneven, polar holes are not.
    contrast = np.minimum(electrons / electrons.mean(axis=0), 1.2)
    electrons = electrons * outflow(scene.seed, time.unix, view.angles, view.radii, weight=contrast)
    if cmes and scene.cmes:
        electrons = _pushed(electrons, scene, time.unix, view)
    image = view.from_polar(electrons + f_corona(view.radii[None], view.angles[:, None], aspect))
    for cme in scene.cmes if cmes else ():
        plane = cme_image(cme, time.unix, extent=view.extent)
        if plane is not None:
            image += view.from_plane(plane)
    return image


def point_sources(scene, time, share):
    """
    Return stars, planets and comets, DN per second, blurred by the telescope but not vignetted: shape (1024, 1024).

    ``share`` is the fraction of their light that the polarizer transmits.
    """
    rate = np.zeros((1024, 1024))
    view, aspect = View(scene.detector, time.mjd, scene.roll.to_value(u.deg)), Aspect.at(time)
    east, north, magnitude = star_field(_SKY, scene.detector, aspect.ecliptic)
    x, y = view.place_ecliptic(east, north, aspect)
    flux = counts_per_second(magnitude, scene.detector, scene.color) * share
    add_points(rate, x, y, flux, spread=SPREAD[scene.detector])
    for _, east, north, magnitude in planets(time):
        x, y = view.place_ecliptic(east, north, aspect)
        flux = float(counts_per_second(magnitude, scene.detector, scene.color)) * share
        add_points(rate, np.atleast_1d(x), np.atleast_1d(y), np.atleast_1d(flux), spread=SPREAD[scene.detector])
        add_glare(rate, float(x), float(y), flux)
    for comet in scene.comets:
        west, north, part = comet.points(time.unix)
        x, y = view.place(west, north)
        flux = counts_per_second(comet.magnitude, scene.detector, scene.color) * share
        add_points(rate, x, y, flux * part, spread=2 * SPREAD[scene.detector], half=6)
    return rate
