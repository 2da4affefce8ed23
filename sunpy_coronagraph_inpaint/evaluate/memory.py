"""How much memory a piece of work takes at most."""

import ctypes
import gc
from contextlib import contextmanager
from pathlib import Path

__all__ = ["growth"]

_PROCESS = Path("/proc/self")
_MEGABYTE = 1024


@contextmanager
def growth():
    """
    Measure by how much the resident memory of the process grows at most while the block runs.

    This sees what compiled libraries take as well, unlike ``tracemalloc``. Memory that was freed before is given back
    to the system first, as far as the C library can, so that it is counted when it is taken again. It needs ``/proc``
    of Linux.

    Yields
    ------
    callable
        Called after the block, it returns megabytes, not a number where the system does not tell.

    Examples
    --------
    >>> import numpy as np
    >>> from sunpy_coronagraph_inpaint.evaluate.memory import growth
    >>> with growth() as memory:
    ...     size = np.ones(50_000_000 // 8).nbytes
    >>> not memory() < 40
    True
    """
    gc.collect()
    _trim()
    reset = _reset()
    before, found = _status("VmRSS"), []
    yield lambda: found[0]
    found.append((_status("VmHWM") - before) / _MEGABYTE if reset else float("nan"))


def _trim():
    """Give freed memory back to the system; only the C library of GNU knows how."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim:
        trim(0)


def _reset():
    """Set the largest resident memory of the process to the present one, where the system can."""
    try:
        (_PROCESS / "clear_refs").write_text("5")
    except OSError:
        return False
    return True


def _status(name):
    """Return an entry of the status of the process in kilobytes."""
    try:
        text = (_PROCESS / "status").read_text()
    except OSError:
        return float("nan")
    return float(text.partition(f"{name}:")[2].split()[0])
