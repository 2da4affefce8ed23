"""Find frames before and after in the directory of a frame, by their headers."""

import warnings
from functools import lru_cache
from typing import NamedTuple

from astropy.io import fits

from sunpy_coronagraph_inpaint.exceptions import NeighborWarning
from sunpy_coronagraph_inpaint.frames.neighbors import align, observation_time
from sunpy_coronagraph_inpaint.io import read_map
from sunpy_coronagraph_inpaint.io.reading import is_fits
from sunpy_coronagraph_inpaint.threads import caught_warnings

_ENDINGS = (".fts", ".fits", ".fit", ".fts.gz", ".fits.gz", ".fit.gz", ".jp2", ".jpx")
#: Keywords that must be equal in a frame and its neighbors.
_SETTINGS = ("instrume", "detector", "filter", "polar", "level")
#: Exposures closer in time than this, seconds, are the same exposure.
_SAME_TIME = 0.5
#: Number of frames tried on each side, the nearest first.
_TRIES = 3


class _Exposure(NamedTuple):
    """Settings and time in seconds of a frame, from its header."""

    settings: tuple
    time: float


class Nearby:
    """
    Find neighbors in time at most ``within`` away from a frame.

    The headers of a directory are read for its first damaged frame, and cached for the last few directories.
    """

    def __init__(self, within):
        self.within = within.to_value("s")
        self._directory = lru_cache(maxsize=4)(_headers)
        self._read = lru_cache(maxsize=4)(read_map)

    def candidates(self, path):
        """Return lists of the paths before and after with the same settings, the nearest first."""
        exposures = self._directory(path.parent)
        own = exposures.get(path) or _exposure(path)
        if own is None:
            return [], []
        lags = {
            other: what.time - own.time
            for other, what in exposures.items()
            if what.settings == own.settings and _SAME_TIME <= abs(what.time - own.time) <= self.within
        }
        near = sorted(lags, key=lambda other: (abs(lags[other]), other))
        return [other for other in near if lags[other] < 0], [other for other in near if lags[other] > 0]

    def frames(self, path, smap, frame):
        """
        Return the nearest usable frame before and after, on the pixel grid of ``frame``: a tuple of up to two.

        ``path`` is where ``smap`` was read from, and ``frame`` its arrays.
        """
        found = []
        for side in self.candidates(path):
            for other in side[:_TRIES]:
                try:
                    aligned = align(smap, frame, [self._read(other)])
                except (OSError, ValueError, TypeError, KeyError) as error:
                    warnings.warn(f"{other.name} cannot be used as a neighbor: {error}", NeighborWarning, stacklevel=2)
                    continue
                if aligned:
                    found.extend(aligned)
                    break
        return tuple(found)


def _headers(directory):
    """Return the exposure of each frame in a directory."""
    exposures = {path: _exposure(path) for path in sorted(directory.iterdir()) if path.name.lower().endswith(_ENDINGS)}
    return {path: what for path, what in exposures.items() if what is not None}


def _exposure(path):
    """Return the exposure of a file; `None`, so that it is not a neighbor, if it cannot be read or has no time."""
    with caught_warnings():
        warnings.simplefilter("ignore")
        try:
            meta = fits.getheader(path, ignore_blank=True) if is_fits(path) else read_map(path).meta
            time = observation_time(meta)
        except (OSError, ValueError, TypeError, KeyError):
            return None
    if time is None:
        return None
    return _Exposure(tuple(str(meta.get(key, "")).upper().replace(" ", "") for key in _SETTINGS), time.unix)
