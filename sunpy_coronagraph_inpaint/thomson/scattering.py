"""Light that free electrons scatter towards the observer."""

import numpy as np

__all__ = ["CROSS_SECTION", "GRAMS_PER_ELECTRON", "LIMB_DARKENING", "SOLAR_RADIUS_CM", "scattering"]

CROSS_SECTION = 1.24878e-25  # cm^2, half the Thomson cross section times pi: the constant of SolarSoft's eltheory
LIMB_DARKENING = 0.63
SOLAR_RADIUS_CM = 6.957e10
GRAMS_PER_ELECTRON = 1.974e-24  # of a plasma with 10 % helium


def scattering(impact, distance):
    """
    Return the brightness of one electron per square centimeter, total and polarized.

    Parameters
    ----------
    impact : array-like
        Distance of the line of sight from the center of the Sun, solar radii, more than 1.
    distance : array-like
        Distance of the electron from the center of the Sun, solar radii, at least ``impact``.

    Returns
    -------
    total, polarized : `numpy.ndarray`
        In mean solar brightness (MSB) times cm^2: multiply by the column density in cm^-2.

    Notes
    -----
    The coefficients of van de Hulst [1]_ as in Billings (1966) and SolarSoft's ``eltheory``, with a limb darkening of
    0.63 [2]_.

    References
    ----------
    .. [1] van de Hulst, H. C. 1950, Bull. Astron. Inst. Netherlands 11, 135
    .. [2] Howard, T. A. & Tappin, S. J. 2009, Space Sci. Rev. 147, 31, https://doi.org/10.1007/s11214-009-9542-5

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.thomson.scattering import scattering
    >>> total, polarized = scattering(10.0, 10.0)
    >>> bool(polarized / total > 0.95)  # at right angles the scattered light is nearly fully polarized
    True
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
