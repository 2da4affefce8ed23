"""One file on its way through reading, filling and writing."""

import logging
import time
import warnings
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sunpy import log

from sunpy_coronagraph_inpaint.batch.outcome import Outcome
from sunpy_coronagraph_inpaint.exceptions import CoronagraphInpaintWarning
from sunpy_coronagraph_inpaint.io.messages import one_line
from sunpy_coronagraph_inpaint.threads import caught_warnings

__all__ = ["Item"]


@dataclass
class Item:
    """
    A file on its way.

    Attributes
    ----------
    path : `pathlib.Path`
        The original.
    notes : list of str
        Warnings so far.
    seconds : float
        Time spent on it so far.
    task : object or None
        The frame and what is to be filled in it, `None` where nothing is.
    method : str
        How.
    fill : `~sunpy_coronagraph_inpaint.inpaint.methods.Fill` or None
        The answer of a method that took several frames at once.
    """

    path: Path
    notes: list = field(default_factory=list)
    seconds: float = 0.0
    task: object = None
    method: str = ""
    fill: object = None

    @contextmanager
    def step(self):
        """Count the time of a step, and take down the warnings of this package."""
        with caught_warnings(record=True) as caught:
            warnings.simplefilter("always")
            begun, level = time.perf_counter(), log.level
            log.setLevel(max(level, logging.WARNING))  # what is worth saying of each file stands in its outcome
            try:
                yield
            finally:
                log.setLevel(level)
                self.seconds += time.perf_counter() - begun
                self.notes += [str(w.message) for w in caught if issubclass(w.category, CoronagraphInpaintWarning)]

    def failed(self, error, status="failed", target=""):
        """Return the outcome of a file at which something was raised."""
        log.debug(f"{self.path}: {error!r}", exc_info=error)
        return Outcome(
            source=str(self.path),
            target=str(target),
            status=status,
            message=one_line(error),
            notes=tuple(self.notes),
            seconds=self.seconds,
        )
