"""Execution of the work: in this process, in several on this machine, or on a cluster."""

import os
import signal
import threading
from collections import deque
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, ProcessPoolExecutor, ThreadPoolExecutor, wait
from itertools import chain, islice
from multiprocessing import get_all_start_methods, get_context, parent_process

from sunpy_coronagraph_inpaint.batch import worker
from sunpy_coronagraph_inpaint.batch.outcome import Outcome
from sunpy_coronagraph_inpaint.io.messages import describe_error

#: Number of files that are read ahead into the system's cache.
_AHEAD = 4
#: Groups of files that wait for each process or thread of a cluster, so that none is idle.
_EACH = 2
_DIED = "The process that worked on it ended, perhaps for want of memory. Use fewer jobs, or leave this file out."


class Processes:
    """Several processes on this machine."""

    files = 1

    def __init__(self, jobs, operation):
        self.jobs, self._preload = jobs, [worker.__name__, type(operation).__module__]

    def executor(self, jobs=None):
        """Return an executor, to be closed by `close`."""
        jobs = jobs or self.jobs
        # A process forked from this one would inherit locks held by threads that do not exist in it. A fork server,
        # where there is one, imports the package once, and every process is forked from it.
        context = get_context("forkserver" if "forkserver" in get_all_start_methods() else "spawn")
        if context.get_start_method() == "forkserver":
            context.set_forkserver_preload(self._preload)
        threads = max(1, (os.cpu_count() or 1) // jobs)
        return ProcessPoolExecutor(jobs, context, initializer=_begin, initargs=(threads,))

    def close(self, executor):
        """Cancel pending work, and wait for the rest."""
        executor.shutdown(cancel_futures=True)

    def limit(self):
        """Return the number of groups of files that may be in progress."""
        return _EACH * self.jobs

    def paths(self, paths):
        """Yield the paths as they are needed."""
        return read_ahead(paths)


class Cluster:
    """
    The workers of a cluster of `distributed`.

    Only paths, the small settings and outcomes are transferred. Other data that an operation needs, such as the weights
    of a network, are read once by every worker from its own installation. If a worker dies, the scheduler moves its
    work to another one, up to a few times.
    """

    #: Enough that the scheduler does not limit a large cluster, few enough to lose with a worker.
    files = 4
    #: Retries of a task that raised; one whose worker died is moved by the scheduler.
    _RETRIES = 2

    def __init__(self, client):
        self.client = client

    def executor(self, jobs=None):
        """Return an executor, to be closed by `close`."""
        # Settings that were scattered would be lost with the workers that hold them.
        return self.client.get_executor(retries=self._RETRIES, pure=False)

    def close(self, executor):
        """Cancel pending work."""
        executor.shutdown(wait=False)

    def limit(self):
        """Return the number of groups of files that may be in progress; clusters grow and shrink."""
        return _EACH * max(1, sum(self.client.nthreads().values()))

    def paths(self, paths):
        """Yield the paths as they are needed."""
        return paths


def check_client(client):
    """Raise `TypeError` for anything but a `distributed.Client`."""
    if not callable(getattr(client, "get_executor", None)):
        msg = (
            f"client must be a dask.distributed.Client, not {type(client).__name__}. "
            "Make one with distributed.Client(address)."
        )
        raise TypeError(msg)


def one_after_the_other(paths, settings):
    """Yield the outcomes of files processed in this process, in their order."""
    yield from worker.process(read_ahead(paths), settings)


def at_the_same_time(paths, settings, workers):
    """
    Yield the outcomes of files processed by `Processes` or a `Cluster`, in the order of completion.

    Only as many paths are taken as will soon be processed. If a process dies, it is unknown which of the files in
    progress killed it: each of them is processed again alone. A file that kills its process then has failed, and the
    others continue.
    """
    size = max(settings.operation.together, workers.files)
    groups, unfinished = groups_of(workers.paths(paths), size), True
    while unfinished:
        lost, executor = [], workers.executor()
        try:
            unfinished = yield from _stream(executor, groups, settings, workers.limit, lost)
        finally:
            workers.close(executor)
        for path in chain.from_iterable(lost):
            yield _alone(path, settings, workers)


def _stream(executor, groups, settings, limit, lost):
    """Yield finished work, add groups whose process died to ``lost``, and return whether the executor broke down."""
    waiting, broken = {}, False
    for group in groups:
        try:
            waiting[executor.submit(worker.process_here, group, settings)] = group
        except BrokenExecutor:
            lost.append(group)
            broken = True
            break
        while len(waiting) >= limit():
            yield from _finished(waiting, lost)
    while waiting:
        yield from _finished(waiting, lost)
    return broken


def _finished(waiting, lost):
    done, _ = wait(waiting, return_when=FIRST_COMPLETED)
    for future in done:
        group = waiting.pop(future)
        if future.exception() is None:
            yield from future.result()
        else:
            lost.append(group)


def _alone(path, settings, workers):
    executor = workers.executor(1)
    try:
        return executor.submit(worker.process_here, [path], settings).result()[0]
    except BrokenExecutor:
        return Outcome(source=str(path), message=_DIED)
    except Exception as error:  # noqa: BLE001 (an error of any kind in one file must not end the others)
        return Outcome(source=str(path), message=f"No process could finish it: {describe_error(error)}")
    finally:
        workers.close(executor)


def _begin(threads):
    """Initialize a process: limit its threads, and let it end with the process that started it."""
    from threadpoolctl import threadpool_limits

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ["OMP_NUM_THREADS"] = str(threads)  # PyTorch, which is loaded later, reads it
    threadpool_limits(limits=threads)
    threading.Thread(target=_end_with, args=(parent_process(),), daemon=True).start()


def _end_with(parent):
    parent.join()
    os._exit(1)


def groups_of(paths, size):
    """Yield lists of a given number of paths, the last one shorter."""
    paths = iter(paths)
    while group := list(islice(paths, size)):
        yield group


def read_ahead(paths, ahead=_AHEAD):
    """Yield paths while a thread reads the next files into the system's cache in parallel."""
    waiting = deque()
    with ThreadPoolExecutor(1, thread_name_prefix="read") as reader:
        for path in paths:
            waiting.append((path, reader.submit(_touch, path)))
            if len(waiting) > ahead:
                yield waiting.popleft()[0]
        while waiting:
            yield waiting.popleft()[0]


def _touch(path):
    try:
        if not path.is_file():
            return
        with path.open("rb", buffering=0) as file:
            while file.read(1 << 20):
                pass
    except OSError:
        pass  # the actual read will report the error
