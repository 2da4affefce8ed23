"""From excess brightness to electrons and to the mass of a coronal mass ejection."""

import copy
from typing import NamedTuple

import numpy as np
from scipy import ndimage

import astropy.units as u
from astropy.nddata import StdDevUncertainty

from sunpy_coronagraph_inpaint.instruments.lasco_header import number
from sunpy_coronagraph_inpaint.io.msb import new_map
from sunpy_coronagraph_inpaint.thomson.excess import check_brightness, sky_position
from sunpy_coronagraph_inpaint.thomson.scattering import GRAMS_PER_ELECTRON, SOLAR_RADIUS_CM, scattering

__all__ = ["Mass", "cme_mass", "electron_column_density", "pixel_area"]


class Mass(NamedTuple):
    """Mass of a region of the sky."""

    mass: u.Quantity
    """Excess mass in grams."""
    uncertainty: u.Quantity
    """Upper limit of the standard deviation that filled pixels give it, grams; 0 where all pixels were measured."""
    filled: u.Quantity
    """The part of the mass that lies on filled pixels, grams."""
    n_pixels: int
    """Number of pixels with data in the region."""
    n_lost: int
    """Number of pixels without data in the region, of which nothing was counted."""


def pixel_area(smap):
    """
    Return the area that a pixel of a calibrated frame covers at the distance of the Sun.

    Parameters
    ----------
    smap : `~sunpy.map.sources.LASCOMap`
        A calibrated frame.

    Returns
    -------
    `~astropy.units.Quantity`
        Square centimeters.

    Examples
    --------
    >>> import warnings
    >>> from sunpy_coronagraph_inpaint.calibrate import calibrate_map
    >>> from sunpy_coronagraph_inpaint.thomson.mass import pixel_area
    >>> from sunpy_coronagraph_inpaint.exceptions import NominalCalibrationWarning
    >>> from sunpy_coronagraph_inpaint.simulate import plain_corona
    >>> warnings.simplefilter("ignore", NominalCalibrationWarning)
    >>> print(f"{pixel_area(calibrate_map(plain_corona(), calibration='nominal')):.2e}")
    1.61e+19 cm2
    """
    return (SOLAR_RADIUS_CM * abs(number(smap.meta, "cdelt1", "nan")) / number(smap.meta, "rsun", "nan")) ** 2 * u.cm**2


@u.quantity_input
def electron_column_density(excess, *, angle: u.deg = 0 * u.deg):
    """
    Turn excess brightness into the number of electrons along the line of sight.

    Parameters
    ----------
    excess : `~sunpy.map.sources.LASCOMap`
        From `excess_brightness`: mean solar brightness.
    angle : `~astropy.units.Quantity`, optional
        Angle between the plane of the sky and the electrons, all of which are taken to lie there.

    Returns
    -------
    `~sunpy.map.sources.LASCOMap`
        Electrons per square centimeter (``BUNIT`` ``cm-2``), with the uncertainty of filled pixels; not a number within
        a solar radius of the center of the Sun.

    Raises
    ------
    ValueError
        If the map is not in mean solar brightness, or the angle is not between -90 and 90 degrees.

    Notes
    -----
    The brightness of one electron is that of `sunpy_coronagraph_inpaint.thomson.scattering.scattering`. Electrons
    away from the plane of the sky scatter less towards the observer, so that ``angle=0`` gives the smallest number.

    References
    ----------
    * Billings 1966, A Guide to the Solar Corona; SolarSoft IDL routine ``eltheory.pro``.
    * Vourlidas et al. 2010, ApJ 722, 1522, https://doi.org/10.1088/0004-637X/722/2/1522

    Examples
    --------
    >>> import warnings
    >>> from sunpy_coronagraph_inpaint.calibrate import calibrate_map
    >>> from sunpy_coronagraph_inpaint.thomson.mass import electron_column_density
    >>> from sunpy_coronagraph_inpaint.thomson.excess import excess_brightness
    >>> from sunpy_coronagraph_inpaint.exceptions import NominalCalibrationWarning
    >>> from sunpy_coronagraph_inpaint.simulate import plain_corona
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
    spread = excess.uncertainty
    if spread is not None:
        spread = StdDevUncertainty(spread.represent_as(StdDevUncertainty).array / per_electron)
    settings = copy.deepcopy(excess.plot_settings)
    return new_map(excess, excess.data / per_electron, meta, plot_settings=settings, uncertainty=spread)


@u.quantity_input
def cme_mass(excess, region=None, *, angle: u.deg = 0 * u.deg):
    """
    Sum the mass in a region of the sky.

    Parameters
    ----------
    excess : `~sunpy.map.sources.LASCOMap`
        From `excess_brightness`.
    region : `numpy.ndarray`, optional
        Boolean, shape of the map, `True` inside, as from `sector`; the whole frame if not given.
    angle : `~astropy.units.Quantity`, optional
        Angle between the plane of the sky and the ejection.

    Returns
    -------
    `Mass`

    Raises
    ------
    ValueError
        If the map is not in mean solar brightness, the region does not fit, or nothing in it has data.

    Notes
    -----
    The plasma holds 10 % helium: 1.974e-24 g per electron. Errors of the pixels of one hole belong together, but nobody
    knows how closely: their standard deviations are added up, which is the most that they can come to. Those of
    separate holes are independent and are added in squares.

    References
    ----------
    * Vourlidas et al. 2010, ApJ 722, 1522, https://doi.org/10.1088/0004-637X/722/2/1522

    Examples
    --------
    >>> import warnings
    >>> import astropy.units as u
    >>> from sunpy_coronagraph_inpaint.calibrate import calibrate_map
    >>> from sunpy_coronagraph_inpaint.thomson.mass import cme_mass
    >>> from sunpy_coronagraph_inpaint.thomson.excess import excess_brightness, sector
    >>> from sunpy_coronagraph_inpaint.exceptions import NominalCalibrationWarning
    >>> from sunpy_coronagraph_inpaint.simulate import damage, plain_corona
    >>> warnings.simplefilter("ignore", NominalCalibrationWarning)
    >>> before = calibrate_map(plain_corona(seed=1), calibration="nominal")
    >>> after = calibrate_map(damage(plain_corona(seed=1), blocks=[667]), calibration="nominal")
    >>> found = cme_mass(excess_brightness(after, before), sector(after, radii=(5, 25)))
    >>> found.mass.unit, bool(abs(found.mass) < 3 * found.uncertainty)
    (Unit("g"), True)
    """
    columns = electron_column_density(excess, angle=angle)
    grams = columns.data * (pixel_area(excess).value * GRAMS_PER_ELECTRON)
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
    spread = np.full(grams.shape, np.nan)
    if columns.uncertainty is not None:
        spread = columns.uncertainty.array * (pixel_area(excess).value * GRAMS_PER_ELECTRON)
    filled = counted & np.isfinite(spread)
    holes, number_of_holes = ndimage.label(filled, structure=np.ones((3, 3)))
    each = ndimage.sum_labels(spread, holes, np.arange(1, number_of_holes + 1))
    return Mass(
        mass=float(grams[counted].sum()) * u.g,
        uncertainty=float(np.sqrt(np.sum(np.square(each)))) * u.g,
        filled=float(grams[filled].sum()) * u.g,
        n_pixels=int(counted.sum()),
        n_lost=int((inside & ~counted).sum()),
    )
