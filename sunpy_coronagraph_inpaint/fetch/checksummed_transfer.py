"""Fetch one file from one address, through SunPy's data manager."""

import gc
import warnings

from sunpy.data.data_manager.cache import Cache
from sunpy.data.data_manager.downloader import ParfiveDownloader
from sunpy.data.data_manager.storage import InMemStorage

from sunpy_coronagraph_inpaint.threads import caught_warnings, socket_timeout

__all__ = ["fetch", "looks_right"]

_PATIENCE = 20.0  # seconds that a server may be silent
_BEGINNINGS = {".fts": b"SIMPLE  =", ".sav": b"SR"}


def looks_right(path):
    """Tell whether a file begins as its kind does, and is not the page of a portal."""
    content = path.read_bytes()
    return bool(content) and content.startswith(_BEGINNINGS.get(path.suffix, b"")) and not content.startswith(b"<")


def fetch(url, folder):
    """Fetch one address through SunPy's cache; the path and no problem, or no path and a problem."""
    with socket_timeout(_PATIENCE), caught_warnings():
        warnings.simplefilter("ignore")  # SunPy warns of each address and then raises
        try:
            return _first_of(url, folder), ""
        except RuntimeError as error:
            return None, str(error)
        finally:
            gc.collect()  # SunPy opens an address to learn its name, and leaves it open


def _first_of(url, folder):
    return Cache(ParfiveDownloader(), InMemStorage(), folder, expiry=None).download(url)
