"""Sources of calibration files: a directory, else the archives of SolarSoft, else built-in nominal values."""

import os
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.io import readsav

from sunpy.util.util import hash_file

from sunpy_coronagraph_inpaint.calibrate import files
from sunpy_coronagraph_inpaint.calibrate.nominal import nominal_mask, nominal_pointing, nominal_vignetting
from sunpy_coronagraph_inpaint.calibrate.pointing import interpolate_pointing

_DAY = 86400.0
_TAI_1970 = 378691200.0  # Time.unix_tai counts from 1970, the tables from 1958 as SolarSoft does


class CalibrationItem(NamedTuple):
    """One item of a calibration."""

    value: Any
    """Array, number or tuple, depending on the item."""
    source: str
    """Name and beginning of the checksum of the file, or ``"nominal"``."""

    @property
    def is_nominal(self):
        """Whether it is a built-in value instead of one from a file."""
        return self.source == "nominal"


class CalibrationStore:
    """
    The calibration files of LASCO, each from the first source that has it.

    The sources are a directory, then copies downloaded earlier or now from the archives of SolarSoft, then built-in
    values, which are only nominal.

    Parameters
    ----------
    directory : path-like, optional
        A directory with files under SolarSoft's names, flat or laid out like ``$LASCO_DATA``. By default that of the
        environment variable ``LASCO_DATA``, if it is set.
    download : bool, optional
        Whether files may be downloaded.
    cache : path-like, optional
        Directory for downloaded files; by default next to those of SunPy's data manager.
    mirrors : sequence of str, optional
        Addresses of archives, instead of the two of SolarSoft.

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

    def __init__(self, directory=None, *, download=True, cache=None, mirrors=None):
        directory = directory if directory is not None else os.environ.get("LASCO_DATA") or None
        self.directory = None if directory is None else Path(directory)
        if self.directory is not None and not self.directory.is_dir():
            msg = f"There is no directory {directory} with calibration files. Check $LASCO_DATA or the argument."
            raise NotADirectoryError(msg)
        self._download, self._cache, self._mirrors = download, cache, mirrors
        self._loaded = {}

    @classmethod
    def nominal(cls):
        """Return a store of built-in values only."""
        store = cls(Path.cwd(), download=False)
        store.directory = None
        return store

    @cached_property
    def downloads(self):
        """Cache of downloaded files, each with the checksum of its first use."""
        # Imported here, so that a complete directory and nominal values need no network code.
        from sunpy_coronagraph_inpaint.fetch.checksummed import Downloads

        return Downloads(self._cache) if self._mirrors is None else Downloads(self._cache, mirrors=self._mirrors)

    def local(self, name):
        """Return the path of a file in the directory, `None` if it is missing."""
        return None if self.directory is None else files.local_path(self.directory, name)

    def path(self, name):
        """Return the path of a file, downloading it if necessary; `None` if no source has it."""
        path = self.local(name)
        return path if path is not None or not self._download else self.downloads.get(files.remote_path(name))

    def vignetting(self, detector, mjd):
        """Return the inverse of the vignetting, shape (1024, 1024), as a ``CalibrationItem``."""
        found = self._load(files.vignetting_file(detector, mjd), files.read_vignetting)
        return found or CalibrationItem(nominal_vignetting(detector), "nominal")

    def ramp(self):
        """Return the stray light of C3 in mean solar brightness, shape (1024, 1024); nominally 0."""
        return self._load(files.RAMP, files.read_image) or CalibrationItem(0.0, "nominal")

    def mask(self):
        """Return the fixed mask of C3, shape (1024, 1024): 0 on masked pixels."""
        return self._load(files.MASK, files.read_image) or CalibrationItem(nominal_mask(), "nominal")

    def exposure_factor(self, detector, mjd, seconds):
        """Return the ``ExposureFactor`` of a frame, with the value `None` if there is no entry for it."""
        found = self._load(
            files.exposure_file(detector, mjd), lambda path: files.read_exposure_factors(path.read_text("latin-1"))
        )
        if found is None or not np.isfinite(seconds):
            return CalibrationItem(None, "nominal")
        return CalibrationItem(files.find_exposure_factor(found.value, mjd, seconds), found.source)

    def clock(self, time):
        """Return the seconds by which the clock was ahead; nominally 0, also beyond the end of a table."""
        date = time.strftime("%Y/%m/%d %H:%M:%S.%f")[:23]
        found = self._load(files.clock_file(date), files.read_clock)
        offset = None if found is None else found.value(time, date)
        return CalibrationItem(0.0, "nominal") if offset is None else CalibrationItem(offset, found.source)

    def pointing(self, detector, time, crota):
        """Return the ``Pointing`` at a corrected time; nominal from a day after the end of the table."""
        found = self._load(files.pointing_file(detector, time), readsav)
        tai = time.unix_tai + _TAI_1970
        if found is None or tai > np.max(found.value["c_tai"]) + _DAY:
            return CalibrationItem(nominal_pointing(detector, crota), "nominal")
        return CalibrationItem(interpolate_pointing(found.value, tai), found.source)

    def _load(self, name, read):
        """Return a file, read once, as a `CalibrationItem`; `None` if no source has it."""
        if name not in self._loaded:
            path = self.path(name)
            if path is None:
                return None
            try:
                value = read(path)
            except (OSError, ValueError, KeyError, TypeError) as error:
                msg = f"The calibration file {path} cannot be read ({error}). Fetch it again, or remove it."
                raise ValueError(msg) from error
            self._loaded[name] = CalibrationItem(value, f"{name} {hash_file(path)[:8]}")
        return self._loaded[name]
