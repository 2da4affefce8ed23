"""The manifest of a data set, with one row per frame, and the journal from which it is made."""

import re
from pathlib import Path

import numpy as np

import astropy.units as u
from astropy.table import QTable

from sunpy import log

from sunpy_coronagraph_inpaint._version import version
from sunpy_coronagraph_inpaint.dataset.split import split_of
from sunpy_coronagraph_inpaint.fetch.errors import DamagedFileError
from sunpy_coronagraph_inpaint.fetch.verify import read_header
from sunpy_coronagraph_inpaint.frames.neighbors import observation_time
from sunpy_coronagraph_inpaint.instruments import identify
from sunpy_coronagraph_inpaint.io.jsonlines import append_json_line, read_json_lines
from sunpy_coronagraph_inpaint.io.writing import whole_file

MANIFEST = "manifest.ecsv"
LICENSE = (
    "The SOHO/LASCO data are produced by a consortium of the Naval Research Laboratory (USA), Max-Planck-Institut fuer "
    "Aeronomie (Germany), Laboratoire d'Astronomie (France) and the University of Birmingham (UK). SOHO is a project "
    "of international cooperation between ESA and NASA."
)
_SCHEMA = 2
_UNITS = {"size": u.byte, "exposure": u.s, "roll": u.deg}
#: Columns of the manifest and their values if unknown.
COLUMNS = {
    "file": "", "accepted": False, "reason": "", "split": "", "group": "", "events": "", "sha256": "", "size": 0,
    "source": "", "date": "", "detector": "", "level": "", "filter": "", "polarizer": "", "program": "",
    "compression": "", "nx": 0, "ny": 0, "exposure": np.nan, "missing": -1, "null": -1, "null_expected": -1,
    "snow": np.nan, "saturated": np.nan, "roll": np.nan, "conflict": "",
}  # fmt: skip
_SUFFIXES = (".fts", ".fits", ".fts.gz", ".fits.gz")
#: Detector and date in the name of a small image without these keywords.
_PICTURE = re.compile(r"_(C[23])_(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)[_.]")


class Journal:
    """Record of a build, written to disk entry by entry, so that a run can be interrupted and resumed."""

    def __init__(self, path):
        self.path = Path(path)
        self.settings, self.searched, self.frames = None, {}, {}
        for entry in read_json_lines(path):
            self._take(entry)

    def add(self, kind, **content):
        """Add an entry, and write it to disk."""
        entry = {"kind": kind, **content}
        append_json_line(self.path, entry, sync=True)
        self._take(entry)

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
    Write the manifest of a data set atomically, and return it as a table.

    ``frames`` are dictionaries with some of `COLUMNS`; ``settings`` are the options of the build, ``provenance`` its
    sources.
    """
    rows = sorted(frames, key=lambda frame: (frame.get("date", ""), frame.get("file", ""), frame.get("source", "")))
    table = _table(rows)
    table.meta |= {"license": LICENSE, "settings": settings, "provenance": provenance}
    with whole_file(Path(folder) / MANIFEST) as part:
        table.write(part, format="ascii.ecsv", overwrite=True)
    return table


def _table(rows):
    table = QTable(meta={"schema": _SCHEMA, "package": f"sunpy_coronagraph_inpaint {version}"})
    for name, blank in COLUMNS.items():
        values = [blank if row.get(name) is None else row[name] for row in rows]
        column = np.array(values, dtype=str if isinstance(blank, str) else type(blank))
        table[name] = column * _UNITS[name] if name in _UNITS else column
    return table


def read_manifest(folder):
    """
    Read the manifest of a data set, including rejected frames.

    Parameters
    ----------
    folder : path-like
        Directory of the data set.

    Returns
    -------
    `~astropy.table.QTable`
        One row per examined frame; ``accepted`` marks those that are part of the data set, and ``reason`` states why
        others are not.

    Raises
    ------
    FileNotFoundError
        If there is no manifest.
    ValueError
        If its format has another version.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.dataset import read_manifest
    >>> read_manifest("no_data_set")
    Traceback (most recent call last):
    ...
    FileNotFoundError: There is no manifest no_data_set/manifest.ecsv. Build the data set first.
    """
    path = Path(folder) / MANIFEST
    if not path.is_file():
        msg = f"There is no manifest {path}. Build the data set first."
        raise FileNotFoundError(msg)
    table = QTable.read(path, format="ascii.ecsv")
    if table.meta.get("schema") != _SCHEMA:
        msg = f"{path} has format version {table.meta.get('schema')}, but this package reads version {_SCHEMA}."
        raise ValueError(msg)
    for name, blank in COLUMNS.items():
        if isinstance(blank, str):  # empty texts are read as masked
            table[name] = np.array(["" if value is np.ma.masked else str(value) for value in table[name]], dtype=str)
    return table


def open_dataset(directory):
    """
    List the frames of a directory, from its manifest or, if it has none, from the headers of its files.

    Training and evaluation select their frames from this table, whatever the layout of the directory.

    Parameters
    ----------
    directory : path-like
        A data set, or any directory with frames in it or below it.

    Returns
    -------
    `~astropy.table.QTable`
        One row per frame with the columns of the manifest, among them ``file`` (relative to the directory), ``date``,
        ``detector``, ``level``, ``filter``, ``polarizer``, ``compression``, ``exposure``, ``nx``, ``ny`` and ``split``
        (see `~sunpy_coronagraph_inpaint.dataset.split_of`). Without a manifest the rows are in the order of the paths,
        and columns that are measured on the pixels are blank. Images without keywords whose names contain detector and
        date, such as ``..._C2_20001030064812_128.fits``, have an empty ``level``.

    Raises
    ------
    FileNotFoundError
        If there is no such directory.
    ValueError
        If the format of its manifest has another version.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sunpy_coronagraph_inpaint.dataset import open_dataset
    >>> from sunpy_coronagraph_inpaint.io import write_map
    >>> from sunpy_coronagraph_inpaint.simulate import plain_corona
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = write_map(plain_corona(), Path(folder) / "frame.fts")
    ...     table = open_dataset(folder)
    >>> for row in table:
    ...     print(row["file"], row["detector"], row["level"], row["date"][:10], row["split"])
    frame.fts C3 0.5 2004-10-08 validation
    """
    directory = Path(directory)
    if (directory / MANIFEST).is_file():
        table = read_manifest(directory)
        return table[table["accepted"]]
    rows = [_describe_file(path) | {"file": path.relative_to(directory).as_posix()} for path in fits_files(directory)]
    return _table([row for row in rows if "date" in row])


def fits_files(directory):
    """Return the FITS files in and below a directory, sorted by path."""
    directory = Path(directory)
    if not directory.is_dir():
        msg = f"There is no directory {directory}."
        raise FileNotFoundError(msg)
    paths = (path for path in directory.rglob("[!.]*") if path.name.lower().endswith(_SUFFIXES))
    return sorted(path for path in paths if path.is_file())


def _describe_file(path):
    """Return the manifest columns of a file, without ``date`` if it is not a coronagraph frame."""
    try:
        header = read_header(path)
    except DamagedFileError as error:
        log.warning(f"{error} It is left out.")
        return {}
    size = {"accepted": True, "size": path.stat().st_size, "nx": header["naxis1"], "ny": header["naxis2"]}
    picture = _PICTURE.search(path.name)
    if picture and "instrume" not in header:
        day, clock = "-".join(picture.groups()[1:4]), ":".join(picture.groups()[4:])
        return size | {"date": f"{day}T{clock}", "detector": picture[1], "split": split_of(day)}
    try:
        camera = identify(header)
        columns = describe_header(header, camera)
        return size | columns | {"split": split_of(columns["date"], level=camera.level)}
    except (TypeError, ValueError) as error:
        log.info(f"{path} is left out: {error}")
        return {}


def describe_header(meta, camera):
    """Return the manifest columns that are in a header."""
    time = observation_time(meta)

    def text(key):
        return str(meta.get(key, "")).strip()

    return {
        "date": "" if time is None else time.isot,
        "detector": camera.name.rsplit(" ", 1)[-1],
        "level": camera.level,
        "filter": text("filter"),
        "polarizer": text("polar"),
        "program": text("lp_num"),
        "compression": text("comprssn"),
        "exposure": float(camera.exposure),
    }
