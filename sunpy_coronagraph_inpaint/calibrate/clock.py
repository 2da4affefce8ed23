"""The clock of LASCO's electronics ran apart from that of SOHO: when an exposure really began."""

import numpy as np

from astropy.time import Time

__all__ = ["clock_file", "clock_offset", "read_clock_table"]

_DAY_MS = 86_400_000
_PLAUSIBLE_DAYS = (49718, 60676)  # MJD, by which SolarSoft tells the order of bytes, too
_PLAUSIBLE = (-15.0, 500.0)  # seconds
# Where TIME_DIFF.DAT is wrong, offsets were measured on stars in C2 frames.
_FROM_STARS = (
    ("", "1997/09/03 07:28:00.000", "c2_012496t1544_082997t1827_timeoffsets.sav"),
    ("1997/10/19 18:28:29.682", "1997/10/27 22:41:37.681", "c2_101997t1828_102797t2241_timeoffsets.sav"),
    ("1997/12/06 00:27:37.672", "1997/12/30 20:23:22.849", "c2_120697t0027_123097t2023_timeoffsets.sav"),
)


def clock_file(date):
    """
    Return the name of the file with the clock's offsets at a time.

    Parameters
    ----------
    date : str
        ``"2002/01/08 20:42:05.526"``.

    Returns
    -------
    str

    References
    ----------
    * SolarSoft IDL routine ``time_correction2.pro`` 1.5.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.calibrate import clock_file
    >>> clock_file("2002/01/08 20:42:05.526")
    'TIME_DIFF.DAT'
    >>> clock_file("1997/10/20 00:00:00.000")
    'c2_101997t1828_102797t2241_timeoffsets.sav'
    """
    return next((name for start, end, name in _FROM_STARS if start <= date < end), "TIME_DIFF.DAT")


def read_clock_table(content):
    """
    Read ``TIME_DIFF.DAT``.

    Parameters
    ----------
    content : bytes
        The file: records of four 32-bit integers. The first tells how many follow; each of these holds day (MJD) and
        millisecond by LASCO's clock and by SOHO's. Some parts were written with the other order of bytes.

    Returns
    -------
    time, offset : `numpy.ndarray`
        By SOHO's clock in seconds since MJD 0, ascending, and by how many seconds LASCO's clock was ahead.

    Raises
    ------
    ValueError
        If this is no such file.

    References
    ----------
    * SolarSoft IDL routine ``time_correction2.pro`` 1.5.

    Examples
    --------
    >>> import numpy as np
    >>> from sunpy_coronagraph_inpaint.calibrate import read_clock_table
    >>> records = np.array([[1, 0, 0, 0], [52282, 49_072, 52282, 0]], dtype=">i4")
    >>> time, offset = read_clock_table(records.tobytes())
    >>> float(time[0] / 86400), float(offset[0])
    (52282.0, 49.072)
    """
    if len(content) < 32 or len(content) % 16:
        msg = "This is no TIME_DIFF.DAT: its length is not that of whole records. Fetch the file again."
        raise ValueError(msg)
    little, big = (np.frombuffer(content, dtype=f"{order}i4").reshape(-1, 4)[1:].astype(np.int64) for order in "<>")
    low, high = _PLAUSIBLE_DAYS
    fits = (little[:, 0] >= low) & (little[:, 0] <= high)
    records = np.where(fits[:, None], little, big)
    records = records[(records[:, [0, 2]] >= low).all(axis=1) & (records[:, [0, 2]] <= high).all(axis=1)]
    if not len(records):
        msg = "This is no TIME_DIFF.DAT: none of its records holds a date of the mission. Fetch the file again."
        raise ValueError(msg)
    ahead, true = (records[:, i] * _DAY_MS + records[:, i + 1] for i in (0, 2))
    order = np.argsort(true, kind="stable")
    return true[order] / 1000, (ahead - true)[order] / 1000


def clock_offset(table, time):
    """
    Return by how many seconds the clock was ahead.

    Parameters
    ----------
    table : tuple of `numpy.ndarray`
        From `read_clock_table`.
    time : `~astropy.time.Time`
        Start of the exposure as in the level-0.5 header.

    Returns
    -------
    float or None
        Offset of the last record before; the median of that and its two neighbors where it is not plausible. `None`
        for a time that the table does not cover.

    References
    ----------
    * SolarSoft IDL routine ``time_correction2.pro`` 1.5.

    Examples
    --------
    >>> import numpy as np
    >>> from astropy.time import Time
    >>> from sunpy_coronagraph_inpaint.calibrate import clock_offset
    >>> days = 86400.0 * np.arange(52280, 52290)
    >>> clock_offset((days, np.arange(10.0)), Time("2002-01-08T20:42"))
    2.0
    """
    times, offsets = table
    seconds = Time(time).mjd * 86400
    last = int(np.searchsorted(times, seconds, side="right")) - 1
    if last < 1 or last >= len(times) - 1:
        return None
    offset = float(offsets[last])
    if not _PLAUSIBLE[0] <= offset <= _PLAUSIBLE[1]:
        offset = float(np.median(offsets[last - 1 : last + 2]))
    return offset
