"""Maps from files and to files: nothing half-written, the uncertainty kept, clear words for a broken file."""

import os
import shutil
import warnings
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from astropy.io import fits
from astropy.nddata import StdDevUncertainty

import sunpy.map

from sunpy_coronagraph_inpaint.provenance import filled_mask, is_filled, printable

__all__ = ["copy_file", "read_map", "write_map"]

_TABLE = "FILLED"


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
    if not path.exists():
        msg = f"There is no file {path}."
        raise FileNotFoundError(msg)
    if path.is_dir():
        msg = f"{path} is a directory. Give the files in it."
        raise IsADirectoryError(msg)
    if path.stat().st_size == 0:
        msg = f"{path} is empty: it was not downloaded. Fetch it again."
        raise ValueError(msg)
    try:
        maps = _read_whole(path)
    except Exception as error:
        msg = f"{path} cannot be read as an image ({_first_line(error)}). {_advice(path)}"
        raise ValueError(msg) from error
    if len(maps) != 1:
        msg = f"{path} holds {len(maps)} maps. Give a file with one."
        raise ValueError(msg)
    return _with_uncertainty(maps[0], path)


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
    if "history" in smap.meta:
        smap = smap._new_instance(
            smap.data,
            smap.meta | {"history": printable(smap.meta["history"])},
            plot_settings=smap.plot_settings,
            mask=smap.mask,
            uncertainty=smap.uncertainty,
        )
    with _whole(path) as part:
        smap.save(part, filetype="fits", overwrite=True)
        table = _uncertainty_table(smap)
        if table is not None:
            fits.append(part, table.data, table.header)
    return path


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
    with _whole(Path(target)) as part:
        shutil.copyfile(path, part)
    return Path(target)


@contextmanager
def _whole(path):
    """Give a temporary name beside a path, and rename it when all went well."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _read_whole(path):
    """Read all maps of a file, and refuse a file that astropy finds shorter than its header says."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        maps = sunpy.map.Map(path)
    for warning in caught:
        if "truncated" in str(warning.message):
            raise ValueError(warning.message)
        warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
    return maps if isinstance(maps, list) else [maps]


def _uncertainty_table(smap):
    if smap.uncertainty is None or not is_filled(smap.meta):
        return None
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
    return smap._new_instance(
        smap.data, smap.meta, plot_settings=smap.plot_settings, mask=smap.mask, uncertainty=StdDevUncertainty(spread)
    )


def _advice(path):
    if path.suffix.lower() in (".jp2", ".jpx") and find_spec("glymur") is None:
        return "JPEG 2000 pictures need glymur: install sunpy[jpeg2000] and the OpenJPEG library."
    return "It may be cut off: fetch it again."


def _first_line(error):
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
