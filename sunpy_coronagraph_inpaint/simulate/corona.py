"""The quiet corona: brightness of its dust (F) and density of its electrons (K)."""

from dataclasses import dataclass

import numpy as np

from astropy.time import Time

from sunpy.coordinates import sun

SYNODIC_DAYS = 27.2753
_INCLINATION = np.deg2rad(7.25)  # of the solar equator to the ecliptic
_NODE = 75.77  # ecliptic longitude of its ascending node, degrees (epoch 2000)

# Equator and pole of the F corona, log10 of the brightness in 1e-10 mean solar brightness against solar radii.
_KOUTCHMY_RADII = (1.1, 1.2, 1.4, 1.6, 2.0, 2.5, 3.0, 4.0, 5.0, 10.0)
_KOUTCHMY_EQUATOR = (3.10, 2.90, 2.50, 2.25, 1.91, 1.66, 1.48, 1.23, 1.00, 0.31)
_KOUTCHMY_POLE = (3.10, 2.90, 2.50, 2.25, 1.82, 1.56, 1.33, 1.03, 0.80, 0.06)
_SLOPE_EQUATOR, _SLOPE_POLE = -2.25, -2.47
# The level-0.5 frames of 2004 to 2010 are brighter than the table by this factor at 12 to 20 solar radii, with the
# calibration of SolarSoft (`benchmarks/measure_lasco.py`).
_F_LEVEL = 1.21
# The axis of the F corona in C3 frames lies about halfway between the poles of the ecliptic and of the Sun.
_DUST_TILT = 0.5
# Half width of the dust's fan in the sine of the ecliptic position angle: at 20 solar radii, and the power of the
# distance with which it narrows outwards, both from the angular spectra of real frames.
_FAN_WIDTH, _FAN_POWER = 0.40, -0.35

# Electron densities in cm^-3: coefficients and powers of 1/r.
_DENSITIES = {
    "wind": ((3.3e5, 2), (4.1e6, 4), (8e7, 6)),
    "equator": ((1.36e6, 2.14), (1.68e8, 6.13)),
    "hole": ((5.27e6, 3.30), (3.54e6, 5.80)),
}


@dataclass(frozen=True)
class Aspect:
    """Orientation and distance of the Sun as seen from SOHO at one time."""

    longitude: float  # Carrington longitude of the disk center, radians
    latitude: float  # heliographic latitude of the disk center, radians
    tilt: float  # angle from projected solar north to ecliptic north, counterclockwise, radians
    distance: float  # of SOHO from the Sun, astronomical units
    ecliptic: float  # ecliptic longitude of the Sun, degrees

    @classmethod
    def at(cls, time):
        """Return the aspect at a `~astropy.time.Time`."""
        ecliptic = sun.true_longitude(time).to_value("deg")
        swing = np.deg2rad(ecliptic - _NODE)
        distance = 0.99 * sun.earth_distance(time).to_value("AU")
        latitude = np.arcsin(np.sin(swing) * np.sin(_INCLINATION))
        tilt = np.arctan(np.cos(swing) * np.tan(_INCLINATION))
        turned = 2 * np.pi * ((time - Time("2000-01-01")).to_value("day") / SYNODIC_DAYS)
        return cls(float(-turned % (2 * np.pi)), float(latitude), float(tilt), float(distance), float(ecliptic))


def electron_density(radius, kind="wind"):
    """
    Return the electron density of the quiet corona in cm^-3 at distances above 1.2 solar radii from Sun center.

    ``kind`` is ``"wind"`` (Leblanc et al. 1998 [1]_), ``"equator"`` or ``"hole"`` (Saito, Poland & Munro 1977 [2]_).

    References
    ----------
    .. [1] Leblanc, Dulk & Bougeret 1998, Sol. Phys. 183, 165, https://doi.org/10.1023/A:1005049730506
    .. [2] Saito, Poland & Munro 1977, Sol. Phys. 55, 121, https://doi.org/10.1007/BF00150879
    """
    radius = np.asarray(radius, float)
    return sum(factor * radius**-power for factor, power in _DENSITIES[kind])


def _radial(radius, logs, slope):
    inner = np.interp(np.log(np.minimum(radius, 10.0)), np.log(_KOUTCHMY_RADII), logs)
    return 10**inner * 1e-10 * np.maximum(radius / 10.0, 1.0) ** slope


def f_corona(radius, angle, aspect):
    """
    Return the brightness (MSB) of the F corona at solar radii and position angles (radians from solar north).

    The dust is symmetric about a plane between the ecliptic and the solar equator. Radial profiles of equator and pole
    follow Koutchmy & Lamy [1]_, continued outward with their slopes of -2.25 and -2.47; between them the brightness
    decreases with ecliptic latitude like light scattered by a fan of dust [2]_, with a width measured on C3 frames.
    Annual variation: the power -2.3 of SOHO's distance from the Sun, and a displacement of half a degree from the
    ecliptic, because the symmetry surface of the dust is inclined to it.

    References
    ----------
    .. [1] Koutchmy & Lamy 1985, IAU Coll. 85, 63, https://doi.org/10.1017/S0252921100084372
    .. [2] Leinert et al. 1998, A&AS 127, 1, https://doi.org/10.1051/aas:1998105
    """
    radius = np.asarray(radius, float)
    node = np.deg2rad(aspect.ecliptic - 87.0)
    away = np.abs(np.cos(np.asarray(angle, float) - _DUST_TILT * aspect.tilt) + 0.02 * np.sin(node))
    width = _FAN_WIDTH * (radius / 20) ** _FAN_POWER
    lowest = 1 / (1 + width**-2)
    fan = (1 / (1 + (away / width) ** 2) - lowest) / (1 - lowest)
    pole = _radial(radius, _KOUTCHMY_POLE, _SLOPE_POLE)
    equator = _radial(radius, _KOUTCHMY_EQUATOR, _SLOPE_EQUATOR)
    return _F_LEVEL * aspect.distance**-2.3 * (pole + (equator - pole) * np.clip(fan, 0, 1))
