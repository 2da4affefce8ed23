"""The same work on the workers of `distributed`."""

from concurrent.futures import FIRST_COMPLETED, wait

from sunpy_coronagraph_inpaint.batch.outcome import Outcome
from sunpy_coronagraph_inpaint.batch.pools import chunks_of
from sunpy_coronagraph_inpaint.io.messages import one_line

__all__ = ["check_client", "on_cluster"]

#: Files in one task: enough that the scheduler is not what limits a large cluster, few enough to lose with a worker.
_FILES = 4
#: Tasks at work for each thread of the cluster.
_EACH = 2
#: How often a task that raised is tried again; one whose worker died is moved by the scheduler without asking.
_RETRIES = 2


def check_client(client):
    """
    Raise `TypeError` for what is not a `distributed.Client`.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.batch.cluster import check_client
    >>> check_client("tcp://scheduler:8786")
    Traceback (most recent call last):
    ...
    TypeError: client must be a dask.distributed.Client, not str. Make one with distributed.Client(address).
    """
    if not callable(getattr(client, "get_executor", None)):
        msg = (
            f"client must be a dask.distributed.Client, not {type(client).__name__}. "
            "Make one with distributed.Client(address)."
        )
        raise TypeError(msg)


def on_cluster(paths, settings, client):
    """
    Yield the outcomes of files done by the workers of a cluster, as they come.

    Only paths, the few settings and outcomes travel. What a method needs besides, such as the weights of a network,
    every worker reads once from its own installation.

    Parameters
    ----------
    paths : iterable of `pathlib.Path`
        Files on storage that this process and all workers share, under one name.
    settings : `~sunpy_coronagraph_inpaint.batch.outcome.Settings`
        What to do.
    client : `distributed.Client`
        Of the cluster.

    Notes
    -----
    The scheduler moves the work of a worker that dies to another one, a few times. What it gives up, and with it what
    happened to be at the same workers, is done again in the end, one file at a time.
    """
    from sunpy_coronagraph_inpaint.batch.work import process_here

    # Settings that were scattered would be lost with the workers that hold them.
    executor = client.get_executor(retries=_RETRIES, pure=False)
    waiting, suspects = {}, []
    try:
        for chunk in chunks_of(paths, max(settings.batch, _FILES)):
            waiting[executor.submit(process_here, chunk, settings)] = chunk
            if len(waiting) >= _limit(client):
                yield from _finished(waiting, suspects)
        while waiting:
            yield from _finished(waiting, suspects)
        for path in suspects:
            yield from _alone(executor.submit(process_here, [path], settings), path)
    finally:
        executor.shutdown(wait=False)


def _limit(client):
    """Return how much may be at work; clusters grow and shrink."""
    return _EACH * max(1, sum(client.nthreads().values()))


def _finished(waiting, suspects):
    done, _ = wait(waiting, return_when=FIRST_COMPLETED)
    for future in done:
        chunk = waiting.pop(future)
        if future.exception() is None:
            yield from future.result()
        else:
            suspects.extend(chunk)


def _alone(future, path):
    try:
        return future.result()
    except Exception as error:  # noqa: BLE001 (whatever ends the work on a file ends no other)
        return [Outcome(source=str(path), message=f"The cluster could not do it: {one_line(error)}")]
