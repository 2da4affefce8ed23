"""Append-only files of JSON lines: the journal of a run that may be killed at any point."""

import errno
import json
import os
from contextlib import suppress
from pathlib import Path


def read_json_lines(path):
    """
    Read the entries of a file, in the order in which they were appended; none where there is no file.

    A last line that was not written to its end does not count, nor does one that cannot be read: a file system that
    lost its power can leave zeros.
    """
    path = Path(path)
    if not path.exists():
        return []
    content = path.read_bytes()
    entries = []
    for line in content[: content.rfind(b"\n") + 1].splitlines():
        try:
            entries.append(json.loads(line))
        except ValueError:
            continue
    return entries


def append_json_line(path, entry, *, sync=False):
    """
    Append an entry to a file, completely or not at all.

    Parameters
    ----------
    path : path-like
        The file, made together with its directory where it does not exist. An incomplete last line is cut off first.
    entry : dict
        What `json` can write.
    sync : bool, optional
        Whether the entry is to be on the disk when this returns, so that it outlives a power failure. Without that it
        outlives the process only, and costs less.

    Raises
    ------
    OSError
        If the disk is full; the file then stays what it was.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    line = json.dumps(entry).encode() + b"\n"
    with path.open("a+b", buffering=0) as stream:
        end = _cut_incomplete_line(stream)
        written = 0
        try:
            written = stream.write(line)
        finally:
            if written < len(line):
                with suppress(OSError):  # the next entry cuts it off
                    stream.truncate(end)
        if written < len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        if sync:
            os.fsync(stream.fileno())


def _cut_incomplete_line(stream):
    """Cut off what follows the last newline, and return the length of the rest."""
    end = stream.seek(0, os.SEEK_END)
    if end:
        stream.seek(end - 1)
        if stream.read(1) != b"\n":
            stream.seek(0)
            end = stream.read().rfind(b"\n") + 1
            stream.truncate(end)
    return end
