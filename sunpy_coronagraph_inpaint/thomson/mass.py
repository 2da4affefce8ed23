"""Column density of electrons and mass of a coronal mass ejection from excess brightness."""

import copy
from typing import NamedTuple

import numpy as np
from scipy import ndimage

import astropy.units as u
from astropy.nddata import StdDevUncertainty

from sunpy_coronagraph_inpaint.instruments.lasco_header import number
from sunpy_coronagraph_inpaint.io.msb import MSB, new_map, standard_deviation
from sunpy_coronagraph_inpaint.thomson.excess import check_brightness, sky_position
from sunpy_coronagraph_inpaint.thomson.scattering import GRAMS_PER_ELECTRON, SOLAR_RADIUS_CM, scattering


class Mass(NamedTuple):
    """Mass of a region of the sky, as `cme_mass` returns it."""

    mass: u.Quantity
    """Excess mass in grams."""
    uncertainty: u.Quantity
    """Upper limit of its standard deviation due to filled pixels, grams; 0 where all pixels were measured."""
    filled: u.Quantity
    """Part of the mass on filled pixels, grams."""
    n_pixels: int
    """Number of pixels with data in the region."""
    n_without_data: int
    """Number of pixels without data in the region, which are ignored."""


def pixel_area(smap):
    """Return the area in cm^2 that a pixel of a calibrated frame covers at the distance of the Sun."""
    return (SOLAR_RADIUS_CM * abs(number(smap.meta, "cdelt1", "nan")) / number(smap.meta, "rsun", "nan")) ** 2


@u.quantity_input
def electron_brightness(impact: u.R_sun, distance: u.R_sun):
    """
    Compute the brightness of one electron per square centimeter, total and polarized.

    Parameters
    ----------
    impact : `~astropy.units.Quantity`
        Distance of the line of sight from the center of the Sun, more than a solar radius.
    distance : `~astropy.units.Quantity`
        Distance of the electron from the center of the Sun, at least ``impact``.

    Returns
    -------
    total, polarized : `~astropy.units.Quantity`
        Mean solar brightness (MSB) times cm^2: multiply by a column density.

    Raises
    ------
    ValueError
        If a line of sight intersects the Sun, or an electron is closer to Sun center than its line of sight.

    Notes
    -----
    The coefficients of van de Hulst [1]_ as in Billings (1966) and SolarSoft's ``eltheory.pro``, with a limb darkening
    of 0.63 [2]_.

    References
    ----------
    .. [1] van de Hulst, H. C. 1950, Bull. Astron. Inst. Netherlands 11, 135
    .. [2] Howard, T. A. & Tappin, S. J. 2009, Space Sci. Rev. 147, 31, https://doi.org/10.1007/s11214-009-9542-5

    Examples
    --------
    >>> import astropy.units as u
    >>> from sunpy_coronagraph_inpaint.thomson import electron_brightness
    >>> total, polarized = electron_brightness(10 * u.R_sun, 10 * u.R_sun)
    >>> bool(polarized / total > 0.95)  # light scattered at right angles is nearly fully polarized
    True
    """
    impact, distance = impact.to_value(u.R_sun), distance.to_value(u.R_sun)
    if not (np.all(impact > 1) and np.all(distance >= impact)):
        msg = "impact must be more than a solar radius, and distance at least impact. Check which is which."
        raise ValueError(msg)
    total, polarized = scattering(impact, distance)
    return total * (MSB * u.cm**2), polarized * (MSB * u.cm**2)


@u.quantity_input
def electron_column_density(excess, *, angle: u.deg = 0 * u.deg):
    """
    Convert excess brightness to the column density of electrons along the line of sight.

    Parameters
    ----------
    excess : `~sunpy.map.sources.LASCOMap`
        From `excess_brightness`: mean solar brightness.
    angle : `~astropy.units.Quantity`, optional
        Angle from the plane of the sky at which all electrons are assumed to be.

    Returns
    -------
    `~sunpy.map.sources.LASCOMap`
        Electrons per square centimeter (``BUNIT`` ``cm-2``), with the uncertainty of filled pixels; NaN within a solar
        radius of the center of the Sun.

    Raises
    ------
    ValueError
        If the map is not in mean solar brightness, or the angle is not between -90 and 90 degrees.

    Notes
    -----
    The brightness of one electron is that of `electron_brightness`. Electrons away from the plane of the sky scatter
    less light towards the observer, so that ``angle=0`` gives the smallest column density.

    References
    ----------
    * Billings 1966, A Guide to the Solar Corona; SolarSoft IDL routine ``eltheory.pro``.
    * Vourlidas et al. 2010, ApJ 722, 1522, https://doi.org/10.1088/0004-637X/722/2/1522

    Examples
    --------
    >>> import warnings
    >>> from sunpy_coronagraph_inpaint.calibrate import calibrate_map
    >>> from sunpy_coronagraph_inpaint.exceptions import NominalCalibrationWarning
    >>> from sunpy_coronagraph_inpaint.simulate import plain_corona
    >>> from sunpy_coronagraph_inpaint.thomson import electron_column_density, excess_brightness
    >>> warnings.simplefilter("ignore", NominalCalibrationWarning)
    >>> one, other = (calibrate_map(plain_corona(seed=seed), calibration="nominal") for seed in (1, 2))
    >>> electron_column_density(excess_brightness(one, other)).unit
    Unit("1 / cm2")
    """
    check_brightness(excess)
    if not abs(angle) < 90 * u.deg:
        msg = f"The angle from the plane of the sky must lie between -90 and 90 degrees, but {angle} was given."
        raise ValueError(msg)
    radius, _ = sky_position(excess)
    impact = np.where(radius > 1, radius, np.nan)
    per_electron, _ = scattering(impact, impact / np.cos(angle.to_value(u.rad)))
    meta = copy.deepcopy(excess.meta)
    meta["bunit"] = "cm-2"
    std = standard_deviation(excess)
    if std is not None:
        std = StdDevUncertainty(std / per_electron)
    settings = copy.deepcopy(excess.plot_settings)
    return new_map(excess, excess.data / per_electron, meta, plot_settings=settings, uncertainty=std)


@u.quantity_input
def cme_mass(excess, region=None, *, angle: u.deg = 0 * u.deg):
    """
    Compute the mass of a coronal mass ejection from the excess brightness in a region of the sky.

    Parameters
    ----------
    excess : `~sunpy.map.sources.LASCOMap`
        From `excess_brightness`.
    region : `numpy.ndarray`, optional
        Boolean, shape of the map, `True` inside, as from `sector`. By default the whole frame.
    angle : `~astropy.units.Quantity`, optional
        Angle of the ejection from the plane of the sky.

    Returns
    -------
    `Mass`
        Mass, its uncertainty due to filled pixels, its part on filled pixels, and numbers of pixels.

    Raises
    ------
    ValueError
        If the map is not in mean solar brightness, ``region`` has another shape, or no pixel in it has data.

    Notes
    -----
    The plasma contains 10 % helium: 1.974e-24 g per electron. The errors of pixels in one hole are correlated to an
    unknown degree; their standard deviations are added, which is an upper limit. Those of separate holes are
    independent and are added in quadrature.

    References
    ----------
    * Vourlidas et al. 2010, ApJ 722, 1522, https://doi.org/10.1088/0004-637X/722/2/1522

    Examples
    --------
    >>> import warnings
    >>> import astropy.units as u
    >>> from sunpy_coronagraph_inpaint.calibrate import calibrate_map
    >>> from sunpy_coronagraph_inpaint.exceptions import NominalCalibrationWarning
    >>> from sunpy_coronagraph_inpaint.simulate import damage, plain_corona
    >>> from sunpy_coronagraph_inpaint.thomson import cme_mass, excess_brightness, sector
    >>> warnings.simplefilter("ignore", NominalCalibrationWarning)
    >>> before = calibrate_map(plain_corona(seed=1), calibration="nominal")
    >>> after = calibrate_map(damage(plain_corona(seed=1), blocks=[667]), calibration="nominal")
    >>> found = cme_mass(excess_brightness(after, before), sector(after, radii=(5, 25) * u.R_sun))
    >>> found.mass.unit, bool(abs(found.mass) < 3 * found.uncertainty)
    (Unit("g"), True)
    """
    columns = electron_column_density(excess, angle=angle)
    grams = columns.data * (pixel_area(excess) * GRAMS_PER_ELECTRON)
    inside = np.ones(grams.shape, dtype=bool) if region is None else np.asarray(region)
    if inside.shape != grams.shape or inside.dtype != bool:
        msg = (
            f"region must be a boolean array of the shape {grams.shape}, not one of {inside.dtype} and {inside.shape}."
        )
        raise ValueError(msg)
    counted = inside & np.isfinite(grams)
    if not counted.any():
        msg = "No pixel of the region has data. Choose one outside the occulter and inside the field."
        raise ValueError(msg)
    std = np.full(grams.shape, np.nan)
    if columns.uncertainty is not None:
        std = columns.uncertainty.array * (pixel_area(excess) * GRAMS_PER_ELECTRON)
    filled = counted & np.isfinite(std)
    holes, number_of_holes = ndimage.label(filled, structure=np.ones((3, 3)))
    each = ndimage.sum_labels(std, holes, np.arange(1, number_of_holes + 1))
    return Mass(
        mass=float(grams[counted].sum()) * u.g,
        uncertainty=float(np.sqrt(np.sum(np.square(each)))) * u.g,
        filled=float(grams[filled].sum()) * u.g,
        n_pixels=int(counted.sum()),
        n_without_data=int((inside & ~counted).sum()),
    )
