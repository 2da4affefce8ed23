"""Images of the disk of the Sun from JSOC: keywords from its database, pixels from its files, no registration."""

import json
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError, URLError

import numpy as np

import astropy.units as u
from astropy.io import fits

import drms
import sunpy.map
from sunpy.time import parse_time

from sunpy_coronagraph_inpaint.fetch.errors import (
    ChangedAnswerError,
    DamagedFileError,
    FetchError,
    NoFramesError,
    OutageError,
)
from sunpy_coronagraph_inpaint.fetch.transfer import Job, Network, transfer
from sunpy_coronagraph_inpaint.threads import caught_warnings, socket_timeout

__all__ = ["aia_image"]

SERVER = "jsoc"
_SERIES = "aia.lev1_euv_12s"
_BLANK = ("Invalid KeyLink", "MISSING", "nan", "")


def aia_image(time, *, wavelength=193 * u.angstrom, within=5 * u.min, cache=None, network=None):
    """
    Fetch the AIA image that was taken nearest to a time.

    Parameters
    ----------
    time : `~astropy.time.Time` or str
        When.
    wavelength : `~astropy.units.Quantity`, optional
        One of the extreme-ultraviolet channels of AIA.
    within : `~astropy.units.Quantity`, optional
        How far away in time it may be.
    cache : `~sunpy_coronagraph_inpaint.fetch.Cache`, optional
        Where the file is kept.
    network : `~sunpy_coronagraph_inpaint.fetch.Network`, optional
        How patient to be.

    Returns
    -------
    `~sunpy.map.sources.AIAMap`
        Level 1, 4096x4096 pixels.

    Raises
    ------
    `~sunpy_coronagraph_inpaint.fetch.FetchError`
        If JSOC has no image of good quality then, does not answer, or answers what is not understood.
    """
    time, network = parse_time(time), network or Network()
    channel = round(wavelength.to_value(u.angstrom))
    start, span = (time - within).strftime("%Y-%m-%dT%H:%M:%SZ"), round(2 * within.to_value(u.s))
    query = f"{_SERIES}[{start}/{span}s][{channel}]"
    client = drms.Client(SERVER)
    with _in_our_words(query, network.timeout):
        keys, segments = client.query(
            query, key=drms.JsocInfoConstants.all.value, seg="image", skip_conversion=["QUALITY"]
        )
    header, path = _nearest(keys, segments, time, query)
    url = f"{client._server.http_download_baseurl.rstrip('/')}{path}"
    (file,) = transfer([Job(urls=(url,), check=_check_image)], cache=cache, network=network)
    if isinstance(file, FetchError):
        raise file
    return _map(file, header)


@contextmanager
def _in_our_words(query, timeout):
    """Turn the failures of drms into ours; it takes its patience from the default of all sockets."""
    try:
        with socket_timeout(timeout):
            yield
    except HTTPError as error:
        kind = OutageError if error.code >= 500 else ChangedAnswerError
        msg = f"JSOC answers {error.code} to {query}. Try again later."
        raise kind(msg) from error
    except (URLError, TimeoutError, ConnectionError) as error:
        msg = f"JSOC cannot be reached ({error}). Try again later."
        raise OutageError(msg) from error
    except drms.exceptions.DrmsQueryError as error:
        msg = f"JSOC refuses the query {query} ({error}). The series may have changed."
        raise ChangedAnswerError(msg) from error
    except (json.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
        msg = f"JSOC answers something that is not understood ({type(error).__name__}: {error})."
        raise ChangedAnswerError(msg) from error


def _nearest(keys, segments, time, query):
    if len(keys) == 0:
        msg = f"JSOC has no image for {query}. AIA began in May 2010; ask for a longer time."
        raise NoFramesError(msg)
    if "T_OBS" not in keys or "image" not in segments:
        msg = f"JSOC's records have no time or no image, only {', '.join(map(str, keys.columns[:8]))}."
        raise ChangedAnswerError(msg)
    lag = [_lag(value, time) for value in keys["T_OBS"]]
    quality = keys["QUALITY"] if "QUALITY" in keys else np.zeros(len(keys))
    good = [index for index in np.argsort(lag) if np.isfinite(lag[index]) and not _number(quality.iloc[index])]
    if not good:
        msg = f"JSOC has {len(keys)} images for {query}, none of good quality. Ask for a longer time."
        raise NoFramesError(msg)
    return keys.iloc[good[0]].to_dict(), str(segments["image"].iloc[good[0]])


def _lag(value, time):
    try:
        return abs((parse_time(str(value).removesuffix("Z")) - time).to_value("s"))
    except ValueError:
        return np.inf


def _number(value):
    text = str(value)
    return int(text, 16) if text.startswith("0x") else int(float(text))


def _check_image(path):
    _pixels(path)


def _pixels(path):
    try:
        # A file that was cut is told by a warning.
        with caught_warnings(action="error", category=UserWarning), fits.open(path) as hdus:
            return next(np.array(hdu.data) for hdu in hdus if hdu.data is not None)
    except (OSError, ValueError, TypeError, StopIteration, EOFError, UserWarning) as error:
        msg = f"{Path(path).name} is not a whole image ({error})."
        raise DamagedFileError(msg) from error


def _map(path, keys):
    data = _pixels(path)
    header = {key: value for key, value in keys.items() if str(value) not in _BLANK}
    header = {key: value.item() if isinstance(value, np.generic) else value for key, value in header.items()}
    header.update(naxis=2, naxis1=data.shape[1], naxis2=data.shape[0])
    return sunpy.map.Map(data, header)
