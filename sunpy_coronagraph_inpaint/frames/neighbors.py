"""Neighbors in time: maps brought to the pixel grid, exposure and orientation of the frame to be filled."""

import warnings

import numpy as np
from scipy import ndimage

from sunpy.time import parse_time

from sunpy_coronagraph_inpaint.exceptions import NeighborWarning
from sunpy_coronagraph_inpaint.frames.dropouts import find_dropouts
from sunpy_coronagraph_inpaint.frames.frame import CoronagraphFrame, RadialProfile
from sunpy_coronagraph_inpaint.frames.masked import masked_sum
from sunpy_coronagraph_inpaint.frames.statistics import block_mean
from sunpy_coronagraph_inpaint.io.provenance import filled_mask

#: Orientations that differ by less than this are taken as equal, degrees.
_ROLL_TOLERANCE = 0.5
#: Exposures closer in time than this, seconds, are the same.
_SAME_TIME = 0.5
#: Solar radii in pixels may differ by this fraction beyond the summing: the distance to the Sun changes by 3 %.
_SCALE_TOLERANCE = 0.05
#: A shift of the center by less than this many pixels is not worth an interpolation.
_SHIFT_TOLERANCE = 0.05
#: A shift of the center by more than this many pixels means another camera or another kind of image.
_LARGEST_SHIFT = 64.0


def observation_time(meta):
    """Return the time of an exposure, with LASCO's separate keyword for the clock time; `None` without a valid date."""
    date = str(meta.get("date-obs") or meta.get("date_obs") or "").strip()
    clock = str(meta.get("time-obs") or meta.get("time_obs") or "").strip()
    if not date:
        return None
    try:
        return parse_time(f"{date} {clock}" if clock and "T" not in date else date)
    except ValueError:
        return None


def sky_roll(smap):
    """Return the angle by which a map's image is rotated on the sky, in degrees from -180 to 180."""
    matrix = smap.rotation_matrix
    return np.rad2deg(np.arctan2(matrix[1, 0], matrix[0, 0]))


def align(smap, frame, neighbors):
    """
    Bring neighbors, maps of the same camera in any order, to the pixels and units of the frame made from ``smap``.

    The bias is subtracted, exposure time and on-board summing are equalized, an image rolled by 180 degrees is turned,
    a displaced center is shifted, and missing or masked pixels are marked as not valid. The ``time`` of a neighbor is
    in seconds from that of the frame.

    Raises
    ------
    TypeError
        If a neighbor is not a map of a known coronagraph.
    ValueError
        If a neighbor has another camera, filter, polarizer or level, is rolled by anything but 0 or 180 degrees from
        the frame, or has a size that no summing explains.

    Warns
    -----
    NeighborWarning
        If a neighbor is the frame itself, and is left out.
    """
    own = frame.camera
    if own is None:
        msg = "Neighbors need a frame of a known camera. Create it with CoronagraphFrame.from_camera."
        raise ValueError(msg)
    aligned = []
    for number, neighbor in enumerate(neighbors):
        dropouts = find_dropouts(neighbor)
        _check(number, smap, own, neighbor, dropouts.camera)
        lag = _lag(number, smap, neighbor)
        valid = ~(dropouts.no_data | _masked(neighbor) | filled_mask(neighbor) | ~np.isfinite(neighbor.data))
        if abs(lag) < _SAME_TIME or not valid.any():
            why = "of the same time as the frame itself" if valid.any() else "without any data"
            warnings.warn(f"Neighbor {number} is {why} and is left out.", NeighborWarning, stacklevel=3)
            continue
        turned = abs(_turn(sky_roll(neighbor) - sky_roll(smap))) > 90
        aligned.append(_to_frame(number, np.asarray(neighbor.data), valid, dropouts.camera, frame, own, turned, lag))
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


def _check(number, smap, camera, neighbor, other):
    """Raise `ValueError` for a neighbor whose differences cannot be corrected."""
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


def _to_frame(number, data, valid, other, frame, own, turned, lag):
    """Return a neighbor as if taken with the exposure, summing, orientation and pointing of the frame."""
    scale = _pixel_ratio(number, other, own)
    _check_shift(number, other, own, scale, turned)
    data = np.where(valid, data - other.bias, 0.0) * _exposure_ratio(number, other, own, scale) + own.bias
    center, sun = other.center, other.sun_center
    if scale > 1:
        data, valid = _binned(data, valid, scale)
        center, sun = (tuple((axis + 0.5) / scale - 0.5 for axis in point) for point in (center, sun))
    step = (-1 if turned else 1) / (1 if scale > 1 else round(1 / scale))
    offset = tuple(_rounded(there - step * here) for there, here in zip(sun, own.sun_center, strict=True))
    # Vignetting is fixed in the camera and does not move with the sky: divide it out before, multiply it back after.
    moved = max(abs(a - step * b - c) for a, b, c in zip(center, own.center, offset, strict=True)) > _SHIFT_TOLERANCE
    if own.level == "0.5" and moved and frame.profile.relative:
        profile = RadialProfile(data, valid, center)
        data = data / profile(np.s_[:, :]) if profile.relative else data
        data, valid = _resampled(data, valid, step, offset, frame.data.shape)
        data = data * frame.profile(np.s_[:, :]) if profile.relative else data
    else:
        data, valid = _resampled(data, valid, step, offset, frame.data.shape)
    nothing = np.zeros(data.shape, bool)
    return CoronagraphFrame(data, valid, nothing, frame.center, frame.solar_radius, own.bias, own.exposure, lag)


def _pixel_ratio(number, other, own):
    """Return the number of the neighbor's pixels along a side of one pixel of the frame."""
    found = other.solar_radius / own.solar_radius
    ratio = 2.0 ** np.round(np.log2(found))
    if not (1 / 4 <= ratio <= 4 and abs(found / ratio - 1) < _SCALE_TOLERANCE):
        size = f"{1 / found:.3g} times the size of the frame's"
        msg = f"Neighbor {number} has pixels {size}, which no summing explains. Leave it out."
        raise ValueError(msg)
    return float(ratio)


def _check_shift(number, other, own, scale, turned):
    """Raise `ValueError` for a neighbor whose Sun center is far from that of the frame."""
    if turned:
        return
    places = []
    for camera, size in ((other, scale), (own, 1.0)):
        (sy, sx), (oy, ox) = camera.grid.summing, camera.grid.origin
        places.append(((camera.sun_center[0] + 0.5 + ox / sx) / size, (camera.sun_center[1] + 0.5 + oy / sy) / size))
    shift = np.hypot(*np.subtract(*places))
    if shift > _LARGEST_SHIFT:
        msg = f"The center of neighbor {number} is {shift:.0f} pixels from the frame's. Leave it out."
        raise ValueError(msg)


def _exposure_ratio(number, other, own, scale):
    """Return the factor for the neighbor's counts; its pixels are averaged, not summed."""
    if own.level != "0.5":
        return 1.0
    if not all(np.isfinite(camera.exposure) and camera.exposure > 0 for camera in (other, own)):
        msg = f"Neighbor {number} or the frame has no exposure time in its header. Set EXPTIME."
        raise ValueError(msg)
    return own.exposure / other.exposure * scale**2


def _binned(data, valid, scale):
    factor = round(scale)
    return block_mean(data, factor), block_mean(valid, factor) == 1


def _rounded(offset):
    """Round an offset to a quarter of a pixel if the difference is not worth an interpolation."""
    quarters = np.round(4 * offset) / 4  # the center of a summed pixel lies between those of its parts
    return quarters if abs(offset - quarters) < _SHIFT_TOLERANCE else offset


def _resampled(data, valid, step, offset, shape):
    """Interpolate an image at ``step * (x, y) + offset`` for every pixel of another."""
    options = {
        "matrix": (step, step),
        "offset": (offset[1], offset[0]),
        "output_shape": shape,
        "order": 1,
        "mode": "nearest",
    }
    total, weight = masked_sum(lambda layer: ndimage.affine_transform(layer, **options), data, valid)
    inside = [
        (places > -0.5 - _SHIFT_TOLERANCE) & (places < size - 0.5 + _SHIFT_TOLERANCE)
        for places, size in (
            (step * np.arange(length) + shift, size)
            for length, shift, size in zip(shape, offset[::-1], data.shape, strict=True)
        )
    ]
    known = (weight > 0.99) & inside[0][:, None] & inside[1][None, :]
    return np.divide(total, weight, out=np.ones(shape), where=known), known
