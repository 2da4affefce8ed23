"""Queries to the Virtual Solar Observatory (VSO), with timeouts and retries."""

import re
import time
import warnings
from functools import partial
from typing import NamedTuple

import zeep

import astropy.units as u

from sunpy.net import attrs as a
from sunpy.net.vso import VSOClient
from sunpy.net.vso.vso import build_client
from sunpy.util.exceptions import SunpyConnectionWarning

from sunpy_coronagraph_inpaint.fetch.errors import ChangedAnswerError, FetchError, OutageError
from sunpy_coronagraph_inpaint.threads import caught_warnings

_PATH = re.compile(r"/level_(?P<level>05|1)/(?P<day>\d{6})/(?P<camera>c[123])/(?P<file>\d{8}\.fts(\.gz)?)$")
_NAME = re.compile(r"(?:^|/)(?P<file>(?P<camera>[123])(?P<kind>[1-6])\d{6}\.fts(\.gz)?)$")
_TRIES = 2  # few, because there is a second archive


class FileId(NamedTuple):
    """Detector, level, day (empty if unknown) and name of a file in an archive."""

    detector: str
    level: str
    day: str
    file: str


def parse_fileid(fileid):
    """
    Parse the VSO's identifier of a LASCO file; return `None` if it is not that of a frame.

    The first digit of a file name is the detector; the second is 1 (quick look), 2 (final) or 3 (real time) for level
    0.5, and larger for level 1.
    """
    fileid = str(fileid).strip()
    if match := _PATH.search(fileid):
        return FileId(match["camera"].upper(), {"05": "0.5", "1": "1"}[match["level"]], match["day"], match["file"])
    if match := _NAME.search(fileid):
        return FileId(f"C{match['camera']}", "0.5" if match["kind"] in "123" else "1", "", match["file"])
    return None


def client_for(options):
    """Return a VSO client with a timeout."""
    seconds = options.timeout.to_value(u.s)
    transport = zeep.Transport(timeout=seconds, operation_timeout=seconds)
    with caught_warnings():
        warnings.simplefilter("ignore", SunpyConnectionWarning)  # the error below is sufficient
        try:
            return VSOClient(api=build_client(transport=transport))
        except (zeep.exceptions.Error, ValueError, KeyError) as error:
            raise _failure(error) from error
        except OSError as error:
            msg = f"The Virtual Solar Observatory cannot be reached ({error}). Try again later, or use provider='NRL'."
            raise OutageError(msg) from error


def ask_vso(start, end, detector, *, options):
    """
    Search the VSO for LASCO frames, and return its response, possibly without rows.

    Fido is not used, because it drops an empty response together with the reason why it is empty.
    """
    for attempt in range(_TRIES):
        try:
            return _ask(start, end, detector, options)
        except OutageError:
            if attempt + 1 == _TRIES:
                raise
            time.sleep(options.pause.to_value(u.s))
    raise AssertionError


def _ask(start, end, detector, options):
    client = client_for(options)
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
        msg = f"The response of the VSO has no fileid or time, only {', '.join(table.colnames)}."
        raise ChangedAnswerError(msg)
    return table


def locate(table, *, options):
    """Return the URLs of the files of a table by fileid, without those that the VSO cannot locate."""
    collector = _Collector()
    client = table.client or client_for(options)
    try:
        client.fetch(table, path="{file}", downloader=collector, wait=False, progress=False)
    except (zeep.exceptions.Error, OSError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise _failure(error) from error
    return collector.urls


class _Collector:
    """A substitute for a downloader that records the URLs instead of downloading them."""

    def __init__(self):
        self.urls = {}

    def enqueue_file(self, url, filename):
        assert isinstance(filename, partial)
        self.urls[str(filename.args[1]["fileid"])] = url

    def download(self):
        from parfive import Results

        return Results()


def _failure(error):
    if isinstance(error, FetchError):
        return error
    status = getattr(error, "status_code", None)
    if isinstance(error, zeep.exceptions.Fault):
        return OutageError(f"The Virtual Solar Observatory returns a fault ({error}). Try again later.")
    if isinstance(error, OSError) or (status and status // 100 == 5):  # errors of requests are OSErrors, too
        words = f"it returns status {status}" if status else str(error) or type(error).__name__
        return OutageError(f"The Virtual Solar Observatory cannot be reached ({words}). Try again later.")
    return ChangedAnswerError(
        f"The response of the Virtual Solar Observatory has an unknown format ({type(error).__name__}: {error}). "
        "Its interface may have changed: look for a newer version of this package or of sunpy, or use provider='NRL'."
    )
