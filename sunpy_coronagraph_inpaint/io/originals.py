"""Distinguish originals from files written by this package, so that no original is ever replaced."""

import gzip
import zlib

from astropy.io import fits

from sunpy_coronagraph_inpaint._version import version
from sunpy_coronagraph_inpaint.io.provenance import is_filled
from sunpy_coronagraph_inpaint.io.reading import PACKAGE, file_start
from sunpy_coronagraph_inpaint.threads import caught_warnings

#: Value of ``CREATOR`` in files of `~sunpy_coronagraph_inpaint.io.write_map`.
CREATOR = f"{PACKAGE} {version.split('+')[0]}"
_SUFFIXES = (".fts", ".fits", ".fit", ".jp2", ".jpx")
_STARTS = (b"SIMPLE  =", b"\x00\x00\x00\x0cjP")


def is_frame(path):
    """Return whether a file is or is named like a frame: FITS or JPEG 2000, compressed or not, intact or damaged."""
    if path.name.lower().removesuffix(".gz").endswith(_SUFFIXES):
        return True
    try:
        return file_start(path, 12).startswith(_STARTS)
    except (OSError, EOFError, zlib.error):
        return False


def _written_here(path):
    """Return whether this package wrote a file, or filled pixels of it."""
    header = read_header(path)
    return str(header.get("CREATOR", "")).startswith(PACKAGE) or is_filled(header)


def read_header(path):
    """Return the header of the first image of a FITS file; empty for a link or a file that cannot be read."""
    if path.is_symlink() or not path.is_file():
        return {}
    try:
        with caught_warnings(action="ignore"):  # a damaged header is reported elsewhere
            return fits.getheader(path, ignore_blank=True)
    except (OSError, ValueError, TypeError, KeyError, EOFError, zlib.error):
        return {}


def keep_originals(path, *, frame=False):
    """
    Raise `FileExistsError` if a file would be replaced that this package has not written.

    A frame may replace only a frame (``frame=True``) whose header shows that this package wrote it. Other files, such
    as reports and logs, may replace anything but frames.
    """
    if not path.exists() and not path.is_symlink():
        return
    if path.exists() and not path.is_file():
        msg = f"{path} is not a file. Choose another name."
        raise FileExistsError(msg)
    if is_frame(path) and not (frame and _written_here(path)):
        what = "an original, not written by this package," if frame else "a frame"
        msg = f"{path} is {what} and is not replaced. Choose another name or directory, or move it away."
        raise FileExistsError(msg)


def same_content(path, other):
    """Return whether two files have the same content, compressed or not."""
    try:
        first, second = path.read_bytes(), other.read_bytes()
        return first == second or _unpacked(first) == _unpacked(second)
    except (OSError, EOFError, zlib.error):
        return False


def _unpacked(content):
    return gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content
