"""The summary table of a run, and the file it is written to."""

import warnings

from sunpy_coronagraph_inpaint.exceptions import CoronagraphInpaintWarning
from sunpy_coronagraph_inpaint.io.messages import one_line
from sunpy_coronagraph_inpaint.io.writing import whole_file

__all__ = ["NAME", "summary_table", "write_report"]

#: Name of the report in the directory of the results.
NAME = "inpaint_report.ecsv"
_COLUMNS = {
    "source": str,
    "target": str,
    "status": str,
    "missing": int,
    "filled": int,
    "method": str,
    "neighbors": int,
    "seconds": float,
    "resumed": bool,
    "message": str,
}


def summary_table(outcomes, resumed):
    """
    Put what became of each file into a table.

    Parameters
    ----------
    outcomes : list of `~sunpy_coronagraph_inpaint.batch.outcome.Outcome`
        One per file.
    resumed : list of bool
        Whether an earlier part of the run did it.

    Returns
    -------
    `~astropy.table.Table`
        ``source`` and ``target`` (paths), ``status`` (``"filled"``, ``"copied"``, ``"sound"``, ``"failed"``),
        ``missing`` (blocks), ``filled`` (pixels), ``method``, ``neighbors`` (how many helped), ``seconds``,
        ``resumed``, and ``message``: why it failed, or what to beware of.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.batch.outcome import Outcome
    >>> from sunpy_coronagraph_inpaint.batch.report import summary_table
    >>> table = summary_table([Outcome(source="a.fts", message="It is empty.")], [False])
    >>> table["source", "status", "message"].pprint()
    source status   message
    ------ ------ ------------
     a.fts failed It is empty.
    """
    from astropy.table import Table

    rows = [{**outcome.record(), "resumed": before} for outcome, before in zip(outcomes, resumed, strict=True)]
    for row in rows:
        row["message"] = " ".join(filter(None, (row["message"], *row["notes"])))
        row["seconds"] = round(row["seconds"], 4)
    return Table({name: [row[name] for row in rows] for name in _COLUMNS}, dtype=list(_COLUMNS.values()))


def write_report(table, path, *, originals=()):
    """
    Write the table as ECSV, whole or not at all; warn where that cannot be done, since the results are there.

    Parameters
    ----------
    table : `~astropy.table.Table`
        From `summary_table`.
    path : `pathlib.Path`
        Where to.
    originals : container of `pathlib.Path`, optional
        Files that are kept.

    Warns
    -----
    CoronagraphInpaintWarning
        If it cannot be written.
    """
    try:
        if path in originals:
            msg = "it is one of the files of the run"
            raise FileExistsError(msg)
        with whole_file(path) as part:
            table.write(part, format="ascii.ecsv", overwrite=True)
    except OSError as error:
        msg = f"The report {path} could not be written: {one_line(error)}"
        warnings.warn(msg, CoronagraphInpaintWarning, stacklevel=3)
