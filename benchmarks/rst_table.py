"""
Write the table of the benchmark for the documentation.

Run as ``python benchmarks/rst_table.py benchmark.ecsv -o docs/topics/benchmark_table.inc`` with the table that
``coronagraph-inpaint evaluate -o DIR`` writes. It writes one table for each group of frames, with the best
values in bold, and one with the targets of the network.
"""

from pathlib import Path

import numpy as np
from _common import parser
from acceptance import compare

from astropy.table import Table

from sunpy_coronagraph_inpaint.evaluate.report import best_rows, number, parts

#: Measures in the tables: errors of 4x4-pixel means, of pixels, and of the flux of a block; relative to the noiseless
#: truth where it is known.
SHOWN, SHOWN_OF_TRUTH = ("mae_4x4", "mae10", "bias"), ("clean4", "rmse", "bias")


def rst_table(table):
    """Return the tables as reStructuredText."""
    groups = list(dict.fromkeys(table["group"]))
    pieces = [group_table(group, table[table["group"] == group]) for group in groups]
    reached = compare(table)
    return "\n".join([*pieces, *([target_table(reached)] if reached else [])])


def group_table(group, rows):
    """Return the table of a group of frames."""
    known = "clean4" in rows.colnames and np.isfinite(np.asarray(rows["clean4"], dtype=float)).any()
    names = [name for name in (SHOWN_OF_TRUTH if known else SHOWN) if name in rows.colnames]
    cells, kinds = {}, []
    for (_, kind), part in parts(rows):
        kinds.append(kind)
        best = best_rows(part)
        for place, row in enumerate(part):
            for name in names:
                text = number(rows[name], row[name])
                cells[row["method"], kind, name] = f"**{text}**" if place in best[name] else text
    columns = [(kind, name) for name in names for kind in kinds]
    lines = [["method", *(f"{name} {kind}" for kind, name in columns)]]
    lines.extend(
        [method, *(cells.get((method, kind, name), "-") for kind, name in columns)]
        for method in dict.fromkeys(rows["method"])
    )
    count = max(rows["cases"])
    return csv_table(f"{group} ({count} frame{'s' if count > 1 else ''})", lines)


def target_table(found):
    """Return the table of the targets."""
    lines = [["group", "holes", "row", "measure", "value", "best other", "ratio", "wanted", "reached"]]
    for row in found:
        best = f"{row['best']:.3f} ({row['other']})" if row["other"] else "-"
        ratio = f"{row['ratio']:.2f}" if row["other"] else "-"
        wanted = f"{row['low']:g} to {row['high']:.3g}"
        reached = "yes" if row["reached"] else "**no**"
        lines.append([row["group"], row["holes"], row["method"], row["column"], f"{row['value']:.3f}", best, ratio,
                      wanted, reached])  # fmt: skip
    return csv_table("Targets of the network", lines)


def csv_table(title, lines):
    """Return a table of text."""
    text = [f".. csv-table:: {title}", "   :header-rows: 1", ""]
    # An unescaped hyphen would begin a list.
    text.extend("   " + ", ".join("\\-" if cell == "-" else cell for cell in cells) for cells in lines)
    return "\n".join(text) + "\n"


def main(arguments=None):
    """Write the table."""
    options = parser(__doc__)
    options.add_argument("table", help="benchmark.ecsv")
    options.add_argument("-o", "--output", type=Path, default=Path("docs/topics/benchmark_table.inc"))
    options = options.parse_args(arguments)
    options.output.write_text(rst_table(Table.read(options.table)), encoding="utf-8")


if __name__ == "__main__":
    main()
