"""Shared code of the benchmark scripts: arguments, real frames, time and memory."""

import argparse
import os
import sys
import time
import warnings
from contextlib import contextmanager
from pathlib import Path

import numpy as np


def parser(doc):
    """Return an argument parser whose help is the docstring of a script."""
    return argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)


def data_dir():
    """Return the directory of the real frames, or exit with a message if the environment does not name one."""
    path = os.environ.get("CORONAGRAPH_INPAINT_DATA")
    if not path:
        sys.exit("Set CORONAGRAPH_INPAINT_DATA to the directory that holds the real frames.")
    return Path(path)


def read(path):
    """Open a real LASCO frame by its path below the directory ``lasco``, without warnings about its header."""
    import sunpy.map

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return sunpy.map.Map(data_dir() / "lasco" / path)


def rate(smap):
    """Return DN per second above the offset."""
    from sunpy_coronagraph_inpaint.instruments import identify

    return (smap.data - identify(smap.meta).bias) / smap.meta["exptime"]


def detrended(smap):
    """Divide a frame by the median on circles around the occulter."""
    from sunpy_coronagraph_inpaint.instruments import identify

    camera = identify(smap.meta)
    y, x = np.indices(smap.data.shape)
    radius = np.hypot(x - camera.center[0], y - camera.center[1]).astype(int)
    data = np.where(smap.data > 0, smap.data - camera.bias, np.nan)
    rings = [data[radius == r] for r in range(radius.max() + 1)]
    medians = np.array([np.nanmedian(ring) if np.isfinite(ring).any() else 1.0 for ring in rings])
    return data / np.maximum(medians, 1)[radius]


def timed(function):
    """Return the time of a function call in seconds, and its result."""
    begun = time.perf_counter()
    result = function()
    return time.perf_counter() - begun, result


def shortest(function, repeat):
    """Return the shortest time of several calls after a warm-up call, in seconds."""
    function()
    return min(timed(function)[0] for _ in range(repeat))


def peak_memory():
    """Return the peak resident memory of the process in MiB."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024**2 if sys.platform == "darwin" else 1024)


@contextmanager
def quiet():
    """Suppress warnings and the messages for each file."""
    from sunpy import log

    level = log.level
    log.setLevel("WARNING")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.setLevel(level)
