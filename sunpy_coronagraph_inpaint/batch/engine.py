"""Run an operation over many files: check arguments, rename finished results, and report."""

import os
import re
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from sunpy_coronagraph_inpaint.batch.executors import (
    Cluster,
    Processes,
    at_the_same_time,
    check_client,
    one_after_the_other,
)
from sunpy_coronagraph_inpaint.batch.operation import Operation
from sunpy_coronagraph_inpaint.batch.outcome import EXISTS, Outcome, describe, summary_table, write_report
from sunpy_coronagraph_inpaint.batch.worker import Settings, in_the_way
from sunpy_coronagraph_inpaint.io.journal import Journal
from sunpy_coronagraph_inpaint.io.messages import describe_error
from sunpy_coronagraph_inpaint.io.originals import is_frame

_JOURNALS = re.compile(r"\.\w+_files\.journal")


def process_files(
    paths,
    out_dir,
    operation,
    *,
    jobs=1,
    client=None,
    overwrite=False,
    compress=False,
    copy=True,
    report_file=None,
    on_result=None,
):
    """
    Process many files by any operation.

    Each file is read, processed and written to ``out_dir`` under its own name, completely or not at all, while the next
    files are read. A file that fails is reported, and the others are processed. A run that was killed resumes when it
    is started again with the same arguments.

    Parameters
    ----------
    paths : iterable of path-like
        The files. They are never changed. An iterator is consumed during the run.
    out_dir : path-like
        Directory for the results; it is created if it does not exist.
    operation : `Operation`
        The processing of each file.
    jobs : int, optional
        Number of parallel processes. With more than one, a script must guard its main part by
        ``if __name__ == "__main__":``, and the class of the operation must be importable. Ignored if ``client`` is
        given.
    client : `distributed.Client`, optional
        Cluster whose workers process the files. ``paths`` and ``out_dir`` must be on storage that all of them share.
    overwrite : bool, optional
        Whether results of earlier runs, recognized by their headers, may be replaced. Other files, and the files of
        ``paths``, are never replaced. An existing copy is left as it is.
    compress : bool, optional
        Whether results are compressed losslessly with gzip; `sunpy.map.Map` and
        `~sunpy_coronagraph_inpaint.io.read_map` can read them.
    copy : bool, optional
        Whether a file for which the operation has nothing to do is copied byte by byte. Otherwise nothing is written
        for it.
    report_file : path-like, optional
        File to which the table is written as ECSV, by default ``<operation.name>_report.ecsv`` in ``out_dir``.
    on_result : callable, optional
        Called with the `Outcome` of each file as soon as it is known.

    Returns
    -------
    `~astropy.table.Table`
        One row per file, in the order of ``paths`` with one job and of completion with more: ``source``, ``target``,
        ``status`` (that of the operation, ``"copied"``, ``"sound"`` if there is nothing to do and ``copy`` is not
        set, or ``"failed"``), the columns of the operation, ``seconds``, ``resumed`` (processed by an earlier part of
        the run), ``message``.

    Raises
    ------
    TypeError
        If ``paths`` is a single path, or ``operation`` or ``client`` has the wrong type.
    ValueError
        If ``jobs`` is below 1, or ``report_file`` is an original or has the name of a frame.
    OSError
        If ``out_dir`` cannot be created or written to.
    RuntimeError
        If another run of this operation writes into ``out_dir``.

    Warns
    -----
    CoronagraphInpaintWarning
        If the report cannot be written.

    Notes
    -----
    During a run, and after one in which files have failed, ``out_dir`` holds the journal
    ``.<operation.name>_files.journal``. It is removed when everything is done; without it, results that exist in
    ``out_dir`` make their files fail unless ``overwrite`` is set.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sunpy_coronagraph_inpaint.batch import process_files
    >>> from sunpy_coronagraph_inpaint.inpaint.files import Inpaint
    >>> from sunpy_coronagraph_inpaint.io import write_map
    >>> from sunpy_coronagraph_inpaint.simulate import damage, plain_corona
    >>> smap = damage(plain_corona(detector="C2", size=512), blocks=3, seed=1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = write_map(smap, Path(folder) / "frame.fts")
    ...     table = process_files([path], Path(folder) / "filled", Inpaint(method="harmonic"))
    >>> table["status", "missing", "method"].pprint()
    status missing  method
    ------ ------- --------
    filled       3 harmonic
    """
    if isinstance(paths, str | Path):
        msg = f"paths must be a list of paths, but one path was given. Give [{str(paths)!r}]."
        raise TypeError(msg)
    if not isinstance(operation, Operation):
        msg = f"operation must be an Operation, not {type(operation).__name__}. Give one, such as Inpaint()."
        raise TypeError(msg)
    if not isinstance(jobs, int) or jobs < 1:
        msg = f"jobs={jobs!r} is not a number of processes. Give 1 or more."
        raise ValueError(msg)
    if client is not None:
        check_client(client)
    # Other processes may have a different working directory.
    where = Path if client is None and jobs == 1 else _absolute
    out_dir = where(out_dir)
    run_name = uuid.uuid4().hex[:8]
    settings = Settings(
        operation=operation, out_dir=out_dir, overwrite=overwrite, compress=compress, copy=copy, run=run_name
    )
    originals = Originals(map(where, paths) if isinstance(paths, Iterator) else [*map(where, paths)], operation.inputs)
    report_file = Path(report_file or out_dir / f"{operation.name}_report.ecsv")
    _check_report(report_file, originals)
    out_dir.mkdir(parents=True, exist_ok=True)
    with Journal(out_dir / f".{operation.name}_files.journal", settings.key) as journal:
        run = Run(journal, settings, originals)
        for name in journal.runs:  # they were killed: the journal's lock shows that no run is active
            _remove_parts(out_dir, name)
        journal.begin(run_name)
        try:
            for outcome in run.outcomes(jobs, client):
                if on_result is not None:
                    on_result(outcome)
        finally:
            _remove_parts(out_dir, run_name)
        if not run.failed:
            journal.remove()
    table = summary_table(run.results, run.resumed, operation)
    write_report(table, report_file, originals)
    return table


def _check_report(path, originals):
    """Raise `ValueError` for a report that would replace an original, a result or a journal."""
    if is_frame(path) or path in originals or _JOURNALS.fullmatch(path.name):
        msg = f"The report cannot be written to {path}, which is, or is named like, a frame or the journal. Choose "
        raise ValueError(msg + "another name, such as report.ecsv.")


def _remove_parts(out_dir, run_name):
    """Remove the unfinished files of a run; writers may have appended to their names."""
    for part in out_dir.glob(f".*.????????.{run_name}.part*"):
        part.unlink(missing_ok=True)


def _absolute(path):
    return Path(path).absolute()


class Run:
    """
    Renames finished results one by one, and collects the outcome of each file.

    Attributes
    ----------
    results : list of Outcome
        Outcome of each file.
    resumed : list of bool
        Whether an earlier part of the run processed it.
    failed : int
        Number of files that have failed.
    """

    def __init__(self, journal, settings, originals):
        self.journal, self.settings, self.originals = journal, settings, originals
        self.results, self.resumed, self.failed = [], [], 0
        self._written = set()

    def outcomes(self, jobs, client):
        """Yield the outcome of each file; those that are already done follow immediately."""
        done = []
        left = self._left(done)
        if client is None and jobs == 1:
            stream = one_after_the_other(left, self.settings)
        else:
            workers = Cluster(client) if client is not None else Processes(jobs, self.settings.operation)
            stream = at_the_same_time(left, self.settings, workers)
        for outcome in stream:
            yield from self._met(done)
            yield self._keep(self._named(outcome), resumed=False)
        yield from self._met(done)

    def _left(self, done):
        for path in self.originals.paths:
            record = self.journal.done(path)
            if record is None or record["target"] in self._written:
                yield path
                continue
            self._claim(record["target"])
            done.append(Outcome(**record | {"source": str(path), "notes": tuple(record["notes"])}))

    def _claim(self, target):
        if target:
            self._written.add(target)

    def _met(self, done):
        while done:
            yield self._keep(done.pop(0), resumed=True)

    def _keep(self, outcome, *, resumed):
        outcome = replace(outcome, line=describe(outcome, self.settings.operation))
        self.results.append(outcome)
        self.resumed.append(resumed)
        self.failed += outcome.status == "failed"
        return outcome

    def _named(self, outcome):
        """Rename a result to its final name; it is in the journal before, so that it cannot be lost at any moment."""
        target = Path(outcome.target)
        part = Path(outcome.part) if outcome.part else None
        try:
            if outcome.target in self._written:
                msg = f"another file of this run was written as {target}. Write it into another directory."
                raise FileExistsError(msg)
            if outcome.status == EXISTS:
                return replace(outcome, status="failed", target="")
            if part is not None:
                self._check(outcome, target)
            if outcome.status != "failed":
                self.journal.add(outcome.record(), part or outcome.target)
            if part is not None:
                part.replace(target)
            if outcome.status != "failed":
                self._claim(outcome.target)
        except OSError as error:
            if part is not None:
                part.unlink(missing_ok=True)
            return replace(outcome, status="failed", target="", part="", message=describe_error(error))
        return replace(outcome, part="", target=outcome.target if outcome.status != "failed" else "")

    def _check(self, outcome, target):
        """Raise an error rather than replace an original; the worker knew only some of them, and some time ago."""
        if not os.path.lexists(target):
            return
        if target in self.originals:
            msg = f"{target} is one of the files of this run, which are never replaced. Choose another directory."
            raise FileExistsError(msg)
        if reason := in_the_way(Path(outcome.source), target, self.settings):
            raise FileExistsError(reason[1])


class Originals:
    """
    The source files of a run under any name: ``path in originals`` resolves links and other spellings.

    ``paths`` are the files to process, known as they are taken if from an iterator, ``inputs`` other files that are
    read.

    Attributes
    ----------
    paths : iterable of `pathlib.Path`
        The files, to be iterated once.
    """

    def __init__(self, paths, inputs=()):
        # Computed on demand: most runs never need it.
        self._unseen, self._seen = list(inputs), set()
        if isinstance(paths, Iterator):
            self.paths = self._noted(paths)
        else:
            self.paths = list(paths)
            self._unseen += self.paths

    def _noted(self, paths):
        for path in paths:
            self._unseen.append(path)
            yield path

    def __contains__(self, path):
        for original in self._unseen:
            self._seen |= _identities(original)
        self._unseen.clear()
        return not self._seen.isdisjoint(_identities(path))


def _identities(path):
    """Return the path of a file, and its identity on disk, which several names may share."""
    found = {path.parent.resolve() / path.name}
    try:
        state = path.stat()
    except OSError:
        return found
    return found | {(state.st_dev, state.st_ino)}
