"""What became of each file, and the table and the report of all of them."""

import warnings
from dataclasses import asdict, dataclass, field

from sunpy_coronagraph_inpaint.exceptions import CoronagraphInpaintWarning
from sunpy_coronagraph_inpaint.io.messages import describe_error
from sunpy_coronagraph_inpaint.io.writing import whole_file


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """
    What became of one file.

    Attributes
    ----------
    source, target : str
        Paths; ``target`` is empty where nothing was written.
    status : str
        That of the operation, such as ``"filled"``; or ``"copied"``, ``"sound"`` (nothing to do, and copies are not
        wanted), or ``"failed"``.
    seconds : float
        How long reading, processing and writing took.
    message : str
        Why it failed.
    notes : tuple of str
        Warnings.
    values : dict
        What the operation puts into its own columns of the report.
    line : str
        One line for a terminal, without the name of the file.
    part : str
        The file written, until it gets its name; empty for whoever is told of the outcome.

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
        """Return what the journal keeps, as a dictionary."""
        return {name: value for name, value in asdict(self).items() if name not in ("line", "part")}


#: Status of a file whose target exists, between the process that saw it and the one that knows who wrote it.
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
    Make the table that `process_files` returns, of the outcomes and whether an earlier part of the run did each.

    The columns of the operation stand between ``status`` and ``seconds``.
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
    """Write the table as ECSV, whole or not at all; warn where that cannot be done, since the results are there."""
    try:
        if path in originals:
            msg = "it is one of the files of the run"
            raise FileExistsError(msg)
        with whole_file(path) as part:
            table.write(part, format="ascii.ecsv", overwrite=True)
    except OSError as error:
        msg = f"The report {path} could not be written: {describe_error(error)}"
        warnings.warn(msg, CoronagraphInpaintWarning, stacklevel=3)
