"""Files over the network: in parallel through parfive, tried again, checked, and kept."""

import asyncio
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

import parfive
from sunpy import log

from sunpy_coronagraph_inpaint._version import version
from sunpy_coronagraph_inpaint.fetch.cache import Cache
from sunpy_coronagraph_inpaint.fetch.errors import DamagedFileError, FetchError, OutageError, StaleFileError

__all__ = ["Job", "Network", "transfer"]

_GONE = (404, 410)


@dataclass(frozen=True, kw_only=True)
class Network:
    """
    How patient to be.

    Parameters
    ----------
    connections : int
        Files at the same time.
    tries : int
        How often an address is asked before it is given up.
    pause : float
        Seconds before the second try; each further pause is twice as long.
    timeout : float
        Seconds without a byte after which a connection is given up.
    progress : bool
        Whether to show a progress bar.
    """

    connections: int = 4
    tries: int = 4
    pause: float = 2.0
    timeout: float = 60.0
    progress: bool = True


@dataclass(eq=False, kw_only=True)
class Job:
    """
    One file to be fetched.

    Parameters
    ----------
    urls : tuple of str
        Where it can be had, best first.
    check : callable
        Takes the path of the complete file and raises `~sunpy_coronagraph_inpaint.fetch.DamagedFileError` if it is not
        what was asked for.
    aliases : tuple of str
        Other names under which the cache knows it.
    keep : bool
        Whether it is kept in the cache for the next time. An index, which grows, is not: its result is what ``check``
        makes of it.
    """

    urls: tuple[str, ...]
    check: Callable[[Path], object]
    aliases: tuple[str, ...] = ()
    keep: bool = True
    asked: int = field(default=0, init=False)
    result: object = field(default=None, init=False)
    problems: list[FetchError] = field(default_factory=list, init=False)

    @property
    def url(self):
        """Return the address to ask next."""
        return self.urls[0]

    def fail(self, error, tries):
        """Note what went wrong, and go on to the next address when this one is of no use."""
        self.asked += 1
        if isinstance(error, StaleFileError) or self.asked >= tries:
            self.problems.append(error)
            self.urls, self.asked = self.urls[1:], 0
        if not self.urls:
            # An archive that is out may have the file tomorrow, so that is what decides.
            order = (OutageError, DamagedFileError, FetchError)
            self.result = next(p for kind in order for p in self.problems if isinstance(p, kind))


def transfer(jobs, *, cache=None, network=None):
    """
    Fetch files.

    Parameters
    ----------
    jobs : iterable of Job
        What to fetch.
    cache : Cache, optional
        Where complete files are kept.
    network : Network, optional
        How patient to be.

    Returns
    -------
    list of `pathlib.Path` or `~sunpy_coronagraph_inpaint.fetch.FetchError`
        For each job the complete and checked file in the cache, or why there is none. For a job that is not kept, what
        its ``check`` returned.

    Raises
    ------
    KeyboardInterrupt
        If the user interrupts. Files that were complete are in the cache.
    """
    jobs = list(jobs)
    cache, network = cache or Cache(), network or Network()
    for job in jobs:
        job.result = _kept(job, cache)
        if job.result is None and not job.urls:
            job.result = StaleFileError(f"No archive knows where {' '.join(job.aliases)} is. The index is out of date.")
    pending = [job for job in jobs if job.result is None]
    attempt = 0
    while pending:
        with ExitStack() as stack:
            _round(pending, cache, network, stack)
        pending = [job for job in pending if job.result is None]
        again = [job for job in pending if job.asked]
        if again:
            attempt += 1
            log.info(f"{len(again)} of {len(jobs)} files are tried again.")
            time.sleep(network.pause * 2 ** (attempt - 1))
    return [job.result for job in jobs]


def _kept(job, cache):
    """Return the file in the cache, if it is there and still what is asked for."""
    for address in (*job.aliases, *job.urls) if job.keep else ():
        path = cache.find(address)
        if path is not None:
            try:
                job.check(path)
            except DamagedFileError:
                continue
            return path
    return None


def _round(jobs, cache, network, stack):
    """Ask for each file once."""
    timeouts = aiohttp.ClientTimeout(
        total=20 * network.timeout, sock_connect=network.timeout, sock_read=network.timeout
    )
    config = parfive.SessionConfig(
        timeouts=timeouts, file_progress=False, headers={"User-Agent": f"sunpy_coronagraph_inpaint/{version}"}
    )
    downloader = parfive.Downloader(
        max_conn=network.connections, max_splits=1, progress=network.progress, overwrite=True, config=config
    )
    targets = [_Target(job, stack.enter_context(cache.part())) for job in jobs]
    for target in targets:
        downloader.enqueue_file(target.job.url, filename=target)
    results = _run(downloader)
    failed = {error.filepath_partial: error.exception for error in results.errors}
    for target in targets:
        if isinstance(failed.get(target), asyncio.CancelledError):
            continue
        if target in failed:
            target.job.fail(_told(target.job.url, failed[target]), network.tries)
        else:
            _accept(target, cache, network)
    if any(isinstance(error, asyncio.CancelledError) for error in failed.values()):
        raise KeyboardInterrupt  # which parfive takes for a failure of its files


class _Target:
    """A name for a file that parfive hands back with an error, so that the error finds its job."""

    def __init__(self, job, path):
        self.job, self.path = job, path

    def __call__(self, response, url):
        return self.path


def _run(downloader):
    """Run in a loop of our own, which is closed, where the caller has none."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(downloader.run_download())
    return downloader.download()


def _accept(target, cache, network):
    job = target.job
    try:
        content = job.check(target.path)
    except DamagedFileError as error:
        reason = str(error).removeprefix(target.path.name).strip()
        job.fail(DamagedFileError(f"{job.url} {reason}"), network.tries)
    except FetchError as error:
        job.result = error
    else:
        job.result = cache.store((job.url, *job.aliases), target.path) if job.keep else content


def _told(url, reason):
    """Say in our words what parfive says in those of aiohttp."""
    while isinstance(reason, parfive.utils.FailedDownload):
        reason = reason.exception
    reason = getattr(reason, "response", reason)
    status = getattr(reason, "status", None)
    if status in _GONE:
        return StaleFileError(f"There is no file {url} ({status}). The index of the archive is out of date.")
    if status is not None:
        return OutageError(f"{url} cannot be had at the moment: the server answers {status}. Try again later.")
    if isinstance(reason, TimeoutError):
        return OutageError(f"{url} cannot be had at the moment: the server takes too long. Try again later.")
    if isinstance(reason, aiohttp.ClientPayloadError):
        return DamagedFileError(f"{url}: the connection was cut before the file was complete.")
    words = str(reason) or type(reason).__name__
    return OutageError(f"{url} cannot be had at the moment ({words}). Try again later.")
