"""Exposure factors: by how much the shutter of one frame was open longer or shorter than its header says."""

from typing import NamedTuple

import numpy as np

from astropy.time import Time

__all__ = ["ExposureFactor", "find_exposure_factor", "read_exposure_factors"]

_TOLERANCE = 100  # milliseconds between the middle of the exposure in the header and in the table
_NOT_COMPUTED = (0, 97)


class ExposureFactor(NamedTuple):
    """One line of a table of exposure factors."""

    filename: str
    """Of the level-0.5 frame."""
    factor: float
    """The exposure time is multiplied by it."""
    bias: float
    """Offset of the detector in DN, measured on the frames of that day."""
    mjd: int
    """Modified Julian Day of the middle of the exposure."""
    milliseconds: int
    """Time of that day."""
    regions: int
    """How many regions of the image it was computed from."""
    sigma: float
    """Standard deviation of the factor."""

    @property
    def computed(self):
        """Whether the factor was computed, or is 1 because it could not be."""
        return self.regions not in _NOT_COMPUTED


def read_exposure_factors(text):
    """
    Read a daily table of exposure factors, ``c3_expfactor_020108.dat``.

    Parameters
    ----------
    text : str
        The contents of the file.

    Returns
    -------
    list of `ExposureFactor`
        In the order of the file; of two lines with the same time the later one counts.

    Raises
    ------
    ValueError
        If a line cannot be read.

    Notes
    -----
    A line has the format ``a12,f10.6,f10.1,2x,a6,2x,f10.2,2x,a12,a12,a9,i4,e10.2``: file name, factor, offset, date,
    seconds of the day, filter, polarizer, wavelength, regions, sigma. It is read word by word, from both ends, because
    filter and polarizer are of no use here and hold blanks.

    References
    ----------
    * SolarSoft IDL routine ``get_exp_factor.pro`` 1.20.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.calibrate import read_exposure_factors
    >>> line = "32082085.fts  0.999036     377.7  020108    74535.10  Clear       Clear             0  16  9.62E-04"
    >>> (entry,) = read_exposure_factors(line)
    >>> entry.factor, entry.bias, entry.mjd, entry.regions
    (0.999036, 377.7, 52282, 16)
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
        # int() as IDL's LONG() cuts off; a time is good to some ten milliseconds anyway.
        milliseconds = int(1000 * float(seconds))
        return ExposureFactor(
            name, float(factor), float(bias), int(Time(date).mjd), milliseconds, int(words[-2]), float(words[-1])
        )
    except (ValueError, IndexError) as error:
        msg = f"This line of a table of exposure factors cannot be read: {line.strip()!r}. Fetch the file again."
        raise ValueError(msg) from error


def find_exposure_factor(entries, mjd, seconds):
    """
    Find the exposure factor of a frame.

    Parameters
    ----------
    entries : list of `ExposureFactor`
        The table of its day.
    mjd, seconds : float
        ``MID_DATE`` and ``MID_TIME`` of the header, as written there: not corrected.

    Returns
    -------
    `ExposureFactor` or `None`
        `None` where no line lies within 0.1 s of that time.

    References
    ----------
    * SolarSoft IDL routine ``get_exp_factor.pro`` 1.20.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.calibrate import find_exposure_factor, read_exposure_factors
    >>> line = "32082085.fts  0.999036     377.7  020108    74535.10  Clear       Clear             0  16  9.62E-04"
    >>> find_exposure_factor(read_exposure_factors(line), 52282, 74535.1).factor
    0.999036
    >>> find_exposure_factor(read_exposure_factors(line), 52282, 74535.3) is None
    True
    """
    away = [abs(int(1000 * seconds) - entry.milliseconds) if entry.mjd == int(mjd) else np.inf for entry in entries]
    near = [entry for entry, distance in zip(entries, away, strict=True) if distance < _TOLERANCE]
    return near[0] if near else None
