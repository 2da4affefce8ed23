"""SolarSoft's LASCO calibration files: names, locations in an archive, and readers."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.io import readsav

from astropy.io import fits
from astropy.time import Time

_CALIB, _IDL = "lasco/data/calib", "idl/data/calib"
RAMP, MASK = "C3ramp.fts", "c3_cl_mask_lvl1.fts"
FILES = {
    "c2vig_final.fts": _CALIB,
    "c3vig_preint_final.fts": _CALIB,
    "c3vig_postint_final.fts": _CALIB,
    RAMP: _CALIB,
    MASK: _CALIB,
    "c2_pre_recovery_adj_xyr_medv2.sav": _IDL,
    "c2_post_recovery_adj_xyr_medv2.sav": _IDL,
    "c3_pre_recovery_adj_xyr_medv2.sav": _IDL,
    "c3_post_recovery_adj_xyr_medv2.sav": _IDL,
    "TIME_DIFF.DAT": _IDL,
    "c2_012496t1544_082997t1827_timeoffsets.sav": _IDL,
    "c2_101997t1828_102797t2241_timeoffsets.sav": _IDL,
    "c2_120697t0027_123097t2023_timeoffsets.sav": _IDL,
}
"""Files that serve all frames, and their directories in the archive."""
_FOLDERS = ("", "calib", _CALIB, _IDL, "../calib", "../../idl/data/calib")

_INTERRUPTION = 51000  # MJD from which C3 has its second vignetting, after the loss of SOHO in summer 1998
_RECOVERY = Time("1998-07-01")
_C2_VIGNETTING = (0.0, 100.0)  # to which c2_calibrate.pro clips the multiplier

_TOLERANCE = 100  # milliseconds by which mid-exposure in header and table may differ
_NOT_COMPUTED = (0, 97)

_DAY_MS = 86_400_000
_PLAUSIBLE_DAYS = (49718, 60676)  # MJD; time_correction2.pro, too, recognizes the byte order by them
_PLAUSIBLE_OFFSETS = (-15.0, 500.0)  # seconds
# Where TIME_DIFF.DAT is wrong, offsets were measured on stars in C2 frames.
_FROM_STARS = (
    ("", "1997/09/03 07:28:00.000", "c2_012496t1544_082997t1827_timeoffsets.sav"),
    ("1997/10/19 18:28:29.682", "1997/10/27 22:41:37.681", "c2_101997t1828_102797t2241_timeoffsets.sav"),
    ("1997/12/06 00:27:37.672", "1997/12/30 20:23:22.849", "c2_120697t0027_123097t2023_timeoffsets.sav"),
)


def vignetting_file(detector, mjd):
    """Return the name of the file with the vignetting of a camera."""
    if detector == "C2":
        return "c2vig_final.fts"
    return f"c3vig_{'preint' if mjd < _INTERRUPTION else 'postint'}_final.fts"


def exposure_file(detector, mjd):
    """Return the name of the table of exposure factors of a day (``MID_DATE`` of a header)."""
    return f"{detector.lower()}_expfactor_{Time(int(mjd), format='mjd').strftime('%y%m%d')}.dat"


def pointing_file(detector, time):
    """Return the name of the table of pointings for a time."""
    return f"{detector.lower()}_{'pre' if time < _RECOVERY else 'post'}_recovery_adj_xyr_medv2.sav"


def clock_file(date):
    """Return the name of the file with the clock error for a date like ``"2002/01/08 20:42:05.526"``."""
    return next((name for start, end, name in _FROM_STARS if start <= date < end), "TIME_DIFF.DAT")


def remote_path(name):
    """Return the path of a file below the address of an archive."""
    if name in FILES:
        return f"{FILES[name]}/{name}"
    return f"lasco/expfac/data/{name[-10:-6]}/{name}"


def local_path(directory, name):
    """Return the path of a file in a directory laid out like ``$LASCO_DATA`` or the archive, or `None`."""
    month = name[-10:-6]
    folders = (*_FOLDERS, f"expfac/data/{month}", f"../expfac/data/{month}", f"lasco/expfac/data/{month}", "expfac")
    paths = (Path(directory) / folder / name for folder in folders)
    return next((path for path in paths if path.is_file()), None)


def read_image(path):
    """Read a calibration image, shape (1024, 1024)."""
    image = fits.getdata(path).astype(float)
    if image.shape != (1024, 1024):
        msg = f"it has the shape {image.shape} instead of 1024x1024"
        raise ValueError(msg)
    return image


def read_vignetting(path):
    """Read a vignetting multiplier, that of C2 clipped as in ``c2_calibrate.pro`` 1.14."""
    multiplier = read_image(path)
    return np.clip(multiplier, *_C2_VIGNETTING) if path.name == vignetting_file("C2", 0) else multiplier


class ExposureFactor(NamedTuple):
    """One line of a table of exposure factors."""

    filename: str
    """Name of the level-0.5 frame."""
    factor: float
    """Ratio of the true to the nominal exposure time."""
    bias: float
    """DN, measured on the frames of that day."""
    mjd: int
    """Modified Julian Day of the middle of the exposure."""
    milliseconds: int
    """Time of that day."""
    regions: int
    """Number of regions of the image from which it was computed."""
    sigma: float
    """Standard deviation of the factor."""

    @property
    def is_computed(self):
        """Whether the factor was computed; otherwise it is 1."""
        return self.regions not in _NOT_COMPUTED


def read_exposure_factors(text):
    """
    Read a daily table of exposure factors like ``c3_expfactor_020108.dat``; return a list of `ExposureFactor`.

    A line has the format ``a12,f10.6,f10.1,2x,a6,2x,f10.2,2x,a12,a12,a9,i4,e10.2``: file name, factor, bias, date,
    seconds of the day, filter, polarizer, wavelength, regions, sigma (``get_exp_factor.pro`` 1.20). It is split at
    blanks and read from both ends, because filter and polarizer, which are not needed, contain blanks. Of two lines
    with the same time the later one counts.
    """
    entries = {}
    for line in text.splitlines():
        if line.strip():
            entry = _read_line(line)
            entries[entry.mjd, entry.milliseconds] = entry
    return list(entries.values())


def _read_line(line):
    words = line.split()
    try:
        name, factor, bias, day, seconds = words[:5]
        year = int(day[:2])
        date = f"{1900 + year if year > 90 else 2000 + year}-{day[2:4]}-{day[4:6]}"
        # int() cuts off, like IDL's LONG().
        milliseconds = int(1000 * float(seconds))
        return ExposureFactor(
            name, float(factor), float(bias), int(Time(date).mjd), milliseconds, int(words[-2]), float(words[-1])
        )
    except (ValueError, IndexError) as error:
        msg = f"This line of a table of exposure factors cannot be read: {line.strip()!r}. Fetch the file again."
        raise ValueError(msg) from error


def find_exposure_factor(entries, mjd, seconds):
    """Return the entry within 0.1 s of the uncorrected ``MID_DATE`` and ``MID_TIME`` of a header, or `None`."""
    away = [abs(int(1000 * seconds) - entry.milliseconds) if entry.mjd == int(mjd) else np.inf for entry in entries]
    near = [entry for entry, distance in zip(entries, away, strict=True) if distance < _TOLERANCE]
    return near[0] if near else None


def read_clock(path):
    """Read a table of clock errors; return a function of a time and its text ``"YYYY/MM/DD hh:mm:ss"``."""
    if path.suffix != ".sav":
        table = read_clock_table(path.read_bytes())
        return lambda time, _: clock_offset(table, time)
    found = readsav(path)
    dates = [date.decode() for date in found["c2_dates"]]

    def offset(_, date):
        before = [i for i, start in enumerate(dates) if start <= date]
        return float(found["c2_offsets"][before[-1]]) if before else None

    return offset


def read_clock_table(content):
    """
    Read ``TIME_DIFF.DAT``, the error of LASCO's clock relative to SOHO's (``time_correction2.pro`` 1.5).

    ``content`` are records of four 32-bit integers. The first says how many follow; each of these holds day (MJD) and
    millisecond by LASCO's clock and by SOHO's. The byte order changes within the file. Returns the times by SOHO's
    clock in seconds since MJD 0, ascending, and the seconds by which LASCO's clock was ahead.
    """
    if len(content) < 32 or len(content) % 16:
        msg = "This is no TIME_DIFF.DAT: its length is not that of whole records. Fetch the file again."
        raise ValueError(msg)
    little, big = (np.frombuffer(content, dtype=f"{order}i4").reshape(-1, 4)[1:].astype(np.int64) for order in "<>")
    low, high = _PLAUSIBLE_DAYS
    fits_little = (little[:, 0] >= low) & (little[:, 0] <= high)
    records = np.where(fits_little[:, None], little, big)
    records = records[(records[:, [0, 2]] >= low).all(axis=1) & (records[:, [0, 2]] <= high).all(axis=1)]
    if not len(records):
        msg = "This is no TIME_DIFF.DAT: none of its records holds a date of the mission. Fetch the file again."
        raise ValueError(msg)
    ahead, true = (records[:, i] * _DAY_MS + records[:, i + 1] for i in (0, 2))
    order = np.argsort(true, kind="stable")
    return true[order] / 1000, (ahead - true)[order] / 1000


def clock_offset(table, time):
    """
    Return the seconds by which the clock was ahead at the start of an exposure, `None` outside the table.

    This is the offset of the last preceding record, or if that is implausible the median of it and its two neighbors.
    """
    times, offsets = table
    seconds = Time(time).mjd * 86400
    last = int(np.searchsorted(times, seconds, side="right")) - 1
    if last < 1 or last >= len(times) - 1:
        return None
    offset = float(offsets[last])
    if not _PLAUSIBLE_OFFSETS[0] <= offset <= _PLAUSIBLE_OFFSETS[1]:
        offset = float(np.median(offsets[last - 1 : last + 2]))
    return offset
