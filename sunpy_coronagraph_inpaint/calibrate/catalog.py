"""The calibration files of LASCO: their names, where they lie in an archive, and how they are read."""

from pathlib import Path

from scipy.io import readsav

from astropy.io import fits
from astropy.time import Time

from sunpy_coronagraph_inpaint.calibrate.clock import clock_offset, read_clock_table

__all__ = ["FILES", "exposure_file", "local_path", "read_background", "read_clock", "read_image", "remote_path"]

_CALIB, _IDL = "lasco/data/calib", "idl/data/calib"
FILES = {
    "c2vig_final.fts": _CALIB,
    "c3vig_preint_final.fts": _CALIB,
    "c3vig_postint_final.fts": _CALIB,
    "C3ramp.fts": _CALIB,
    "c3_cl_mask_lvl1.fts": _CALIB,
    "3m_clcl_all.fts": _CALIB,
    "c2_pre_recovery_adj_xyr_medv2.sav": _IDL,
    "c2_post_recovery_adj_xyr_medv2.sav": _IDL,
    "c3_pre_recovery_adj_xyr_medv2.sav": _IDL,
    "c3_post_recovery_adj_xyr_medv2.sav": _IDL,
    "TIME_DIFF.DAT": _IDL,
    "c2_012496t1544_082997t1827_timeoffsets.sav": _IDL,
    "c2_101997t1828_102797t2241_timeoffsets.sav": _IDL,
    "c2_120697t0027_123097t2023_timeoffsets.sav": _IDL,
}
"""Files that serve all frames, and the directory of the archive in which they lie."""
_FOLDERS = ("", "calib", _CALIB, _IDL, "../calib", "../../idl/data/calib")


def exposure_file(detector, mjd):
    """
    Return the name of the table of exposure factors of a day.

    Parameters
    ----------
    detector : {"C2", "C3"}
        The camera.
    mjd : float
        Modified Julian Day, ``MID_DATE`` of a header.

    Returns
    -------
    str

    References
    ----------
    * SolarSoft IDL routine ``get_exp_factor.pro`` 1.20.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.calibrate import exposure_file, remote_path
    >>> exposure_file("C3", 52282), remote_path(exposure_file("C3", 52282))
    ('c3_expfactor_020108.dat', 'lasco/expfac/data/0201/c3_expfactor_020108.dat')
    """
    return f"{detector.lower()}_expfactor_{Time(int(mjd), format='mjd').strftime('%y%m%d')}.dat"


def remote_path(name):
    """
    Return where a file lies below the address of an archive.

    Parameters
    ----------
    name : str
        File name: one of the calibration files that serve all frames, or a table of exposure factors.

    Returns
    -------
    str

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.calibrate import remote_path
    >>> remote_path("C3ramp.fts")
    'lasco/data/calib/C3ramp.fts'
    """
    if name in FILES:
        return f"{FILES[name]}/{name}"
    return f"lasco/expfac/data/{name[-10:-6]}/{name}"


def local_path(directory, name):
    """Return where a file lies in a directory laid out like ``$LASCO_DATA`` or the archive, `None` if nowhere."""
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


def read_background(path):
    """Read a monthly background, in DN per second."""
    return read_image(path) / fits.getheader(path)["EXPTIME"]


def read_clock(path):
    """Read a table of clock offsets as a function: time and ``"YYYY/MM/DD hh:mm:ss"`` in, seconds or `None` out."""
    if path.suffix != ".sav":
        table = read_clock_table(path.read_bytes())
        return lambda time, _: clock_offset(table, time)
    found = readsav(path)
    dates = [date.decode() for date in found["c2_dates"]]

    def offset(_, date):
        before = [i for i, start in enumerate(dates) if start <= date]
        return float(found["c2_offsets"][before[-1]]) if before else None

    return offset
