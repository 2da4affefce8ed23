"""A run over many files: what is done already, and the one place where results get their names."""

import os
from dataclasses import replace
from pathlib import Path

from sunpy_coronagraph_inpaint.batch.cluster import on_cluster
from sunpy_coronagraph_inpaint.batch.pools import in_processes, in_this_process
from sunpy_coronagraph_inpaint.batch.targets import in_the_way
from sunpy_coronagraph_inpaint.io.messages import one_line

__all__ = ["Run"]


class Run:
    """
    Gives results their names, one after the other, and keeps what became of each file.

    Parameters
    ----------
    journal : `~sunpy_coronagraph_inpaint.io.journal.Journal`
        Of the directory of the results.
    settings : `~sunpy_coronagraph_inpaint.batch.outcome.Settings`
        What to do.
    originals : `~sunpy_coronagraph_inpaint.batch.targets.Originals`
        What is never replaced.

    Attributes
    ----------
    results : list of `~sunpy_coronagraph_inpaint.batch.outcome.Outcome`
        What became of each file.
    resumed : list of bool
        Whether an earlier part of the run did it.
    failed : int
        How many have failed.
    """

    def __init__(self, journal, settings, originals):
        self.journal, self.settings = journal, settings
        self.results, self.resumed, self.failed = [], [], 0
        self.originals = originals
        self._written = set()

    def outcomes(self, paths, jobs, client):
        """Yield what became of each file; what is done already comes as soon as it is met."""
        done = []
        left = self._left(paths, done)
        if client is not None:
            stream = on_cluster(left, self.settings, client)
        else:
            stream = in_this_process(left, self.settings) if jobs == 1 else in_processes(left, self.settings, jobs)
        for outcome in stream:
            yield from self._met(done)
            yield self._keep(self._named(outcome), resumed=False)
        yield from self._met(done)

    def _left(self, paths, done):
        for path in paths:
            outcome = self.journal.done(path, self.settings.out_dir)
            if outcome is None or outcome.target in self._written:
                yield path
                continue
            self._claim(outcome.target)
            done.append(replace(outcome, source=str(path)))

    def _claim(self, target):
        if target:
            self._written.add(target)

    def _met(self, done):
        while done:
            yield self._keep(done.pop(0), resumed=True)

    def _keep(self, outcome, *, resumed):
        self.results.append(outcome)
        self.resumed.append(resumed)
        self.failed += outcome.status == "failed"
        return outcome

    def _named(self, outcome):
        """Give a result its name; the journal has it before, so that no moment is left at which it is lost."""
        target = Path(outcome.target)
        part = Path(outcome.part) if outcome.part else None
        try:
            if outcome.target in self._written:
                msg = f"another file of this run was written as {target}. Fill it into another directory."
                raise FileExistsError(msg)
            if outcome.status == "exists":
                return replace(outcome, status="failed", target="")
            if part is not None:
                self._check(outcome, target)
            if outcome.status != "failed":
                self.journal.add(outcome, part or outcome.target)
            if part is not None:
                part.replace(target)
            if outcome.status != "failed":
                self._claim(outcome.target)
        except OSError as error:
            if part is not None:
                part.unlink(missing_ok=True)
            return replace(outcome, status="failed", target="", part="", message=one_line(error))
        return replace(outcome, part="", target=outcome.target if outcome.status != "failed" else "")

    def _check(self, outcome, target):
        """Refuse to replace an original; the process that filled does not know them all, and time has passed since."""
        if not os.path.lexists(target):
            return
        if target in self.originals:
            msg = f"{target} is one of the files of this run, which are never replaced. Choose another directory."
            raise FileExistsError(msg)
        if reason := in_the_way(Path(outcome.source), target, overwrite=self.settings.overwrite):
            raise FileExistsError(reason[1])
