"""Peak memory of a piece of work."""

import ctypes
import gc
import os
import threading
from contextlib import contextmanager

import psutil

#: Seconds between two samples.
_INTERVAL = 0.002
_MEGABYTE = 1024**2


@contextmanager
def memory_growth():
    """
    Measure the largest growth of the resident memory of the process during a block, MB.

    The block yields a function that returns the growth when called afterwards. A thread samples the memory every few
    milliseconds, so that a shorter peak can be missed. Unlike ``tracemalloc`` this includes the memory of compiled
    libraries.
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
    Return freed memory to the system, if the C library can.

    Otherwise memory that one entry has freed would not count when the next one uses it.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if os.name == "posix" else None
    if trim:
        trim(0)
