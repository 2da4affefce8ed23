"""The table of a benchmark as text and as a file."""

import re
from pathlib import Path

import numpy as np

from astropy.table import Column, Table

from sunpy_coronagraph_inpaint.evaluate.contact_sheet import plot_sheet
from sunpy_coronagraph_inpaint.evaluate.suite import Measure
from sunpy_coronagraph_inpaint.io.writing import whole_file


def parts(table):
    """Yield the labels and the rows of each table of a suite, in their order."""
    columns = [table[name] for name in table.meta["labels"]]
    keys = list(zip(*columns, strict=True))
    for labels in dict.fromkeys(keys):
        yield tuple(map(str, labels)), table[[key == labels for key in keys]]


def measure_names(table):
    """Return the columns that are measures."""
    return [name for name in table.colnames if "direction" in (table[name].info.meta or {})]


def best_rows(part):
    """Return the set of best rows (ties as displayed) by measure, empty if no row has a value."""
    found = {}
    for name in measure_names(part):
        meta = part[name].info.meta
        rank = Measure("", "", meta["direction"], meta["goal"]).rank(part[name])
        shown = np.array([number(part[name], value) for value in part[name]])
        known = np.isfinite(rank)
        found[name] = set(np.flatnonzero(shown == shown[np.nanargmin(rank)]).tolist()) if known.any() else set()
    return found


def number(column, value):
    """Return a value with the digits of its column, a hyphen if it is not finite."""
    return format(value, column.info.format) if np.isfinite(value) else "-"


def text_table(table):
    """
    Return a table of `~sunpy_coronagraph_inpaint.evaluate.run`, or of its file, as text with a star at the best values.

    Measures that apply to no row are left out.
    """
    pieces = []
    for labels, part in parts(table):
        shown = Table({"method": part["method"]})
        for name, best in best_rows(part).items():
            if best:
                cells = [number(part[name], v) + ("*" if i in best else " ") for i, v in enumerate(part[name])]
                shown[name] = Column(cells, unit=part[name].unit)
        align = ["<", *[">"] * (len(shown.colnames) - 1)]
        lines = shown.pformat(max_lines=-1, max_width=-1, show_unit=True, align=align)
        count = max(part["cases"])
        title = ", ".join(labels) + f", {count} case{'s' if count > 1 else ''}"
        pieces.append("\n".join([title, *(line.rstrip() for line in lines)]))
    return "\n\n".join(pieces)


def write_results(results, directory):
    """Write ``benchmark.ecsv`` and the contact sheets into a directory, and return the paths."""
    directory = Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    paths = [directory / "benchmark.ecsv"]
    with whole_file(paths[0]) as part:
        results.table.write(part, format="ascii.ecsv", overwrite=True)
    for sheet in results.sheets:
        name = re.sub(r"\W+", "_", " ".join(sheet.labels)).lower()
        paths.append(directory / f"{name}.png")
        with whole_file(paths[-1]) as part:
            plot_sheet(sheet).savefig(part, format="png", dpi=90)
    return paths
