"""The structured electron corona: a warped streamer belt, polar holes, pseudo-streamers and fine rays."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter, map_coordinates

from sunpy_coronagraph_inpaint.simulate.corona import electron_density
from sunpy_coronagraph_inpaint.thomson.scattering import SOLAR_RADIUS_CM, scattering

LONGITUDES, LATITUDES = 1440, 720
_DEPTH = np.deg2rad(np.linspace(-78.5, 78.5, 158))  # along the line of sight, as angle from the plane of the sky


@dataclass(frozen=True, kw_only=True)
class Corona:
    """
    The quiet corona of one Carrington rotation.

    ``maps`` holds, for each of the densities of `~sunpy_coronagraph_inpaint.simulate.corona.electron_density` that
    ``kinds`` names, its factor in each direction: shape ``(720, 1440)``, latitude from south to north, longitude.
    """

    maps: tuple[np.ndarray, ...]
    kinds: tuple[str, ...] = ("hole", "wind", "equator")


def _smooth_noise(rng, scale, shape=(LATITUDES, LONGITUDES)):
    """Return Gaussian noise of unit variance with a correlation length of ``scale`` degrees, periodic in longitude."""
    sigma = scale * shape[1] / 360
    noise = gaussian_filter(
        rng.standard_normal(shape, np.float32), (sigma, sigma), mode=("nearest", "wrap"), truncate=3
    )
    return noise / noise.std()


def _neutral_line(activity, rng):
    """Return the latitude of the streamer belt against longitude, degrees: a warp that grows with solar activity."""
    longitude = np.arange(LONGITUDES) * 2 * np.pi / LONGITUDES
    line = np.zeros(LONGITUDES)
    for order, share in ((1, 1.0), (2, 0.7), (3, 0.35), (5, 0.12)):
        swing = share * (9 + 41 * activity) * rng.normal(0, 0.6)
        line += swing * np.sin(order * longitude + rng.uniform(0, 2 * np.pi))
    return np.clip(line, -80, 80)


def _belt(line, latitude, width):
    """Return the profile across the belt, with distances perpendicular to a line that may be steep."""
    slope = np.gradient(line) * LONGITUDES / 360
    return np.exp(-0.5 * ((latitude - line) / (width * np.hypot(1, slope))) ** 2)


def _pseudo_streamers(count, latitude, longitude, rng):
    result = np.zeros((LATITUDES, LONGITUDES), np.float32)
    for _ in range(count):
        center, spread, width = rng.uniform(0, 360), rng.uniform(10, 45), rng.uniform(1.5, 4)
        tilt, height = rng.normal(0, 0.5), np.rad2deg(np.arcsin(rng.uniform(-0.9, 0.9)))
        along = (longitude - center + 180) % 360 - 180
        across = latitude - height - tilt * along
        result += rng.uniform(0.3, 1.0) * np.exp(-0.5 * ((along / spread) ** 2 + (across / width) ** 2))
    return result


def _rays(amount, rng):
    """Multiply densities by thin bright threads: a log-normal field of two scales, elongated along the meridians."""
    fine = _smooth_noise(rng, 0.7)
    coarse = _smooth_noise(rng, 2.5)
    field = np.exp(amount * (0.5 * fine + coarse))
    return field / field.mean()


def coronal_map(activity, *, rng):
    """
    Draw a `Corona` for a solar ``activity`` from 0 to 1.

    At 0 the belt is flat and the polar holes are large; at 1 the belt is warped to the poles and there are no holes.
    Above 2.5 solar radii the corona is nearly radial, so that the density factor depends on the direction alone: the
    belt lies along the warped neutral line of the source surface [1]_, a narrow dense sheet inside a wider one; between
    belt and poles lie pseudo-streamers [2]_ and threads of half a degree and more [3]_.

    References
    ----------
    .. [1] Wang et al. 1997, ApJ 485, 875, https://doi.org/10.1086/304467
    .. [2] Wang, Sheeley & Rich 2007, ApJ 658, 1340, https://doi.org/10.1086/511416
    .. [3] Thernisien & Howard 2006, ApJ 642, 523, https://doi.org/10.1086/500818
    """
    latitude = np.linspace(-90, 90, LATITUDES)[:, None]
    longitude = (np.arange(LONGITUDES) * 360 / LONGITUDES)[None]
    line = _neutral_line(activity, rng)
    strength = np.exp(0.35 * _smooth_noise(rng, 12, (8, LONGITUDES))[4])
    sheet = strength * _belt(line, latitude, rng.uniform(2.0, 3.5))
    helmet = _belt(line, latitude, rng.uniform(10, 16))
    boundary = 55 + 35 * activity + 6 * _smooth_noise(rng, 15)
    open_ = 1 / (1 + np.exp((boundary - np.abs(latitude)) / 4))
    pseudo = _pseudo_streamers(3 + int(9 * activity), latitude, longitude, rng)
    rays = _rays(0.2, rng)
    hole = (open_ * np.sqrt(rays)).astype(np.float32)
    wind = ((1 - open_) * (0.6 + 0.25 * helmet) * rays).astype(np.float32)
    equator = ((1.0 * sheet + 0.15 * helmet + 0.9 * pseudo * (1 - open_)) * rays).astype(np.float32)
    return Corona(maps=(hole, wind, equator))


def _directions(angles, aspect):
    """Return latitude and longitude index of each direction ``(position angle, depth)``, seen from SOHO."""
    theta, phi = angles[:, None], _DEPTH[None]
    toward = np.broadcast_to(np.sin(phi), (angles.size, _DEPTH.size))
    north, west = np.cos(phi) * np.cos(theta), -np.cos(phi) * np.sin(theta)
    sin_b, cos_b = np.sin(aspect.latitude), np.cos(aspect.latitude)
    axis = north * cos_b + toward * sin_b
    front = toward * cos_b - north * sin_b
    latitude = np.arcsin(np.clip(axis, -1, 1))
    longitude = aspect.longitude + np.arctan2(west, front)
    rows = (latitude / np.pi + 0.5) * (LATITUDES - 1)
    columns = longitude / (2 * np.pi) * LONGITUDES % LONGITUDES
    return rows, columns


def k_corona(corona, radii, angles, aspect, *, polar=None):
    """
    Integrate the light of the electrons along lines of sight: mean solar brightness (MSB), shape ``(na, nr)``.

    ``radii`` are ``nr`` solar radii in the plane of the sky, ``angles`` are ``na`` position angles in radians,
    counterclockwise from solar north, and ``aspect`` turns the corona from frame to frame. ``polar`` is the position
    angle of a polarizer in radians: with it, the light that it transmits, relative to the half that a perfect polarizer
    transmits of unpolarized light; without it, all light.

    Because the density is a factor of the direction times a function of the distance, the integral over the depth is,
    for each kind of density, a product of two matrices: exact, and fast enough to be repeated for every frame.
    """
    distance = radii[None] / np.cos(_DEPTH)[:, None]
    step = (_DEPTH[1] - _DEPTH[0]) * radii[None] / np.cos(_DEPTH)[:, None] ** 2 * SOLAR_RADIUS_CM
    total, polarized = scattering(radii[None], distance)
    rows, columns = _directions(angles, aspect)
    light = 0.0
    tangential = 0.0
    for factors, kind in zip(corona.maps, corona.kinds, strict=True):
        seen = map_coordinates(factors, (rows, columns), order=1, mode="grid-wrap", output=np.float32)
        column = electron_density(distance, kind) * step
        light = light + seen @ (column * total).astype(np.float32)
        if polar is not None:
            tangential = tangential + seen @ (column * polarized).astype(np.float32)
    if polar is None:
        return light
    return light - tangential * np.cos(2 * (polar - angles[:, None]))
