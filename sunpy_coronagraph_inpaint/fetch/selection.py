"""Conditions on events in words: ``width > 60 deg and remark contains "Partial Halo"``."""

import operator
import re

import numpy as np

import astropy.units as u
from astropy.time import Time

__all__ = ["Selection"]

_COMPARE = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    "=": operator.eq,
    ">": operator.gt,
    "<": operator.lt,
}
_CLAUSE = re.compile(r"^(?P<column>\w+)\s*(?P<sign>>=|<=|==|!=|=|>|<)\s*(?P<value>.+)$")
_CONTAINS = re.compile(r"^(?P<column>\w+)\s+(?P<no>not\s+)?contains\s+(?P<words>.+)$", re.IGNORECASE)
_FLAG = re.compile(r"^(?P<no>not\s+)?(?P<column>\w+)$", re.IGNORECASE)
_AND = re.compile(r"""\s+and\s+(?=(?:[^"]*"[^"]*")*[^"]*$)""", re.IGNORECASE)
_HELP = "Write conditions as 'width > 60 deg and speed > 500 km/s and not halo and remark not contains Poor'."


class Selection:
    """
    Conditions on the rows of a table, joined by ``and``.

    ``column > number unit`` compares (``>``, ``>=``, ``<``, ``<=``, ``=``, ``!=``) in any unit of the right kind, and
    times with ISO dates. ``column contains words`` and ``column not contains words`` look into text, in any case.
    ``column`` and ``not column`` ask a flag. A masked value fulfills no condition.

    Parameters
    ----------
    text : str
        The conditions. An empty text keeps every row.

    Raises
    ------
    ValueError
        If a condition cannot be read; when called, if a table has no such column or the unit does not fit.

    Examples
    --------
    >>> import astropy.units as u
    >>> from astropy.table import QTable
    >>> from sunpy_coronagraph_inpaint.fetch import Selection
    >>> table = QTable({"width": [20, 90] * u.deg, "remark": ["Poor Event", ""], "halo": [False, False]})
    >>> Selection("width > 1 rad and not halo")(table).tolist()
    [False, True]
    """

    def __init__(self, text):
        self.text = str(text).strip()
        self.clauses = [_parse(part) for part in _AND.split(self.text)] if self.text else []

    def __repr__(self):
        return f"<Selection: {self.text or 'everything'}>"

    def __call__(self, table):
        """Return a boolean array, `True` on the rows that fulfill every condition."""
        keep = np.ones(len(table), dtype=bool)
        for column, sign, value in self.clauses:
            if column not in table.colnames:
                msg = f"There is no column {column!r}. Choose one of {', '.join(table.colnames)}."
                raise ValueError(msg)
            keep &= _holds(table[column], column, sign, value)
        return keep


def _parse(text):
    text = text.strip()
    if match := _CONTAINS.match(text):
        return match["column"], "not contains" if match["no"] else "contains", match["words"].strip().strip("\"'")
    if match := _CLAUSE.match(text):
        return match["column"], match["sign"], match["value"].strip().strip("\"'")
    if match := _FLAG.match(text):
        return match["column"], "flag", not match["no"]
    msg = f"The condition {text!r} cannot be read. {_HELP}"
    raise ValueError(msg)


def _holds(column, name, sign, value):
    if sign == "flag":
        if column.dtype.kind != "b":
            msg = f"The column {name!r} is not a flag. {_HELP}"
            raise ValueError(msg)
        return np.asarray(column) == value
    if sign.endswith("contains"):
        found = np.array([value.lower() in str(entry).lower() for entry in column])
        return found if sign == "contains" else ~found
    compare = _COMPARE[sign]
    if isinstance(column, Time):
        return compare(column, _read(Time, value, name))
    if isinstance(column, u.Quantity):
        limit = _read(u.Quantity, value, name)
        if not limit.unit.is_equivalent(column.unit):
            msg = f"{name} is measured in {column.unit}, but {value!r} is not. {_HELP}"
            raise ValueError(msg)
        mask = getattr(column, "mask", np.zeros(len(column), dtype=bool))
        return compare(getattr(column, "unmasked", column), limit) & ~mask
    kind = np.asarray(column).dtype.kind
    return compare(np.asarray(column), value if kind in "US" else _read(float, value, name))


def _read(kind, value, name):
    try:
        return kind(value)
    except (TypeError, ValueError) as error:
        msg = f"{value!r} cannot be compared with {name}. {_HELP}"
        raise ValueError(msg) from error
