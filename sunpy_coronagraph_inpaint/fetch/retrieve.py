"""Download the frames of a search, and check that each file is the requested frame."""

from functools import partial
from pathlib import Path

import parfive
import sunpy
from sunpy import log
from sunpy.net.base_client import QueryResponseRow, QueryResponseTable

from sunpy_coronagraph_inpaint.fetch import nrl
from sunpy_coronagraph_inpaint.fetch.cache import Cache, place
from sunpy_coronagraph_inpaint.fetch.download import DownloadOptions, Request, download
from sunpy_coronagraph_inpaint.fetch.errors import FetchError, OutageError
from sunpy_coronagraph_inpaint.fetch.verify import verify_frame
from sunpy_coronagraph_inpaint.fetch.vso import locate, parse_fileid


def fetch(found, path=None, *, cache=None, options=None):
    """
    Download frames in parallel with retries, check each file, and keep it in a cache.

    Parameters
    ----------
    found : `~sunpy.net.base_client.QueryResponseTable`
        What `~sunpy_coronagraph_inpaint.fetch.search_lasco` returned, or some of its rows.
    path : path-like, optional
        Directory for the files; by default, sunpy's download directory. Only complete and checked files are placed
        there.
    cache : `~sunpy_coronagraph_inpaint.fetch.Cache`, optional
        Cache for downloaded files. Files in the cache are not downloaded again.
    options : `~sunpy_coronagraph_inpaint.fetch.DownloadOptions`, optional
        Download options.

    Returns
    -------
    `parfive.Results`
        The paths, in the order of time. ``errors`` holds a `~sunpy_coronagraph_inpaint.fetch.FetchError` for each
        frame that could not be downloaded, and a `FileExistsError` if a different file of the same name exists.

    Raises
    ------
    TypeError
        If ``found`` is not such a table.

    Notes
    -----
    Level-0.5 frames that the VSO does not deliver are downloaded from the archive of the Naval Research Laboratory.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.fetch import fetch, search_lasco
    >>> found = search_lasco(("2002-01-08 02:00", "2002-01-08 03:00"), "C3")  # doctest: +REMOTE_DATA
    >>> files = fetch(found, "frames/")  # doctest: +SKIP
    """
    folder = Path(sunpy.config.get("downloads", "download_dir") if path is None else path).expanduser()
    results = parfive.Results()
    for row, outcome in fetch_rows(found, cache=cache, options=options):
        name = file_name(row)
        try:
            if isinstance(outcome, FetchError):
                raise outcome
            results.append(path=str(place(outcome, folder / name)), url=str(row["fileid"]))
        except (FetchError, FileExistsError) as error:
            log.warning(str(error))
            results.add_error(folder / name, str(row["fileid"]), error)
    return results


def file_name(row):
    """Return the file name of a row, as in its archive."""
    return str(row["fileid"]).rsplit("/", 1)[-1]


def fetch_rows(found, *, cache=None, options=None):
    """
    Download frames into the cache; the parameters are those of `fetch`.

    Returns for each frame a tuple of its row and the path in the cache, or a
    `~sunpy_coronagraph_inpaint.fetch.FetchError` with the reason of the failure.
    """
    if isinstance(found, QueryResponseRow):
        found = found.as_table()
    if not isinstance(found, QueryResponseTable):
        msg = f"fetch takes the table that search_lasco returns, not {type(found).__name__}."
        raise TypeError(msg)
    cache, options = cache or Cache(), options or DownloadOptions()
    rows = list(found)
    urls = _addresses(found, cache, options)
    full_size = bool(found.meta.get("full_size"))
    requests = [_request(row, known, full_size) for row, known in zip(rows, urls, strict=True)]
    download([request for request in requests if request.result is None], cache=cache, options=options)
    return [(row, request.result) for row, request in zip(rows, requests, strict=True)]


def _addresses(found, cache, options):
    """Return for each row the URLs to try, in order of preference."""
    if "url" in found.colnames:
        return [(str(url),) for url in found["url"]]
    missing = [index for index, row in enumerate(found) if cache.find(_alias(row["fileid"])) is None]
    located, outage = {}, None
    if missing:
        try:
            located = locate(found[missing], options=options)
        except FetchError as error:
            log.warning(f"{error} The archive of the Naval Research Laboratory is tried instead.")
            outage = error
    return [_tried(str(fileid), located, outage) for fileid in found["fileid"]]


def _tried(fileid, located, outage):
    entry = parse_fileid(fileid)
    urls = [located[fileid]] if fileid in located else []
    if entry and entry.level == "0.5" and entry.day:
        urls.append(f"{nrl.ARCHIVE}{entry.day}/{entry.detector.lower()}/{entry.file}")
    return OutageError(f"{fileid}: {outage}") if outage and not urls else tuple(urls)


def _request(row, urls, full_size):
    check = partial(
        verify_frame, detector=row["Detector"], time=row["Start Time"], level=row["Level"], full_size=full_size
    )
    if isinstance(urls, FetchError):
        request = Request(urls=(), check=check)
        request.result = urls
        return request
    return Request(urls=urls, check=check, aliases=(_alias(row["fileid"]),))


def _alias(fileid):
    """Return a name of the frame that is the same for all archives."""
    entry = parse_fileid(fileid)
    return f"lasco:{entry.level}/{entry.file}" if entry else f"lasco:{fileid}"
