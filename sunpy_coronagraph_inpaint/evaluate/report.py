"""The table of the benchmark as text and as a file."""

import numpy as np

from sunpy_coronagraph_inpaint.inpaint.benchmark.measures import MEASURES
from sunpy_coronagraph_inpaint.io.writing import whole_file

__all__ = ["best_rows", "number", "parts", "text_table", "write_ecsv"]


def best_rows(part):
    """
    Return the places of the best values of each measure among the rows of one group and kind of holes.

    Best is what is nearest to the value of a perfect fill; for ratios, by their logarithm.

    Parameters
    ----------
    part : `~astropy.table.Table`
        Rows of one group and kind of holes.

    Returns
    -------
    dict
        For each measure a set of row numbers, empty where no row has a value.

    Examples
    --------
    >>> from astropy.table import Table
    >>> from sunpy_coronagraph_inpaint.evaluate.report import best_rows
    >>> part = Table({"mae": [2.0, 1.0], "low": [0.5, 3.0], "in1": [70.0, float("nan")]})
    >>> best_rows(part)
    {'mae': {1}, 'low': {0}, 'in1': {0}}
    """
    found = {}
    for name in (n for n in MEASURES if n in part.colnames):
        values = np.asarray(part[name], dtype=float)
        with np.errstate(divide="ignore", invalid="ignore"):
            far = np.abs(np.log(values)) if name in ("low", "high") else np.abs(values - MEASURES[name].goal)
        shown = np.array([number(name, value) for value in values])
        known = np.isfinite(far)
        found[name] = set(np.flatnonzero(shown == shown[np.nanargmin(far)]).tolist()) if known.any() else set()
    return found


def number(name, value):
    """Return a value of a measure with its digits, a hyphen where there is none."""
    return f"{value:.{MEASURES[name].digits}f}" if np.isfinite(value) else "-"


def parts(table):
    """Yield group, kind of holes and rows of each, in the order of the table."""
    keys = list(dict.fromkeys(zip(table["group"], table["holes"], strict=True)))
    for group, holes in keys:
        yield group, holes, table[(table["group"] == group) & (table["holes"] == holes)]


def text_table(table):
    """
    Write the table for a terminal, the best values of each group and kind of holes marked with a star.

    Parameters
    ----------
    table : `~astropy.table.Table`
        As `~sunpy_coronagraph_inpaint.evaluate.run.evaluate` gives it.

    Returns
    -------
    str
        Lines of at most 160 characters; measures that do not apply to a group are left out.

    Examples
    --------
    >>> from astropy.table import Table
    >>> from sunpy_coronagraph_inpaint.evaluate.report import text_table
    >>> both = {"group": ["C2"] * 2, "holes": ["20 x 32"] * 2, "frames": [3, 3]}
    >>> print(text_table(Table(both | {"method": ["kriging", "radial"], "bin4": [0.61, 0.5]})))
    C2, holes 20 x 32, 3 frames
                           bin4
    method                    %
    kriging               0.61
    radial                0.50*
    """
    lines = []
    for group, holes, part in parts(table):
        best = best_rows(part)
        names = [name for name, rows in best.items() if rows]
        widths = {name: max(len(name), *(len(number(name, value)) for value in part[name])) + 2 for name in names}
        frames = max(part["frames"])
        lines.append(f"{group}, holes {holes}, {frames} frame{'s' if frames > 1 else ''}")
        lines.append(f"{'':20s}" + "".join(f"{name:>{widths[name]}s}" for name in names))
        lines.append(f"{'method':20s}" + "".join(f"{MEASURES[name].unit:>{widths[name]}s}" for name in names))
        for place, row in enumerate(part):
            marked = (
                f"{number(name, row[name]):>{widths[name] - 1}s}{'*' if place in best[name] else ' '}" for name in names
            )
            lines.append(f"{row['method']:20s}" + "".join(marked).rstrip())
        lines.append("")
    return "\n".join(lines).rstrip()


def write_ecsv(table, path):
    """
    Write the table with units, descriptions, versions, seeds and the names of the frames.

    Parameters
    ----------
    table : `~astropy.table.Table`
        As `~sunpy_coronagraph_inpaint.evaluate.run.evaluate` gives it.
    path : path-like
        Where to; a file that is there is replaced, but a frame is not.
    """
    with whole_file(path) as part:
        table.write(part, format="ascii.ecsv", overwrite=True)
