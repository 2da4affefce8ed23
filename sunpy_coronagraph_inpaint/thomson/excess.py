"""What changed between two calibrated frames, and where in the sky a pixel looks."""

import copy

import numpy as np

import astropy.units as u
from astropy.nddata import StdDevUncertainty

from sunpy.map import GenericMap

from sunpy_coronagraph_inpaint.instruments.lasco_header import number, text
from sunpy_coronagraph_inpaint.io.msb import new_map

__all__ = ["excess_brightness", "sector", "sky_position"]

_SAME = ("detector", "filter", "polar", "naxis1", "naxis2", "cdelt1", "bunit")
_SHIFT, _ROLL = 0.5, 1.0  # pixels and degrees by which two frames may differ
_MOVED = "Two frames can be subtracted when they look at the same place."


def excess_brightness(smap, base):
    """
    Subtract a calibrated frame from another one.

    Parameters
    ----------
    smap, base : `~sunpy.map.sources.LASCOMap`
        Frames of one camera, filter and polarizer in mean solar brightness, as from `calibrate_map`: with the coronal
        mass ejection, and before it.

    Returns
    -------
    `~sunpy.map.sources.LASCOMap`
        Mean solar brightness, with the header of ``smap``; not a number where one of the two has no data.
        ``uncertainty`` is that of the filled pixels of both, not a number where both were measured.

    Raises
    ------
    TypeError
        If one is not a map.
    ValueError
        If they are not calibrated, or of different cameras, filters, sizes, or places.

    Examples
    --------
    >>> import warnings
    >>> from sunpy_coronagraph_inpaint.calibrate import calibrate_map
    >>> from sunpy_coronagraph_inpaint.thomson.excess import excess_brightness
    >>> from sunpy_coronagraph_inpaint.exceptions import NominalCalibrationWarning
    >>> from sunpy_coronagraph_inpaint.simulate import plain_corona
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
    _check_alike(smap.meta, base.meta)
    meta = copy.deepcopy(smap.meta)
    subtracted = f"sunpy_coronagraph_inpaint: minus {base.meta.get('filename') or base.meta.get('date-obs', '?')}"
    meta["history"] = f"{meta.get('history', '')}\n{subtracted}".strip("\n")
    data = smap.data.astype(float) - base.data
    spread = _together(_spread(smap), _spread(base))
    settings = {"cmap": smap.plot_settings.get("cmap", "gray"), "origin": "lower"}
    return new_map(smap, data, meta, plot_settings=settings, uncertainty=spread)


def check_brightness(smap):
    """Raise `ValueError` unless a map is a frame in mean solar brightness, with the geometry of level 1."""
    if text(smap.meta, "bunit") != "MSB" or "rsun" not in smap.meta:
        msg = "The frame is not calibrated to mean solar brightness with its pointing. Use calibrate_map first."
        raise ValueError(msg)


def _check_alike(one, other):
    for key in _SAME:
        if str(one.get(key)).strip() != str(other.get(key)).strip():
            msg = f"The frames differ in {key.upper()}: {one.get(key)} and {other.get(key)}. Take two of one kind."
            raise ValueError(msg)
    shift = np.hypot(*(number(one, key, "nan") - number(other, key, "nan") for key in ("crpix1", "crpix2")))
    roll = abs(_roll(one) - _roll(other))
    if not shift <= _SHIFT or not min(roll, 360 - roll) <= _ROLL:
        msg = f"The center of the Sun is {shift:.2f} pixels and the roll {roll:.1f} degrees away. {_MOVED}"
        raise ValueError(msg)


def _roll(meta):
    return number(meta, "crota1", 0) % 360


def _spread(smap):
    return None if smap.uncertainty is None else smap.uncertainty.represent_as(StdDevUncertainty).array


def _together(*spreads):
    known = [spread for spread in spreads if spread is not None]
    if not known:
        return None
    total = np.sqrt(sum(np.nan_to_num(spread) ** 2 for spread in known))
    return StdDevUncertainty(np.where(np.any([np.isfinite(spread) for spread in known], axis=0), total, np.nan))


def sky_position(smap):
    """
    Return where the pixels of a calibrated frame look.

    Parameters
    ----------
    smap : `~sunpy.map.sources.LASCOMap`
        A calibrated frame.

    Returns
    -------
    radius : `numpy.ndarray`
        Distance from the center of the Sun in the plane of the sky, solar radii.
    angle : `~astropy.units.Quantity`
        Position angle from 0 to 360 degrees, counterclockwise from solar north.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.calibrate import read_level_1
    >>> from sunpy_coronagraph_inpaint.thomson.excess import sky_position
    >>> radius, angle = sky_position(read_level_1("35082085.fts"))  # doctest: +SKIP
    """
    meta = smap.meta
    y, x = np.indices(smap.data.shape)
    x, y = x + 1 - number(meta, "crpix1", "nan"), y + 1 - number(meta, "crpix2", "nan")
    roll = np.radians(number(meta, "crota1", 0))
    west, north = np.cos(roll) * x - np.sin(roll) * y, np.sin(roll) * x + np.cos(roll) * y
    scale = abs(number(meta, "cdelt1", "nan")) / number(meta, "rsun", "nan")
    return np.hypot(x, y) * scale, (np.degrees(np.arctan2(-west, north)) % 360) * u.deg


def sector(smap, *, angles=(0 * u.deg, 360 * u.deg), radii=(0, np.inf)):
    """
    Return the pixels of a calibrated frame in a part of a ring about the Sun.

    Parameters
    ----------
    smap : `~sunpy.map.sources.LASCOMap`
        A calibrated frame.
    angles : tuple of `~astropy.units.Quantity`, optional
        First and last position angle, counterclockwise from solar north; the way from the first to the last is
        counterclockwise, through north if the last is smaller.
    radii : tuple of float, optional
        Least and greatest distance from the center of the Sun, solar radii.

    Returns
    -------
    `numpy.ndarray`
        Boolean, `True` inside.

    Examples
    --------
    >>> import warnings
    >>> import astropy.units as u
    >>> from sunpy_coronagraph_inpaint.calibrate import calibrate_map
    >>> from sunpy_coronagraph_inpaint.thomson.excess import sector
    >>> from sunpy_coronagraph_inpaint.exceptions import NominalCalibrationWarning
    >>> from sunpy_coronagraph_inpaint.simulate import plain_corona
    >>> warnings.simplefilter("ignore", NominalCalibrationWarning)
    >>> smap = calibrate_map(plain_corona(), calibration="nominal")
    >>> ring, half = sector(smap, radii=(10, 20)), sector(smap, angles=(0 * u.deg, 180 * u.deg), radii=(10, 20))
    >>> round(float(half.sum() / ring.sum()), 2)  # the eastern half
    0.5
    """
    radius, angle = sky_position(smap)
    first, last = (u.Quantity(value).to_value(u.deg) for value in angles)
    width = 360.0 if last - first >= 360 else (last - first) % 360
    inside = (angle.value - first) % 360 <= width
    return inside & (radius >= radii[0]) & (radius <= radii[1])
