"""Read maps and arrays from files, with errors that say what is wrong with a broken file."""

import gzip
import re
import warnings
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from astropy.io import fits

from sunpy_coronagraph_inpaint.io.messages import first_line
from sunpy_coronagraph_inpaint.io.uncertainty import with_uncertainty
from sunpy_coronagraph_inpaint.threads import caught_warnings

#: Start of ``CREATOR`` in files that this package has written.
PACKAGE = "sunpy_coronagraph_inpaint"
_AXES = re.compile(rb"NAXIS   = *(\d+)")


def read_map(path):
    """
    Read one map from a file, with the uncertainty of its filled pixels if `write_map` has stored it.

    Parameters
    ----------
    path : path-like
        A file that `sunpy.map.Map` can read.

    Returns
    -------
    `~sunpy.map.GenericMap`

    Raises
    ------
    FileNotFoundError, IsADirectoryError
        If there is no such file.
    ValueError
        If the file is empty, cut off, not an image, or holds several.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.io import read_map
    >>> read_map("no_such_file.fts")
    Traceback (most recent call last):
    ...
    FileNotFoundError: There is no file no_such_file.fts.
    """
    path = Path(path)
    _check_there(path)
    maps = _read(_whole_maps, path)
    if len(maps) != 1:
        msg = f"{path} holds {len(maps)} maps. Give a file with one."
        raise ValueError(msg)
    smap = with_uncertainty(maps[0], path)
    if str(smap.meta.get("creator", "")).startswith(PACKAGE):
        del smap.meta["creator"]  # it describes the file, not the map
    return smap


def read_array(path):
    """
    Read the image and the header of a FITS file without creating a map.

    Importing ``sunpy.map``, which this avoids, takes longer than reading a thousand files.

    Parameters
    ----------
    path : path-like
        A FITS file, compressed by gzip or not; any other is read by `read_map`.

    Returns
    -------
    data : `numpy.ndarray`
        Shape ``(ny, nx)``.
    meta : dict
        The header, with lower-case keys as in ``smap.meta``; without comments and ``HISTORY``.

    Raises
    ------
    FileNotFoundError, IsADirectoryError, ValueError
        As `read_map`.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sunpy_coronagraph_inpaint.io import read_array, write_map
    >>> from sunpy_coronagraph_inpaint.simulate import plain_corona
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     data, meta = read_array(write_map(plain_corona(), Path(folder) / "frame.fits"))
    >>> data.shape, meta["detector"]
    ((1024, 1024), 'C3')
    """
    path = Path(path)
    _check_there(path)
    if not is_fits(path):
        smap = read_map(path)
        return smap.data, smap.meta
    images = _read(_whole_arrays, path)
    if len(images) != 1:
        msg = f"{path} holds {len(images)} maps. Give a file with one."
        raise ValueError(msg)
    return images[0]


def _check_there(path):
    if not path.exists():
        msg = f"There is no file {path}."
        if path.is_symlink():
            msg = f"{path} is a link that leads to no file, or back to itself. Give the file itself."
        raise FileNotFoundError(msg)
    if path.is_dir():
        msg = f"{path} is a directory. Give the files in it."
        raise IsADirectoryError(msg)
    if not path.is_file():
        msg = f"{path} is not a file but a device or a pipe. Give a file."
        raise ValueError(msg)
    if path.stat().st_size == 0:
        msg = f"{path} is empty: it was not downloaded. Fetch it again."
        raise ValueError(msg)


def _read(reader, path):
    """Read a file; raise `ValueError` with one sentence if it is broken or truncated."""
    try:
        _check_axes(path)
        with caught_warnings(record=True) as caught:
            warnings.simplefilter("always")
            found = reader(path)
        _check_whole(caught)
    except Exception as error:
        msg = f"{path} cannot be read as an image ({first_line(error)}). {_advice(path)}"
        raise ValueError(msg) from error
    for warning in caught:
        warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
    return found


def _check_whole(caught):
    for warning in caught:
        if "truncated" in str(warning.message):
            raise ValueError(warning.message)


def _whole_maps(path):
    import sunpy.map

    maps = sunpy.map.Map(path)
    return maps if isinstance(maps, list) else [maps]


def _whole_arrays(path):
    with fits.open(path, ignore_blank=True, memmap=False) as hdus:
        hdus.verify("silentfix+warn")
        # The header of scaled data changes when they are read.
        metas = [
            {key.lower(): hdu.header[key] for key in hdu.header if key not in ("", "COMMENT", "HISTORY")}
            for hdu in hdus
        ]
        images = [(hdu.data, meta) for hdu, meta in zip(hdus, metas, strict=True)]
    images = [(data, meta) for data, meta in images if np.ndim(data) > 1]
    if not images:
        msg = "it holds no image"
        raise ValueError(msg)
    return images


def is_fits(path):
    """Return whether a file is FITS, by its first bytes; other image files are read by SunPy."""
    return file_start(path, 6) == b"SIMPLE"


def file_start(path, length):
    """Return the first bytes of a file, uncompressed."""
    with path.open("rb") as file:
        start = file.read(length)
    if start[:2] != b"\x1f\x8b":
        return start
    with gzip.open(path) as file:
        return file.read(length)


def _check_axes(path):
    """Raise `ValueError` for a number of axes that would let astropy exhaust the memory."""
    found = _AXES.search(file_start(path, 2880))
    if found and len(found[1]) > 3:
        msg = f"NAXIS is {found[1].decode()}, which no image has"
        raise ValueError(msg)


def _advice(path):
    if path.suffix.lower() in (".jp2", ".jpx") and find_spec("glymur") is None:
        return "JPEG 2000 pictures need glymur: install sunpy[jpeg2000] and the OpenJPEG library."
    return "It is cut off or damaged: fetch it again."
