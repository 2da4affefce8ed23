"""Excess brightness of a frame over a base frame, and the position of its pixels on the sky."""

import copy

import numpy as np

import astropy.units as u
from astropy.nddata import StdDevUncertainty

from sunpy.map import GenericMap

from sunpy_coronagraph_inpaint.instruments.lasco_header import number, text
from sunpy_coronagraph_inpaint.io.msb import new_map, standard_deviation

_SAME = ("detector", "filter", "polar", "naxis1", "naxis2", "cdelt1", "bunit")
_MAX_SHIFT, _MAX_ROLL = 0.5, 1.0  # pixels and degrees by which two frames may differ


def excess_brightness(smap, base):
    """
    Subtract a calibrated base frame from another one.

    Parameters
    ----------
    smap, base : `~sunpy.map.sources.LASCOMap`
        Frames of one camera, filter and polarizer in mean solar brightness, as from
        `~sunpy_coronagraph_inpaint.calibrate.calibrate_map`: with the coronal mass ejection, and before it.

    Returns
    -------
    `~sunpy.map.sources.LASCOMap`
        Mean solar brightness, with the header of ``smap``; NaN where either has no data. ``uncertainty`` is that of
        the filled pixels of both, NaN where both were measured.

    Raises
    ------
    TypeError
        If either is not a map.
    ValueError
        If they are not calibrated, or differ in camera, filter, polarizer, size, or pointing.

    Examples
    --------
    >>> import warnings
    >>> from sunpy_coronagraph_inpaint.calibrate import calibrate_map
    >>> from sunpy_coronagraph_inpaint.exceptions import NominalCalibrationWarning
    >>> from sunpy_coronagraph_inpaint.simulate import plain_corona
    >>> from sunpy_coronagraph_inpaint.thomson import excess_brightness
    >>> warnings.simplefilter("ignore", NominalCalibrationWarning)
    >>> one, other = (calibrate_map(plain_corona(seed=seed), calibration="nominal") for seed in (1, 2))
    >>> excess_brightness(one, other).meta["bunit"]
    'MSB'
    """
    for one in (smap, base):
        if not isinstance(one, GenericMap):
            msg = f"excess_brightness takes two sunpy maps, but was given {type(one).__name__}."
            raise TypeError(msg)
        check_brightness(one)
    _check_same_kind(smap.meta, base.meta)
    meta = copy.deepcopy(smap.meta)
    subtracted = f"sunpy_coronagraph_inpaint: minus {base.meta.get('filename') or base.meta.get('date-obs', '?')}"
    meta["history"] = f"{meta.get('history', '')}\n{subtracted}".strip("\n")
    data = smap.data.astype(float) - base.data
    std = _combine(standard_deviation(smap), standard_deviation(base))
    settings = {"cmap": smap.plot_settings.get("cmap", "gray"), "origin": "lower"}
    return new_map(smap, data, meta, plot_settings=settings, uncertainty=std)


def check_brightness(smap):
    """Raise `ValueError` unless a map is a frame in mean solar brightness, with the geometry of level 1."""
    if text(smap.meta, "bunit") != "MSB" or "rsun" not in smap.meta:
        msg = "The frame is not calibrated to mean solar brightness with its pointing. Use calibrate_map first."
        raise ValueError(msg)


def _check_same_kind(one, other):
    for key in _SAME:
        if str(one.get(key)).strip() != str(other.get(key)).strip():
            msg = f"The frames differ in {key.upper()}: {one.get(key)} and {other.get(key)}. Use two of the same kind."
            raise ValueError(msg)
    shift = np.hypot(*(number(one, key, "nan") - number(other, key, "nan") for key in ("crpix1", "crpix2")))
    roll = abs(number(one, "crota1", 0) % 360 - number(other, "crota1", 0) % 360)
    if not shift <= _MAX_SHIFT or not min(roll, 360 - roll) <= _MAX_ROLL:
        msg = (
            f"The frames differ by {shift:.2f} pixels in the center of the Sun and by {roll:.1f} degrees in roll. "
            "Use two with the same pointing."
        )
        raise ValueError(msg)


def _combine(*stds):
    """Add standard deviations in quadrature; one that is missing counts as 0."""
    known = [std for std in stds if std is not None]
    if not known:
        return None
    total = np.sqrt(sum(np.nan_to_num(std) ** 2 for std in known))
    return StdDevUncertainty(np.where(np.any([np.isfinite(std) for std in known], axis=0), total, np.nan))


def sky_position(smap):
    """
    Return radius (solar radii) and position angle (degrees) of the pixels of a calibrated frame.

    The radius is the distance from Sun center in the plane of the sky; the position angle, from 0 to 360, counts
    counterclockwise from solar north.
    """
    meta = smap.meta
    y, x = np.indices(smap.data.shape)
    x, y = x + 1 - number(meta, "crpix1", "nan"), y + 1 - number(meta, "crpix2", "nan")
    roll = np.radians(number(meta, "crota1", 0))
    west, north = np.cos(roll) * x - np.sin(roll) * y, np.sin(roll) * x + np.cos(roll) * y
    scale = abs(number(meta, "cdelt1", "nan")) / number(meta, "rsun", "nan")
    return np.hypot(x, y) * scale, np.degrees(np.arctan2(-west, north)) % 360


def sector(smap, *, angles=(0, 360) * u.deg, radii=(0, np.inf) * u.R_sun):
    """
    Select the pixels of a calibrated frame in a sector of a ring around the Sun.

    Parameters
    ----------
    smap : `~sunpy.map.sources.LASCOMap`
        A calibrated frame.
    angles : `~astropy.units.Quantity`, optional
        First and last position angle, counterclockwise from solar north. The sector extends counterclockwise from the
        first to the last, through north if the last is smaller.
    radii : `~astropy.units.Quantity`, optional
        Smallest and largest distance from Sun center in the plane of the sky: two lengths.

    Returns
    -------
    `numpy.ndarray`
        Boolean, shape of the map, `True` inside.

    Raises
    ------
    TypeError
        If ``angles`` or ``radii`` are not two quantities of that kind.

    Examples
    --------
    >>> import warnings
    >>> import astropy.units as u
    >>> from sunpy_coronagraph_inpaint.calibrate import calibrate_map
    >>> from sunpy_coronagraph_inpaint.exceptions import NominalCalibrationWarning
    >>> from sunpy_coronagraph_inpaint.simulate import plain_corona
    >>> from sunpy_coronagraph_inpaint.thomson import sector
    >>> warnings.simplefilter("ignore", NominalCalibrationWarning)
    >>> smap = calibrate_map(plain_corona(), calibration="nominal")
    >>> ring = sector(smap, radii=(10, 20) * u.R_sun)
    >>> half = sector(smap, angles=(0, 180) * u.deg, radii=(10, 20) * u.R_sun)
    >>> round(float(half.sum() / ring.sum()), 2)  # the eastern half
    0.5
    """
    first, last = _pair("angles", angles, u.deg, "(330, 30) * u.deg")
    nearest, farthest = _pair("radii", radii, u.R_sun, "(5, 20) * u.R_sun")
    radius, angle = sky_position(smap)
    width = 360.0 if last - first >= 360 else (last - first) % 360
    inside = (angle - first) % 360 <= width
    return inside & (radius >= nearest) & (radius <= farthest)


def _pair(name, values, unit, example):
    try:
        first, last = u.Quantity(values).to_value(unit)
    except (TypeError, ValueError) as error:
        msg = f"{name} must be two quantities like {example}, but {values!r} was given."
        raise TypeError(msg) from error
    return first, last
