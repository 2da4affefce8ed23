"""The SOHO/LASCO CME catalog of the CDAW Data Center, with all remarks, blanks and starred values."""

import hashlib
import re
from pathlib import Path

import numpy as np

import astropy.units as u
from astropy.table import MaskedColumn, QTable
from astropy.time import Time
from astropy.utils.masked import Masked

from sunpy.time import TimeRange, parse_time

from sunpy_coronagraph_inpaint.fetch.download import Request, download
from sunpy_coronagraph_inpaint.fetch.errors import ChangedAnswerError, FetchError

CATALOG_URL = "https://cdaw.gsfc.nasa.gov/CME_list/UNIVERSAL_ver1/text_ver/univ_all.txt"
_CITATION = (
    "The CME catalog is generated and maintained at the CDAW Data Center by NASA and The Catholic University of "
    "America in cooperation with the Naval Research Laboratory. SOHO is a project of international cooperation between "
    "ESA and NASA."
)
# Fields of a line after date and time: column, unit. A '*' after a value marks it as uncertain (few points, or an
# uncertain projection) and becomes a separate column.
_FIELDS = (
    ("central_pa", u.deg),
    ("width", u.deg),
    ("speed", u.km / u.s),
    ("speed_initial", u.km / u.s),
    ("speed_final", u.km / u.s),
    ("speed_20rsun", u.km / u.s),
    ("acceleration", u.m / u.s**2),
    ("mass", u.g),
    ("energy", u.erg),
    ("measured_pa", u.deg),
)
_STARRED = ("acceleration", "mass", "energy")
_EVENT = re.compile(r"\d{4}/\d\d/\d\d\s")
_UPDATED = re.compile(r"LAST UPDATED:\s*(\d{4}/\d\d/\d\d \d\d:\d\d)")


class CMECatalog:
    """
    Coronal mass ejections as a table.

    Read it with `CMECatalog.read`, and select events with `CMECatalog.select`; ``len()`` is the number of events.

    Attributes
    ----------
    table : `~astropy.table.QTable`
        One row per event, in the order of the file. ``time`` (first appearance in C2, UTC), ``central_pa`` (masked for
        halos), ``width``, ``speed`` (linear fit), ``speed_initial``, ``speed_final``, ``speed_20rsun`` (of the second
        order), ``acceleration``, ``mass``, ``energy``, ``measured_pa``, with units and masked where the catalog has
        ``----``; ``halo``, ``acceleration_uncertain``, ``mass_uncertain``, ``energy_uncertain`` (a starred value);
        ``remark``; ``event``, a unique name; ``line``, the line number in the file.
        ``table.meta`` holds source, SHA-256, date of the last update and citation.

    Examples
    --------
    >>> import astropy.units as u
    >>> from sunpy_coronagraph_inpaint.fetch import CMECatalog
    >>> lines = '''
    ... 2000/07/14  10:54:07   Halo    360   1674    2061   1280   1247    -96.1*   1.4e+16*   2.0e+32*   273
    ... 2000/07/14  13:54:05    292     26   ----    ----   ----   ----   ------    -------    -------    295   Only C2
    ... '''
    >>> catalog = CMECatalog.parse(lines)
    >>> len(catalog), len(catalog.select(halo=True))
    (2, 1)
    >>> print(catalog.select(width=(None, 60 * u.deg)).table["event"][0])
    20000714T135405-295-26
    >>> catalog.table["speed"].mask.tolist()
    [False, True]
    """

    def __init__(self, table):
        self.table = table

    def __len__(self):
        return len(self.table)

    def __repr__(self):
        if not len(self):
            return "<CMECatalog: no events>"
        first, last = (self.table["time"][i].isot[:10] for i in (0, -1))
        return f"<CMECatalog: {len(self)} events, {first} to {last}>"

    @classmethod
    def read(cls, source=CATALOG_URL, *, options=None):
        """
        Read the catalog.

        Parameters
        ----------
        source : path-like or str, optional
            A file or a URL; by default, the catalog at the CDAW Data Center.
        options : `~sunpy_coronagraph_inpaint.fetch.DownloadOptions`, optional
            Download options.

        Returns
        -------
        CMECatalog

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        `~sunpy_coronagraph_inpaint.fetch.FetchError`
            If the site does not respond or does not have the file, or if a line is not a catalog entry.
        """
        name = str(source)
        if not name.startswith(("http://", "https://")):
            return cls._read_file(source, Path(name).name)
        request = Request(urls=(name,), check=lambda path: cls._read_file(path, name), keep=False)
        (catalog,) = download([request], options=options)
        if isinstance(catalog, FetchError):
            raise catalog
        return catalog

    @classmethod
    def _read_file(cls, path, source):
        raw = Path(path).read_bytes()
        catalog = cls.parse(raw.decode("latin-1"))
        catalog.table.meta.update(source=source, sha256=hashlib.sha256(raw).hexdigest())
        return catalog

    @classmethod
    def parse(cls, text):
        """
        Parse the text of the catalog.

        Parameters
        ----------
        text : str
            Lines of ``univ_all.txt``; the lines above the first event are the header.

        Returns
        -------
        CMECatalog

        Raises
        ------
        `~sunpy_coronagraph_inpaint.fetch.ChangedAnswerError`
            If the text has no event, or a line below the header is not an event.
        """
        events = []
        for number, line in enumerate(text.splitlines(), start=1):
            if _EVENT.match(line):
                events.append(_event(number, line))
            elif events and line.strip():
                msg = f"Line {number} of the catalog is not an event: {line[:60]!r}. Download the file again."
                raise ChangedAnswerError(msg)
        if not events:
            msg = "The text has no event of the CME catalog. Use the file univ_all.txt of the CDAW Data Center."
            raise ChangedAnswerError(msg)
        table = _table(events)
        updated = _UPDATED.search(text)
        table.meta.update(updated=updated[1] if updated else "unknown", citation=_CITATION)
        return cls(table)

    def select(self, *, time=None, width=None, speed=None, remark=None, exclude_remark=None, halo=None):
        """
        Select the events that fulfill all conditions; a blank value fulfills none.

        Parameters
        ----------
        time : `~sunpy.time.TimeRange` or tuple, optional
            Range of the first appearance in C2, both ends included; `None` for no limit.
        width, speed : tuple of `~astropy.units.Quantity`, optional
            Smallest and largest value, both included; `None` for no limit.
        remark : str, optional
            Text that the remark must contain, in upper or lower case.
        exclude_remark : str, optional
            Text that the remark must not contain, such as ``"poor"``.
        halo : bool, optional
            `True` for halos only (360 degrees wide), `False` for all but halos.

        Returns
        -------
        CMECatalog

        Raises
        ------
        `~astropy.units.UnitConversionError`
            If a width is no angle, or a speed no speed.

        Examples
        --------
        >>> import astropy.units as u
        >>> from sunpy_coronagraph_inpaint.fetch import CMECatalog
        >>> line = "1996/01/13  22:08:30  265  16  290  278  303  372  2.8*  ----  ----  266  Only C3"
        >>> catalog = CMECatalog.parse(line)
        >>> len(catalog.select(width=(10 * u.deg, None), time=("1996-01-01", "1996-02-01"), remark="only c3"))
        1
        """
        keep = np.ones(len(self), dtype=bool)
        if time is not None:
            start, end = (time.start, time.end) if isinstance(time, TimeRange) else time
            keep &= start is None or self.table["time"] >= parse_time(start)
            keep &= end is None or self.table["time"] <= parse_time(end)
        for name, limits in (("width", width), ("speed", speed)):
            if limits is not None:
                keep &= _between(self.table[name], *limits)
        for text, wanted in ((remark, True), (exclude_remark, False)):
            if text is not None:
                found = np.char.find(np.char.lower(np.asarray(self.table["remark"], dtype=str)), text.lower()) >= 0
                keep &= found == wanted
        if halo is not None:
            keep &= np.asarray(self.table["halo"]) == halo
        return type(self)(self.table[keep])


def _between(column, low, high):
    keep = ~column.mask
    values = column.unmasked
    if low is not None:
        keep &= values >= low
    if high is not None:
        keep &= values <= high
    return keep


def _event(number, line):
    parts = line.split(None, 12)
    if len(parts) < 12:
        msg = (
            f"Line {number} of the catalog has {len(parts)} columns instead of 12: {line[:60]!r}. "
            "Download the file again."
        )
        raise ChangedAnswerError(msg)
    try:
        values = [_number(part) for part in parts[2:12]]
        when = _time(*parts[:2])
    except ValueError as error:
        msg = f"Line {number} of the catalog cannot be read ({error}): {line[:60]!r}. Download the file again."
        raise ChangedAnswerError(msg) from error
    starred = [parts[2 + index].endswith("*") for index, (name, _) in enumerate(_FIELDS) if name in _STARRED]
    remark = parts[12].strip() if len(parts) > 12 else ""
    name = f"{when.replace('-', '').replace(':', '')}-{parts[11]}-{parts[3]}"
    return number, when, values, starred, parts[2] == "Halo", remark, name


def _time(day, clock):
    if not re.fullmatch(r"\d\d:\d\d:\d\d", clock):
        msg = f"{clock!r} is not a time"
        raise ValueError(msg)
    return f"{day.replace('/', '-')}T{clock}"


def _number(text):
    """Return a value, or NaN for dashes, ``Halo``, or asterisks, which mark an overflow of the column."""
    bare = text.rstrip("*")
    if not bare.strip("-") or bare == "Halo":
        return np.nan
    return float(bare)


def _table(events):
    numbers, times, values, starred, halos, remarks, names = zip(*events, strict=True)
    table = QTable()
    table["event"] = _unique(names)
    table["time"] = Time(list(times), scale="utc", format="isot")
    columns = np.array(values)
    for (name, unit), column in zip(_FIELDS, columns.T, strict=True):
        table[name] = Masked(np.nan_to_num(column) * unit, mask=np.isnan(column))
    table["halo"] = np.array(halos)
    for name, column in zip(_STARRED, np.array(starred).T, strict=True):
        table[f"{name}_uncertain"] = column
    table["remark"] = MaskedColumn(remarks).filled("")
    table["line"] = np.array(numbers)
    return table


def _unique(names):
    """Append numbers to repeated names, in the order of the file."""
    seen = {}
    result = []
    for name in names:
        count = seen[name] = seen.get(name, 0) + 1
        result.append(name if count == 1 else f"{name}-{count}")
    return result
