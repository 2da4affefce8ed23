"""The Virtual Solar Observatory, asked with patience, and its answer with what it leaves out."""

import re
import time
import warnings
from functools import partial
from typing import NamedTuple

import numpy as np
import requests
import zeep

from sunpy.net import attrs as a
from sunpy.net.vso import VSOClient
from sunpy.net.vso.vso import build_client
from sunpy.util.exceptions import SunpyConnectionWarning

from sunpy_coronagraph_inpaint.fetch.errors import ChangedAnswerError, FetchError, OutageError
from sunpy_coronagraph_inpaint.threads import caught_warnings

__all__ = ["FileId", "ask_vso", "client_for", "locate", "parse_fileid"]

_PATH = re.compile(r"/level_(?P<level>05|1)/(?P<day>\d{6})/(?P<camera>c[123])/(?P<file>\d{8}\.fts(\.gz)?)$")
_NAME = re.compile(r"(?:^|/)(?P<file>(?P<camera>[123])(?P<kind>[1-6])\d{6}\.fts(\.gz)?)$")
_TRIES = 2  # there is a second archive


class FileId(NamedTuple):
    """What the name of a file in an archive tells: camera, level, day (empty where unknown) and name."""

    detector: str
    level: str
    day: str
    file: str


def parse_fileid(fileid):
    """
    Read what the VSO's identifier of a LASCO file tells, and its table does not.

    Parameters
    ----------
    fileid : str
        As ``/archive/soho/private/data/processed/lasco/level_05/230304/c3/32733517.fts``.

    Returns
    -------
    FileId or None
        `None` if it is not the name of a frame.

    Notes
    -----
    The first digit of a file name is the camera; the second is 1 (quick look), 2 (final) or 3 (real time) for level
    0.5, and larger for level 1.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.fetch.vso import parse_fileid
    >>> parse_fileid("/archive/soho/private/data/processed/lasco/level_05/230304/c3/32733517.fts")
    FileId(detector='C3', level='0.5', day='230304', file='32733517.fts')
    >>> parse_fileid("25119649.fts").level
    '1'
    """
    fileid = str(fileid).strip()
    if match := _PATH.search(fileid):
        return FileId(match["camera"].upper(), {"05": "0.5", "1": "1"}[match["level"]], match["day"], match["file"])
    if match := _NAME.search(fileid):
        return FileId(f"C{match['camera']}", "0.5" if match["kind"] in "123" else "1", "", match["file"])
    return None


def client_for(network):
    """
    Return a client of the VSO that gives up after a while.

    Raises
    ------
    `~sunpy_coronagraph_inpaint.fetch.FetchError`
        If no mirror of the VSO can be reached, or what it describes is not the VSO.
    """
    transport = zeep.Transport(timeout=network.timeout, operation_timeout=network.timeout)
    with caught_warnings():
        warnings.simplefilter("ignore", SunpyConnectionWarning)  # one message is enough, and it is raised below
        try:
            return VSOClient(api=build_client(transport=transport))
        except (zeep.exceptions.Error, ValueError, KeyError) as error:
            raise _failure(error) from error
        except OSError as error:
            msg = f"The Virtual Solar Observatory cannot be reached ({error}). Try again later, or ask provider='NRL'."
            raise OutageError(msg) from error


def ask_vso(start, end, detector, *, network):
    """
    Ask the VSO for frames of LASCO.

    Not through Fido, which drops an empty answer together with the reason why it is empty.

    Parameters
    ----------
    start, end : `~astropy.time.Time`
        From when to when.
    detector : str
        ``"C2"`` or ``"C3"``.
    network : Network
        How patient to be.

    Returns
    -------
    `~sunpy.net.vso.VSOQueryResponseTable`
        As it comes, possibly of no rows.

    Raises
    ------
    `~sunpy_coronagraph_inpaint.fetch.FetchError`
        If the VSO does not answer, or says that its source does not.
    """
    for attempt in range(_TRIES):
        try:
            return _ask(start, end, detector, network)
        except OutageError:
            if attempt + 1 == _TRIES:
                raise
            time.sleep(network.pause)
    raise AssertionError


def _ask(start, end, detector, network):
    client = client_for(network)
    with caught_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            table = client.search(a.Time(start, end), a.Instrument.lasco, a.Detector(detector))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise _failure(error) from error
    if len(table) == 0:
        for error in table.errors:
            raise _failure(error) from error
        if said := [str(warning.message) for warning in caught if "VSO-" in str(warning.message)]:
            msg = f"The Virtual Solar Observatory cannot reach its source: {said[0]}. Try again later."
            raise OutageError(msg)
    elif "fileid" not in table.colnames or "Start Time" not in table.colnames:
        msg = f"The answer of the VSO has no fileid or time, only {', '.join(table.colnames)}."
        raise ChangedAnswerError(msg)
    return table


def locate(table, *, network):
    """
    Ask the VSO where files are.

    Parameters
    ----------
    table : `~sunpy.net.vso.VSOQueryResponseTable`
        Rows of an answer.
    network : Network
        How patient to be.

    Returns
    -------
    dict
        Address by fileid. A file that the VSO cannot locate is left out.

    Raises
    ------
    `~sunpy_coronagraph_inpaint.fetch.FetchError`
        If the VSO does not answer.
    """
    collector = _Collector()
    client = table.client or client_for(network)
    try:
        client.fetch(table, path="{file}", downloader=collector, wait=False, progress=False)
    except (zeep.exceptions.Error, OSError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise _failure(error) from error
    return collector.urls


class _Collector:
    """Stand in for a downloader, and note the addresses instead of fetching them."""

    def __init__(self):
        self.urls = {}

    def enqueue_file(self, url, filename):
        assert isinstance(filename, partial)
        self.urls[str(filename.args[1]["fileid"])] = url

    def download(self):
        from parfive import Results

        return Results()


def _failure(error):
    status = getattr(error, "status_code", None)
    down = isinstance(error, requests.exceptions.RequestException | ConnectionError | TimeoutError)
    if isinstance(error, zeep.exceptions.Fault):
        return OutageError(f"The Virtual Solar Observatory answers with a fault ({error}). Try again later.")
    if down or (status and np.floor(status / 100) == 5):
        words = f"it answers {status}" if status else str(error) or type(error).__name__
        return OutageError(f"The Virtual Solar Observatory cannot be reached ({words}). Try again later.")
    if isinstance(error, FetchError):
        return error
    return ChangedAnswerError(
        f"The Virtual Solar Observatory answers something that is not understood ({type(error).__name__}: {error}). "
        "Its interface may have changed; look for a newer version of this package or of sunpy, or ask provider='NRL'."
    )
