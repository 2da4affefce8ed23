"""The front of the batch: what is checked before the first file is read, and what is left after the last."""

import uuid
from collections.abc import Iterator
from pathlib import Path

from sunpy_coronagraph_inpaint.batch import report
from sunpy_coronagraph_inpaint.batch.cluster import check_client
from sunpy_coronagraph_inpaint.batch.outcome import Settings
from sunpy_coronagraph_inpaint.batch.run import Run
from sunpy_coronagraph_inpaint.batch.targets import Originals
from sunpy_coronagraph_inpaint.io.journal import NAME as JOURNAL
from sunpy_coronagraph_inpaint.io.journal import Journal
from sunpy_coronagraph_inpaint.io.originals import is_frame

__all__ = ["inpaint_files"]

#: Frames that are given at once to a method that takes several.
_BATCH = 8


def inpaint_files(
    paths,
    out_dir,
    *,
    jobs=1,
    device="auto",
    client=None,
    method=None,
    neighbors=None,
    within=None,
    overwrite=False,
    compress=False,
    copy=True,
    report_file=None,
    on_result=None,
    **options,
):
    """
    Fill the missing telemetry blocks of many files.

    Each file is read, filled and written under its own name to ``out_dir``, whole or not at all, and the next files are
    read meanwhile. A file that fails is reported, and the others are done. A run that was killed goes on where it was
    when it is started again with the same arguments.

    Parameters
    ----------
    paths : iterable of path-like
        The files. They are never changed. An iterator is read as the work goes on.
    out_dir : path-like
        Directory for the results; it is made where it does not exist.
    jobs : int, optional
        How many processes work at the same time. With more than one, a script must guard its main part by
        ``if __name__ == "__main__":``. Without a meaning where ``client`` is given.
    device : str, optional
        ``"auto"``, ``"cpu"``, ``"cuda"``, ... where a method that uses PyTorch computes. ``"auto"`` takes CUDA where
        there is some.
    client : `distributed.Client`, optional
        Let the workers of this cluster do the work. ``paths`` and ``out_dir`` must be on storage that all of them
        share.
    method : str, optional
        One of `~sunpy_coronagraph_inpaint.list_methods`. Without it, what `~sunpy_coronagraph_inpaint.inpaint_map`
        takes for each frame.
    neighbors : {None, "auto"} or iterable of path-like, optional
        Frames before and after. ``"auto"`` takes for each damaged frame the nearest before and the nearest after, of
        the same detector, filter, polarizer and level, among the files of its own directory. Files given by path are
        used for every frame.
    within : `~astropy.units.Quantity`, optional
        How far away in time neighbors that ``"auto"`` finds may be, 2 hours by default.
    overwrite : bool, optional
        Whether results of earlier runs may be replaced. A file is one only where its header says that this package
        filled it; any other file, and every file of ``paths``, stays. A copy that is there already is left as it is.
    compress : bool, optional
        Whether results are packed with gzip, which `sunpy.map.Map` and `~sunpy_coronagraph_inpaint.io.read_map` read
        as they are. Nothing is lost.
    copy : bool, optional
        Whether a file that misses nothing is copied, byte by byte. Otherwise nothing is written for it.
    report_file : path-like, optional
        Where the table is written as ECSV, ``inpaint_report.ecsv`` in ``out_dir`` by default.
    on_result : callable, optional
        Is given what became of each file (its `~sunpy_coronagraph_inpaint.batch.outcome.Outcome`) as soon as it is
        known.
    **options
        Keywords of the method.

    Returns
    -------
    `~astropy.table.Table`
        One row per file, in the order of ``paths`` with one job and as they were done with more: ``source``,
        ``target``, ``status`` (``"filled"``, ``"copied"``, ``"sound"`` where nothing is missing and ``copy`` is not
        set, ``"failed"``), ``missing`` (blocks), ``filled`` (pixels), ``method``, ``neighbors`` (how many helped),
        ``seconds``, ``resumed`` (done by an earlier part of the run), ``message``.

    Raises
    ------
    TypeError
        If ``paths`` is one path, or ``client`` is none.
    ValueError
        If ``jobs`` is below 1, the method does not exist, or it cannot use ``device``, or ``report_file`` is an
        original or has the name of a frame.
    OSError
        If ``out_dir`` cannot be made or written to, a neighbor given by its path cannot be read, or the installation
        lacks the records of the network weights.
    RuntimeError
        If another run writes into ``out_dir``.

    Warns
    -----
    CoronagraphInpaintWarning
        If the report cannot be written.

    Notes
    -----
    While a run goes on, and after one in which files have failed, ``out_dir`` holds the journal
    ``.inpaint_files.journal``. It is removed when everything is done; without it, files that exist in ``out_dir`` are
    in the way unless ``overwrite`` is set.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sunpy_coronagraph_inpaint import inpaint_files
    >>> from sunpy_coronagraph_inpaint.io import write_map
    >>> from sunpy_coronagraph_inpaint.simulate import damage, plain_corona
    >>> smap = plain_corona(detector="C2", size=512)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     paths = [write_map(damage(smap, blocks=i, seed=1), Path(folder) / f"{i}.fts") for i in (1, 2)]
    ...     table = inpaint_files([*paths, Path(folder) / "3.fts"], Path(folder) / "filled")
    >>> table["method", "status", "missing", "filled"].pprint()
       method    status missing filled
    ------------ ------ ------- ------
    partial_conv filled       1   1024
    partial_conv filled       2   2048
                 failed       0      0
    """
    if isinstance(paths, str | Path):
        msg = f"inpaint_files takes a list of paths, but was given one path. Give [{str(paths)!r}]."
        raise TypeError(msg)
    if not isinstance(jobs, int) or jobs < 1:
        msg = f"jobs={jobs!r} is not a number of processes. Give 1 or more."
        raise ValueError(msg)
    if client is not None:
        check_client(client)
    # Other processes may have another working directory.
    where = Path if client is None and jobs == 1 else _absolute
    out_dir = where(out_dir)
    settings = _settings(out_dir, method, device, client is None, neighbors, within, overwrite, compress, copy, options)
    paths = map(where, paths) if isinstance(paths, Iterator) else list(map(where, paths))
    originals = Originals(paths, settings.neighbors if isinstance(settings.neighbors, tuple) else ())
    report_file = Path(report_file or out_dir / report.NAME)
    _check_report(report_file, originals)
    out_dir.mkdir(parents=True, exist_ok=True)
    with Journal(out_dir, settings.key) as journal:
        run = Run(journal, settings, originals)
        for name in journal.runs:  # they were killed: the journal's lock says that none is going on
            _remove_parts(out_dir, name)
        journal.begin(settings.run)
        try:
            for outcome in run.outcomes(originals.paths, jobs, client):
                if on_result is not None:
                    on_result(outcome)
        finally:
            _remove_parts(out_dir, settings.run)
        if not run.failed:
            journal.remove()
    table = report.summary_table(run.results, run.resumed)
    report.write_report(table, report_file, originals=originals)
    return table


def _check_report(path, originals):
    """Refuse a report that would replace an original, a result or the journal."""
    if is_frame(path) or path in originals or path.name == JOURNAL:
        msg = f"The report cannot be written to {path}, which is, or is named like, a frame or the journal. Choose "
        raise ValueError(msg + "another name, such as report.ecsv.")


def _remove_parts(out_dir, name):
    for part in out_dir.glob(f".*.????????.{name}.part"):
        part.unlink(missing_ok=True)


def _absolute(path):
    return Path(path).absolute()


def _settings(out_dir, method, device, here, neighbors, within, overwrite, compress, copy, options):
    """Check what can be checked before the first file is read."""
    from sunpy_coronagraph_inpaint.inpaint.maps import DEFAULT_METHOD
    from sunpy_coronagraph_inpaint.inpaint.methods import get_method
    from sunpy_coronagraph_inpaint.inpaint.network.trained import list_weights

    if method in (None, DEFAULT_METHOD):
        list_weights()  # an incomplete installation fails here once, not with every file
    chosen = get_method(method or DEFAULT_METHOD)
    options = options | chosen.device_options(device, here=here)
    batch = _BATCH if chosen.batched else 1
    if isinstance(neighbors, str) and neighbors != "auto":
        msg = f"neighbors={neighbors!r} is not known. Give 'auto', None, or a list of paths."
        raise ValueError(msg)
    if neighbors is not None and neighbors != "auto":
        neighbors = _checked_neighbors(neighbors) or None
    if within is not None and not hasattr(within, "to_value"):
        msg = f"within={within!r} has no unit. Give a quantity, such as 2 * u.hour."
        raise TypeError(msg)
    seconds = 7200.0 if within is None else float(within.to_value("s"))
    return Settings(
        out_dir=out_dir,
        method=method,
        options=options,
        neighbors=neighbors,
        within=seconds,
        overwrite=overwrite,
        compress=compress,
        copy=copy,
        batch=batch,
        run=uuid.uuid4().hex[:8],
    )


def _checked_neighbors(paths):
    from sunpy_coronagraph_inpaint.io import read_map

    paths = tuple(map(Path, paths))
    for path in paths:
        read_map(path)
    return tuple(path.absolute() for path in paths)
