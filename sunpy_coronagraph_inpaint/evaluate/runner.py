"""Run every entry of a suite on the same cases, and score the results."""

import platform
import time
from importlib.metadata import PackageNotFoundError, version
from typing import NamedTuple

import numpy as np

from astropy.table import Table

from sunpy_coronagraph_inpaint.evaluate.memory import memory_growth
from sunpy_coronagraph_inpaint.evaluate.report import text_table, write_results
from sunpy_coronagraph_inpaint.evaluate.suite import Measure

#: Measures of every entry of every suite.
COST = {
    "seconds": Measure("s", "median time of a case", digits=3, average="median"),
    "memory": Measure("Mbyte", "largest growth of the resident memory during a case", digits=0, average="max"),
}
_PACKAGES = "sunpy_coronagraph_inpaint", "numpy", "scipy", "astropy", "sunpy", "scikit-image", "torch"
_AVERAGES = {"mean": np.mean, "median": np.median, "max": np.max}


class Results(NamedTuple):
    """The results of `run`."""

    table: Table
    sheets: list
    notes: list

    def text(self):
        """Return the table for a terminal; see `~sunpy_coronagraph_inpaint.evaluate.report.text_table`."""
        return text_table(self.table)

    def write(self, directory):
        """Write ``benchmark.ecsv`` and a picture of each contact sheet; return the paths."""
        return write_results(self, directory)


def run(suite, *, progress=lambda line: None):
    """
    Run a benchmark.

    Every entry gets the same cases. If the function of an entry raises `ValueError`, the case is left out for this
    entry, with a note; other errors are not caught. The first case of an entry in each table is run twice and only the
    second run is measured, so that the cost of one-time loading is excluded.

    Parameters
    ----------
    suite : `~sunpy_coronagraph_inpaint.evaluate.Suite`
        The benchmark.
    progress : callable, optional
        Called with a line of text before each case.

    Returns
    -------
    table : `~astropy.table.Table`
        One row for each entry in each table of the suite: the labels, ``method``, ``cases`` (their number), the
        measures, ``seconds`` (median) and ``memory`` (largest growth, Mbyte), with units, descriptions and formats. The
        metadata hold the names of the cases and the versions of the packages.
    sheets : list of `~sunpy_coronagraph_inpaint.evaluate.Sheet`
        One for each table, of its first case.
    notes : list of str
        What was left out and why.

    The three are a named tuple with two methods: ``text()`` returns the table for a terminal, ``write(directory)``
    writes ``benchmark.ecsv`` and the contact sheets.

    Raises
    ------
    ValueError
        If there is no case, or no entry with a result.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.evaluate import run
    >>> from sunpy_coronagraph_inpaint.inpaint.benchmark import InpaintSuite
    >>> results = run(InpaintSuite(["C2 small"], holes=["20 x 32"], methods=["harmonic"], peers=False))
    >>> results.table["method", "cases"].pformat()
    [' method  cases', '-------- -----', 'harmonic     1']
    """
    entries, scores, names, sheets = _installed(suite), {}, {}, []
    for case in suite.cases():
        progress(f"{', '.join(case.labels)}: {case.name}")
        done = scores.setdefault(case.labels, {entry.name: [] for entry in entries})
        sheet = None if case.labels in names else suite.sheet(case)
        names.setdefault(case.labels, []).append(case.name)
        for entry in entries:
            given = suite.prepare(case, entry)
            if given is None:
                continue
            try:
                if not done[entry.name]:
                    entry.function(given)
                    given = suite.prepare(case, entry)
                result, cost = _timed(entry.function, given)
            except ValueError as reason:
                suite.notes.append(f"{entry.name} cannot do {', '.join(case.labels)}: {reason}")
                continue
            done[entry.name].append(suite.score(result, case) | cost)
            if sheet:
                sheet.add(entry.name, suite.image(result, case))
        sheets.extend([sheet] if sheet else [])
    notes = list(dict.fromkeys(suite.notes))
    rows = [
        dict(zip(suite.labels, labels, strict=True)) | {"method": name, "cases": len(found)} | _averages(suite, found)
        for labels, by_name in scores.items()
        for name, found in by_name.items()
        if found
    ]
    if not rows:
        msg = f"There is nothing to evaluate. {'; '.join(notes)}."
        raise ValueError(msg)
    table = describe(Table(rows=rows, names=list(rows[0])), suite.labels, suite.measures | COST)
    table.meta.update(
        names={", ".join(labels): found for labels, found in names.items()}, **suite.metadata(), **_versions(suite)
    )
    return Results(table, sheets, notes)


def describe(table, labels, measures):
    """Write units, descriptions and formats into a table; `text_table` needs them, also after reading a file."""
    table.meta["labels"] = list(labels)
    for name, measure in measures.items():
        if name in table.colnames:
            info = table[name].info
            info.unit, info.description, info.format = measure.unit or None, measure.text, f".{measure.digits}f"
            info.meta = {"direction": measure.direction, "goal": measure.goal}
    return table


def _installed(suite):
    found = []
    for entry in suite.entries():
        missing = entry.not_installed()
        if missing:
            suite.notes.append(f"{entry.name}: {missing}")
        else:
            found.append(entry)
    return found


def _timed(function, given):
    """Return the result of a call, and its time and memory."""
    with memory_growth() as memory:
        start = time.perf_counter()
        result = function(given)
        seconds = time.perf_counter() - start
    return result, {"seconds": seconds, "memory": memory()}


def _averages(suite, scores):
    """Average each measure over the cases to which it applies."""
    found = {}
    for name, measure in (suite.measures | COST).items():
        values = np.array([score[name] for score in scores], dtype=float)
        values = values[np.isfinite(values)]
        found[name] = float(_AVERAGES[measure.average](values)) if values.size else np.nan
    return found


def _versions(suite):
    found = {}
    for name in dict.fromkeys((*_PACKAGES, *suite.packages)):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return {"versions": found, "python": platform.python_version(), "machine": platform.machine()}
