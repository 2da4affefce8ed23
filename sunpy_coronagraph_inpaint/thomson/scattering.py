"""Thomson scattering by free electrons, for arrays of floats."""

import numpy as np

CROSS_SECTION = 1.24878e-25  # cm^2, half the Thomson cross section times pi: the constant of SolarSoft's eltheory
LIMB_DARKENING = 0.63
SOLAR_RADIUS_CM = 6.957e10
GRAMS_PER_ELECTRON = 1.974e-24  # of a plasma with 10 % helium


def scattering(impact, distance):
    """
    Return the brightness of one electron per square centimeter, total and polarized, for arrays of floats.

    Distances are in solar radii, brightness in mean solar brightness times cm^2. The coefficients are those of van de
    Hulst (1950) as in Billings (1966) and SolarSoft's ``eltheory.pro``, with a limb darkening of 0.63.
    """
    impact, distance = np.broadcast_arrays(np.asarray(impact, float), np.asarray(distance, float))
    s = 1 / distance
    s2 = s * s
    c = np.sqrt(np.maximum(1 - s2, 0))
    g = c * c * np.log((1 + s) / np.maximum(c, 1e-9)) / s
    a = c * s2
    b = -(1 - 3 * s2 - g * (1 + 3 * s2)) / 8
    cc = (4 - c * (3 + c * c)) / 3
    d = (5 + s2 - g * (5 - s2)) / 8
    u = LIMB_DARKENING
    tangential = CROSS_SECTION * (cc + u * (d - cc)) / (1 - u / 3)
    polarized = CROSS_SECTION * (impact * s) ** 2 * (a + u * (b - a)) / (1 - u / 3)
    return 2 * tangential - polarized, polarized
