"""Planets and comets."""

from dataclasses import dataclass

import numpy as np

from astropy.coordinates import GeocentricTrueEcliptic, get_body
from astropy.time import Time

# V magnitude at 1 au from Sun and Earth and at full phase, and the polynomial in the phase angle (degrees) to add.
_MAGNITUDES = {
    "mercury": (-0.42, (0.038, -2.73e-4, 2e-6)),
    "venus": (-4.40, (9e-4, 2.39e-4, -6.5e-7)),
    "mars": (-1.52, (0.016,)),
    "jupiter": (-9.40, (0.005,)),
    "saturn": (-9.4, (0.044,)),
}
_NEAR = 10.0  # degrees


@dataclass(frozen=True, kw_only=True)
class Comet:
    """A comet near the Sun, moving in the plane of the sky."""

    nearest: float  # Unix seconds of its closest approach to the Sun
    distance: float  # distance at closest approach, solar radii
    angle: float  # position angle at closest approach, radians
    sense: int  # 1 or -1: on which side it passes
    speed: float  # at closest approach, solar radii per day
    magnitude: float  # V magnitude of the head
    tail: float  # length of the tail, solar radii

    def points(self, time):
        """Return ``(west, north, share)``: positions in solar radii, and the fraction of the light from each."""
        along = self.sense * self.speed * (time - self.nearest) / 86400
        out = np.array([-np.sin(self.angle), np.cos(self.angle)])
        beside = np.array([-np.cos(self.angle), -np.sin(self.angle)])
        head = self.distance * out + along * beside
        away = head / max(np.hypot(*head), 1e-3)
        lag = -self.sense * beside
        step = np.linspace(0, 1, 260)[1:, None]
        rng = np.random.default_rng(int(self.nearest) % 2**31)
        spread = 0.05 * self.tail * step * rng.standard_normal((step.size, 1))
        tail = head + self.tail * step * (away + 0.35 * step * lag) + spread * away[::-1] * [1, -1]
        share = np.exp(-3.0 * step[:, 0]) / np.exp(-3.0 * step[:, 0]).sum()
        west, north = np.concatenate([head[None], tail]).T
        return west, north, np.concatenate([[0.45], 0.55 * share])


def _spherical(vector):
    """Return longitude and latitude in degrees, and distance."""
    distance = np.linalg.norm(vector)
    longitude = np.rad2deg(np.arctan2(vector[1], vector[0]))
    return longitude, np.rad2deg(np.arcsin(vector[2] / distance)), distance


def planets(time):
    """
    Return ``(name, east, north, magnitude)`` of each planet within 10 degrees of the Sun at a `~astropy.time.Time`.

    ``east`` and ``north`` are degrees from the Sun along and across the ecliptic, by astropy's built-in ephemeris, seen
    from the first Lagrangian point. SOHO's orbit about it, which shifts a planet by up to several arcminutes relative
    to the Sun, is neglected. V magnitudes follow Allen's Astrophysical Quantities, without the rings of Saturn.
    """
    found = []
    frame = GeocentricTrueEcliptic(equinox=time)
    sun = get_body("sun", time).transform_to(frame).cartesian.xyz.to_value("AU")
    soho = 0.01 * sun
    sun_longitude, _, distance = _spherical(sun - soho)
    for name, (absolute, phase) in _MAGNITUDES.items():
        body = get_body(name, time).transform_to(frame).cartesian.xyz.to_value("AU")
        longitude, north, delta = _spherical(body - soho)
        east = (longitude - sun_longitude + 180) % 360 - 180
        if np.hypot(east, north) > _NEAR:
            continue
        radius = np.linalg.norm(body - sun)
        cosine = (radius**2 + delta**2 - distance**2) / (2 * radius * delta)
        alpha = np.rad2deg(np.arccos(np.clip(cosine, -1, 1)))
        magnitude = absolute + 5 * np.log10(radius * delta)
        magnitude += sum(factor * alpha**power for power, factor in enumerate(phase, 1))
        found.append((name, float(east), float(north), float(magnitude)))
    return found


def next_comet(rng, start):
    """Draw a comet that passes within two days of a time in Unix seconds."""
    distance = float(rng.uniform(3, 25))
    start = start.unix if isinstance(start, Time) else start
    return Comet(
        nearest=float(start + rng.normal(0, 43200)),
        distance=distance,
        angle=float(rng.uniform(0, 2 * np.pi)),
        sense=int(rng.choice([-1, 1])),
        speed=float(0.7 * 76 * np.sqrt(2 / distance)),
        magnitude=float(rng.uniform(-2.5, 6.5)),
        tail=float(rng.uniform(0.3, 6.0)),
    )
