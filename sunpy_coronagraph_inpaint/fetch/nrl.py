"""The archive of the Naval Research Laboratory as a client of Fido."""

from functools import partial
from pathlib import Path

import numpy as np

import astropy.units as u
from astropy.time import Time

from sunpy.net import attrs as a
from sunpy.net.attr import AttrAnd, and_
from sunpy.net.base_client import BaseClient, QueryResponseTable, convert_row_to_table
from sunpy.util.parfive_helpers import Downloader

from sunpy_coronagraph_inpaint.fetch.errors import ChangedAnswerError, FetchError, StaleFileError
from sunpy_coronagraph_inpaint.fetch.index import parse_index
from sunpy_coronagraph_inpaint.fetch.transfer import Job, transfer

__all__ = ["ARCHIVE", "NRLClient", "NRLResponse"]

ARCHIVE = "https://lasco-www.nrl.navy.mil/lz/level_05/"
_HEADER_BYTES, _RECORD = 8640, 2880  # a level-0.5 header takes three records


class NRLResponse(QueryResponseTable):
    """Frames found in the archive of the Naval Research Laboratory."""

    hide_keys = ["url", "fileid"]  # noqa: RUF012  # as in the class it derives from
    size_column = "Size"


class NRLClient(BaseClient):
    """
    Level-0.5 frames of LASCO in the archive of the Naval Research Laboratory.

    It answers a search with `~sunpy.net.Fido` when, and only when, ``a.Provider("NRL")`` is asked for together with
    ``a.Instrument.lasco`` and ``a.Detector``, so that importing this subpackage changes nobody's searches.

    Examples
    --------
    >>> from sunpy.net import Fido, attrs as a
    >>> import sunpy_coronagraph_inpaint.fetch
    >>> found = Fido.search(
    ...     a.Time("2002-01-08", "2002-01-09"), a.Instrument.lasco, a.Detector.c3, a.Provider("NRL")
    ... )  # doctest: +REMOTE_DATA
    """

    @property
    def info_url(self):
        """Where people can look at the archive."""
        return ARCHIVE

    def search(self, *query, network=None):
        """
        Look for frames.

        Parameters
        ----------
        *query : `sunpy.net.attrs`
            Time, instrument, detector and provider.
        network : `~sunpy_coronagraph_inpaint.fetch.transfer.Network`, optional
            How patient to be.

        Returns
        -------
        NRLResponse

        Raises
        ------
        `~sunpy_coronagraph_inpaint.fetch.FetchError`
            If the archive does not answer, or answers something else than an index. A day that the archive does not
            have is a gap and no error.
        """
        query = and_(*query)
        attrs = query.attrs if isinstance(query, AttrAnd) else [query]
        wanted = {type(attr): attr for attr in attrs}
        time, detector = wanted[a.Time], wanted[a.Detector].value.upper()
        rows = []
        for entry, url in _entries(time.start, time.end, detector, network):
            if time.start <= entry.time <= time.end:
                rows.append(_row(entry, url))
        table = NRLResponse(rows or None, client=self)
        if rows:
            table.sort("Start Time")
        return table

    @convert_row_to_table
    def fetch(self, query_results, *, path, downloader=None, progress=True, overwrite=False, wait=True, **kwargs):
        """
        Queue frames for download, as Fido asks for it.

        Prefer `sunpy_coronagraph_inpaint.fetch.fetch`, which checks what arrives.

        Parameters
        ----------
        query_results : NRLResponse
            What `search` returned, or some of its rows.
        path : path-like
            Where to, with ``{file}`` for the name of the file.
        downloader : `parfive.Downloader`, optional
            Where the files are queued.
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


def _entries(start, end, detector, network):
    """Yield what the index files of the days hold, and where each frame is."""
    first, last = (Time(int(np.floor(t.utc.mjd)), format="mjd") for t in (start, end))
    days = [first + step * u.day for step in range(round((last - first).to_value(u.day)) + 1)]
    folders = [f"{ARCHIVE}{day.strftime('%y%m%d')}/{detector.lower()}/" for day in days]
    jobs = [
        Job(urls=(f"{folder}img_hdr.txt",), check=partial(_read_index, name=f"{folder}img_hdr.txt"), keep=False)
        for folder in folders
    ]
    for folder, result in zip(folders, transfer(jobs, network=network), strict=True):
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
        msg = f"{name} is a web page and not an index: the archive has changed, or somebody answers in its place."
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
