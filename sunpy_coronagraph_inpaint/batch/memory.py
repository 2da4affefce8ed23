"""The memory that a process takes at most."""

import sys
from pathlib import Path

__all__ = ["Peak"]

_STATUS, _RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


class Peak:
    """
    Measure by how much the memory of this process grows while something is done.

    On Linux the highest mark is reset before; elsewhere the growth of the highest mark since the start is taken, which
    leaves out what fits below it.

    Attributes
    ----------
    mebibytes : float
        The most that was taken beyond what was taken before.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.batch.memory import Peak
    >>> with Peak() as peak:
    ...     much = b"x" * (64 * 2**20)
    >>> peak.mebibytes > 60
    True
    """

    mebibytes = float("nan")

    def __enter__(self):
        if _RESET.exists():
            _RESET.write_text("5")
        self._before = _highest()
        return self

    def __exit__(self, *error):
        self.mebibytes = (_highest() - self._before) / 2**20


def _highest():
    if _STATUS.exists():
        line = next(line for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
