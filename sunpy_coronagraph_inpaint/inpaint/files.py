"""Fill many files: the operation for `process_files`, and `inpaint_files`."""

import warnings
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import ClassVar, NamedTuple

import astropy.units as u

from sunpy_coronagraph_inpaint.batch import Column, Operation, process_files
from sunpy_coronagraph_inpaint.exceptions import NeighborWarning
from sunpy_coronagraph_inpaint.frames.neighbors import align
from sunpy_coronagraph_inpaint.inpaint.maps import DEFAULT_METHOD, PreparedMap, choose_method, finish, prepare
from sunpy_coronagraph_inpaint.inpaint.methods import Method, get_method
from sunpy_coronagraph_inpaint.inpaint.nearby import Nearby
from sunpy_coronagraph_inpaint.inpaint.network.trained import list_weights
from sunpy_coronagraph_inpaint.io import read_map
from sunpy_coronagraph_inpaint.io.provenance import is_filled

#: Number of frames that a batched method fills in one call.
_TOGETHER = 8


class _Work(NamedTuple):
    task: PreparedMap
    method: Method


@dataclass(frozen=True)
class Inpaint(Operation):
    """
    Fill the missing telemetry blocks of every file.

    Attributes
    ----------
    method : str or None
        One of `~sunpy_coronagraph_inpaint.list_methods`; `None` chooses the method for each frame as
        `~sunpy_coronagraph_inpaint.inpaint_map` does.
    options : dict
        Keyword arguments of the method, including the device.
    neighbors : str, tuple of `pathlib.Path` or None
        ``"auto"``, or the paths of frames before and after.
    within : `~astropy.units.Quantity`
        Largest difference in time of the neighbors that ``"auto"`` finds.
    """

    method: str | None = None
    options: dict = field(default_factory=dict)
    neighbors: object = None
    within: u.Quantity = field(default_factory=lambda: 2 * u.hour)

    name = "inpaint"
    status = "filled"
    nothing = "nothing missing"
    columns: ClassVar = {
        "missing": Column(int),
        "filled": Column(int),
        "method": Column(str),
        "neighbors": Column(int),
    }

    @property
    def key(self):
        """Text that is equal for settings that write the same files."""
        near = self.neighbors if isinstance(self.neighbors, str | None) else [str(path) for path in self.neighbors]
        options = {name: str(value) for name, value in sorted(self.options.items()) if name != "device"}
        return repr((self.method, options, near, self.within.to_value("s") if near == "auto" else None))

    @property
    def together(self):
        """Number of frames to fill in one call."""
        return _TOGETHER if get_method(self.method or DEFAULT_METHOD).batched else 1

    @property
    def inputs(self):
        """Neighbors that were given by path."""
        return self.neighbors if isinstance(self.neighbors, tuple) else ()

    @cached_property
    def _nearby(self):
        return Nearby(self.within)

    @cached_property
    def _given(self):
        return [read_map(path) for path in self.inputs]

    def prepare(self, smap, path):
        """Find the missing blocks, reproject neighbors onto the frame, and choose the method."""
        task = prepare(smap)
        if task is None:
            return None
        frames = self._neighbors(task, path)
        if frames:
            task = task._replace(frame=task.frame.with_neighbors(frames))
        return _Work(task, get_method(self.method) if self.method else choose_method(task.frame))

    def _neighbors(self, task, path):
        if self.neighbors != "auto":
            return align(task.smap, task.frame, self._given) if self.inputs else ()
        frames = self._nearby.frames(path, task.smap, task.frame)
        if any((frame.valid & task.frame.holes).any() for frame in frames):
            return frames
        alone = "" if self.method and get_method(self.method).needs_neighbors else ": it is filled without neighbors"
        msg = f"No frame before or after was found that is usable{alone}."
        warnings.warn(msg, NeighborWarning, stacklevel=2)
        return ()

    def run(self, works):
        """Fill frames, in one call for each method that is batched."""
        fills = {}
        for name in {work.method.name for work in works}:
            numbers = [number for number, work in enumerate(works) if work.method.name == name]
            method, frames = get_method(name), [works[number].task.frame for number in numbers]
            options = self._options(method)
            if method.batched and len(frames) > 1:
                found = method.batched(frames, **options)
            else:
                found = [method.function(frame, **options) for frame in frames]
            fills |= zip(numbers, found, strict=True)
        return [fills[number] for number in range(len(works))]

    def _options(self, method):
        """Return the options of a method; a per-frame fallback method may not take a device."""
        if method.takes_device:
            return self.options
        return {name: value for name, value in self.options.items() if name != "device"}

    def finish(self, work, result):
        """Return the filled map."""
        return finish(work.task, work.method, result)

    def made(self, header):
        """Return whether the header is that of a file filled by this package."""
        return is_filled(header)

    def values(self, work, smap):
        """Return the report columns: missing blocks, filled pixels, method, and number of neighbors used."""
        return {
            "missing": int(smap.meta.get("nmissing", 0)),
            "filled": int(smap.meta["nfilled"]),
            "method": work.method.name,
            "neighbors": len(work.task.frame.neighbors),
        }

    def describe(self, values):
        """Describe the fill in a few words."""
        blocks = "1 block" if values["missing"] == 1 else f"{values['missing']} blocks"
        return f"{blocks} filled by {values['method']}"


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

    Each file is read, filled and written under its own name to ``out_dir``, while the next files are read. Files are
    written atomically: an interrupted run leaves no partial file. A file that fails is reported, and the others are
    processed. An interrupted run resumes when it is started again with the same arguments.

    Parameters
    ----------
    paths : iterable of path-like
        The files. They are never changed. An iterator is consumed as the work proceeds.
    out_dir : path-like
        Directory for the results, created if necessary.
    jobs : int, optional
        Number of processes. With more than one, a script must guard its main part by ``if __name__ == "__main__":``.
        Ignored when ``client`` is given.
    device : str, optional
        Where a method that uses PyTorch computes: ``"auto"`` (CUDA if available, else the CPU), ``"cpu"``, ``"cuda"``,
        ...
    client : `distributed.Client`, optional
        Dask client whose workers process the files. All workers must be able to access ``paths`` and ``out_dir``.
    method : str, optional
        One of `~sunpy_coronagraph_inpaint.list_methods`. By default the method is chosen for each frame as
        `~sunpy_coronagraph_inpaint.inpaint_map` does.
    neighbors : {None, "auto"} or iterable of path-like, optional
        Frames before and after. ``"auto"`` uses for each damaged frame the nearest before and the nearest after of the
        same detector, filter, polarizer and level in its own directory. Files given by path are used for every frame.
    within : `~astropy.units.Quantity`, optional
        Largest difference in time of neighbors that ``"auto"`` finds, 2 hours by default.
    overwrite : bool, optional
        Whether to replace results of earlier runs. Only files whose header says that this package filled them are
        replaced, never any other file or one of ``paths``. An existing copy is left as it is.
    compress : bool, optional
        Whether to compress results losslessly with gzip. `sunpy.map.Map` and `~sunpy_coronagraph_inpaint.io.read_map`
        read such files directly.
    copy : bool, optional
        Whether to copy a file without missing blocks, byte by byte. Otherwise nothing is written for it.
    report_file : path-like, optional
        File for the table, in ECSV format; ``inpaint_report.ecsv`` in ``out_dir`` by default.
    on_result : callable, optional
        Called with the `~sunpy_coronagraph_inpaint.batch.Outcome` of each file as soon as it is known.
    **options
        Keyword arguments of the method.

    Returns
    -------
    `~astropy.table.Table`
        One row per file, in the order of ``paths`` with one job and in the order of completion with more: ``source``,
        ``target``, ``status`` (``"filled"``, ``"copied"``, ``"sound"`` where nothing is missing and ``copy`` is not
        set, ``"failed"``), ``missing`` (blocks), ``filled`` (pixels), ``method``, ``neighbors`` (number used),
        ``seconds``, ``resumed`` (done by an earlier part of the run), ``message``.

    Raises
    ------
    TypeError
        If ``paths`` is a single path, or ``client`` is not a Dask client.
    ValueError
        If ``jobs`` is below 1, the method does not exist, or it cannot use ``device``, or ``report_file`` is an
        original or has the name of a frame.
    OSError
        If ``out_dir`` cannot be created or written to, a neighbor given by its path cannot be read, or the records of
        the network weights are not installed.
    RuntimeError
        If another run is writing to ``out_dir``.

    Warns
    -----
    CoronagraphInpaintWarning
        If the report cannot be written.

    Notes
    -----
    During a run, and after a run in which files have failed, ``out_dir`` holds the journal ``.inpaint_files.journal``.
    It is removed when all files are done. Without a journal, a file that already exists in ``out_dir`` is an error for
    its source unless ``overwrite`` is set.

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
    if method in (None, DEFAULT_METHOD):
        list_weights()  # an incomplete installation fails here once, not with every file
    options = options | get_method(method or DEFAULT_METHOD).device_options(device, here=client is None)
    within = 2 * u.hour if within is None else within
    if not isinstance(within, u.Quantity):
        msg = f"within={within!r} has no unit. Give a quantity, such as 2 * u.hour."
        raise TypeError(msg)
    return process_files(
        paths,
        out_dir,
        Inpaint(method, options, _checked_neighbors(neighbors), within.to("s")),
        jobs=jobs,
        client=client,
        overwrite=overwrite,
        compress=compress,
        copy=copy,
        report_file=report_file,
        on_result=on_result,
    )


def _checked_neighbors(neighbors):
    """Read the neighbors given by path once, so that a bad one fails before the first file."""
    if isinstance(neighbors, str) and neighbors != "auto":
        msg = f"neighbors={neighbors!r} is not known. Give 'auto', None, or a list of paths."
        raise ValueError(msg)
    if neighbors is None or neighbors == "auto":
        return neighbors
    paths = tuple(map(Path, neighbors))
    for path in paths:
        read_map(path)
    return tuple(path.absolute() for path in paths) or None
