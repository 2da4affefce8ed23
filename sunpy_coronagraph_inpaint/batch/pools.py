"""Who does the work: this process, several on this machine, or a cluster."""

import os
import signal
import threading
from collections import deque
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from multiprocessing import get_all_start_methods, get_context, parent_process
from pathlib import Path

from sunpy_coronagraph_inpaint.batch.outcome import Outcome

__all__ = ["chunks_of", "in_processes", "in_this_process", "read_ahead"]

#: Files that are read into the system's cache before it is their turn.
_AHEAD = 4
#: Pieces of work that wait for each process, so that none is idle.
_EACH = 2
_DIED = "The process that filled it ended, perhaps for want of memory. Use fewer jobs, or leave this file out."


def in_this_process(paths, settings):
    """Yield the outcomes of files done one after the other, in their order."""
    from sunpy_coronagraph_inpaint.batch.work import process

    yield from process(read_ahead(paths), settings)


def in_processes(paths, settings, jobs):
    """
    Yield the outcomes of files done by several processes, as they come.

    Parameters
    ----------
    paths : iterable of `pathlib.Path`
        The files; only as many are taken as can be done soon.
    settings : `~sunpy_coronagraph_inpaint.batch.outcome.Settings`
        What to do.
    jobs : int
        How many processes.

    Notes
    -----
    Where a process dies, which of the files at work killed it cannot be told. Each is done again alone; one that
    kills a process of its own has failed, and the others go on.
    """
    chunks = chunks_of(read_ahead(paths), settings.batch)
    while chunks is not None:
        suspects, executor = [], _executor(jobs)
        try:
            yield from _stream(executor, chunks, settings, jobs * _EACH, suspects)
            chunks = None
        except BrokenProcessPool:
            pass
        finally:
            executor.shutdown(cancel_futures=True)
        for path in (path for chunk in suspects for path in chunk):
            yield _alone(path, settings)


def _stream(executor, chunks, settings, limit, at_work):
    """Yield what is done, with a limit on what is at work; on an error ``at_work`` holds the chunks that are lost."""
    from sunpy_coronagraph_inpaint.batch import work

    waiting, submitted = {}, None
    try:
        for submitted in chunks:
            waiting[executor.submit(work.process_here, submitted, settings)] = submitted
            submitted = None
            if len(waiting) >= limit:
                yield from _finished(waiting)
        while waiting:
            yield from _finished(waiting)
    except BrokenProcessPool:
        at_work.extend([*waiting.values(), *([submitted] if submitted else [])])
        raise


def _finished(waiting):
    done, _ = wait(waiting, return_when=FIRST_COMPLETED)
    for future in done:
        outcomes = future.result()
        del waiting[future]
        yield from outcomes


def _alone(path, settings):
    executor = _executor(1)
    try:
        from sunpy_coronagraph_inpaint.batch import work

        return executor.submit(work.process_here, [path], settings).result()[0]
    except BrokenProcessPool:
        return Outcome(source=str(path), message=_DIED)
    finally:
        executor.shutdown(cancel_futures=True)


def _executor(jobs):
    # A process forked from this one would inherit the locks of threads that it does not have. Where there is a server,
    # it imports the package once, and every process is forked from it.
    context = get_context("forkserver" if "forkserver" in get_all_start_methods() else "spawn")
    if context.get_start_method() == "forkserver":
        context.set_forkserver_preload(["sunpy_coronagraph_inpaint.batch.work"])
    threads = max(1, (os.cpu_count() or 1) // jobs)
    return ProcessPoolExecutor(jobs, context, initializer=_begin, initargs=(threads,))


def _begin(threads):
    """Prepare a process: its share of the processors, and its end with that of the process that started it."""
    from threadpoolctl import threadpool_limits

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ["OMP_NUM_THREADS"] = str(threads)  # PyTorch, which is loaded later, reads it
    threadpool_limits(limits=threads)
    threading.Thread(target=_end_with, args=(parent_process(),), daemon=True).start()


def _end_with(parent):
    parent.join()
    os._exit(1)


def chunks_of(paths, size):
    """
    Yield lists of so many paths, the last one shorter.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.batch.pools import chunks_of
    >>> list(chunks_of("abcde", 2))
    [['a', 'b'], ['c', 'd'], ['e']]
    """
    paths = iter(paths)
    while chunk := list(islice(paths, size)):
        yield chunk


def read_ahead(paths, ahead=_AHEAD):
    """
    Yield paths while a thread reads the next files into the system's cache: the disk works while a file is filled.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.batch.pools import read_ahead
    >>> list(read_ahead(["a.fts", "b.fts"]))
    ['a.fts', 'b.fts']
    """
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
        if not Path(path).is_file():
            return
        with Path(path).open("rb", buffering=0) as file:
            while file.read(1 << 20):
                pass
    except OSError:
        pass  # whoever reads it in earnest will say what is wrong
