"""What a method is to reach, compared with the best of all others on the same holes."""

from typing import NamedTuple

import numpy as np

__all__ = ["TARGETS", "Target", "compare", "compare_lines"]

_REAL, _EJECTION = ("C2", "C3"), ("C2 CME", "C3 CME")
_NEIGHBORS = " +neighbors"


class Target(NamedTuple):
    """
    A measure that must be under a share of the best other one, or in an interval.

    Attributes
    ----------
    groups, holes : tuple of str
        Where it counts; empty for all.
    column : str
        The measure.
    against : str
        ``"others"`` (of the same kind, with neighbors or without), ``"single"`` (those without neighbors), the name
        of a row, or ``""`` for an interval.
    low, high : float
        The interval of the ratio to the best other, or of the value itself.
    neighbors : bool
        Whether the row with neighbors is meant.
    """

    groups: tuple
    holes: tuple
    column: str
    against: str
    low: float
    high: float
    neighbors: bool = False


#: What the network is to reach.
TARGETS = (
    Target(_REAL, ("20 x 32",), "bin4", "others", 0, 0.85),
    Target(_REAL, ("3 x 96",), "bin4", "others", 0, 0.75),
    Target(_REAL, ("20 x 32", "3 x 96"), "mae10", "others", 0, 1.0),
    Target(_EJECTION, (), "clean4", "others", 0, 0.6),
    Target(_EJECTION, (), "clean4", "single", 0, 1 / 3, neighbors=True),
    Target(_EJECTION, (), "clean4", "temporal +neighbors", 0, 0.7, neighbors=True),
    Target(("C2",), (), "bias", "", 0, 0.25),
    Target(("C3",), (), "bias", "", 0, 0.5),
    Target(_REAL, (), "in1", "", 64, 72),
    Target(_REAL, (), "in2", "", 93, 97),
    Target(_REAL, ("5 x 32",), "seconds", "", 0, 0.15),
)


def compare(table, method="partial_conv", targets=TARGETS):
    """
    Compare a method with its targets.

    Parameters
    ----------
    table : `~astropy.table.Table`
        As `~sunpy_coronagraph_inpaint.evaluate.run.evaluate` gives it.
    method : str, optional
        The method's name.
    targets : iterable of Target, optional
        What it is to reach.

    Returns
    -------
    list of dict
        Group, holes, method, column, value, the best other row (``other``) and its value (``best``), ``ratio`` of the
        two, ``low`` and ``high`` of the target, and whether it is ``reached``. Nothing where the table has no row of
        the method or nothing to compare it with.

    Examples
    --------
    >>> from astropy.table import Table
    >>> from sunpy_coronagraph_inpaint.evaluate.targets import compare
    >>> both = {"group": ["C2"] * 2, "holes": ["20 x 32"] * 2, "method": ["kriging", "partial_conv"]}
    >>> (found,) = compare(Table(both | {"bin4": [0.6, 0.5]}))
    >>> found["other"], round(found["ratio"], 3), found["reached"]
    ('kriging', 0.833, True)
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
    """Compare one row with the best of those that count, or with an interval; `None` where there is nothing to."""
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


def compare_lines(table, method="partial_conv"):
    """
    Write the comparison of a method with its targets for a terminal.

    Parameters
    ----------
    table, method : optional
        As in `compare`.

    Returns
    -------
    list of str
        Empty where there is nothing to compare.
    """
    lines = []
    for row in compare(table, method):
        what = f"{row['group']:9s} {row['holes']:8s} {row['method']:23s} {row['column']:7s} {row['value']:8.3f}"
        limit = f"{row['low']:g} to {row['high']:.3g}"
        if row["other"]:
            what += f"  {row['ratio']:5.2f} of {row['best']:.3f} ({row['other']}), wanted up to {row['high']:.2f}"
        else:
            what += f"  wanted {limit}"
        lines.append(f"{what}: {'reached' if row['reached'] else 'NOT reached'}")
    return lines
