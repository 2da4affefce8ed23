"""The interface between a task, such as filling or calibrating, and a run over many files."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from typing import Any, ClassVar, NamedTuple


class Column(NamedTuple):
    """
    A column of the report.

    Attributes
    ----------
    dtype : type
        `str`, `int` or `float`.
    unit : str or None
        Unit of its numbers, as `astropy.units.Unit` reads it.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.batch import Column
    >>> Column(float, "DN").empty
    nan
    """

    dtype: type
    unit: str | None = None

    @property
    def empty(self) -> Any:
        """What stands in the row of a file without a value, which is an empty text, 0 or NaN."""
        return float("nan") if self.dtype is float else self.dtype()


@dataclass(frozen=True)
class Operation(ABC):
    """
    What `process_files` does with every file, as a frozen dataclass whose fields are the settings.

    A subclass says how a map is processed; reading, writing, resuming, processes, the cluster and the report are the
    same for all. It is pickled for every process, so its fields should be small. What is expensive to read can be kept
    in a `functools.cached_property`: that is not pickled, and one instance serves all files of a process.

    Attributes
    ----------
    name : str
        A word for the names of the journal and the report: ``inpaint`` makes ``inpaint_report.ecsv``.
    status : str
        Status of a processed file in the report, such as ``"filled"``.
    nothing : str
        What a terminal shows for a file that needs nothing.
    columns : dict
        Further columns of the report: a `Column` by name.
    together : int
        How many frames `run` is given at once.
    inputs : tuple of `pathlib.Path`
        Files that are read besides those of the run; they are never replaced.

    Examples
    --------
    An operation that subtracts a constant from every frame:

    >>> import tempfile
    >>> from dataclasses import dataclass
    >>> from pathlib import Path
    >>> from sunpy_coronagraph_inpaint.batch import Column, Operation, process_files
    >>> from sunpy_coronagraph_inpaint.io import write_map
    >>> from sunpy_coronagraph_inpaint.simulate import plain_corona
    >>> @dataclass(frozen=True)
    ... class Subtract(Operation):
    ...     bias: float
    ...     name, status = "subtract", "subtracted"
    ...     columns = {"mean": Column(float, "DN")}
    ...
    ...     def prepare(self, smap, path):
    ...         return smap
    ...
    ...     def run(self, works):
    ...         return [smap.data - self.bias for smap in works]
    ...
    ...     def finish(self, work, result):
    ...         return work._new_instance(result, work.meta | {"bias": self.bias})
    ...
    ...     def values(self, work, smap):
    ...         return {"mean": float(smap.data.mean())}
    ...
    ...     def made(self, header):
    ...         return "BIAS" in header
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = write_map(plain_corona(detector="C2", size=256), Path(folder) / "frame.fts")
    ...     table = process_files([path], Path(folder) / "out", Subtract(470.0))
    >>> print(table["status"][0], table["mean"].unit)
    subtracted DN
    """

    name: ClassVar[str]
    status: ClassVar[str]
    nothing: ClassVar[str] = "nothing to do"
    columns: ClassVar[dict[str, Column]] = {}
    together: ClassVar[int] = 1
    inputs: ClassVar[tuple] = ()

    @property
    def key(self):
        """A text that is the same for settings that write the same files."""
        return repr(self)

    @abstractmethod
    def prepare(self, smap, path):
        """
        Prepare a frame.

        Parameters
        ----------
        smap : `~sunpy.map.GenericMap`
            The frame.
        path : `pathlib.Path`
            The file it was read from.

        Returns
        -------
        object or None
            What `run` needs, `None` where nothing is to be done: such a file is copied.
        """

    @abstractmethod
    def run(self, works):
        """
        Process what `prepare` returned for up to ``together`` frames.

        Where this raises an error for several frames, it is called again with each of them alone.

        Parameters
        ----------
        works : list
            From `prepare`.

        Returns
        -------
        list
            One result for each.
        """

    @abstractmethod
    def finish(self, work, result):
        """Return the new map, of what `prepare` and `run` returned for a frame."""

    @abstractmethod
    def made(self, header):
        """Return whether a FITS header is that of a result of this operation, which may be overwritten on demand."""

    def values(self, work, smap):
        """Return the values of `columns` for a processed frame, as a dictionary."""
        return {}

    def describe(self, values):
        """Return in a few words what was done with a file, of what `values` returned for it."""
        return self.status

    def write(self, smap, path):
        """Write the new map; the file gets its own name later."""
        from sunpy_coronagraph_inpaint.io.writing import save

        save(smap, path)

    def __getstate__(self):
        return {field.name: getattr(self, field.name) for field in fields(self)}
