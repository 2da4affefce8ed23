"""Write maps to files completely or not at all, with the uncertainty of filled pixels."""

import gzip
import shutil
import uuid
from contextlib import contextmanager
from pathlib import Path

from astropy.io import fits
from astropy.io.fits import VerifyError

from sunpy_coronagraph_inpaint.io.messages import first_line
from sunpy_coronagraph_inpaint.io.originals import CREATOR, keep_originals
from sunpy_coronagraph_inpaint.io.provenance import printable
from sunpy_coronagraph_inpaint.io.uncertainty import uncertainty_table

#: Compression level of gzip: a higher one gives 2 % smaller files and takes twice as long.
_LEVEL = 4


def write_map(smap, path, *, overwrite=False):
    """
    Write a map to a FITS file completely or not at all, with the uncertainty of its filled pixels.

    `sunpy.map.Map` reads the file as one map. The standard deviations are stored in a table extension ``FILLED`` with
    the columns ``X``, ``Y`` (0-based pixels) and ``STD``, from which `read_map` restores them.

    Parameters
    ----------
    smap : `~sunpy.map.GenericMap`
        The map.
    path : path-like
        The file. It is written under a temporary name and renamed when it is complete.
    overwrite : bool, optional
        Whether an existing file may be replaced. A file that this package has not written is never replaced.

    Returns
    -------
    `pathlib.Path`

    Raises
    ------
    FileExistsError
        If the file exists and ``overwrite`` is not set, or is an original.
    OSError
        If the directory cannot be written to.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sunpy_coronagraph_inpaint import inpaint_map
    >>> from sunpy_coronagraph_inpaint.io import read_map, write_map
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
    with whole_file(path, frame=True) as part:
        save(smap, part)
    return path


def save(smap, path):
    """Write a map and the uncertainty of its filled pixels, replacing any file of that name; see `write_map`."""
    known = {"creator": smap.meta.get("creator") or CREATOR}
    if "history" in smap.meta:
        known["history"] = printable(smap.meta["history"])
    smap = smap._new_instance(
        smap.data,
        smap.meta | known,
        plot_settings=smap.plot_settings,
        mask=smap.mask,
        uncertainty=smap.uncertainty,
    )
    try:
        smap.save(path, filetype="fits", overwrite=True)
    except (ValueError, VerifyError) as error:
        msg = f"The header cannot be written to a FITS file ({first_line(error)}). Remove what is named there from it."
        raise ValueError(msg) from error
    except OSError as error:
        if error.errno is not None:
            raise
        # NumPy raises this when the disk is full.
        msg = f"{path} could not be written completely ({error}). Free some space, or raise the limit (ulimit -f)."
        raise OSError(msg) from error
    table = uncertainty_table(smap)
    if table is not None:
        fits.append(path, table.data, table.header)


def copy_file(path, target):
    """
    Copy a file byte by byte, completely or not at all.

    Parameters
    ----------
    path, target : path-like
        The file and its copy.

    Returns
    -------
    `pathlib.Path`

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sunpy_coronagraph_inpaint.io import copy_file
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     source = Path(folder) / "a.fts"
    ...     _ = source.write_bytes(b"data")
    ...     copy_file(source, Path(folder) / "b.fts").read_bytes()
    b'data'
    """
    with whole_file(Path(target), frame=True) as part:
        shutil.copyfile(path, part)
    return Path(target)


def pack(path, target):
    """
    Compress a file with gzip, reproducibly: the same bytes give the same compressed bytes.

    Rice-compressed tiles (``CompImageHDU``) are no smaller, take as long, and hold only the image.
    """
    with (
        Path(path).open("rb") as source,
        Path(target).open("wb") as file,
        gzip.GzipFile("", "wb", _LEVEL, file, mtime=0) as packed,
    ):
        shutil.copyfileobj(source, packed, 1 << 20)
    return Path(target)


@contextmanager
def whole_file(path, *, frame=False):
    """
    Write a file completely or not at all.

    Yields a temporary path in the same directory, which is renamed when the block ends and removed when the block
    raises. With ``frame`` the file is a frame. `FileExistsError` is raised if an original is there: a frame that this
    package has not written is never replaced, nor a frame by anything else, see
    `~sunpy_coronagraph_inpaint.io.originals.keep_originals`.
    """
    path = Path(path)
    keep_originals(path, frame=frame)
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        yield part
        keep_originals(path, frame=frame)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
