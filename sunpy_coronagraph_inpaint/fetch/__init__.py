"""From a CME to frames on disk: archives, the CME catalog, and data sets for training."""

from sunpy_coronagraph_inpaint.fetch.cache import Cache
from sunpy_coronagraph_inpaint.fetch.catalog import CMECatalog
from sunpy_coronagraph_inpaint.fetch.errors import (
    ChangedAnswerError,
    DamagedFileError,
    FetchError,
    NoFramesError,
    OutageError,
    StaleFileError,
)
from sunpy_coronagraph_inpaint.fetch.jsoc import aia_image
from sunpy_coronagraph_inpaint.fetch.nrl import NRLClient
from sunpy_coronagraph_inpaint.fetch.retrieve import fetch
from sunpy_coronagraph_inpaint.fetch.search import search_lasco
from sunpy_coronagraph_inpaint.fetch.selection import Selection
from sunpy_coronagraph_inpaint.fetch.surroundings import Context, context
from sunpy_coronagraph_inpaint.fetch.transfer import Network

__all__ = [
    "CMECatalog",
    "Cache",
    "ChangedAnswerError",
    "Context",
    "DamagedFileError",
    "FetchError",
    "NRLClient",
    "Network",
    "NoFramesError",
    "OutageError",
    "Selection",
    "StaleFileError",
    "aia_image",
    "context",
    "fetch",
    "search_lasco",
]


def __getattr__(name):
    """Import torch when the one class that needs it is asked for."""
    if name == "FrameDataset":
        from sunpy_coronagraph_inpaint.dataset.frames import FrameDataset

        return FrameDataset
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
