"""Files kept by their content: what was fetched once is not fetched again, and never taken when it has changed."""

import hashlib
import json
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

from astropy.config import get_cache_dir_path

from sunpy_coronagraph_inpaint.io.writing import whole_file

__all__ = ["Cache", "sha256_of"]


def sha256_of(path):
    """
    Return the SHA-256 of a file as hexadecimal text.

    Parameters
    ----------
    path : path-like
        The file.

    Examples
    --------
    >>> import os
    >>> from sunpy_coronagraph_inpaint.fetch.cache import sha256_of
    >>> sha256_of(os.devnull)[:12]
    'e3b0c44298fc'
    """
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


class Cache:
    """
    A directory of files under the SHA-256 of their content, and what each address held.

    Two addresses with the same content share a file. A file is there whole or not at all.

    Parameters
    ----------
    root : path-like, optional
        The directory; ``sunpy_coronagraph_inpaint`` in astropy's cache directory if not given.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sunpy_coronagraph_inpaint.fetch.cache import Cache
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     cache = Cache(folder)
    ...     with cache.part() as part:
    ...         _ = part.write_bytes(b"a frame")
    ...         _ = cache.store(["https://archive/1.fts"], part)
    ...     cache.find("https://archive/1.fts").read_bytes(), cache.find("https://archive/2.fts")
    (b'a frame', None)
    """

    def __init__(self, root=None):
        root = Path(get_cache_dir_path("sunpy_coronagraph_inpaint")) if root is None else Path(root)
        self.root = root.expanduser()

    def __repr__(self):
        return f"<Cache: {self.root}>"

    def find(self, url):
        """
        Return the file that an address held, `None` if it was never fetched or is no longer what it was.

        Parameters
        ----------
        url : str
            The address.
        """
        try:
            digest = json.loads(self._note(url).read_text(encoding="utf-8"))["sha256"]
        except (OSError, ValueError, KeyError):
            return None
        path = self._object(digest)
        return path if path.is_file() and sha256_of(path) == digest else None

    def store(self, urls, part):
        """
        Take a complete file in, and remember which addresses it stands for.

        Parameters
        ----------
        urls : iterable of str
            The address it came from, and other names for it.
        part : path-like
            A file that `part` gave a name to. It is moved.

        Returns
        -------
        `pathlib.Path`
        """
        digest = sha256_of(part)
        path = self._object(digest)
        path.parent.mkdir(parents=True, exist_ok=True)
        Path(part).replace(path)
        for url in urls:
            note = self._note(url)
            note.parent.mkdir(parents=True, exist_ok=True)
            with self.part() as draft:
                draft.write_text(json.dumps({"url": url, "sha256": digest}), encoding="utf-8")
                draft.replace(note)
        return path

    @contextmanager
    def part(self):
        """Give the name of a file to be, on the same disk; what is left of it at the end is removed."""
        (self.root / "parts").mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self.root / "parts")
        os.close(handle)
        try:
            yield Path(name)
        finally:
            Path(name).unlink(missing_ok=True)

    def _object(self, digest):
        return self.root / "objects" / digest[:2] / digest

    def _note(self, url):
        digest = hashlib.sha256(url.encode()).hexdigest()
        return self.root / "addresses" / digest[:2] / f"{digest}.json"


def place(source, target, *, link=True):
    """
    Put a file under another name, whole or not at all; on one disk it takes no room a second time.

    A file that is there is left alone if it has the same content, and is a `FileExistsError` otherwise.
    """
    target = Path(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    if os.path.lexists(target):
        if target.is_file() and sha256_of(target) == sha256_of(source):
            return target
        msg = f"{target} exists and holds something else. Move it away, or choose another directory."
        raise FileExistsError(msg)
    with whole_file(target, frame=True) as part:
        if not (link and _linked(source, part)):
            shutil.copyfile(source, part)
    return target


def _linked(source, target):
    try:
        target.hardlink_to(source)
    except OSError:
        return False
    return True
