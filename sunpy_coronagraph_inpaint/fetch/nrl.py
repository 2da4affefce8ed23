"""A Fido client for the archive of the Naval Research Laboratory."""

from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

import astropy.units as u
from astropy.time import Time

from sunpy.net import attrs as a
from sunpy.net.attr import AttrAnd, and_
from sunpy.net.base_client import BaseClient, QueryResponseTable, convert_row_to_table
from sunpy.util.parfive_helpers import Downloader

from sunpy_coronagraph_inpaint.fetch.download import Request, download
from sunpy_coronagraph_inpaint.fetch.errors import ChangedAnswerError, FetchError, StaleFileError

ARCHIVE = "https://lasco-www.nrl.navy.mil/lz/level_05/"
_HEADER_BYTES, _RECORD = 8640, 2880  # a level-0.5 header takes three records
# Columns as SolarSoft's reduce_img_hdr.pro writes them: name, first and last character.
_COLUMNS = {
    "file": (0, 12),
    "date": (14, 26),
    "clock": (28, 36),
    "detector": (38, 41),
    "exposure": (41, 49),
    "nx": (49, 56),
    "ny": (56, 63),
    "column": (63, 70),
    "row": (70, 77),
    "filter": (79, 85),
    "polar": (87, 93),
    "program": (95, 103),
}


class NRLResponse(QueryResponseTable):
    """Frames found in the archive of the Naval Research Laboratory."""

    hide_keys = ["url", "fileid"]  # noqa: RUF012  # as in the base class
    size_column = "Size"


class NRLClient(BaseClient):
    """
    Level-0.5 frames of LASCO in the archive of the Naval Research Laboratory.

    Importing the client registers it with `~sunpy.net.Fido`. It handles only queries with ``a.Provider("NRL")``,
    ``a.Instrument.lasco`` and ``a.Detector``, so that other searches are not affected.

    Examples
    --------
    >>> from sunpy.net import Fido, attrs as a
    >>> from sunpy_coronagraph_inpaint.fetch import NRLClient
    >>> found = Fido.search(
    ...     a.Time("2002-01-08", "2002-01-09"), a.Instrument.lasco, a.Detector.c3, a.Provider("NRL")
    ... )  # doctest: +REMOTE_DATA
    """

    @property
    def info_url(self):
        """URL of the archive."""
        return ARCHIVE

    def search(self, *query, options=None):
        """
        Search the index of each day for frames.

        Parameters
        ----------
        *query : `sunpy.net.attrs`
            Time, instrument, detector and provider.
        options : `~sunpy_coronagraph_inpaint.fetch.DownloadOptions`, optional
            Download options for the index.

        Returns
        -------
        NRLResponse

        Raises
        ------
        `~sunpy_coronagraph_inpaint.fetch.FetchError`
            If the archive does not respond, or the response is not an index. A day without a directory is a gap in the
            archive and not an error.
        """
        query = and_(*query)
        attrs = query.attrs if isinstance(query, AttrAnd) else [query]
        wanted = {type(attr): attr for attr in attrs}
        time, detector = wanted[a.Time], wanted[a.Detector].value.upper()
        rows = []
        for entry, url in _entries(time.start, time.end, detector, options):
            if time.start <= entry.time <= time.end:
                rows.append(_row(entry, url))
        table = NRLResponse(rows or None, client=self)
        if rows:
            table.sort("Start Time")
        return table

    @convert_row_to_table
    def fetch(self, query_results, *, path, downloader=None, progress=True, overwrite=False, wait=True, **kwargs):
        """
        Queue frames for download, as required by Fido.

        Prefer `sunpy_coronagraph_inpaint.fetch.fetch`, which checks the files.

        Parameters
        ----------
        query_results : NRLResponse
            What `search` returned, or some of its rows.
        path : path-like
            Path of the files, with ``{file}`` for the name of each.
        downloader : `parfive.Downloader`, optional
            Downloader to queue the files in.
        progress, overwrite, wait
            As in `~sunpy.net.base_client.BaseClient`.
        """
        own = downloader is None
        downloader = downloader or Downloader(progress=progress, overwrite=overwrite)
        for row in query_results:
            name = str(path).format(**row.response_block_map | {"file": row["url"].rsplit("/", 1)[-1]})
            downloader.enqueue_file(row["url"], filename=partial(_named, name), max_splits=1)
        return downloader.download() if own and wait else None

    @classmethod
    def _can_handle_query(cls, *query):
        required = {a.Time, a.Instrument, a.Detector, a.Provider}
        if not cls.check_attr_types_in_query(query, required, {a.Source, a.Physobs}):
            return False
        values = {type(attr): str(getattr(attr, "value", "")).lower() for attr in query}
        fits = values[a.Provider] == "nrl" and values[a.Instrument] == "lasco"
        return fits and values[a.Detector] in ("c2", "c3") and values.get(a.Source, "soho") == "soho"


def _named(name, response, url):
    return Path(name)


def _entries(start, end, detector, options):
    """Yield the entries of the daily index files, with the URL of each frame."""
    first, last = (Time(int(np.floor(t.utc.mjd)), format="mjd") for t in (start, end))
    days = [first + step * u.day for step in range(round((last - first).to_value(u.day)) + 1)]
    folders = [f"{ARCHIVE}{day.strftime('%y%m%d')}/{detector.lower()}/" for day in days]
    requests = [
        Request(urls=(f"{folder}img_hdr.txt",), check=partial(_read_index, name=f"{folder}img_hdr.txt"), keep=False)
        for folder in folders
    ]
    for folder, result in zip(folders, download(requests, options=options), strict=True):
        if isinstance(result, StaleFileError):
            continue
        if isinstance(result, FetchError):
            raise result
        for entry in result:
            if entry.detector == detector:
                yield entry, f"{folder}{entry.file}"


def _read_index(path, *, name):
    text = path.read_text(encoding="latin-1")
    if text.lstrip()[:1] == "<":
        msg = f"{name} is a web page instead of an index: the archive has changed, or a login portal is in the way."
        raise ChangedAnswerError(msg)
    return parse_index(text, name=name)


def _row(entry, url):
    pixels = entry.nx * entry.ny * (2 if entry.nx * entry.ny > 512 * 512 else 4)  # summed frames have 32 bits
    size = _HEADER_BYTES + -(-pixels // _RECORD) * _RECORD
    return {
        "Start Time": entry.time,
        "Instrument": "LASCO",
        "Detector": entry.detector,
        "Level": "0.5",
        "Exposure": entry.exposure * u.s,
        "Filter": entry.filter,
        "Polarizer": entry.polar,
        "Program": entry.program,
        "Pixels": f"{entry.nx}x{entry.ny}",
        "Provider": "NRL",
        "Size": (size * u.byte).to(u.Mibyte).round(5),
        "fileid": url.removeprefix(ARCHIVE),
        "url": url,
    }


class IndexEntry(NamedTuple):
    """
    One frame of an index.

    As in the index, ``filter``, ``polar`` and ``program`` are truncated to 6, 6 and 8 characters.
    """

    file: str
    time: Time
    detector: str
    exposure: float
    nx: int
    ny: int
    filter: str
    polar: str
    program: str


def parse_index(text, *, name="img_hdr.txt"):
    """
    Parse an index file ``img_hdr.txt``: one line per frame of a day and detector.

    A repeated entry, as after a retransmission, is returned once. A line that is not an entry raises
    `~sunpy_coronagraph_inpaint.fetch.ChangedAnswerError`. SolarSoft's ``reduce_img_hdr.pro`` writes the lines as
    ``(a12,2x,a12,2x,a8,2x,a3,f8.1,4i7,2x,a6,2x,a6,2x,a8,f11.4,i6)``.
    """
    entries = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            try:
                entry = _entry(line)
            except ValueError as error:
                msg = (
                    f"Line {number} of {name} is not an entry of the index ({error}): {line[:60]!r}. The archive may "
                    "have changed; look for a newer version of this package."
                )
                raise ChangedAnswerError(msg) from error
            entries[entry.file] = entry
    return list(entries.values())


def _entry(line):
    parts = {name: line[start:end].strip() for name, (start, end) in _COLUMNS.items()}
    if not parts["file"].endswith(".fts") or parts["detector"] not in ("C1", "C2", "C3", "EIT"):
        msg = "no frame is named"
        raise ValueError(msg)
    return IndexEntry(
        file=parts["file"],
        time=Time(f"{parts['date'].replace('/', '-')}T{parts['clock']}", scale="utc", format="isot"),
        detector=parts["detector"],
        exposure=float(parts["exposure"]),
        nx=int(parts["nx"]),
        ny=int(parts["ny"]),
        filter=parts["filter"],
        polar=parts["polar"],
        program=parts["program"],
    )
