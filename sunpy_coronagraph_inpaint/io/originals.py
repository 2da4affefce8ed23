"""Tell originals from what this package has written, so that no original is ever replaced."""

import gzip
import zlib

from astropy.io import fits

from sunpy_coronagraph_inpaint._version import version
from sunpy_coronagraph_inpaint.io.provenance import is_filled
from sunpy_coronagraph_inpaint.io.reading import PACKAGE, file_start
from sunpy_coronagraph_inpaint.threads import caught_warnings

__all__ = ["CREATOR", "is_filled_file", "is_frame", "keep_originals", "same_content"]

#: What `~sunpy_coronagraph_inpaint.io.write_map` writes as ``CREATOR`` into the header of a file.
CREATOR = f"{PACKAGE} {version.split('+')[0]}"
_SUFFIXES = (".fts", ".fits", ".fit", ".jp2", ".jpx")
_STARTS = (b"SIMPLE  =", b"\x00\x00\x00\x0cjP")


def is_frame(path):
    """
    Tell whether a file is or is called a frame: FITS or JPEG 2000, packed or not, sound or damaged.

    Parameters
    ----------
    path : `pathlib.Path`
        The file, which need not exist.

    Returns
    -------
    bool

    Examples
    --------
    >>> from pathlib import Path
    >>> from sunpy_coronagraph_inpaint.io.originals import is_frame
    >>> is_frame(Path("22000001.fts.gz")), is_frame(Path("report.ecsv"))
    (True, False)
    """
    if path.name.lower().removesuffix(".gz").endswith(_SUFFIXES):
        return True
    try:
        return file_start(path, 12).startswith(_STARTS)
    except (OSError, EOFError, zlib.error):
        return False


def _written_here(path):
    """Tell whether `~sunpy_coronagraph_inpaint.io.write_map` wrote a file, or pixels of it were filled."""
    header = _header(path)
    return str(header.get("CREATOR", "")).startswith(PACKAGE) or is_filled(header)


def is_filled_file(path):
    """
    Tell whether the header of a file says that this package has filled it.

    Parameters
    ----------
    path : `pathlib.Path`
        The file.

    Returns
    -------
    bool
        `False` for a link, and for what cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sunpy_coronagraph_inpaint.io import write_map
    >>> from sunpy_coronagraph_inpaint.io.originals import is_filled_file
    >>> from sunpy_coronagraph_inpaint.simulate import plain_corona
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     is_filled_file(write_map(plain_corona(), Path(folder) / "frame.fits"))
    False
    """
    return is_filled(_header(path))


def _header(path):
    if path.is_symlink() or not path.is_file():
        return {}
    try:
        with caught_warnings(action="ignore"):  # a damaged header is no news here
            return fits.getheader(path, ignore_blank=True)
    except (OSError, ValueError, TypeError, KeyError, EOFError, zlib.error):
        return {}


def keep_originals(path, *, frame=False):
    """
    Refuse to write over a file that this package has not made.

    A frame is replaced by a frame, and only where its header says that this package wrote it. Other files, such as
    reports and logs, replace everything but frames.

    Parameters
    ----------
    path : `pathlib.Path`
        Where something is to be written.
    frame : bool, optional
        Whether that is a frame.

    Raises
    ------
    FileExistsError
        If an original is there, or what is no file at all.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sunpy_coronagraph_inpaint.io.originals import keep_originals
    from sunpy_coronagraph_inpaint.threads import caught_warnings
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     keep_originals(Path(folder) / "new.fts", frame=True)
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
    """
    Tell whether two files hold the same, packed or not.

    Parameters
    ----------
    path, other : `pathlib.Path`
        The files.

    Returns
    -------
    bool
    """
    try:
        first, second = path.read_bytes(), other.read_bytes()
        return first == second or _unpacked(first) == _unpacked(second)
    except (OSError, EOFError, zlib.error):
        return False


def _unpacked(content):
    return gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content
