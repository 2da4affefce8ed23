"""The work that every process is given: paths in, outcomes out."""

import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

from sunpy_coronagraph_inpaint.batch.worker import Worker

__all__ = ["process", "process_here"]

#: Results that are packed while the next files are filled.
_BEHIND = 2
#: Python's record of warnings is one for all threads of a process.
_ONE_AT_A_TIME = threading.Lock()
#: What the process has read for the latest run that gave it files.
_LATEST = {}


def process(paths, settings):
    """
    Read, fill and write files; packing and copying go on while the next file is read and filled.

    Parameters
    ----------
    paths : iterable of `pathlib.Path`
        The files.
    settings : `~sunpy_coronagraph_inpaint.batch.outcome.Settings`
        What to do with them.

    Yields
    ------
    `~sunpy_coronagraph_inpaint.batch.outcome.Outcome`
        One per file, in their order; a result lies under the name ``part`` and has not got its own yet.
    """
    yield from _with(Worker(settings), paths, settings)


def process_here(paths, settings):
    """Do the same in a process that gets files of a run again and again; return a list."""
    with _ONE_AT_A_TIME:
        if _LATEST.get("settings") != settings:
            _LATEST.update(settings=settings, worker=Worker(settings))
        return list(_with(_LATEST["worker"], paths, settings))


def _with(worker, paths, settings):
    waiting = deque()
    paths = iter(paths)
    with ThreadPoolExecutor(1, thread_name_prefix="pack") as behind:
        while group := list(islice(paths, settings.batch)):
            for job in worker.do(group):
                waiting.append(behind.submit(job))
                while len(waiting) > _BEHIND:
                    yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
