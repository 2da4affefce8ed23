"""The largest memory that a piece of work takes."""

import gc
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

    A thread looks every few milliseconds. This sees what compiled libraries take, unlike ``tracemalloc``; memory that
    the process has kept from earlier work is not counted again, nor is a peak that is over between two looks.

    Yields
    ------
    callable
        Called after the block, it returns the growth.
    """
    gc.collect()
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
