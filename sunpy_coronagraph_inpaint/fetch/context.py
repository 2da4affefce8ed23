"""Context images for a C3 frame: the solar disk from AIA, and the corona up to six solar radii from C2."""

import json
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode, urljoin

import numpy as np

import astropy.units as u
from astropy.io import fits

import sunpy.map
from sunpy.map import GenericMap
from sunpy.time import parse_time

from sunpy_coronagraph_inpaint.fetch.download import Request, download
from sunpy_coronagraph_inpaint.fetch.errors import ChangedAnswerError, DamagedFileError, FetchError, NoFramesError
from sunpy_coronagraph_inpaint.fetch.retrieve import fetch_rows
from sunpy_coronagraph_inpaint.fetch.search import search_lasco
from sunpy_coronagraph_inpaint.io import read_map
from sunpy_coronagraph_inpaint.threads import caught_warnings

JSOC = "http://jsoc.stanford.edu/"
_SERIES = "aia.lev1_euv_12s"
_BLANK = ("Invalid KeyLink", "MISSING", "nan", "")


class Context(NamedTuple):
    """
    Context images for a C3 frame.

    Attributes
    ----------
    aia : `~sunpy.map.sources.AIAMap`
        The solar disk.
    c2 : `~sunpy.map.sources.LASCOMap`
        The corona up to six solar radii.
    """

    aia: GenericMap
    c2: GenericMap


def context_images(time, *, wavelength=193 * u.angstrom, within=1 * u.hour, provider="auto", cache=None, options=None):
    """
    Fetch the AIA image and the C2 frame nearest to a time, for a composite.

    Parameters
    ----------
    time : `~astropy.time.Time` or str
        The time, in or after May 2010, when AIA observations began.
    wavelength : `~astropy.units.Quantity`, optional
        Channel of AIA.
    within : `~astropy.units.Quantity`, optional
        Largest time between the C2 frame and ``time``.
    provider : {"auto", "VSO", "NRL"}, optional
        Archive of the C2 frame.
    cache : `~sunpy_coronagraph_inpaint.fetch.Cache`, optional
        Cache for downloaded files.
    options : `~sunpy_coronagraph_inpaint.fetch.DownloadOptions`, optional
        Download options.

    Returns
    -------
    Context
        A named tuple of two maps, ``aia`` and ``c2``.

    Raises
    ------
    `~sunpy_coronagraph_inpaint.fetch.FetchError`
        If either image cannot be downloaded.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.fetch import context_images
    >>> aia, c2 = context_images("2012-07-23 03:00")  # doctest: +SKIP
    """
    time = parse_time(time)
    found = search_lasco((time - within, time + within), "C2", provider=provider, options=options)
    order = np.argsort(np.abs((found["Start Time"] - time).to_value("s")))
    problem = NoFramesError(f"No C2 frame was found within {within} of {time.isot}.")
    for index in order[:3]:
        ((_, outcome),) = fetch_rows(found[[int(index)]], cache=cache, options=options)
        if not isinstance(outcome, FetchError):
            return Context(aia_image(time, wavelength=wavelength, cache=cache, options=options), read_map(outcome))
        problem = outcome
    raise problem


def aia_image(time, *, wavelength=193 * u.angstrom, within=5 * u.min, cache=None, options=None):
    """
    Fetch the AIA image that was taken nearest to a time.

    Parameters
    ----------
    time : `~astropy.time.Time` or str
        The time.
    wavelength : `~astropy.units.Quantity`, optional
        One of the extreme-ultraviolet channels of AIA.
    within : `~astropy.units.Quantity`, optional
        Largest time between the image and ``time``.
    cache : `~sunpy_coronagraph_inpaint.fetch.Cache`, optional
        Cache for downloaded files.
    options : `~sunpy_coronagraph_inpaint.fetch.DownloadOptions`, optional
        Download options.

    Returns
    -------
    `~sunpy.map.sources.AIAMap`
        Level 1, 4096x4096 pixels.

    Raises
    ------
    `~sunpy_coronagraph_inpaint.fetch.FetchError`
        If JSOC has no image of good quality at that time, does not respond, or responds in an unknown format.

    Notes
    -----
    Keywords come from the JSOC database, and pixels from its files. An export, as requested by `sunpy.net.jsoc` and
    drms, would require a registered email address and waiting in a queue.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.fetch import aia_image
    >>> aia_image("2012-07-23 03:00").wavelength  # doctest: +SKIP
    <Quantity 193. Angstrom>
    """
    time = parse_time(time)
    channel = round(wavelength.to_value(u.angstrom))
    start, span = (time - within).strftime("%Y-%m-%dT%H:%M:%SZ"), round(2 * within.to_value(u.s))
    query = f"{_SERIES}[{start}/{span}s][{channel}]"
    question = urlencode({"op": "rs_list", "ds": query, "key": "**ALL**", "seg": "image"})
    info = f"{JSOC}cgi-bin/ajax/jsoc_info?{question}"
    (records,) = download(
        [Request(urls=(info,), check=lambda path: _records(path, query), keep=False)], cache=cache, options=options
    )
    if isinstance(records, FetchError):
        raise records
    header = _nearest(records, time, query)
    url = urljoin(JSOC, header.pop("image"))
    (file,) = download([Request(urls=(url,), check=_pixels)], cache=cache, options=options)
    if isinstance(file, FetchError):
        raise file
    return _map(file, header)


def _records(path, query):
    """Return the keywords of each record as text, with the path of its image as ``image``."""
    try:
        answer = json.loads(path.read_bytes())
        if answer["status"]:
            msg = f"JSOC rejects the query {query} ({answer.get('error')}). The series may have changed."
            raise ChangedAnswerError(msg)
        columns = {column["name"]: column["values"] for column in answer.get("keywords", ())}
        columns |= {column["name"]: column["values"] for column in answer.get("segments", ())}
        return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        msg = f"The response of JSOC has an unknown format ({type(error).__name__}: {error})."
        raise ChangedAnswerError(msg) from error


def _nearest(records, time, query):
    if not records:
        msg = f"JSOC has no image for {query}. AIA observations began in May 2010; use a longer time range."
        raise NoFramesError(msg)
    if not {"T_OBS", "image"} <= set(records[0]):
        msg = f"The records of JSOC have no time or no image, only {', '.join(list(records[0])[:8])}."
        raise ChangedAnswerError(msg)
    good = [record for record in records if not int(record.get("QUALITY", "0"), 0)]
    good = [record for record in good if np.isfinite(_lag(record, time))]
    if not good:
        msg = f"JSOC has {len(records)} images for {query}, none of good quality. Use a longer time range."
        raise NoFramesError(msg)
    return min(good, key=lambda record: _lag(record, time))


def _lag(record, time):
    try:
        return abs((parse_time(record["T_OBS"].removesuffix("Z")) - time).to_value("s"))
    except ValueError:
        return np.inf


def _pixels(path):
    try:
        # A truncated file raises a warning.
        with caught_warnings(action="error", category=UserWarning), fits.open(path) as hdus:
            return next(np.array(hdu.data) for hdu in hdus if hdu.data is not None)
    except (OSError, ValueError, TypeError, StopIteration, EOFError, UserWarning) as error:
        msg = f"{Path(path).name} is not a complete image ({error})."
        raise DamagedFileError(msg) from error


def _map(path, keywords):
    data = _pixels(path)
    header = {key: _value(text) for key, text in keywords.items() if text not in _BLANK}
    header.update(naxis=2, naxis1=data.shape[1], naxis2=data.shape[0])
    return sunpy.map.Map(data, header)


def _value(text):
    """Convert a keyword to a number if it is one; JSOC returns all of them as text."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
