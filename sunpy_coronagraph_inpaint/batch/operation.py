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
        Unit of its values, as `astropy.units.Unit` reads it.

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
        """The value for a file without a result, that is, an empty text, 0 or NaN."""
        return float("nan") if self.dtype is float else self.dtype()


@dataclass(frozen=True)
class Operation(ABC):
    """
    The processing that `process_files` applies to every file: a frozen dataclass whose fields are the settings.

    A subclass defines how a map is processed; reading, writing, resuming, processes, the cluster and the report are the
    same for all. It is pickled for every process, so its fields should be small. Data that are expensive to read can be
    kept in a `functools.cached_property`: that is not pickled, and one instance serves all files of a process.

    Attributes
    ----------
    name : str
        A word for the names of the journal and the report: ``inpaint`` makes ``inpaint_report.ecsv``.
    status : str
        Status of a processed file in the report, such as ``"filled"``.
    nothing : str
        Text for a terminal about a file with nothing to do.
    columns : dict
        Further columns of the report: a `Column` by name.
    together : int
        Number of frames that `run` processes at once.
    inputs : tuple of `pathlib.Path`
        Other files that are read; they are never replaced.

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
        """A string that is the same for settings that write the same files."""
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
            Input of `run`, or `None` if there is nothing to do: such a file is copied.
        """

    @abstractmethod
    def run(self, works):
        """
        Process the results of `prepare` for up to ``together`` frames.

        If this raises an error for several frames, it is called again for each of them alone.

        Parameters
        ----------
        works : list
            From `prepare`.

        Returns
        -------
        list
            One result per frame.
        """

    @abstractmethod
    def finish(self, work, result):
        """Return the new map, given the results of `prepare` and `run` for a frame."""

    @abstractmethod
    def made(self, header):
        """Return whether a FITS header is that of a result of this operation, which ``overwrite`` may replace."""

    def values(self, work, smap):
        """Return the values of `columns` for a processed frame, as a dictionary."""
        return {}

    def describe(self, values):
        """Return a short description of what was done with a file, given the result of `values`."""
        return self.status

    def write(self, smap, path):
        """Write the new map to a temporary path, which is renamed later."""
        from sunpy_coronagraph_inpaint.io.writing import save

        save(smap, path)

    def __getstate__(self):
        return {field.name: getattr(self, field.name) for field in fields(self)}
