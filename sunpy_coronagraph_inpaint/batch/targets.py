"""Names of results, and what stands in their way."""

from pathlib import Path

__all__ = ["fits_name", "in_the_way", "packed_name"]

_PICTURES = (".jp2", ".jpx")


def fits_name(path):
    """
    Return the name of a filled file: a picture becomes FITS, a packed file is written unpacked.

    Examples
    --------
    >>> from pathlib import Path
    >>> from sunpy_coronagraph_inpaint.batch.targets import fits_name
    >>> [fits_name(Path(name)) for name in ("a.fts", "b.fts.gz", "c.jp2")]
    ['a.fts', 'b.fts', 'c.fits']
    """
    path = Path(path)
    return f"{path.stem}.fits" if path.suffix.lower() in _PICTURES else path.name.removesuffix(".gz")


def packed_name(name):
    """
    Return the name of a packed file; what is packed already stays as it is.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.batch.targets import packed_name
    >>> [packed_name(name) for name in ("a.fts", "b.fts.gz", "c.jp2")]
    ['a.fts.gz', 'b.fts.gz', 'c.jp2']
    """
    return name if name.lower().endswith((".gz", *_PICTURES)) else f"{name}.gz"


def in_the_way(path, target, *, overwrite):
    """
    Tell what forbids to write a result.

    Parameters
    ----------
    path, target : `pathlib.Path`
        Of the original and of the result.
    overwrite : bool
        Whether a result of an earlier run may be replaced; an original never may.

    Returns
    -------
    tuple of str or `None`
        Status and reason.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sunpy_coronagraph_inpaint.batch.targets import in_the_way
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "a.fts"
    ...     path.touch()
    ...     status, reason = in_the_way(path, path, overwrite=True)
    >>> status, reason[-33:]
    ('failed', 'exists. Choose another directory.')
    """
    if not (target.exists() or target.is_symlink()):
        return None
    own = target.exists() and target.samefile(path)
    if own or target.is_dir() or target.parent.resolve() == path.resolve().parent:
        return "failed", f"{target} exists. Choose another directory."
    return None if overwrite else ("exists", f"{target} exists. Give --overwrite (overwrite=True) to replace it.")
