"""Downloads over HTTP: in parallel with parfive, retried, checked, and cached."""

import asyncio
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

import astropy.units as u

import parfive
from sunpy import log

from sunpy_coronagraph_inpaint._version import version
from sunpy_coronagraph_inpaint.fetch.cache import Cache
from sunpy_coronagraph_inpaint.fetch.errors import DamagedFileError, FetchError, OutageError, StaleFileError

_GONE = (404, 410)


@dataclass(frozen=True, kw_only=True)
class DownloadOptions:
    """
    Options for downloads.

    Parameters
    ----------
    connections : int
        Number of simultaneous downloads.
    tries : int
        Number of attempts for each URL.
    pause : `~astropy.units.Quantity`
        Delay before the second attempt; each further delay is twice as long.
    timeout : `~astropy.units.Quantity`
        Time without data after which a connection is closed.
    progress : bool
        Whether to show a progress bar.

    Raises
    ------
    TypeError
        If a time has no unit of time.

    Examples
    --------
    >>> import astropy.units as u
    >>> from sunpy_coronagraph_inpaint.fetch import DownloadOptions
    >>> DownloadOptions(timeout=2 * u.min, progress=False).timeout.to(u.s)
    <Quantity 120. s>
    """

    connections: int = 4
    tries: int = 4
    pause: u.Quantity = 2 * u.s
    timeout: u.Quantity = 60 * u.s
    progress: bool = True

    def __post_init__(self):
        for name in ("pause", "timeout"):
            value = getattr(self, name)
            if not (isinstance(value, u.Quantity) and value.unit.is_equivalent(u.s)):
                msg = f"{name} must be a time with a unit, such as 30 * u.s, not {value!r}."
                raise TypeError(msg)


@dataclass(eq=False, kw_only=True)
class Request:
    """
    One file to download.

    Parameters
    ----------
    urls : tuple of str
        URLs of the file, in order of preference.
    check : callable
        Takes the path of the complete file and raises `~sunpy_coronagraph_inpaint.fetch.FetchError` if it is not the
        requested one; after a `~sunpy_coronagraph_inpaint.fetch.DamagedFileError` it is downloaded again.
    aliases : tuple of str
        Other names of the file in the cache.
    keep : bool
        Whether to store the file in the cache. An index, which grows, is not stored; its result is what ``check``
        returns.
    """

    urls: tuple[str, ...]
    check: Callable[[Path], object]
    aliases: tuple[str, ...] = ()
    keep: bool = True
    tried: int = field(default=0, init=False)
    result: object = field(default=None, init=False)
    problems: list[FetchError] = field(default_factory=list, init=False)

    @property
    def url(self):
        """The URL to try next; after success, the URL of the file."""
        return self.urls[0]

    def fail(self, error, tries):
        """Record an error, and go to the next URL if this one cannot be used."""
        self.tried += 1
        if isinstance(error, StaleFileError) or self.tried >= tries:
            self.problems.append(error)
            self.urls, self.tried = self.urls[1:], 0
        if not self.urls:
            # An archive that is down may have the file later, so an outage takes precedence.
            order = (OutageError, DamagedFileError, FetchError)
            self.result = next(p for kind in order for p in self.problems if isinstance(p, kind))


def download(requests, *, cache=None, options=None):
    """
    Download files, and return a result for each request.

    The result is the path of the checked file in the cache, or a `~sunpy_coronagraph_inpaint.fetch.FetchError` with
    the reason of a failure; for a request that is not kept, it is what its ``check`` returned. After a
    `KeyboardInterrupt` the completed files are in the cache.
    """
    requests = list(requests)
    cache, options = cache or Cache(), options or DownloadOptions()
    for request in requests:
        request.result = _kept(request, cache)
        if request.result is None and not request.urls:
            names = " ".join(request.aliases)
            request.result = StaleFileError(
                f"No archive has a URL for {names}. The index is out of date; search again."
            )
    pending = [request for request in requests if request.result is None]
    attempt = 0
    while pending:
        with ExitStack() as stack:
            _try_each(pending, cache, options, stack)
        pending = [request for request in pending if request.result is None]
        again = [request for request in pending if request.tried]
        if again:
            attempt += 1
            log.info(f"Retrying {len(again)} of {len(requests)} files.")
            time.sleep(options.pause.to_value(u.s) * 2 ** (attempt - 1))
    return [request.result for request in requests]


def _kept(request, cache):
    """Return the file in the cache if it exists and is still the requested one."""
    for name in (*request.aliases, *request.urls) if request.keep else ():
        path = cache.find(name)
        if path is not None:
            try:
                request.check(path)
            except DamagedFileError:
                continue
            return path
    return None


def _try_each(requests, cache, options, stack):
    """Try each file once."""
    seconds = options.timeout.to_value(u.s)
    config = parfive.SessionConfig(
        timeouts=aiohttp.ClientTimeout(total=20 * seconds, sock_connect=seconds, sock_read=seconds),
        file_progress=False,
        headers={"User-Agent": f"sunpy_coronagraph_inpaint/{version}"},
    )
    downloader = parfive.Downloader(
        max_conn=options.connections, max_splits=1, progress=options.progress, overwrite=True, config=config
    )
    targets = [_Target(request, stack.enter_context(cache.part())) for request in requests]
    for target in targets:
        downloader.enqueue_file(target.request.url, filename=target)
    results = _run(downloader)
    failed = {error.filepath_partial: error.exception for error in results.errors}
    for target in targets:
        if isinstance(failed.get(target), asyncio.CancelledError):
            continue
        if target in failed:
            target.request.fail(_describe(target.request.url, failed[target]), options.tries)
        else:
            _accept(target, cache, options)
    if any(isinstance(error, asyncio.CancelledError) for error in failed.values()):
        raise KeyboardInterrupt  # parfive reports it as failures of its files


class _Target:
    """A file name that parfive returns with an error, so that the error can be assigned to its request."""

    def __init__(self, request, path):
        self.request, self.path = request, path

    def __call__(self, response, url):
        return self.path


def _run(downloader):
    """Run in a new event loop, which is closed afterwards, unless the caller has one."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(downloader.run_download())
    return downloader.download()


def _accept(target, cache, options):
    request = target.request
    try:
        content = request.check(target.path)
    except DamagedFileError as error:
        reason = str(error).removeprefix(target.path.name).strip()
        request.fail(DamagedFileError(f"{request.url} {reason}"), options.tries)
    except FetchError as error:
        request.result = error
    else:
        request.result = cache.store((request.url, *request.aliases), target.path) if request.keep else content


def _describe(url, error):
    """Convert an error of parfive or aiohttp to a `FetchError`."""
    while isinstance(error, parfive.utils.FailedDownload):
        error = error.exception
    error = getattr(error, "response", error)
    status = getattr(error, "status", None)
    if status in _GONE:
        return StaleFileError(f"There is no file {url} ({status}). It was moved or removed since it was listed.")
    if isinstance(error, aiohttp.ClientPayloadError):
        return DamagedFileError(f"{url}: the connection was cut before the file was complete.")
    if status is not None:
        reason = f": the server returns status {status}"
    elif isinstance(error, TimeoutError):
        reason = ": the server does not respond in time"
    else:
        reason = f" ({str(error) or type(error).__name__})"
    outage = OutageError(f"{url} cannot be downloaded at the moment{reason}. Try again later.")
    outage.status = status
    return outage
