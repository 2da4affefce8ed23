"""Record the progress of a run on disk line by line, so that it can be resumed after it was killed."""

import errno
import json
import os
from pathlib import Path


class Journal:
    """
    The journal of a run, a file in an existing directory of results.

    A line is written when a result is complete under a temporary name, before it is renamed. A result counts as done if
    sizes and times of result and source are those in its line, so that a run may be killed at any moment. ``key``
    identifies the settings; results of other settings do not count as done.

    Attributes
    ----------
    runs : list of str
        Names of the runs that were interrupted or in which files failed.

    Raises
    ------
    FileExistsError
        If a file of this name exists that is not a journal.
    RuntimeError
        If another run has the journal open.
    """

    def __init__(self, path, key):
        self.path, self._key = Path(path), key
        _check(self.path)
        self._file = self.path.open("a+b", buffering=0)
        try:
            _lock(self._file)
        except OSError:
            self._file.close()
            msg = f"Another run writes to {self.path.parent}. Wait until it has ended, or choose another directory."
            raise RuntimeError(msg) from None
        self.runs = []
        self._lines = self._read()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._file.close()

    def done(self, source):
        """Return the record of a file that is done, or `None`."""
        line = self._lines.get(_absolute(source))
        if line is None or line["key"] != self._key or line["source_stamp"] != _stamp(source):
            return None
        record = line["outcome"]
        if not record["target"]:
            return record
        target = self.path.parent / Path(record["target"]).name
        return record | {"target": str(target)} if line["target_stamp"] == _stamp(target) else None

    def add(self, record, part=None):
        """Record an outcome, a dictionary with ``source`` and ``target``; ``part`` is its complete result."""
        line = {
            "source": _absolute(record["source"]),
            "key": self._key,
            "source_stamp": _stamp(record["source"]),
            "target_stamp": _stamp(part) if part else None,
            "outcome": record,
        }
        self._write(line)

    def begin(self, run):
        """Record the name of a run, which identifies its unfinished files if it is killed."""
        self._write({"run": run})

    def _write(self, line):
        text = json.dumps(line).encode() + b"\n"
        end = self._file.seek(0, os.SEEK_END)
        try:
            written = self._file.write(text)
        except OSError:
            self._file.truncate(end)
            raise
        if written < len(text):
            self._file.truncate(end)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))

    def remove(self):
        """Remove the journal of a finished run."""
        self._file.close()
        self.path.unlink(missing_ok=True)

    def _read(self):
        """Return the lines by source, and cut off an incomplete last line."""
        self._file.seek(0)
        content = self._file.read()
        whole = content.rfind(b"\n") + 1
        self._file.truncate(whole)
        lines = {}
        for text in content[:whole].splitlines():
            try:
                line = json.loads(text)
            except ValueError:
                continue  # a power failure can leave zeros in a file: process its source again
            if "run" in line:
                self.runs.append(line["run"])
            else:
                lines[line["source"]] = line
        return lines


def _check(path):
    """Raise `FileExistsError` if the file is not a journal."""
    if not os.path.lexists(path):
        return
    # A power failure can leave zeros in a file.
    if path.is_symlink() or not path.is_file() or _start(path) not in (b"", b'{"', b"\0\0"):
        msg = f"{path} is not a journal of this package. Move it away, or choose another directory."
        raise FileExistsError(msg)


def _start(path):
    with path.open("rb") as file:
        return file.read(2)


def _absolute(path):
    return str(Path(path).absolute())


def _stamp(path):
    try:
        state = Path(path).stat()
    except OSError:
        return None
    return [state.st_size, state.st_mtime_ns]


def _lock(file):
    """Lock the file until it is closed, at the latest by the end of the process."""
    try:
        import fcntl
    except ImportError:
        import msvcrt

        file.seek(1 << 30)  # beyond the content: locked bytes cannot be read
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        return
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
