"""Maps from files and to files: nothing half-written, the uncertainty kept, clear words for a broken file."""

import gzip
import os
import re
import shutil
import warnings
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from astropy.io import fits
from astropy.io.fits import VerifyError

from sunpy_coronagraph_inpaint.provenance import filled_mask, is_filled, printable

__all__ = ["copy_file", "read_array", "read_map", "write_map"]

_TABLE = "FILLED"
#: Of gzip: more makes files 2 % smaller and takes twice as long.
_EFFORT = 4
_AXES = re.compile(rb"NAXIS   = *(\d+)")


def read_map(path):
    """
    Read one map from a file, with the uncertainty of its filled pixels where `write_map` has stored it.

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
    >>> from sunpy_coronagraph_inpaint.files import read_map
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
    return _with_uncertainty(maps[0], path)


def read_array(path):
    """
    Read the image of a FITS file and its header, without making a map of them.

    That needs no ``import sunpy.map``, which takes longer than reading thousands of files.

    Parameters
    ----------
    path : path-like
        A FITS file, packed by gzip or not; any other is read by `read_map`.

    Returns
    -------
    data : `numpy.ndarray`
        Shape ``(ny, nx)``.
    meta : dict
        The header, with lower-case keys as in ``smap.meta``; without comments.

    Raises
    ------
    FileNotFoundError, IsADirectoryError, ValueError
        As `read_map`.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sunpy_coronagraph_inpaint.files import read_array, write_map
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


def write_map(smap, path, *, overwrite=False):
    """
    Write a map to a FITS file, whole or not at all, with the uncertainty of its filled pixels.

    The file reads back through `sunpy.map.Map` as one map. The standard deviations stand in a table extension
    ``FILLED`` with the columns ``X``, ``Y`` (0-based pixels) and ``STD``, which `read_map` puts back in place.

    Parameters
    ----------
    smap : `~sunpy.map.GenericMap`
        The map.
    path : path-like
        Where to. The file appears under this name when it is complete.
    overwrite : bool, optional
        Whether a file of that name may be replaced.

    Returns
    -------
    `pathlib.Path`

    Raises
    ------
    FileExistsError
        If the file exists and ``overwrite`` is not set.
    OSError
        If the directory cannot be written to.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sunpy_coronagraph_inpaint import inpaint_map
    >>> from sunpy_coronagraph_inpaint.files import read_map, write_map
    >>> from sunpy_coronagraph_inpaint.simulate import damage, plain_corona
    >>> filled = inpaint_map(damage(plain_corona(seed=1), blocks=5, seed=2))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     again = read_map(write_map(filled, Path(folder) / "filled.fits"))
    >>> again.meta["nfilled"], int((again.uncertainty.array > 0).sum())
    (5120, 5120)
    """
    path = Path(path)
    if path.exists() and not overwrite:
        msg = f"{path} exists. Choose another name or allow overwriting."
        raise FileExistsError(msg)
    with whole_file(path) as part:
        save(smap, part)
    return path


def save(smap, path):
    """Write a map and the uncertainty of its filled pixels at once, whatever is there; see `write_map`."""
    if "history" in smap.meta:
        smap = smap._new_instance(
            smap.data,
            smap.meta | {"history": printable(smap.meta["history"])},
            plot_settings=smap.plot_settings,
            mask=smap.mask,
            uncertainty=smap.uncertainty,
        )
    try:
        smap.save(path, filetype="fits", overwrite=True)
    except (ValueError, VerifyError) as error:
        msg = f"The header cannot be written to a FITS file ({_reason(error)}). Take what is named there out of it."
        raise ValueError(msg) from error
    except OSError as error:
        if error.errno is not None:
            raise
        # So NumPy says it.
        msg = f"{path} could not be written to its end ({error}). Free some space, or raise the limit (ulimit -f)."
        raise OSError(msg) from error
    table = _uncertainty_table(smap)
    if table is not None:
        fits.append(path, table.data, table.header)


def copy_file(path, target):
    """
    Copy a file byte by byte, whole or not at all.

    Parameters
    ----------
    path, target : path-like
        From where and to where.

    Returns
    -------
    `pathlib.Path`

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sunpy_coronagraph_inpaint.files import copy_file
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     source = Path(folder) / "a.fts"
    ...     _ = source.write_bytes(b"data")
    ...     copy_file(source, Path(folder) / "b.fts").read_bytes()
    b'data'
    """
    with whole_file(Path(target)) as part:
        shutil.copyfile(path, part)
    return Path(target)


def pack(path, target):
    """
    Pack a file with gzip; the same bytes give the same packed bytes.

    Tiles packed by Rice's method (``CompImageHDU``) are no smaller, take as long, and pack only the image.

    Examples
    --------
    >>> import gzip, tempfile
    >>> from pathlib import Path
    >>> from sunpy_coronagraph_inpaint.files import pack
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     source = Path(folder) / "a.fts"
    ...     _ = source.write_bytes(b"data")
    ...     gzip.decompress(pack(source, Path(folder) / "a.fts.gz").read_bytes())
    b'data'
    """
    with (
        Path(path).open("rb") as source,
        Path(target).open("wb") as file,
        gzip.GzipFile("", "wb", _EFFORT, file, mtime=0) as packed,
    ):
        shutil.copyfileobj(source, packed, 1 << 20)
    return Path(target)


@contextmanager
def whole_file(path):
    """Give a temporary name beside a path, and rename it when all went well."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


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
    """Read a file, and say in one sentence what is wrong with it; refuse one that astropy finds cut off."""
    try:
        _check_axes(path)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            found = reader(path)
        _check_whole(caught)
    except Exception as error:
        msg = f"{path} cannot be read as an image ({_reason(error)}). {_advice(path)}"
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
        # What the header says of scaled data changes when they are read.
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
    """Tell by the first bytes: pictures are for SunPy to read."""
    return _start(path, 6) == b"SIMPLE"


def _start(path, length):
    """Return the first bytes of a file, or of what is packed in it."""
    with path.open("rb") as file:
        start = file.read(length)
    if start[:2] != b"\x1f\x8b":
        return start
    with gzip.open(path) as file:
        return file.read(length)


def _check_axes(path):
    """Refuse a number of axes with which astropy would work until the memory is full."""
    found = _AXES.search(_start(path, 2880))
    if found and len(found[1]) > 3:
        msg = f"NAXIS is {found[1].decode()}, which no image has"
        raise ValueError(msg)


def _uncertainty_table(smap):
    if smap.uncertainty is None or not is_filled(smap.meta):
        return None
    from astropy.nddata import StdDevUncertainty

    y, x = np.nonzero(filled_mask(smap))
    std = smap.uncertainty.represent_as(StdDevUncertainty).array[y, x]
    columns = [
        fits.Column("X", "I", unit="pix", array=x),
        fits.Column("Y", "I", unit="pix", array=y),
        fits.Column("STD", "E", unit=str(smap.meta.get("bunit", "")), array=std),
    ]
    return fits.BinTableHDU.from_columns(columns, name=_TABLE)


def _with_uncertainty(smap, path):
    if not is_filled(smap.meta) or smap.uncertainty is not None:
        return smap
    with fits.open(path) as hdus:
        if _TABLE not in hdus:
            return smap
        table = hdus[_TABLE].data
        spread = np.full(smap.data.shape, np.nan, dtype=np.float32)
        spread[table["Y"], table["X"]] = table["STD"]
    from astropy.nddata import StdDevUncertainty

    return smap._new_instance(
        smap.data, smap.meta, plot_settings=smap.plot_settings, mask=smap.mask, uncertainty=StdDevUncertainty(spread)
    )


def _advice(path):
    if path.suffix.lower() in (".jp2", ".jpx") and find_spec("glymur") is None:
        return "JPEG 2000 pictures need glymur: install sunpy[jpeg2000] and the OpenJPEG library."
    return "It is cut off or damaged: fetch it again."


def _reason(error):
    """Return the line that tells why; SunPy puts one before it that tells which file."""
    if isinstance(error, KeyError):
        return f"the header has no {str(error.args[0]).upper()}"
    lines = [line for line in str(error).splitlines() if line.strip() and not line.startswith("Failed to read")]
    return lines[0].strip().rstrip(".") if lines else type(error).__name__
