"""Motion in the corona: faint density waves of the slow wind, and streamers that a CME deflects."""

from functools import cache, lru_cache

import numpy as np
from scipy.ndimage import gaussian_filter, map_coordinates

_ANGLES, _STEPS = 720, 720
_SPAN = 72.0  # hours after which the pattern repeats
_SPEED_AT_5, _POWER = 150.0, 0.43  # km/s: it doubles to 300 km/s at 25 solar radii
_SOLAR_RADIUS_KM = 6.957e5


@cache
def travel_time(outer=60.0, count=600):
    """Return radii and the hours that the slow wind takes to each of them (Sheeley et al. 1997)."""
    radii = np.linspace(1.5, outer, count)
    speed = _SPEED_AT_5 * (radii / 5) ** np.where(radii < 5, 1.2, _POWER)
    hours = np.concatenate([[0], np.cumsum(np.diff(radii) * _SOLAR_RADIUS_KM / speed[1:])]) / 3600
    return radii, hours


@lru_cache(maxsize=4)
def _texture(seed):
    rng = np.random.default_rng([seed, 1997])
    white = rng.standard_normal((2, _ANGLES, _STEPS), np.float32)
    fine = gaussian_filter(white[0], (2.0, 12.0), mode="wrap")
    broad = gaussian_filter(white[1], (4.0, 40.0), mode="wrap")
    return (0.7 * fine / fine.std() + 0.7 * broad / broad.std()).astype(np.float32)


def outflow(seed, time, angles, radii, *, amplitude=0.012, weight=1.0):
    """
    Return a factor for the K corona that flows outward with time (Unix seconds): shape ``(na, nr)``, mean 1.

    ``angles`` are ``na`` position angles in radians, ``radii`` are ``nr`` solar radii. ``amplitude`` is the relative
    standard deviation per solar radius of distance, up to 10, since the waves grow on their way; ``weight`` (a number
    or an array of shape ``(na, nr)``) multiplies it. The pattern is frozen in position angle and time of release, and
    moves with the speed that Sheeley et al. (1997, ApJ 484, 472, https://doi.org/10.1086/304338) measured for blobs of
    streamers, which doubles from 150 km/s at 5 solar radii to 300 km/s at 25. Below 5 it is assumed to grow as the
    power 1.2 of the distance.
    """
    released = time / 3600 - np.interp(radii, *travel_time())
    rows = np.broadcast_to((angles * _ANGLES / (2 * np.pi))[:, None], (angles.size, radii.size))
    columns = np.broadcast_to((released / _SPAN * _STEPS % _STEPS)[None], rows.shape)
    pattern = map_coordinates(_texture(seed), (rows, columns), order=1, mode="grid-wrap", output=np.float32)
    strength = amplitude * np.minimum(radii, 10)[None] * weight
    return 1 + np.clip(strength.astype(np.float32) * pattern, -0.6, 1.0)


def deflection(cme, time, angles, radii):
    """
    Return the angles in radians, counterclockwise, by which a CME deflects streamers at a time in Unix seconds.

    ``angles``, shape ``(na, 1)``, are position angles in radians and ``radii``, shape ``(1, nr)``, solar radii; the
    result has shape ``(na, nr)``. The kink travels with the flanks and relaxes behind the CME.
    """
    height = cme.height(time)
    if height <= 0:
        return np.zeros((angles.size, radii.size))
    away = np.angle(np.exp(1j * (angles - cme.position_angle)))
    push = np.deg2rad(min(1.0 + cme.speed / 350, 5.0)) * np.cos(cme.depth)
    flank = np.exp(-(((np.abs(away) - cme.half_width) / np.deg2rad(12)) ** 2))
    front = 0.5 * (1 + np.tanh((0.92 * height - radii) / (0.06 * height + 0.3)))
    behind = np.exp(-np.maximum(height - 25 - radii, 0) / 15)
    return np.sign(away) * push * flank * front * behind
