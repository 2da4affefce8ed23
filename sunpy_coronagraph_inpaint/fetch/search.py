"""Search the VSO and the archive of the Naval Research Laboratory for LASCO frames."""

import numpy as np

import astropy.units as u

from sunpy import log
from sunpy.net import attrs as a
from sunpy.time import TimeRange, parse_time

from sunpy_coronagraph_inpaint.fetch.download import DownloadOptions
from sunpy_coronagraph_inpaint.fetch.errors import ChangedAnswerError, NoFramesError, OutageError
from sunpy_coronagraph_inpaint.fetch.nrl import NRLClient
from sunpy_coronagraph_inpaint.fetch.vso import ask_vso, parse_fileid

_FULL_SIZE = 1.9 * u.Mibyte  # a frame of 1024x1024 has 2.01 MiB or more, one of 512x512 at most 1.01
_PROVIDERS = ("auto", "VSO", "NRL")


def search_lasco(time, detector, *, level=0.5, full_size=True, provider="auto", options=None):
    """
    Search the archives for LASCO frames.

    Parameters
    ----------
    time : `sunpy.net.attrs.Time`, `~sunpy.time.TimeRange` or tuple
        Time range.
    detector : str
        ``"C2"`` or ``"C3"``.
    level : float, optional
        0.5 (raw counts) or 1 (calibrated).
    full_size : bool, optional
        Whether to exclude frames that were summed on board, which have 512x512 pixels or fewer.
    provider : {"auto", "VSO", "NRL"}, optional
        The Virtual Solar Observatory (VSO), the archive of the Naval Research Laboratory (NRL), or the second if the
        first is down or has no such frames.
    options : `~sunpy_coronagraph_inpaint.fetch.DownloadOptions`, optional
        Delays and timeouts.

    Returns
    -------
    `~sunpy.net.base_client.QueryResponseTable`
        One row per frame, in the order of time, with additional columns ``Detector`` and ``Level``. Pass it, or some of
        its rows, to `~sunpy_coronagraph_inpaint.fetch.fetch`, which checks each file. `sunpy.net.Fido.fetch` also
        accepts it, but does not check the files.

    Raises
    ------
    ValueError
        If detector, level or provider is unknown, or the NRL archive is asked for level 1.
    `~sunpy_coronagraph_inpaint.fetch.NoFramesError`
        If nothing is found.
    `~sunpy_coronagraph_inpaint.fetch.OutageError`
        If no archive responds.
    `~sunpy_coronagraph_inpaint.fetch.ChangedAnswerError`
        If the response of an archive has an unknown format.

    Notes
    -----
    The table of the VSO has neither level nor detector, its ``a.Level`` does not filter, and it mixes levels and sizes.
    Level and detector are derived from the path of each file (``.../level_05/YYMMDD/c3/``), the frame size from the
    file size, and all are checked in the header after the download.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.fetch import fetch, search_lasco
    >>> found = search_lasco(("2002-01-08 02:00", "2002-01-08 03:00"), "C3")  # doctest: +REMOTE_DATA
    >>> files = fetch(found, "frames/")  # doctest: +SKIP
    """
    start, end = _limits(time)
    detector, level = _checked(detector, level, provider)
    options = options or DownloadOptions()
    table = None
    if provider != "NRL":
        table = _vso(start, end, detector, level, full_size, options, last=provider == "VSO" or level == "1")
    if table is None:
        table = _nrl(start, end, detector, full_size, options)
    if len(table) == 0:
        size = " of 1024x1024 pixels" if full_size else ""
        msg = (
            f"There is no {detector} frame of level {level}{size} from {start.isot[:19]} to {end.isot[:19]}. "
            "Use a longer time range, or the other detector."
        )
        raise NoFramesError(msg)
    table.meta["full_size"] = full_size
    return table


def _limits(time):
    if isinstance(time, a.Time | TimeRange):
        return time.start, time.end
    start, end = (parse_time(value) for value in time)
    if end < start:
        msg = f"The end of the time range ({end.isot}) is before its start ({start.isot})."
        raise ValueError(msg)
    return start, end


def _checked(detector, level, provider):
    detector, level = str(detector).upper(), str(level).removesuffix(".0")
    for what, value, allowed in (
        ("detector", detector, ("C2", "C3")),
        ("level", level, ("0.5", "1")),
        ("provider", provider, _PROVIDERS),
    ):
        if value not in allowed:
            msg = f"There is no {what} {value!r}. Choose one of {', '.join(allowed)}."
            raise ValueError(msg)
    if provider == "NRL" and level != "0.5":
        msg = "The archive of the Naval Research Laboratory is searched for level 0.5 only. Use provider='VSO'."
        raise ValueError(msg)
    return detector, level


def _vso(start, end, detector, level, full_size, options, *, last):
    """Return the matching rows, or `None` to search the other archive."""
    try:
        table = ask_vso(start, end, detector, options=options)
    except OutageError as error:
        if last:
            raise
        log.warning(f"{error} The archive of the Naval Research Laboratory is searched instead.")
        return None
    table = _repaired(table, detector, level, full_size) if len(table) else table
    if len(table) == 0 and not last:
        log.info("The VSO has none of these frames. The archive of the Naval Research Laboratory is searched instead.")
        return None
    return table


def _repaired(table, detector, level, full_size):
    """Add the columns that the VSO lacks, and remove frames that were not requested."""
    known = [parse_fileid(fileid) for fileid in table["fileid"]]
    if not any(known):
        first = str(table["fileid"][0])
        msg = (
            f"None of the VSO's file names has a known format; the first is {first!r}. The archive may have changed: "
            "look for a newer version of this package, or use provider='NRL'."
        )
        raise ChangedAnswerError(msg)
    keep = np.array([entry is not None and (entry.detector, entry.level) == (detector, level) for entry in known])
    if full_size and "Size" in table.colnames:
        size = u.Quantity(table["Size"], u.Mibyte)
        keep &= (size >= _FULL_SIZE) | ~(size > 0 * u.Mibyte)  # -1 or blank means unknown
    _, first = np.unique([entry.file if entry else "" for entry in known], return_index=True)
    keep &= np.isin(np.arange(len(table)), first)
    log.debug(f"{np.count_nonzero(keep)} of the VSO's {len(table)} rows are {detector}, level {level}.")
    kept = table[keep]
    chosen = [entry for entry, fits in zip(known, keep, strict=True) if fits]
    for name, values in {
        "Detector": [entry.detector for entry in chosen],
        "Level": [entry.level for entry in chosen],
    }.items():
        if name in kept.colnames:
            kept.remove_column(name)
        kept.add_column(values or np.array([], dtype=str), name=name, index=1)
    return kept


def _nrl(start, end, detector, full_size, options):
    query = a.Time(start, end), a.Instrument.lasco, a.Detector(detector), a.Provider("NRL")
    table = NRLClient().search(*query, options=options)
    return table[table["Pixels"] == "1024x1024"] if full_size and len(table) else table
