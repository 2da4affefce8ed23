"""The table of the benchmark as reStructuredText, for the documentation."""

import numpy as np

from sunpy_coronagraph_inpaint.evaluate.report import best_rows, number, parts
from sunpy_coronagraph_inpaint.evaluate.targets import compare

__all__ = ["rst_table"]

#: Measures that are shown, where the truth without noise is known and where it is not.
_SHOWN, _SHOWN_OF_TRUTH = ("bin4", "mae10", "bias"), ("clean4", "rmse", "bias")


def rst_table(table):
    """
    Write the table for the documentation: one table for each group, the best values in bold, and the targets.

    Of the measures there are three for each kind of holes: error of 4x4-pixel means, error of a pixel, and error of the
    flux of a block; against the truth without noise, where it is known.

    Parameters
    ----------
    table : `~astropy.table.Table`
        As `~sunpy_coronagraph_inpaint.evaluate.run.evaluate` gives it.

    Returns
    -------
    str

    Examples
    --------
    >>> from astropy.table import Table
    >>> from sunpy_coronagraph_inpaint.evaluate.rst import rst_table
    >>> row = {"group": ["C2"], "holes": ["20 x 32"], "frames": [3], "method": ["kriging"], "bin4": [0.61]}
    >>> print(rst_table(Table(row)))
    .. csv-table:: C2 (3 frames)
       :header-rows: 1
    <BLANKLINE>
       method, bin4 20 x 32
       kriging, **0.61**
    <BLANKLINE>
    """
    groups = list(dict.fromkeys(table["group"]))
    pieces = [_of_group(group, table[table["group"] == group]) for group in groups]
    reached = compare(table)
    return "\n".join([*pieces, *([_of_targets(reached)] if reached else [])])


def _of_group(group, rows):
    known = "clean4" in rows.colnames and np.isfinite(np.asarray(rows["clean4"], dtype=float)).any()
    names = [name for name in (_SHOWN_OF_TRUTH if known else _SHOWN) if name in rows.colnames]
    cells, kinds = {}, []
    for _, kind, part in parts(rows):
        kinds.append(kind)
        best = best_rows(part)
        for place, row in enumerate(part):
            for name in names:
                text = number(name, row[name])
                cells[row["method"], kind, name] = f"**{text}**" if place in best[name] else text
    columns = [(kind, name) for name in names for kind in kinds]
    lines = [["method", *(f"{name} {kind}" for kind, name in columns)]]
    lines.extend(
        [method, *(cells.get((method, kind, name), "-") for kind, name in columns)]
        for method in dict.fromkeys(rows["method"])
    )
    count = max(rows["frames"])
    return _csv_table(f"{group} ({count} frame{'s' if count > 1 else ''})", lines)


def _of_targets(found):
    lines = [["group", "holes", "row", "measure", "value", "best other", "ratio", "wanted", "reached"]]
    for row in found:
        best = f"{row['best']:.3f} ({row['other']})" if row["other"] else "-"
        ratio = f"{row['ratio']:.2f}" if row["other"] else "-"
        wanted = f"{row['low']:g} to {row['high']:.3g}"
        reached = "yes" if row["reached"] else "**no**"
        lines.append([row["group"], row["holes"], row["method"], row["column"], f"{row['value']:.3f}", best, ratio,
                      wanted, reached])  # fmt: skip
    return _csv_table("Targets of the network", lines)


def _csv_table(title, lines):
    text = [f".. csv-table:: {title}", "   :header-rows: 1", ""]
    # A hyphen alone would begin a list.
    text.extend("   " + ", ".join("\\-" if cell == "-" else cell for cell in cells) for cells in lines)
    return "\n".join(text) + "\n"
