"""Bring frames that were found to the disk."""

from functools import partial
from pathlib import Path

import parfive
import sunpy
from sunpy import log
from sunpy.net.base_client import QueryResponseRow, QueryResponseTable

from sunpy_coronagraph_inpaint.fetch import nrl
from sunpy_coronagraph_inpaint.fetch.cache import Cache, place
from sunpy_coronagraph_inpaint.fetch.errors import FetchError, OutageError
from sunpy_coronagraph_inpaint.fetch.transfer import Job, Network, transfer
from sunpy_coronagraph_inpaint.fetch.verify import verify_frame
from sunpy_coronagraph_inpaint.fetch.vso import locate, parse_fileid

__all__ = ["fetch", "fetch_rows"]


def fetch(found, path=None, *, cache=None, network=None):
    """
    Fetch frames, in parallel, each tried again when it fails, checked, and kept for the next time.

    Parameters
    ----------
    found : `~sunpy.net.base_client.QueryResponseTable`
        What `~sunpy_coronagraph_inpaint.fetch.search_lasco` returned, or some of its rows.
    path : path-like, optional
        Directory for the files; sunpy's download directory if not given. A file appears there under its name when it
        is complete and is what was asked for.
    cache : `~sunpy_coronagraph_inpaint.fetch.Cache`, optional
        Where files are kept by their content. What is there is not fetched again.
    network : `~sunpy_coronagraph_inpaint.fetch.Network`, optional
        How patient to be, and whether to show a progress bar.

    Returns
    -------
    `parfive.Results`
        The paths, in the order of time. ``errors`` holds a `~sunpy_coronagraph_inpaint.fetch.FetchError` for each
        frame that could not be had.

    Raises
    ------
    TypeError
        If ``found`` is something else.

    Notes
    -----
    A frame of level 0.5 that the VSO does not give is taken from the archive of the Naval Research Laboratory.
    """
    folder = Path(sunpy.config.get("downloads", "download_dir") if path is None else path).expanduser()
    results = parfive.Results()
    for row, outcome in fetch_rows(found, cache=cache, network=network):
        name = file_name(row)
        if isinstance(outcome, FetchError):
            log.warning(str(outcome))
            results.add_error(folder / name, str(row["fileid"]), outcome)
            continue
        try:
            results.append(path=str(place(outcome, folder / name)), url=str(row["fileid"]))
        except FileExistsError as error:
            log.warning(str(error))
            results.add_error(folder / name, str(row["fileid"]), error)
    return results


def file_name(row):
    """Return the name of the file of a row, as its archive has it."""
    return str(row["fileid"]).rsplit("/", 1)[-1]


def fetch_rows(found, *, cache=None, network=None):
    """
    Fetch frames into the cache.

    Parameters
    ----------
    found, cache, network
        As for `fetch`.

    Returns
    -------
    list of tuple
        Row, and the file in the cache or the `~sunpy_coronagraph_inpaint.fetch.FetchError` that says why there is none.
    """
    if isinstance(found, QueryResponseRow):
        found = found.as_table()
    if not isinstance(found, QueryResponseTable):
        msg = f"fetch takes the table that search_lasco returns, not {type(found).__name__}."
        raise TypeError(msg)
    cache, network = cache or Cache(), network or Network()
    rows = list(found)
    urls = _addresses(found, cache, network)
    jobs = [_job(row, known, bool(found.meta.get("full_size"))) for row, known in zip(rows, urls, strict=True)]
    transfer([job for job in jobs if job.result is None], cache=cache, network=network)
    return [(row, job.result) for row, job in zip(rows, jobs, strict=True)]


def _addresses(found, cache, network):
    """Return for each row the addresses to try, best first."""
    if "url" in found.colnames:
        return [(str(url),) for url in found["url"]]
    missing = [index for index, row in enumerate(found) if cache.find(_alias(row["fileid"])) is None]
    located, outage = {}, None
    if missing:
        try:
            located = locate(found[missing], network=network)
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


def _job(row, urls, full_size):
    check = partial(
        verify_frame, detector=row["Detector"], time=row["Start Time"], level=row["Level"], full_size=full_size
    )
    if isinstance(urls, FetchError):
        job = Job(urls=(), check=check)
        job.result = urls
        return job
    return Job(urls=urls, check=check, aliases=(_alias(row["fileid"]),))


def _alias(fileid):
    """Name a frame alike whichever archive it comes from."""
    entry = parse_fileid(fileid)
    return f"lasco:{entry.level}/{entry.file}" if entry else f"lasco:{fileid}"
