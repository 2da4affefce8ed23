"""Fetch calibration files from the archives of SolarSoft once, and remember their checksums."""

import tempfile
import time
from datetime import datetime
from pathlib import Path

from sunpy import config, log
from sunpy.data.data_manager.storage import SqliteStorage
from sunpy.util.util import hash_file

from sunpy_coronagraph_inpaint.fetch.cache import place
from sunpy_coronagraph_inpaint.fetch.checksummed_transfer import fetch, looks_right

__all__ = ["MIRRORS", "CalibrationFileChangedError", "Downloads"]

MIRRORS = (
    "https://soho.nascom.nasa.gov/solarsoft/soho/lasco/",
    "https://hesperia.gsfc.nasa.gov/ssw/soho/lasco/",
)
"""Where SolarSoft's files of LASCO are kept; the first one that answers is taken."""

_PAUSE = 600.0  # seconds without another try when no server could be reached


class CalibrationFileChangedError(RuntimeError):
    """A calibration file is not the one whose checksum was remembered when it was first used."""


class Downloads:
    """
    Calibration files in a directory of their own, fetched when they are first asked for.

    The first use of a file records its SHA-256 checksum. A file that differs later, here or on the server, is an error.

    Parameters
    ----------
    folder : path-like, optional
        Where files and checksums are kept; a directory beside those of SunPy's data manager if not given.
    mirrors : sequence of str, optional
        Addresses of the same tree, tried in this order.

    Examples
    --------
    >>> import tempfile
    >>> from sunpy_coronagraph_inpaint.fetch.checksummed import Downloads
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     downloads = Downloads(folder, mirrors=[])
    ...     print(downloads.known("lasco/data/calib/C3ramp.fts"), downloads.get("lasco/data/calib/C3ramp.fts"))
    None None
    """

    def __init__(self, folder=None, *, mirrors=MIRRORS):
        default = Path(config.get("downloads", "remote_data_manager_dir")) / "lasco_calibration"
        self.folder = Path(folder or default)
        self.mirrors = tuple(mirror.rstrip("/") + "/" for mirror in mirrors)
        self._storage = None
        self._quiet_until = 0.0
        self._checked = set()

    def known(self, remote):
        """
        Return what is remembered of a file.

        Parameters
        ----------
        remote : str
            Its path below the address of a mirror.

        Returns
        -------
        dict or None
            ``file_hash``, ``file_path``, ``url`` and ``time`` of the first use; `None` for a file never fetched.
        """
        if not (self.folder / "checksums.db").exists():
            return None
        found = (self._records().find_by_key("url", url) for url in self._urls(remote))
        return next((record for record in found if record), None)

    def get(self, remote):
        """
        Return a file, fetching it where that was not done before.

        Parameters
        ----------
        remote : str
            Its path below the address of a mirror.

        Returns
        -------
        `pathlib.Path` or `None`
            `None` where no mirror has it, or none can be reached.

        Raises
        ------
        CalibrationFileChangedError
            If the file is not the one that was first used.
        FileExistsError
            If a file of its name, with other content, is in the directory and was not fetched.
        """
        record = self.known(remote)
        if record is None:
            return self._first(remote)
        path = Path(record["file_path"])
        if not path.exists():
            return self.refresh(remote)
        if path not in self._checked:
            self._compare(remote, record, path, f"The copy in {self.folder} was changed since.")
            self._checked.add(path)
        return path

    def refresh(self, remote):
        """
        Fetch a file anew and compare it with the one that was first used.

        Parameters
        ----------
        remote : str
            Its path below the address of a mirror.

        Returns
        -------
        `pathlib.Path` or `None`
            `None` where it cannot be fetched.

        Raises
        ------
        CalibrationFileChangedError
            If it differs. The file that was first used is kept.
        """
        record = self.known(remote)
        if record is None:
            return self._first(remote)
        with tempfile.TemporaryDirectory() as folder:
            new, _ = self._fetch(remote, Path(folder))
            if new is None:
                return None
            self._compare(remote, record, new, "The server has another file now.")
            path = Path(record["file_path"])
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(new.read_bytes())
        self._checked.add(path)
        return path

    def forget(self, remote):
        """Delete a file and its checksum, so that the next one that is fetched is taken for the right one."""
        record = self.known(remote)
        if record is not None:
            Path(record["file_path"]).unlink(missing_ok=True)
            self._checked.discard(Path(record["file_path"]))
            self._records().delete_by_key("url", record["url"])

    def _first(self, remote):
        self.folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.folder, prefix=".") as folder:
            new, url = self._fetch(remote, Path(folder))
            path = None if new is None else place(new, self.folder / new.name)
        if path is not None:
            details = {"file_hash": hash_file(path), "file_path": str(path), "url": url}
            self._records().store(details | {"time": datetime.now().astimezone().isoformat()})
            self._checked.add(path)
            log.info(f"Fetched {url}, SHA-256 {details['file_hash']}.")
        return path

    def _fetch(self, remote, folder):
        """Try one mirror after the other; a file that does not begin as it should is none."""
        if time.monotonic() < self._quiet_until:
            return None, None
        unreachable = bool(self.mirrors)
        for url in self._urls(remote):
            path, problem = fetch(url, folder)
            if path is None:
                log.debug(f"{url} cannot be fetched: {problem}")
                unreachable &= "HTTP Error" not in problem
                continue
            if looks_right(path):
                return path, url
            log.warning(f"{url} is not a {path.suffix} file and is left out.")
            path.unlink()
            unreachable = False
        if unreachable:
            self._quiet_until = time.monotonic() + _PAUSE
        return None, None

    def _compare(self, remote, record, path, what):
        found = hash_file(path)
        if found != record["file_hash"]:
            msg = (
                f"{Path(remote).name} is not the file that was first used on {record['time'][:10]}. {what} Its SHA-256 "
                f"checksum was {record['file_hash']} and is {found}. If the new file is the right one, forget the old "
                f"one with 'coronagraph-inpaint calibration fetch --forget {Path(remote).name}'."
            )
            raise CalibrationFileChangedError(msg)

    def _records(self):
        if self._storage is None:
            self._storage = SqliteStorage(self.folder / "checksums.db")
        return self._storage

    def _urls(self, remote):
        return [mirror + remote for mirror in self.mirrors]
