"""Fill many files: the operation, and its front."""

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

#: Frames that are given at once to a method that takes several.
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
        One of `~sunpy_coronagraph_inpaint.list_methods`; `None` chooses as `~sunpy_coronagraph_inpaint.inpaint_map`
        does for each frame.
    options : dict
        Keywords of the method, with the device.
    neighbors : str, tuple of `pathlib.Path` or None
        ``"auto"`` or paths: where frames before and after come from.
    within : `~astropy.units.Quantity`
        How far away in time the neighbors that ``"auto"`` finds may be.
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
        """A text that is the same for settings that write the same files."""
        near = self.neighbors if isinstance(self.neighbors, str | None) else [str(path) for path in self.neighbors]
        options = {name: str(value) for name, value in sorted(self.options.items()) if name != "device"}
        return repr((self.method, options, near, self.within.to_value("s") if near == "auto" else None))

    @property
    def together(self):
        """How many frames are filled at once."""
        return _TOGETHER if get_method(self.method or DEFAULT_METHOD).batched else 1

    @property
    def inputs(self):
        """Neighbors that were given by their paths."""
        return self.neighbors if isinstance(self.neighbors, tuple) else ()

    @cached_property
    def _nearby(self):
        return Nearby(self.within)

    @cached_property
    def _given(self):
        return [read_map(path) for path in self.inputs]

    def prepare(self, smap, path):
        """Find the missing blocks, bring neighbors to the pixels of the frame, and choose the method."""
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
        alone = "" if self.method and get_method(self.method).needs_neighbors else ": it is filled by itself"
        msg = f"No frame before or after was found that can help{alone}."
        warnings.warn(msg, NeighborWarning, stacklevel=2)
        return ()

    def run(self, works):
        """Fill frames: those of one method together where it can."""
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
        """Return the options of a method; one that a frame has in place of the default may take no device."""
        if method.takes_device:
            return self.options
        return {name: value for name, value in self.options.items() if name != "device"}

    def finish(self, work, result):
        """Return the filled map."""
        return finish(work.task, work.method, result)

    def made(self, header):
        """Return whether this package has filled the file of a header."""
        return is_filled(header)

    def values(self, work, smap):
        """Return how many blocks were missing, how many pixels were filled, by what, and how many neighbors helped."""
        return {
            "missing": int(smap.meta.get("nmissing", 0)),
            "filled": int(smap.meta["nfilled"]),
            "method": work.method.name,
            "neighbors": len(work.task.frame.neighbors),
        }

    def describe(self, values):
        """Return what was done in a few words."""
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
        Is given what became of each file (its `~sunpy_coronagraph_inpaint.batch.Outcome`) as soon as it is known.
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
    """Read the neighbors that are given by path once, so that a wrong one fails before the first file."""
    if isinstance(neighbors, str) and neighbors != "auto":
        msg = f"neighbors={neighbors!r} is not known. Give 'auto', None, or a list of paths."
        raise ValueError(msg)
    if neighbors is None or neighbors == "auto":
        return neighbors
    paths = tuple(map(Path, neighbors))
    for path in paths:
        read_map(path)
    return tuple(path.absolute() for path in paths) or None
