"""The outcome of each file, and the report on all of them."""

import warnings
from dataclasses import asdict, dataclass, field

from sunpy_coronagraph_inpaint.exceptions import CoronagraphInpaintWarning
from sunpy_coronagraph_inpaint.io.messages import describe_error
from sunpy_coronagraph_inpaint.io.writing import whole_file


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """
    Outcome of one file.

    Attributes
    ----------
    source, target : str
        Paths; ``target`` is empty if nothing was written.
    status : str
        That of the operation, such as ``"filled"``; or ``"copied"``, ``"sound"`` (nothing to do, and copies are not
        requested), or ``"failed"``.
    seconds : float
        Time for reading, processing and writing.
    message : str
        Reason of the failure.
    notes : tuple of str
        Warnings.
    values : dict
        Values of the operation's own columns of the report.
    line : str
        One line for a terminal, without the name of the file.
    part : str
        Temporary path of the result until it is renamed; empty in reported outcomes.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.batch import Outcome
    >>> Outcome(source="a.fts", message="It is empty.").status
    'failed'
    """

    source: str
    target: str = ""
    status: str = "failed"
    seconds: float = 0.0
    message: str = ""
    notes: tuple[str, ...] = ()
    values: dict = field(default_factory=dict)
    line: str = ""
    part: str = ""

    def record(self):
        """Return the dictionary that the journal keeps."""
        return {name: value for name, value in asdict(self).items() if name not in ("line", "part")}


#: Provisional status of a file whose target exists, until the main process determines whether this run wrote it.
EXISTS = "exists"


def describe(outcome, operation):
    """Return one line for a terminal, without the name of the file."""
    if outcome.status == "failed":
        return f"failed: {outcome.message}"
    if outcome.status in ("copied", "sound"):
        text = f"{operation.nothing}, copied" if outcome.status == "copied" else operation.nothing
    else:
        text = operation.describe(outcome.values)
    return f"{text}, {outcome.target}" if outcome.target else text


def summary_table(outcomes, resumed, operation):
    """
    Build the table that `process_files` returns, from the outcomes and whether each was resumed.

    The columns of the operation lie between ``status`` and ``seconds``.
    """
    from astropy.table import Table

    dtypes = {"source": str, "target": str, "status": str}
    dtypes |= {name: column.dtype for name, column in operation.columns.items()}
    dtypes |= {"seconds": float, "resumed": bool, "message": str}
    empty = {name: column.empty for name, column in operation.columns.items()}
    rows = []
    for outcome, before in zip(outcomes, resumed, strict=True):
        row = {**empty, **outcome.values, **outcome.record(), "resumed": before}
        row["message"] = " ".join(filter(None, (outcome.message, *outcome.notes)))
        row["seconds"] = round(outcome.seconds, 4)
        rows.append(row)
    units = {name: column.unit for name, column in operation.columns.items() if column.unit is not None}
    return Table({name: [row[name] for row in rows] for name in dtypes}, dtype=list(dtypes.values()), units=units)


def write_report(table, path, originals):
    """Write the table as ECSV, completely or not at all; only warn if that fails, since the results exist."""
    try:
        if path in originals:
            msg = "it is one of the files of the run"
            raise FileExistsError(msg)
        with whole_file(path) as part:
            table.write(part, format="ascii.ecsv", overwrite=True)
    except OSError as error:
        msg = f"The report {path} could not be written: {describe_error(error)}"
        warnings.warn(msg, CoronagraphInpaintWarning, stacklevel=3)
