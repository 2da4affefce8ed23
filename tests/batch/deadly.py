"""An operation that kills its process, for processes that import this module."""

import os
from dataclasses import dataclass

from sunpy_coronagraph_inpaint.inpaint.files import Inpaint


@dataclass(frozen=True)
class Deadly(Inpaint):
    """Fill files, and die at one that has a mark beside it; take the mark away where it says so."""

    def prepare(self, smap, path):
        """Die at a file that has a mark beside it."""
        mark = path.with_suffix(".kill")
        if mark.exists():
            if mark.read_text() == "once":
                mark.unlink()
            os._exit(1)
        return super().prepare(smap, path)
