"""Cache of downloaded files, stored by content: files are downloaded once, and not used if they changed on disk."""

import hashlib
import json
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

from astropy.config import get_cache_dir_path

from sunpy_coronagraph_inpaint.io.writing import whole_file


def sha256_of(path):
    """Return the SHA-256 checksum of a file as hexadecimal text."""
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


class Cache:
    """
    Directory of downloaded files, stored under the SHA-256 checksum of their content and indexed by URL.

    URLs with the same content share a file. Incomplete files are never stored.

    Parameters
    ----------
    root : path-like, optional
        The directory; by default, ``sunpy_coronagraph_inpaint`` in astropy's cache directory.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sunpy_coronagraph_inpaint.fetch import Cache
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
        """Return the file of a URL or alias, or `None` if it was never stored or has changed on disk."""
        try:
            digest = json.loads(self._note(url).read_text(encoding="utf-8"))["sha256"]
        except (OSError, ValueError, KeyError):
            return None
        path = self._object(digest)
        return path if path.is_file() and sha256_of(path) == digest else None

    def store(self, urls, part):
        """Move a complete file, made with ``part``, into the cache under its URLs and aliases, and return its path."""
        digest = sha256_of(part)
        path = self._object(digest)
        path.parent.mkdir(parents=True, exist_ok=True)
        Path(part).replace(path)
        for url in urls:
            note = self._note(url)
            note.parent.mkdir(parents=True, exist_ok=True)
            with whole_file(note) as draft:
                draft.write_text(json.dumps({"url": url, "sha256": digest}), encoding="utf-8")
        return path

    @contextmanager
    def part(self):
        """Provide the path of an empty temporary file on the same file system, which is removed at the end."""
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
    Copy a file to a path atomically, or hard-link it if possible, which takes no additional space.

    An existing file is never replaced; if its content differs, `FileExistsError` is raised.
    """
    target = Path(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    if os.path.lexists(target):
        if target.is_file() and sha256_of(target) == sha256_of(source):
            return target
        msg = f"{target} exists with different content. Move it away, or choose another directory."
        raise FileExistsError(msg)
    with whole_file(target, frame=True) as part:
        part.unlink(missing_ok=True)  # a killed run may have left a hard link to a file of the cache
        if not (link and _linked(source, part)):
            shutil.copyfile(source, part)
    return target


def _linked(source, target):
    try:
        target.hardlink_to(source)
    except OSError:
        return False
    return True
