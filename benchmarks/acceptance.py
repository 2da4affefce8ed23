"""
Compare the network with its targets, on a table of the benchmark.

Run as ``python benchmarks/acceptance.py benchmark.ecsv [--method NAME]`` with the table that ``coronagraph-inpaint
evaluate -o DIR`` writes. Prints each target, the best other row on the same holes, and whether the target is reached;
exits with 1 if a target is missed.
"""

import sys
from typing import NamedTuple

import numpy as np
from _common import parser

from astropy.table import Table

_REAL, _EJECTION = ("C2", "C3"), ("C2 CME", "C3 CME")
_NEIGHBORS = " +neighbors"


class Target(NamedTuple):
    """
    A measure that must be below a fraction of the best other value, or in an interval.

    Attributes
    ----------
    groups, holes : tuple of str
        Groups and holes to which it applies; empty for all.
    column : str
        The measure.
    against : str
        ``"others"`` (of the same kind, with neighbors or without), ``"single"`` (those without neighbors), the name
        of a row, or ``""`` for an interval.
    low, high : float
        The interval of the ratio to the best other, or of the value itself.
    neighbors : bool
        Whether it applies to the row with neighbors.
    """

    groups: tuple
    holes: tuple
    column: str
    against: str
    low: float
    high: float
    neighbors: bool = False


#: The targets of the network.
TARGETS = (
    Target(_REAL, ("20 x 32",), "mae_4x4", "others", 0, 0.85),
    Target(_REAL, ("3 x 96",), "mae_4x4", "others", 0, 0.75),
    Target(_REAL, ("20 x 32", "3 x 96"), "mae10", "others", 0, 1.0),
    Target(_EJECTION, (), "clean4", "others", 0, 0.6),
    Target(_EJECTION, (), "clean4", "single", 0, 1 / 3, neighbors=True),
    Target(_EJECTION, (), "clean4", "temporal +neighbors", 0, 0.7, neighbors=True),
    Target(("C2",), (), "bias", "", 0, 0.25),
    Target(("C3",), (), "bias", "", 0, 0.5),
    Target(_REAL, (), "coverage_1sigma", "", 64, 72),
    Target(_REAL, (), "coverage_2sigma", "", 93, 97),
    Target(_REAL, ("5 x 32",), "seconds", "", 0, 0.15),
)


def compare(table, method="partial_conv", targets=TARGETS):
    """
    Compare a method with its targets.

    Parameters
    ----------
    table : `~astropy.table.Table`
        From `~sunpy_coronagraph_inpaint.evaluate.run`.
    method : str, optional
        Name of the method.
    targets : iterable of Target, optional
        The targets.

    Returns
    -------
    list of dict
        Group, holes, method, column, value, the best other row (``other``) and its value (``best``), ``ratio`` of the
        two, ``low`` and ``high`` of the target, and whether it is ``reached``. Empty if the table has no row of the
        method or nothing to compare it with.
    """
    found = []
    for target in targets:
        if target.column not in table.colnames:
            continue
        for group, holes in dict.fromkeys(zip(table["group"], table["holes"], strict=True)):
            if (target.groups and group not in target.groups) or (target.holes and holes not in target.holes):
                continue
            rows = table[(table["group"] == group) & (table["holes"] == holes)]
            part = {str(row["method"]): float(row[target.column]) for row in rows}
            row = _compared(part, method + _NEIGHBORS * target.neighbors, target, method)
            if row:
                found.append({"group": str(group), "holes": str(holes)} | row)
    return found


def _compared(part, name, target, method):
    """Compare one row with the best eligible row, or with an interval; return `None` if there is none."""
    value = part.get(name, np.nan)
    if not np.isfinite(value):
        return None
    row = {"method": name, "column": target.column, "value": value, "other": "", "best": np.nan, "ratio": np.nan}
    if target.against:
        others = {key: v for key, v in part.items() if _counts(key, target, method) and np.isfinite(v)}
        if not others:
            return None
        row["other"] = min(others, key=others.get)
        row["best"] = others[row["other"]]
        row["ratio"] = value / row["best"]
    measured = row["ratio"] if target.against else value
    return row | {"low": target.low, "high": target.high, "reached": bool(target.low <= measured <= target.high)}


def _counts(key, target, method):
    if key in (method, method + _NEIGHBORS):
        return False
    if target.against == "single":
        return not key.endswith(_NEIGHBORS)
    if target.against == "others":
        return key.endswith(_NEIGHBORS) == target.neighbors
    return key == target.against


def lines(found):
    """Return a line for each comparison."""
    for row in found:
        what = f"{row['group']:9s} {row['holes']:8s} {row['method']:23s} {row['column']:15s} {row['value']:8.3f}"
        if row["other"]:
            what += f"  {row['ratio']:5.2f} of {row['best']:.3f} ({row['other']}), wanted up to {row['high']:.2f}"
        else:
            what += f"  wanted {row['low']:g} to {row['high']:.3g}"
        yield f"{what}: {'reached' if row['reached'] else 'NOT reached'}"


def main(arguments=None):
    """Print the comparison; return 1 where a target is not reached."""
    options = parser(__doc__)
    options.add_argument("table", help="benchmark.ecsv")
    options.add_argument("--method", default="partial_conv")
    options = options.parse_args(arguments)
    found = compare(Table.read(options.table), options.method)
    for line in lines(found):
        print(line)
    if not found:
        print(f"The table has no row of {options.method}, or nothing to compare it with.")
    return int(not found or not all(row["reached"] for row in found))


if __name__ == "__main__":
    sys.exit(main())
