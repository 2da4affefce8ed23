"""The index files ``img_hdr.txt`` of the NRL archive: one line per frame of a day and camera."""

from typing import NamedTuple

from astropy.time import Time

from sunpy_coronagraph_inpaint.fetch.errors import ChangedAnswerError

__all__ = ["Entry", "parse_index"]

# Columns as SolarSoft's reduce_img_hdr.pro writes them: name, first and last character.
_COLUMNS = {
    "file": (0, 12),
    "date": (14, 26),
    "clock": (28, 36),
    "detector": (38, 41),
    "exposure": (41, 49),
    "nx": (49, 56),
    "ny": (56, 63),
    "column": (63, 70),
    "row": (70, 77),
    "filter": (79, 85),
    "polar": (87, 93),
    "program": (95, 103),
}


class Entry(NamedTuple):
    """
    One frame of an index.

    ``filter``, ``polar`` and ``program`` are cut to 6, 6 and 8 characters, as the index has them.
    """

    file: str
    time: Time
    detector: str
    exposure: float
    nx: int
    ny: int
    filter: str
    polar: str
    program: str


def parse_index(text, *, name="img_hdr.txt"):
    """
    Read an index file.

    Parameters
    ----------
    text : str
        Its content.
    name : str, optional
        What to call it in an error.

    Returns
    -------
    list of Entry
        In the order of the file. An entry that is repeated, as after a frame was sent again, is there once.

    Raises
    ------
    `~sunpy_coronagraph_inpaint.fetch.ChangedAnswerError`
        If a line is not one of such an index.

    References
    ----------
    SolarSoft, ``reduce_img_hdr.pro``: the format
    ``(a12,2x,a12,2x,a8,2x,a3,f8.1,4i7,2x,a6,2x,a6,2x,a8,f11.4,i6)``.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.fetch.index import parse_index
    >>> line = (
    ...     "32130223.fts    2004/10/08  06:42:05   C3    19.1   1024   1024     20      1   Clear   Clear  "
    ...     "Normal       0.0000  3387"
    ... )
    >>> (entry,) = parse_index(line)
    >>> entry.file, entry.time.isot, entry.detector, entry.nx
    ('32130223.fts', '2004-10-08T06:42:05.000', 'C3', 1024)
    """
    entries = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            try:
                entry = _entry(line)
            except ValueError as error:
                msg = (
                    f"Line {number} of {name} is not an entry of the index ({error}): {line[:60]!r}. The archive may "
                    "have changed; look for a newer version of this package."
                )
                raise ChangedAnswerError(msg) from error
            entries[entry.file] = entry
    return list(entries.values())


def _entry(line):
    parts = {name: line[start:end].strip() for name, (start, end) in _COLUMNS.items()}
    if not parts["file"].endswith(".fts") or parts["detector"] not in ("C1", "C2", "C3", "EIT"):
        msg = "no frame is named"
        raise ValueError(msg)
    return Entry(
        file=parts["file"],
        time=Time(f"{parts['date'].replace('/', '-')}T{parts['clock']}", scale="utc", format="isot"),
        detector=parts["detector"],
        exposure=float(parts["exposure"]),
        nx=int(parts["nx"]),
        ny=int(parts["ny"]),
        filter=parts["filter"],
        polar=parts["polar"],
        program=parts["program"],
    )
