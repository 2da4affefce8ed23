"""Groups of events that share time, and the side of the data set that each belongs to."""

import hashlib
from dataclasses import dataclass

import astropy.units as u
from astropy.time import Time

__all__ = ["Group", "group_events", "group_times", "side"]

_SALT = "sunpy_coronagraph_inpaint"
SIDES = ("train", "validation", "test")
_SHARES = (0.8, 0.1, 0.1)


@dataclass(frozen=True)
class Group:
    """
    Events whose windows overlap, so that they may share frames.

    Parameters
    ----------
    name : str
        Name of the first event.
    start, end : `~astropy.time.Time`
        From when to when frames are taken.
    events : tuple of str
        Names of the events.
    """

    name: str
    start: Time
    end: Time
    events: tuple[str, ...]

    @property
    def side(self):
        """``"train"``, ``"validation"`` or ``"test"``."""
        return side(self.name)


def side(name):
    """
    Return the side that an event belongs to, the same on every machine and in every run.

    Parameters
    ----------
    name : str
        Name of the (first) event.

    Returns
    -------
    str
        ``"train"`` for 80, ``"validation"`` for 10 and ``"test"`` for 10 of 100 names.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.dataset.split import side
    >>> side("20000714T105407-273-360")
    'train'
    """
    draw = int.from_bytes(hashlib.sha256(f"{_SALT}:{name}".encode()).digest()[:8], "big") / 2**64
    bounds = _SHARES[0], _SHARES[0] + _SHARES[1]
    return SIDES[sum(draw >= bound for bound in bounds)]


def group_events(table, *, before, after):
    """
    Put events together whose windows overlap, so that no frame can belong to two sides.

    Parameters
    ----------
    table : `~astropy.table.QTable`
        With the columns ``event`` and ``time``.
    before, after : `~astropy.units.Quantity`
        How long before and after the time of an event its frames are taken.

    Returns
    -------
    list of Group
        In the order of time.

    Examples
    --------
    >>> import astropy.units as u
    >>> from astropy.table import QTable
    >>> from astropy.time import Time
    >>> from sunpy_coronagraph_inpaint.dataset.split import group_events
    >>> times = Time(["2001-04-01T00:00", "2001-04-01T05:00", "2001-04-02T00:00"])
    >>> groups = group_events(QTable({"event": ["a", "b", "c"], "time": times}), before=2 * u.hour, after=6 * u.hour)
    >>> [group.events for group in groups]
    [('a', 'b'), ('c',)]
    """
    windows = []
    for index in table["time"].argsort() if len(table) else ():
        time, name = table["time"][index], str(table["event"][index])
        start, end = time - before, time + after
        if windows and start <= windows[-1][1]:
            windows[-1][1] = end
            windows[-1][2].append(name)
        else:
            windows.append([start, end, [name]])
    return [Group(names[0], start, end, tuple(names)) for start, end, names in windows]


def group_times(times, *, gap=6 * u.hour):
    """
    Put times together that are not further apart than a gap, where there is no catalog.

    Parameters
    ----------
    times : iterable of `~astropy.time.Time`
        Of frames.
    gap : `~astropy.units.Quantity`, optional
        Largest time between two of one group.

    Returns
    -------
    list of Group
        Named after the first time of each.
    """
    groups = []
    for time in sorted(times):
        if groups and time - groups[-1][1] <= gap:
            groups[-1][1] = time
        else:
            groups.append([time, time])
    names = [start.strftime("%Y%m%dT%H%M%S") for start, _ in groups]
    return [Group(name, start, end, (name,)) for name, (start, end) in zip(names, groups, strict=True)]
