"""Check that a file is the requested frame: complete, FITS, and with the right header."""

import gzip
import os
import zlib
from pathlib import Path

import numpy as np

from astropy.io import fits

from sunpy_coronagraph_inpaint.fetch.errors import DamagedFileError
from sunpy_coronagraph_inpaint.frames.neighbors import observation_time
from sunpy_coronagraph_inpaint.threads import caught_warnings

_TOLERANCE = 120.0  # seconds, between the times in the index of an archive and in the header
_RAW_KINDS = {"1": "quick look", "2": "final", "3": "real time"}  # second digit of a level-0.5 file name


def read_header(path):
    """
    Return the header of a FITS file, gzip-compressed or not, as a dictionary with lower-case keys.

    Raises `~sunpy_coronagraph_inpaint.fetch.DamagedFileError` if the file is empty, not FITS, of another length than
    its header implies, or without an image.
    """
    path = Path(path)
    try:
        # Truncated files are detected below, and raw headers have nonstandard cards.
        with caught_warnings(action="ignore"), fits.open(path, do_not_scale_image_data=True) as hdus:
            header = hdus[0].header
            length = max(info["datLoc"] + info["datSpan"] for info in (hdu.fileinfo() for hdu in hdus))
            cards = {card.keyword.lower(): card.value for card in header.cards if card.keyword}
    except (OSError, EOFError, zlib.error, ValueError, TypeError, KeyError, IndexError, fits.VerifyError) as error:
        msg = f"{path.name} is not a FITS file ({_first_line(error)})."
        raise DamagedFileError(msg) from error
    there = _unpacked_size(path)
    if there != length:
        msg = f"{path.name} has {there} bytes, but its header implies {length}: it is truncated or damaged."
        raise DamagedFileError(msg)
    if cards.get("naxis") != 2:
        msg = f"{path.name} has no image in its primary HDU."
        raise DamagedFileError(msg)
    return cards


def verify_frame(path, *, detector=None, time=None, level=None, full_size=False):
    """
    Check that a file is a complete LASCO frame and the requested one, and return its header.

    ``time`` is the start of the exposure, within two minutes; ``full_size`` requires 1024x1024 pixels. Otherwise
    `~sunpy_coronagraph_inpaint.fetch.DamagedFileError` is raised with the difference.
    """
    name = Path(path).name
    header = read_header(path)
    found = str(header.get("instrume", "")).strip().upper(), str(header.get("detector", "")).strip().upper()
    if found[0] != "LASCO" or (detector and found[1] != detector):
        _refuse(name, f"is of {' '.join(found) or 'an unknown instrument'}, not of LASCO {detector or ''}".rstrip())
    if level is not None and frame_level(header) != level:
        _refuse(name, f"has level {frame_level(header)}, not {level}")
    size = header.get("naxis1"), header.get("naxis2")
    if full_size and size != (1024, 1024):
        _refuse(name, f"has {size[0]}x{size[1]} pixels, not 1024x1024")
    taken = observation_time(header)
    if taken is None:
        _refuse(name, "has no date in its header")
    if time is not None and abs((taken - time).to_value("s")) > _TOLERANCE:
        _refuse(name, f"was taken at {taken.isot}, not at {time.isot}")
    return header


def frame_level(header):
    """Return the level of a LASCO frame, from ``LEVEL`` or the second digit of its file name."""
    stated = str(header.get("level", "")).strip()
    if stated:
        return stated.removesuffix(".0")
    name = str(header.get("filename", "")).strip()
    return "0.5" if len(name) < 2 or name[1] in _RAW_KINDS else "1"


def _unpacked_size(path):
    with path.open("rb") as stream:
        packed = stream.read(2) == b"\x1f\x8b"
    if not packed:
        return path.stat().st_size
    with gzip.open(path) as stream:
        return int(np.int64(stream.seek(0, os.SEEK_END)))


def _refuse(name, reason):
    msg = f"{name} {reason}."
    raise DamagedFileError(msg)


def _first_line(error):
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
