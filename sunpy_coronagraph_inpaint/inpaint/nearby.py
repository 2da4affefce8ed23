"""Find the frames before and after in the directory of a frame, by their headers."""

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
#: Frames of other settings cannot help.
_SETTINGS = ("instrume", "detector", "filter", "polar", "level")
#: Exposures less apart than this, seconds, are one and the same.
_SAME_TIME = 0.5
#: How many frames are tried on each side, from the nearest, before the search is given up.
_TRIES = 3


class _Exposure(NamedTuple):
    """Settings of a frame and its time in seconds, from its header."""

    settings: tuple
    time: float


class Nearby:
    """
    Frames of other times beside a frame.

    The headers of a directory are read when its first damaged frame asks, and kept for the last few directories.

    Parameters
    ----------
    within : `~astropy.units.Quantity`
        How far away in time they may be.
    """

    def __init__(self, within):
        self.within = within.to_value("s")
        self._directory = lru_cache(maxsize=4)(_headers)
        self._read = lru_cache(maxsize=4)(read_map)

    def candidates(self, path):
        """
        Paths of frames with the same settings.

        Parameters
        ----------
        path : `pathlib.Path`
            Of the frame.

        Returns
        -------
        before, after : list of `pathlib.Path`
            From the nearest to the farthest.
        """
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
        Bring the nearest usable frame before and the nearest after to the pixels of a frame.

        Parameters
        ----------
        path : `pathlib.Path`
            Where the frame was read from.
        smap : `~sunpy.map.GenericMap`
            The frame.
        frame : `~sunpy_coronagraph_inpaint.frames.CoronagraphFrame`
            Its arrays.

        Returns
        -------
        tuple of `~sunpy_coronagraph_inpaint.frames.CoronagraphFrame`
            None, one or two.
        """
        found = []
        for side in self.candidates(path):
            for other in side[:_TRIES]:
                try:
                    aligned = align(smap, frame, [self._read(other)])
                except (OSError, ValueError, TypeError, KeyError) as error:
                    warnings.warn(f"{other.name} cannot help: {error}", NeighborWarning, stacklevel=2)
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
    """Return the exposure of a file, `None` where it cannot be read or has no time: that file is no neighbor."""
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
