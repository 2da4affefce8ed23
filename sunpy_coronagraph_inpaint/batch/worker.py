"""The work of every process: paths in, outcomes out, also for broken files."""

import logging
import threading
import time
import uuid
import warnings
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from shutil import copyfile

from sunpy import log

from sunpy_coronagraph_inpaint.batch.operation import Operation
from sunpy_coronagraph_inpaint.batch.outcome import EXISTS, Outcome
from sunpy_coronagraph_inpaint.exceptions import CoronagraphInpaintWarning
from sunpy_coronagraph_inpaint.io.messages import describe_error
from sunpy_coronagraph_inpaint.io.originals import read_header, same_content
from sunpy_coronagraph_inpaint.io.reading import read_map
from sunpy_coronagraph_inpaint.io.writing import pack
from sunpy_coronagraph_inpaint.threads import caught_warnings

_PICTURES = (".jp2", ".jpx")
#: Number of results that are compressed while the next files are processed.
_BEHIND = 2
#: Python's record of warnings is shared by all threads of a process.
_ONE_AT_A_TIME = threading.Lock()
#: The worker of the latest run in this process, with the data it has read.
_LATEST = {}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Settings of a run, sent to every process with each group of files."""

    operation: Operation
    out_dir: Path
    overwrite: bool = False
    compress: bool = False
    copy: bool = True
    run: str = ""

    @property
    def key(self):
        """A string that is the same for settings that write the same files."""
        return repr((self.operation.name, self.operation.key, self.compress, self.copy))


def process(paths, settings):
    """
    Yield the outcome of each file in order; compression and copying overlap with the processing of the next file.

    A result still has its temporary name, ``part``.
    """
    yield from _process(Worker(settings), paths, settings)


def process_here(paths, settings):
    """Do the same in a process that serves a run repeatedly; return a list."""
    with _ONE_AT_A_TIME:
        if _LATEST.get("settings") != settings:
            _LATEST.update(settings=settings, worker=Worker(settings))
        return list(_process(_LATEST["worker"], paths, settings))


def _process(worker, paths, settings):
    waiting = deque()
    paths = iter(paths)
    with ThreadPoolExecutor(1, thread_name_prefix="pack") as behind:
        while group := list(islice(paths, settings.operation.together)):
            for last_step in worker.do(group):
                waiting.append(behind.submit(last_step))
                while len(waiting) > _BEHIND:
                    yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


@dataclass
class FileJob:
    """A file in progress: warnings and seconds so far, and intermediate results of the operation."""

    path: Path
    notes: list = field(default_factory=list)
    seconds: float = 0.0
    work: object = None
    result: object = None
    outcome: Outcome | None = None

    @contextmanager
    def step(self):
        """Add the time of a step, and collect the warnings of this package."""
        with _noted([self]):
            yield

    def failed(self, error, status="failed", target=""):
        """Return the outcome of a file that raised an error."""
        log.debug(f"{self.path}: {error!r}", exc_info=error)
        return Outcome(
            source=str(self.path),
            target=str(target),
            status=status,
            message=describe_error(error),
            notes=tuple(self.notes),
            seconds=self.seconds,
        )


@contextmanager
def _noted(jobs):
    """Divide the time of a step among the files, and collect the warnings of this package for each."""
    with caught_warnings(record=True) as caught:
        warnings.simplefilter("always")
        begun, level = time.perf_counter(), log.level
        log.setLevel(max(level, logging.WARNING))  # relevant warnings are in the outcome of each file
        try:
            yield
        finally:
            log.setLevel(level)
            notes = [str(w.message) for w in caught if issubclass(w.category, CoronagraphInpaintWarning)]
            for job in jobs:
                job.seconds += (time.perf_counter() - begun) / len(jobs)
                job.notes += notes


class Worker:
    """Reads files, processes them by the operation, and writes results under temporary names."""

    def __init__(self, settings):
        self.settings, self.operation = settings, settings.operation

    def do(self, group):
        """Yield, for each file, a function without arguments that completes it and returns its outcome."""
        jobs = [self._open(path) for path in group]
        self._run_together([job for job in jobs if job.work is not None])
        for job in jobs:
            yield self._close(job)

    def _open(self, path):
        """Read and prepare a file; set its outcome if there is nothing more to do."""
        job = FileJob(Path(path))
        try:
            with job.step():
                job.work = self.operation.prepare(read_map(job.path), job.path)
                target = self._target(job)
                if not target:
                    return job
                if job.work is None and self.settings.overwrite and _is_copy(job.path, target):
                    job.outcome = self._untouched(job, target)
                elif reason := in_the_way(job.path, target, self.settings):
                    job.outcome = job.failed(FileExistsError(reason[1]), reason[0], target)
        except Exception as error:  # noqa: BLE001 (one file never ends a run)
            job.outcome = job.failed(error)
        if job.outcome is not None:
            job.work = None
        return job

    def _target(self, job):
        if job.work is not None:
            name = fits_name(job.path)
        elif self.settings.copy:
            name = job.path.name
        else:
            return ""
        return self.settings.out_dir / (packed_name(name) if self.settings.compress else name)

    def _run_together(self, jobs):
        """Process several frames at once, if the operation can."""
        if self.operation.together == 1 or len(jobs) < 2:
            return
        try:
            with _noted(jobs):
                results = list(self.operation.run([job.work for job in jobs]))
        except Exception as error:  # noqa: BLE001 (one frame has spoiled it for all: each is processed by itself)
            for job in jobs:
                job.notes.append(f"Not processed together with others: {describe_error(error)}")
            return
        for job, result in zip(jobs, results, strict=True):
            job.result = result

    def _close(self, job):
        """Process and save one file under a temporary name; return the function that completes it."""
        if job.outcome is not None:
            return lambda: job.outcome
        target = self._target(job)
        if job.work is None:
            outcome = self._untouched(job, target)
            return self._guarded(job, outcome, lambda: self._copy(job.path, target) if target else "")
        part = self._part(target)
        try:
            with job.step():
                result = job.result if job.result is not None else self.operation.run([job.work])[0]
                smap = self.operation.finish(job.work, result)
                self.operation.write(smap, part)
                values = self.operation.values(job.work, smap)
        except Exception as error:  # noqa: BLE001
            part.unlink(missing_ok=True)
            failed = job.failed(error)
            return lambda: failed
        outcome = Outcome(source=str(job.path), target=str(target), status=self.operation.status, values=values)
        job.work = job.result = None
        return self._guarded(job, outcome, lambda: self._packed(part))

    def _untouched(self, job, target):
        """Return the outcome of a file that needs no change."""
        status = "copied" if target else "sound"
        notes = tuple(job.notes)
        return Outcome(source=str(job.path), target=str(target), status=status, notes=notes, seconds=job.seconds)

    def _guarded(self, job, outcome, last):
        """Return a function that runs the last step without warnings and returns the outcome."""

        def run():
            begun = time.perf_counter()
            try:
                part = last()
            except Exception as error:  # noqa: BLE001
                return job.failed(error)
            seconds = job.seconds + time.perf_counter() - begun
            return replace(outcome, part=str(part), seconds=seconds, notes=tuple(job.notes))

        return run

    def _copy(self, path, target):
        part = self._part(target)
        write = pack if target.name != path.name else copyfile
        return _or_nothing(part, lambda: write(path, part))

    def _part(self, target):
        """Return a temporary name beside the target that contains the name of the run."""
        return target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}.{self.settings.run}.part")

    def _packed(self, part):
        if not self.settings.compress:
            return part
        packed = part.with_name(f".{part.name}")
        try:
            return _or_nothing(packed, lambda: pack(part, packed))
        finally:
            part.unlink(missing_ok=True)


def fits_name(path):
    """Return the name of a result: a picture becomes FITS, a compressed file is written uncompressed."""
    return f"{path.stem}.fits" if path.suffix.lower() in _PICTURES else path.name.removesuffix(".gz")


def packed_name(name):
    """Return the name of a compressed file; a compressed file keeps its name."""
    return name if name.lower().endswith((".gz", *_PICTURES)) else f"{name}.gz"


def in_the_way(path, target, settings):
    """Return status and reason if a result cannot be written to a target, or `None`."""
    if not (target.exists() or target.is_symlink()):
        return None
    own = target.exists() and target.samefile(path)
    if own or target.is_dir() or target.parent.resolve() == path.resolve().parent:
        return "failed", f"{target} exists. Choose another directory."
    if not settings.overwrite:
        return EXISTS, f"{target} exists. Set overwrite=True to replace it."
    if not settings.operation.made(read_header(target)):
        return "failed", (
            f"{target} exists, and its header does not say that this package {settings.operation.status} it, so it is "
            "not replaced. Move it away, or choose another directory."
        )
    return None


def _is_copy(path, target):
    """Return whether a copy exists already: not the original itself, and with the same content."""
    return target.is_file() and not target.samefile(path) and same_content(path, target)


def _or_nothing(part, write):
    try:
        write()
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return part
