"""Neighbors in time: maps brought to the pixel grid, exposure and orientation of the frame they are to help."""

import warnings
from dataclasses import replace

import numpy as np
from scipy import ndimage

from sunpy.time import parse_time

from sunpy_coronagraph_inpaint.dropouts import find_dropouts
from sunpy_coronagraph_inpaint.exceptions import NeighborWarning
from sunpy_coronagraph_inpaint.frame import CoronagraphFrame

__all__ = ["align", "observation_time", "sky_roll"]

#: Orientations of the picture that differ by less than this are taken as equal, degrees.
_ROLL_TOLERANCE = 1.5
#: A center that moved by less than this many pixels is not worth an interpolation.
_SHIFT_TOLERANCE = 0.05
#: A center that moved by more than this many pixels means another camera or another picture.
_LARGEST_SHIFT = 64.0


def observation_time(meta):
    """
    Time of the exposure, with the clock time that LASCO keeps in a keyword of its own.

    Parameters
    ----------
    meta : mapping
        A header.

    Returns
    -------
    `astropy.time.Time` or `None`
        `None` if the header has no date that can be read.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.neighbors import observation_time
    >>> observation_time({"date-obs": "2002/01/08", "time-obs": "02:18:05.594"}).isot
    '2002-01-08T02:18:05.594'
    """
    date = str(meta.get("date-obs") or meta.get("date_obs") or "").strip()
    clock = str(meta.get("time-obs") or meta.get("time_obs") or "").strip()
    if not date:
        return None
    try:
        return parse_time(f"{date} {clock}" if clock and "T" not in date else date)
    except ValueError:
        return None


def sky_roll(smap):
    """
    Angle by which the picture is turned on the sky, in degrees from -180 to 180.

    Parameters
    ----------
    smap : `~sunpy.map.GenericMap`
        A map.

    Returns
    -------
    float

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.neighbors import sky_roll
    >>> from sunpy_coronagraph_inpaint.simulate import plain_corona
    >>> float(sky_roll(plain_corona()))
    0.0
    """
    matrix = smap.rotation_matrix
    return np.rad2deg(np.arctan2(matrix[1, 0], matrix[0, 0]))


def align(smap, frame, neighbors):
    """
    Bring neighbors to the pixels of a frame.

    The bias is taken off, the exposure time and on-board summing are made equal, a picture rolled by 180 degrees is
    turned, a shifted center is moved, and missing or masked pixels are marked as not valid.

    Parameters
    ----------
    smap : `~sunpy.map.GenericMap`
        The map to be filled.
    frame : `~sunpy_coronagraph_inpaint.frame.CoronagraphFrame`
        Its arrays.
    neighbors : iterable of `~sunpy.map.GenericMap`
        Maps of the same camera, in any order.

    Returns
    -------
    tuple of `~sunpy_coronagraph_inpaint.frame.CoronagraphFrame`
        On the pixel grid and in the units of ``frame``, ``time`` in seconds from it.

    Raises
    ------
    TypeError
        If one is not a map of a known coronagraph.
    ValueError
        If one is of another camera, filter, polarizer or level, rolled by anything but 0 or 180 degrees from the
        frame, or of a size that no summing explains.

    Warns
    -----
    `~sunpy_coronagraph_inpaint.exceptions.NeighborWarning`
        If one is the frame itself, and is left out.
    """
    own = find_dropouts(smap)
    aligned = []
    for number, neighbor in enumerate(neighbors):
        dropouts = find_dropouts(neighbor)
        _check(number, smap, own.camera, neighbor, dropouts.camera)
        lag = _lag(number, smap, neighbor)
        if lag == 0.0:
            msg = f"Neighbor {number} is of the same time as the frame itself and is left out."
            warnings.warn(msg, NeighborWarning, stacklevel=3)
            continue
        valid = ~dropouts.no_data & ~_masked(neighbor)
        data = neighbor.data.astype(float)
        other = CoronagraphFrame(
            data,
            valid,
            np.zeros(data.shape, bool),
            dropouts.camera.center,
            dropouts.camera.solar_radius,
            bias=dropouts.camera.bias,
            exposure=dropouts.camera.exposure,
            time=lag,
        )
        turned = abs(_turn(sky_roll(neighbor) - sky_roll(smap))) > 90
        counts = dropouts.camera.level == "0.5"
        aligned.append(_to_frame(number, other, frame, turned=turned, counts=counts, sun=_suns(dropouts, own)))
    return tuple(aligned)


def _masked(smap):
    return np.zeros(smap.data.shape, bool) if smap.mask is None else np.asarray(smap.mask, dtype=bool)


def _turn(angle):
    return (angle + 180) % 360 - 180


def _lag(number, smap, neighbor):
    times = [observation_time(m.meta) for m in (neighbor, smap)]
    if None in times:
        msg = f"Neighbor {number} or the frame itself has no observation time in its header. Set DATE-OBS."
        raise ValueError(msg)
    return (times[0] - times[1]).to_value("s")


def _suns(dropouts, own):
    return dropouts.camera.sun_center, own.camera.sun_center


def _check(number, smap, camera, neighbor, other):
    """Refuse what no correction makes comparable."""
    for what, mine, its in (
        ("camera", camera.name, other.name),
        ("processing level", camera.level, other.level),
        *((key, _text(smap, key), _text(neighbor, key)) for key in ("filter", "polar")),
    ):
        if mine != its:
            msg = f"Neighbor {number} has another {what} ({its!r}) than the frame ({mine!r}). Leave it out."
            raise ValueError(msg)
    roll = abs(_turn(sky_roll(neighbor) - sky_roll(smap)))
    if _ROLL_TOLERANCE < roll < 180 - _ROLL_TOLERANCE:
        msg = (
            f"Neighbor {number} is rolled by {roll:.1f} degrees from the frame; only 0 and 180 can be corrected. "
            "Leave it out."
        )
        raise ValueError(msg)


def _text(smap, key):
    return str(smap.meta.get(key, "")).upper().replace(" ", "")


def _to_frame(number, other, frame, *, turned, counts, sun):
    """One neighbor as if it had been taken with the frame's exposure, summing, orientation and pointing."""
    other, sun_other = _rescale(number, other, frame, sun[0], counts)
    center = sun_other if turned else other.center
    target = sun[1] if turned else frame.center
    if turned:
        ny, nx = frame.data.shape
        center = nx - 1 - center[0], ny - 1 - center[1]
    shift = target[1] - center[1], target[0] - center[0]
    if np.hypot(*shift) > _LARGEST_SHIFT:
        msg = f"The center of neighbor {number} is {np.hypot(*shift):.0f} pixels from the frame's. Leave it out."
        raise ValueError(msg)
    if not turned and np.hypot(*shift) < _SHIFT_TOLERANCE:
        return replace(other, center=frame.center)
    # Vignetting belongs to the camera and does not move with the sky: divide it out before, put it back after.
    contrast = other.normalize() if other.profile.relative else other.data
    valid = other.valid
    if turned:
        contrast, valid = contrast[::-1, ::-1], valid[::-1, ::-1]
    weight = ndimage.shift(valid.astype(float), shift, order=1)
    moved = ndimage.shift(np.where(valid, contrast, 0.0), shift, order=1)
    valid = weight > 0.99
    moved = np.divide(moved, weight, out=np.ones_like(moved), where=valid)
    data = moved * frame.profile(np.s_[:, :]) if other.profile.relative else moved
    return replace(other, data=data, valid=valid, center=frame.center)


def _rescale(number, other, frame, sun, counts):
    """Take off the bias, undo summing, bring to the frame's exposure time and put the frame's bias on."""
    ratio = frame.data.shape[0] / other.data.shape[0]
    if other.data.shape[0] * ratio != frame.data.shape[0] or other.data.shape[1] * ratio != frame.data.shape[1]:
        msg = f"Neighbor {number} has {other.data.shape} pixels, the frame {frame.data.shape}. Leave it out."
        raise ValueError(msg)
    data, valid = other.data - other.bias, other.valid
    if ratio >= 1:
        factor = _whole(number, ratio)
        data, valid = (np.kron(array, np.ones((factor, factor), array.dtype)) for array in (data, valid))
    else:
        factor = _whole(number, 1 / ratio)
        cut = data.shape[0] // factor, factor, data.shape[1] // factor, factor
        valid = valid.reshape(cut).all(axis=(1, 3))
        data = data.reshape(cut).mean(axis=(1, 3))
    scale = 1.0
    if counts:
        scale = frame.exposure / other.exposure / ratio**2
        if not (np.isfinite(scale) and scale > 0):
            msg = f"Neighbor {number} or the frame has no exposure time in its header. Set EXPTIME."
            raise ValueError(msg)
    place = [tuple((c + 0.5) * ratio - 0.5 for c in point) for point in (other.center, sun)]
    data = data * scale + frame.bias
    changed = CoronagraphFrame(
        data,
        valid,
        np.zeros(data.shape, bool),
        place[0],
        other.solar_radius * ratio,
        bias=frame.bias,
        exposure=frame.exposure,
        time=other.time,
    )
    return changed, place[1]


def _whole(number, ratio):
    if ratio != round(ratio):
        msg = f"Neighbor {number} has {1 / ratio:.3g} times the frame's pixels on a side, as no summing does."
        raise ValueError(msg)
    return round(ratio)
