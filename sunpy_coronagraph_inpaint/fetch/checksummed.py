"""Calibration files from SolarSoft archives, downloaded once and pinned by their checksums."""

import shutil
import time
from datetime import datetime
from pathlib import Path

import astropy.units as u

from sunpy import config, log

from sunpy_coronagraph_inpaint.fetch.cache import Cache, sha256_of
from sunpy_coronagraph_inpaint.fetch.download import DownloadOptions, Request, download
from sunpy_coronagraph_inpaint.fetch.errors import DamagedFileError, FetchError, OutageError
from sunpy_coronagraph_inpaint.io.jsonlines import append_json_line, read_json_lines
from sunpy_coronagraph_inpaint.io.writing import whole_file

MIRRORS = (
    "https://soho.nascom.nasa.gov/solarsoft/soho/lasco/",
    "https://hesperia.gsfc.nasa.gov/ssw/soho/lasco/",
)
"""Mirrors of SolarSoft's LASCO files, tried in this order."""

_CHECKSUMS = "checksums.jsonl"
_PAUSE = 600.0  # seconds without further attempts after no server could be reached
_OPTIONS = DownloadOptions(tries=1, timeout=20 * u.s, progress=False)
_BEGINNINGS = {".fts": b"SIMPLE  =", ".sav": b"SR"}


class CalibrationFileChangedError(RuntimeError):
    """A calibration file differs from the one whose checksum was stored when it was first used."""


class Downloads:
    """
    Directory of calibration files, which are downloaded when they are first needed.

    The SHA-256 checksum of a file is stored at its first use. If the file differs later, on disk or on the server, an
    error is raised.

    Parameters
    ----------
    folder : path-like, optional
        Directory of files and checksums; by default, a subdirectory of that of SunPy's data manager.
    mirrors : sequence of str, optional
        URLs of the same tree, tried in this order.
    """

    def __init__(self, folder=None, *, mirrors=MIRRORS):
        default = Path(config.get("downloads", "remote_data_manager_dir")) / "lasco_calibration"
        self.folder = Path(folder or default)
        self.mirrors = tuple(mirror.rstrip("/") + "/" for mirror in mirrors)
        self._quiet_until = 0.0
        self._checked = set()

    def known(self, remote):
        """Return ``file_hash``, ``url`` and ``time`` of the first use of a file, or `None` if it was never used."""
        records = {entry["remote"]: entry for entry in read_json_lines(self.folder / _CHECKSUMS)}
        record = records.get(remote)
        return record if record and "file_hash" in record else None

    def get(self, remote):
        """
        Return the path of a file, downloading it if needed, or `None` if that fails.

        ``remote`` is its path below the URL of a mirror. `CalibrationFileChangedError` is raised if the file differs
        from the one that was first used.
        """
        record, path = self.known(remote), self._path(remote)
        if record is None or not path.exists():
            return self.refresh(remote)
        if path not in self._checked:
            _compare(remote, record, sha256_of(path), f"The copy in {self.folder} was changed since.")
            self._checked.add(path)
        return path

    def refresh(self, remote):
        """
        Download a file again, and return its path, or `None` if that fails.

        If it differs from the one that was first used, that one is kept, and `CalibrationFileChangedError` is raised.
        """
        if not self.mirrors or time.monotonic() < self._quiet_until:
            return None
        record, path = self.known(remote), self._path(remote)
        request = Request(
            urls=tuple(mirror + remote for mirror in self.mirrors),
            check=lambda part: _take(part, path, remote, record),
            keep=False,
        )
        (digest,) = download([request], cache=Cache(self.folder), options=_OPTIONS)
        for problem in request.problems:
            (log.warning if isinstance(problem, DamagedFileError) else log.debug)(str(problem))
        if isinstance(digest, FetchError):
            if all(isinstance(problem, OutageError) and problem.status is None for problem in request.problems):
                self._quiet_until = time.monotonic() + _PAUSE
            return None
        if record is None:
            now = datetime.now().astimezone().isoformat()
            entry = {"remote": remote, "file_hash": digest, "url": request.url, "time": now}
            append_json_line(self.folder / _CHECKSUMS, entry)
            log.info(f"Downloaded {request.url}, SHA-256 {digest}.")
        self._checked.add(path)
        return path

    def forget(self, remote):
        """Delete a file and its checksum, so that the next download is accepted."""
        if self.known(remote) is not None:
            self._path(remote).unlink(missing_ok=True)
            self._checked.discard(self._path(remote))
            append_json_line(self.folder / _CHECKSUMS, {"remote": remote})

    def _path(self, remote):
        return self.folder / Path(remote).name


def _take(part, path, remote, record):
    """Copy a downloaded file to its place, unless it is an HTML page or differs from the record."""
    with part.open("rb") as stream:
        start = stream.read(16)
    if not start or start.startswith(b"<") or not start.startswith(_BEGINNINGS.get(path.suffix, b"")):
        msg = f"is not a {path.suffix} file and is not used."
        raise DamagedFileError(msg)
    digest = sha256_of(part)
    if record is not None:
        _compare(remote, record, digest, "The server has another file now.")
    if path.exists() and record is not None:
        if sha256_of(path) == digest:
            return digest
        path.unlink()  # the recorded file was stored by this cache, and was damaged since
    with whole_file(path, frame=True) as new:
        shutil.copyfile(part, new)
    return digest


def _compare(remote, record, digest, what):
    if digest != record["file_hash"]:
        name = Path(remote).name
        msg = (
            f"{name} is not the file that was first used on {record['time'][:10]}. {what} Its SHA-256 checksum was "
            f"{record['file_hash']} and is {digest}. If the new file is the right one, forget the old one with "
            f"'coronagraph-inpaint calibration fetch --forget {name}'."
        )
        raise CalibrationFileChangedError(msg)
