"""Coronal mass ejections: a croissant with a bright front, a cavity, a core, and a sheath."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter

from sunpy_coronagraph_inpaint.simulate.croissant import core_threads, croissant
from sunpy_coronagraph_inpaint.thomson.scattering import GRAMS_PER_ELECTRON, SOLAR_RADIUS_CM, scattering

SOLAR_RADIUS_KM = 6.957e5
_START = 1.3  # height of the front at the onset, solar radii
_MASS_SCALE = 3.5  # solar radii over which a CME gathers its mass (Colaninno & Vourlidas 2009)


@dataclass(frozen=True, kw_only=True)
class Cme:
    """A coronal mass ejection."""

    onset: float  # Unix seconds
    position_angle: float  # central position angle, radians counterclockwise from solar north
    depth: float  # angle of the apex direction from the plane of the sky toward SOHO, radians
    tilt: float  # rotation of the croissant about its apex direction, radians
    half_angle: float  # half of the angle between the legs, radians
    ratio: float  # minor to major radius
    speed: float  # of the front in space, km/s
    acceleration: float  # of the front in space, m/s^2
    mass: float  # final mass, grams
    parts: tuple[float, float, float]  # fractions of the mass in the shell, the core and the sheath
    seed: int  # of the fine structure

    def height(self, time):
        """Return the height of the front in solar radii at a time in Unix seconds; 0 before the onset."""
        past = time - self.onset
        if past <= 0:
            return 0.0
        if self.acceleration < 0:  # a decelerated CME never falls back
            past = min(past, 0.8e3 * self.speed / -self.acceleration)
            steady = (time - self.onset - past) * 0.2 * self.speed
        else:
            steady = 0.0
        return _START + (self.speed * past + 0.5e-3 * self.acceleration * past**2 + steady) / SOLAR_RADIUS_KM

    def mass_at(self, height):
        """Return the mass in grams that the CME has gathered when its front is at a height in solar radii."""
        return self.mass * (1 - np.exp(-max(height - 1.0, 0.0) / _MASS_SCALE))

    @property
    def half_width(self):
        """Half of the angular width on the sky when seen from the side, radians."""
        across = np.arcsin(self.ratio)
        return across + self.half_angle * abs(np.cos(self.tilt))


def _orient(points, cme):
    """Transform points from the croissant's frame to (west, north, toward SOHO)."""
    x, y, z = points
    cos_t, sin_t = np.cos(cme.tilt), np.sin(cme.tilt)
    u, w = x * cos_t - z * sin_t, x * sin_t + z * cos_t
    cos_d, sin_d = np.cos(cme.depth), np.sin(cme.depth)
    out, toward = y * cos_d - w * sin_d, y * sin_d + w * cos_d
    cos_p, sin_p = np.cos(cme.position_angle), np.sin(cme.position_angle)
    return -out * sin_p - u * cos_p, out * cos_p - u * sin_p, toward


def _splat(image, west, north, weight, extent):
    """Distribute weights bilinearly over an image that covers ``-extent`` to ``extent`` solar radii."""
    size = image.shape[0]
    x, y = ((value / extent + 1) * size / 2 - 0.5 for value in (west, north))
    column, row = np.floor(x), np.floor(y)
    inside = (column >= 0) & (row >= 0) & (column < size - 1) & (row < size - 1)
    x, y, weight, column, row = (value[inside] for value in (x, y, weight, column, row))
    fx, fy = x - column, y - row
    start = (row * size + column).astype(np.intp)
    for step, share in ((0, (1 - fx) * (1 - fy)), (1, fx * (1 - fy)), (size, (1 - fx) * fy), (size + 1, fx * fy)):
        image += np.bincount(start + step, share * weight, minlength=image.size).reshape(image.shape)


def _light(points, mass, weight, cme):
    west, north, toward = _orient(points, cme)
    impact = np.maximum(np.hypot(west, north), 1.05)
    distance = np.maximum(np.hypot(impact, toward), 1.06)
    electrons = weight * (mass / GRAMS_PER_ELECTRON / weight.sum())
    return west, north, electrons * scattering(impact, distance)[0]


def cme_image(cme, time, *, extent, size=512):
    """
    Return the brightness of a CME at a time in Unix seconds: shape ``(size, size)``, mean solar brightness (MSB).

    The image extends ``extent`` solar radii to each side of the Sun, with solar north up and west to the right. It is
    `None` before the onset and after the CME has left the field.

    The graduated cylindrical shell of Thernisien [1]_ is filled with points on a jittered lattice; each represents a
    number of electrons and scatters independently. The density is highest at the leading edge and decreases less
    steeply toward the inside. Twisted threads in the rear form the core; a wider and thinner shell ahead of fast CMEs
    is the sheath behind their shock [2]_. Mass is gathered on the way through the low corona [3]_.

    References
    ----------
    .. [1] Thernisien 2011, ApJS 194, 33, https://doi.org/10.1088/0067-0049/194/2/33
    .. [2] Vourlidas et al. 2013, Sol. Phys. 284, 179, https://doi.org/10.1007/s11207-012-0084-8
    .. [3] Colaninno & Vourlidas 2009, ApJ 698, 852, https://doi.org/10.1088/0004-637X/698/1/852
    """
    height = cme.height(time)
    if not 0 < height < 4.5 * extent:
        return None
    mass = cme.mass_at(height)
    shell, core, sheath = cme.parts
    rng = np.random.default_rng([cme.seed, 7])
    image = np.zeros((size, size))
    pieces = [(*croissant(cme, height), shell, 0.0)]
    if core:
        pieces.append((*core_threads(cme, height, rng), core, 0.0))
    if sheath:
        standoff = 1.06 + 0.12 * min(height / 20, 1)
        pieces.append((*croissant(cme, height * standoff, swell=1.35, thickness=(0.2, 0.03)), sheath, 1.0))
    cell = 2 * extent / size
    area = (cell * SOLAR_RADIUS_CM) ** 2
    for points, weight, part, soft in pieces:
        if not part:
            continue
        layer = np.zeros_like(image)
        _splat(layer, *_light(points, part * mass, weight, cme), extent)
        blur = (0.006 + 0.006 * soft) * height / cell
        image += gaussian_filter(layer, float(np.clip(blur, 0.8, 8)), truncate=3) / area
    return image
