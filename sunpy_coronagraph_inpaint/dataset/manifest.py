"""The record of a data set: a journal that survives a crash, and the manifest made of it."""

import json
import os
from pathlib import Path

import numpy as np

import astropy.units as u
from astropy.table import QTable

from sunpy_coronagraph_inpaint._version import version
from sunpy_coronagraph_inpaint.io.originals import keep_originals
from sunpy_coronagraph_inpaint.io.writing import whole_file

__all__ = ["LICENSE", "MANIFEST", "Journal", "read_manifest", "write_manifest"]

MANIFEST = "manifest.ecsv"
LICENSE = (
    "The SOHO/LASCO data are produced by a consortium of the Naval Research Laboratory (USA), Max-Planck-Institut fuer "
    "Aeronomie (Germany), Laboratoire d'Astronomie (France) and the University of Birmingham (UK). SOHO is a project "
    "of international cooperation between ESA and NASA."
)
_SCHEMA = 1
_UNITS = {"size": u.byte, "exposure": u.s, "roll": u.deg}
#: Columns of the manifest and what stands in them where nothing is known.
COLUMNS = {
    "file": "", "accepted": False, "reason": "", "split": "", "group": "", "events": "", "sha256": "", "size": 0,
    "source": "", "date": "", "detector": "", "level": "", "filter": "", "polarizer": "", "program": "", "nx": 0,
    "ny": 0, "exposure": np.nan, "missing": -1, "null": -1, "null_expected": -1, "snow": np.nan, "saturated": np.nan,
    "roll": np.nan, "conflict": "",
}  # fmt: skip


class Journal:
    """
    Lines of JSON that are only ever added, so that a run can stop at any point and go on.

    Parameters
    ----------
    path : path-like
        The file. A last line that was not finished when the machine stopped does not count.
    """

    def __init__(self, path):
        self.path = Path(path)
        self.settings, self.searched, self.frames = None, {}, {}
        self._mended = False
        for entry in self._entries():
            self._take(entry)

    def add(self, kind, **content):
        """Add an entry, on the disk when this returns."""
        entry = {"kind": kind, **content}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        keep_originals(self.path)
        self._mend()
        with self.path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(entry) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        self._take(entry)

    def _entries(self):
        if not self.path.exists():
            return
        with self.path.open(encoding="utf-8") as stream:
            for line in stream:
                if line.endswith("\n"):
                    yield json.loads(line)

    def _mend(self):
        """Cut off an unfinished last line before the first one is added."""
        if self._mended or not self.path.exists():
            return
        content = self.path.read_bytes()
        if not content.endswith(b"\n"):
            os.truncate(self.path, content.rfind(b"\n") + 1)
        self._mended = True

    def _take(self, entry):
        kind = entry["kind"]
        if kind == "settings":
            self.settings = entry["settings"]
        elif kind == "search":
            self.searched[entry["group"]] = entry["frames"]
        else:
            self.frames[entry["key"]] = {name: value for name, value in entry.items() if name not in ("kind", "key")}


def write_manifest(folder, frames, *, settings, provenance):
    """
    Write the manifest, whole or not at all.

    Parameters
    ----------
    folder : path-like
        Directory of the data set.
    frames : iterable of dict
        One per frame.
    settings, provenance : dict
        What was asked for, and where it came from.

    Returns
    -------
    `~astropy.table.QTable`
    """
    rows = sorted(frames, key=lambda frame: (frame.get("date", ""), frame.get("file", ""), frame.get("source", "")))
    table = QTable()
    for name, blank in COLUMNS.items():
        values = [blank if row.get(name) is None else row[name] for row in rows]
        column = np.array(values, dtype=str if isinstance(blank, str) else type(blank))
        table[name] = column * _UNITS[name] if name in _UNITS else column
    table.meta = {"schema": _SCHEMA, "license": LICENSE, "package": f"sunpy_coronagraph_inpaint {version}",
                  "settings": settings, "provenance": provenance}  # fmt: skip
    with whole_file(Path(folder) / MANIFEST) as part:
        table.write(part, format="ascii.ecsv", overwrite=True)
    return table


def read_manifest(folder):
    """
    Read the manifest of a data set.

    Parameters
    ----------
    folder : path-like
        Directory of the data set.

    Returns
    -------
    `~astropy.table.QTable`
        One row per frame that was looked at; ``accepted`` tells those that are part of the data set.

    Raises
    ------
    FileNotFoundError
        If there is no manifest.
    ValueError
        If it is of another version.
    """
    path = Path(folder) / MANIFEST
    if not path.is_file():
        msg = f"There is no manifest {path}. Build the data set first, or to its end."
        raise FileNotFoundError(msg)
    table = QTable.read(path, format="ascii.ecsv")
    if table.meta.get("schema") != _SCHEMA:
        msg = f"{path} is of version {table.meta.get('schema')} of the format, but this package reads {_SCHEMA}."
        raise ValueError(msg)
    for name, blank in COLUMNS.items():
        if isinstance(blank, str):  # an empty text comes back masked
            table[name] = np.array(["" if value is np.ma.masked else str(value) for value in table[name]], dtype=str)
    return table
