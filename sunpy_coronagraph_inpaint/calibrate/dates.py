"""The corrected date of an exposure, and the name of its level-1 file."""

import re

import astropy.units as u

__all__ = ["correct_date", "level_1_name"]


def correct_date(frame, settings):
    """Put the date by SOHO's clock into the header of a frame in the making, and return it."""
    found = frame.store.clock(settings.time)
    offset = frame.use("clock", found)
    time = settings.time - offset * u.s
    frame.meta.update({"date-obs": time.isot, "date_obs": time.isot, "time-obs": "", "time_obs": ""})
    date = settings.time.strftime("%Y/%m/%d %H:%M:%S.%f")[:23]
    frame.meta.update({"calclock": float(offset), "caldate": date, "calcrota": settings.crota})
    frame.history += [f"clock {offset:.3f} s ({found.source})", f"Original date_obs: {date}"]
    return time


def level_1_name(name):
    """
    Return the file name of a level-1 frame: the second digit, its source, becomes 4 or 5.

    Parameters
    ----------
    name : str
        File name of the level-0.5 frame: camera, source (1 quick-look, 2 final, 3 real-time) and number.

    Returns
    -------
    str
        The name as it is where it is not of that kind.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.calibrate.dates import level_1_name
    >>> level_1_name("32082085.fts"), level_1_name("21001234.fts"), level_1_name("mine.fits")
    ('35082085.fts', '24001234.fts', 'mine.fits')
    """
    return re.sub(r"^([1-4])([123])(\d{6}\.)", lambda m: f"{m[1]}{'5' if m[2] == '2' else '4'}{m[3]}", name)
