"""Names of results, and what stands in their way."""

from collections.abc import Iterator
from pathlib import Path

from sunpy_coronagraph_inpaint.io.originals import is_filled_file

__all__ = ["Originals", "fits_name", "in_the_way", "packed_name"]

_PICTURES = (".jp2", ".jpx")


class Originals:
    """
    The files of a run, by whatever name: ``path in originals`` knows links and other spellings.

    Parameters
    ----------
    paths : iterable of `pathlib.Path`
        The files that are filled. Those of an iterator are known as they are taken.
    neighbors : iterable of `pathlib.Path`, optional
        Files that only help.

    Attributes
    ----------
    paths : iterable of `pathlib.Path`
        The files, to be taken once.

    Examples
    --------
    >>> from pathlib import Path
    >>> from sunpy_coronagraph_inpaint.batch.targets import Originals
    >>> originals = Originals([Path("frames/a.fts")])
    >>> Path("frames/../frames/a.fts") in originals, Path("filled/a.fts") in originals
    (True, False)
    """

    def __init__(self, paths, neighbors=()):
        # Looked up when one is asked for: most runs never ask.
        self._unseen, self._seen = list(neighbors), set()
        if isinstance(paths, Iterator):
            self.paths = self._noted(paths)
        else:
            self.paths = list(paths)
            self._unseen += self.paths

    def _noted(self, paths):
        for path in paths:
            self._unseen.append(path)
            yield path

    def __contains__(self, path):
        for original in self._unseen:
            self._seen |= _identities(original)
        self._unseen.clear()
        return not self._seen.isdisjoint(_identities(path))


def _identities(path):
    """Return the place of a file, and its content on the disk, which several names may share."""
    found = {path.parent.resolve() / path.name}
    try:
        state = path.stat()
    except OSError:
        return found
    return found | {(state.st_dev, state.st_ino)}


def fits_name(path):
    """
    Return the name of a filled file: a picture becomes FITS, a packed file is written unpacked.

    Examples
    --------
    >>> from pathlib import Path

    from sunpy_coronagraph_inpaint.io.originals import is_filled_file
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
        Whether a result of an earlier run may be replaced; a file that this package has not filled never may.

    Returns
    -------
    tuple of str or `None`
        Status and reason.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path

    from sunpy_coronagraph_inpaint.io.originals import is_filled_file
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
    if not overwrite:
        return "exists", f"{target} exists. Give --overwrite (overwrite=True) to replace it."
    if not is_filled_file(target):
        return "failed", (
            f"{target} exists, and its header does not say that this package filled it, so it is not replaced. "
            "Move it away, or choose another directory."
        )
    return None
