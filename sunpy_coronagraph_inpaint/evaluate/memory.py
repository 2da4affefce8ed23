"""The largest memory that a piece of work takes."""

import ctypes
import gc
import os
import threading
from contextlib import contextmanager

import psutil

#: Seconds between two looks.
_INTERVAL = 0.002
_MEGABYTE = 1024**2


@contextmanager
def memory_growth():
    """
    Measure by how much the resident memory of the process grows at most while the block runs, MB.

    A thread looks every few milliseconds, so that a peak that is over between two looks is missed. This sees what
    compiled libraries take, unlike ``tracemalloc``.

    Yields
    ------
    callable
        Called after the block, it returns the growth.
    """
    gc.collect()
    _trim()
    process, stop = psutil.Process(), threading.Event()
    before = largest = process.memory_info().rss

    def watch():
        nonlocal largest
        while not stop.wait(_INTERVAL):
            largest = max(largest, process.memory_info().rss)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield lambda: (largest - before) / _MEGABYTE
    finally:
        stop.set()
        watcher.join()
        largest = max(largest, process.memory_info().rss)


def _trim():
    """
    Give freed memory back to the system, where the C library can.

    Otherwise what one entry has freed would not be counted when the next one takes it.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if os.name == "posix" else None
    if trim:
        trim(0)
