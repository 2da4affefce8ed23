"""Where calibration files come from: a directory, else the archives of SolarSoft, else values built in."""

import os
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.io import readsav

from astropy.time import Time

from sunpy.util.util import hash_file

from sunpy_coronagraph_inpaint.calibrate.catalog import (
    exposure_file,
    local_path,
    read_background,
    read_clock,
    read_image,
    remote_path,
)
from sunpy_coronagraph_inpaint.calibrate.clock import clock_file
from sunpy_coronagraph_inpaint.calibrate.exposure import find_exposure_factor, read_exposure_factors
from sunpy_coronagraph_inpaint.calibrate.nominal import nominal_mask, nominal_pointing, nominal_vignetting
from sunpy_coronagraph_inpaint.calibrate.pointing import interpolate_pointing
from sunpy_coronagraph_inpaint.calibrate.vignetting import clip_vignetting, vignetting_file
from sunpy_coronagraph_inpaint.fetch.checksummed import MIRRORS, Downloads

__all__ = ["CalibrationStore", "Item"]

_RECOVERY = Time("1998-07-01")
_DAY = 86400.0


class Item(NamedTuple):
    """One piece of a calibration."""

    value: Any
    """Array, number or tuple; what it is depends on the piece."""
    source: str
    """Name and beginning of the checksum of the file, or ``"nominal"``."""

    @property
    def nominal(self):
        """Whether it is a value built in that stands for a file."""
        return self.source == "nominal"


class CalibrationStore:
    """
    Calibration files of LASCO, each from the first place that has it.

    The places are a directory, then the copies that were fetched before or can be fetched now from the archives of
    SolarSoft, then values built in, which are only nominal.

    Parameters
    ----------
    directory : path-like, optional
        A directory with files under SolarSoft's names, in itself or laid out like ``$LASCO_DATA``. If not given, the
        environment variable ``LASCO_DATA`` names it, if that is set.
    download : bool, optional
        Whether files may be fetched.
    cache : path-like, optional
        Where fetched files are kept; beside those of SunPy's data manager if not given.
    mirrors : sequence of str, optional
        Addresses of archives.

    Raises
    ------
    NotADirectoryError
        If there is no such directory.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.calibrate import CalibrationStore
    >>> store = CalibrationStore.nominal()
    >>> store.vignetting("C3", 52282).source, store.ramp().value
    ('nominal', 0.0)
    """

    def __init__(self, directory=None, *, download=True, cache=None, mirrors=MIRRORS):
        directory = directory if directory is not None else os.environ.get("LASCO_DATA") or None
        self.directory = None if directory is None else Path(directory)
        if self.directory is not None and not self.directory.is_dir():
            msg = f"There is no directory {directory} with calibration files. Look at $LASCO_DATA or the argument."
            raise NotADirectoryError(msg)
        self.downloads = Downloads(cache, mirrors=mirrors if download else ())
        self._download = download
        self._loaded = {}

    @classmethod
    def nominal(cls):
        """Return a store of built-in values alone."""
        store = cls(Path.cwd(), download=False)
        store.directory = None
        return store

    def local(self, name):
        """Return the path of a file in the directory, `None` where it is not there."""
        return None if self.directory is None else local_path(self.directory, name)

    def path(self, name):
        """Return the path of a file, fetching it if need be; `None` where no place has it."""
        path = self.local(name)
        return path if path is not None or not self._download else self.downloads.get(remote_path(name))

    def vignetting(self, detector, mjd):
        """Return the vignetting multiplier, shape (1024, 1024), as an `Item`."""
        name = vignetting_file(detector, mjd)
        found = self._load(name, lambda path: clip_vignetting(read_image(path), detector))
        return found or Item(nominal_vignetting(detector), "nominal")

    def ramp(self):
        """Return the stray light of C3 in mean solar brightness, shape (1024, 1024), as an `Item`; nominally 0."""
        return self._load("C3ramp.fts", read_image) or Item(0.0, "nominal")

    def mask(self):
        """Return the mask of C3, shape (1024, 1024), as an `Item`: 0 on masked pixels."""
        return self._load("c3_cl_mask_lvl1.fts", read_image) or Item(nominal_mask(), "nominal")

    def background(self):
        """Return the background of C3 in DN per second, or `None`: it has no nominal value, and filling needs none."""
        return self._load("3m_clcl_all.fts", read_background)

    def exposure_factor(self, detector, mjd, seconds):
        """Return the `ExposureFactor` of a frame as an `Item`, `None` as its value where there is no entry for it."""
        found = self._load(exposure_file(detector, mjd), lambda path: read_exposure_factors(path.read_text("latin-1")))
        if found is None or not np.isfinite(seconds):
            return Item(None, "nominal")
        return Item(find_exposure_factor(found.value, mjd, seconds), found.source)

    def clock(self, time):
        """Return by how many seconds the clock was ahead, as an `Item`; nominally 0, also beyond the end of a table."""
        date = time.strftime("%Y/%m/%d %H:%M:%S.%f")[:23]
        found = self._load(clock_file(date), read_clock)
        offset = None if found is None else found.value(time, date)
        return Item(0.0, "nominal") if offset is None else Item(offset, found.source)

    def pointing(self, detector, time, crota):
        """Return the `Pointing` at a corrected time, as an `Item`."""
        when = "pre" if time < _RECOVERY else "post"
        found = self._load(f"{detector.lower()}_{when}_recovery_adj_xyr_medv2.sav", readsav)
        # unix_tai counts from 1970, the tables from 1958 as SolarSoft does.
        tai = time.unix_tai + 378691200.0
        if found is None or tai > np.max(found.value["c_tai"]) + _DAY:
            return Item(nominal_pointing(detector, crota), "nominal")
        return Item(interpolate_pointing(found.value, tai), found.source)

    def _load(self, name, read):
        """Read a file once, and return it as an `Item`; `None` where no place has it."""
        if name not in self._loaded:
            path = self.path(name)
            if path is None:
                return None
            try:
                value = read(path)
            except (OSError, ValueError, KeyError, TypeError) as error:
                msg = f"The calibration file {path} cannot be read ({error}). Fetch it again, or take it away."
                raise ValueError(msg) from error
            self._loaded[name] = Item(value, f"{name} {hash_file(path)[:8]}")
        return self._loaded[name]
