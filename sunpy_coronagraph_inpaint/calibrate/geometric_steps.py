"""The steps that change where a pixel lies, and those that follow them."""

import numpy as np

from sunpy_coronagraph_inpaint.calibrate import distortion, mask, pointing, rotation, statistics
from sunpy_coronagraph_inpaint.calibrate.dates import correct_date, level_1_name
from sunpy_coronagraph_inpaint.calibrate.scaling import BRIGHTEST
from sunpy_coronagraph_inpaint.instruments.lasco_facts import OPTICS, solar_radius

__all__ = ["GEOMETRIC_STEPS"]

_TRACE = 1e-6  # a pixel that took less than this of another one took nothing of it


def _distortion(frame):
    settings = frame.settings
    center = distortion.distortion_center(settings.detector, settings.day)
    source = distortion.distortion_source(
        settings.detector, frame.data.shape, summing=settings.summing, center=center, method="grid"
    )
    frame.data = distortion.correct_distortion(frame.data, source)
    for name in ("lost", "filled", "hidden"):
        flags = getattr(frame, name)
        if flags is not None and np.any(flags):
            setattr(frame, name, distortion.correct_distortion(flags.astype(np.float32), source) > _TRACE)
    if frame.spread is not None:
        # Errors of the pixels of one fill belong together, so that their deviations add up and not their variances.
        known = np.isfinite(frame.spread)
        spread = distortion.correct_distortion(np.where(known, frame.spread, 0), source)
        share = distortion.correct_distortion(known.astype(np.float32), source)
        frame.spread = np.where(share > _TRACE, spread, np.nan)
    frame.put(caldisx=center[0], caldisy=center[1])
    frame.history.append(f"distortion_coeffs 1.4 about {center[0]}, {center[1]}, 32-pixel grid")


def _mask(frame):
    fixed = None
    if frame.settings.detector == "C3":
        found = frame.store.mask()
        fixed = frame.fit(frame.use("mask", found))
        frame.history.append(f"mask {found.source}")
    frame.data = mask.apply_mask(frame.data, mask=fixed, share=1.0 - frame.lost)


def _pointing(frame):
    settings = frame.settings
    time = correct_date(frame, settings)
    found = frame.store.pointing(settings.detector, time, settings.crota)
    way = pointing.frame_pointing(frame.use("pointing", found), crota=settings.crota, summing=settings.summing)
    for name in ("data", "lost", "filled", "spread", "hidden"):
        if getattr(frame, name) is not None:
            setattr(frame, name, _moved(getattr(frame, name), way))
    scales = [OPTICS[settings.detector].scale * step for step in settings.summing]
    ny, nx = frame.data.shape
    frame.put(crpix1=way.x + 1, crpix2=way.y + 1, crota=way.crota, crota1=way.crota, crota2=way.crota)
    frame.put(crval1=0.0, crval2=0.0, ctype1="HPLN-TAN", ctype2="HPLT-TAN", cunit1="arcsec", cunit2="arcsec")
    frame.put(cdelt1=scales[1], cdelt2=scales[0], rectify=way.rectify, rsun=solar_radius(settings.time.mjd))
    frame.put(xcen=scales[1] * ((nx + 1) / 2 - way.x - 1), ycen=scales[0] * ((ny + 1) / 2 - way.y - 1))
    frame.put(level="1.0", filename=level_1_name(str(frame.meta.get("filename", ""))))
    rolled = f"rotated {way.rotated:.5f} deg" if way.rotated else "No roll correction applied."
    frame.history += [f"pointing {found.source}", f"{'turned by 180 deg, ' if way.turned else ''}{rolled}"]


def _moved(image, way):
    """Turn and rotate one of the arrays of a frame."""
    image = rotation.turn(image) if way.turned else image
    if not way.rotated:
        return np.ascontiguousarray(image)
    if image.dtype != bool:
        return rotation.rotate(image, way.rotated, (way.x, way.y))
    moved = rotation.rotate(image.astype(np.float32), way.rotated, (way.x, way.y))
    return np.nan_to_num(moved) > _TRACE


def _statistics(frame):
    bright = BRIGHTEST if frame.settings.filled_by_solarsoft else None
    frame.meta.update(
        {key.lower(): v for key, v in statistics.level_1_statistics(frame.data, saturation=bright).items()}
    )


GEOMETRIC_STEPS = {
    "distortion": _distortion,
    "mask": _mask,
    "pointing": _pointing,
    "statistics": _statistics,
}
