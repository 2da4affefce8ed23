"""Work that kills its process at a file with a mark beside it, for processes that import this module."""

import os
from pathlib import Path

from sunpy_coronagraph_inpaint.batch.work import process_here as honest

__all__ = ["process_here"]


def process_here(paths, settings):
    """Die at a file that has a mark beside it, and take the mark away where it says so; else do the work."""
    for path in paths:
        mark = Path(path).with_suffix(".kill")
        if mark.exists():
            if mark.read_text() == "once":
                mark.unlink()
            os._exit(1)
    return honest(paths, settings)
