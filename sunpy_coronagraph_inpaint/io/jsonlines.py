"""Append-only files of JSON lines, for runs that may be killed at any point."""

import errno
import json
import os
from contextlib import suppress
from pathlib import Path


def read_json_lines(path):
    """
    Read the entries of a file in the order in which they were appended; an empty list if there is no file.

    An incomplete last line is ignored, and so is a line that cannot be read: a power failure can leave zeros in a file.
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
    Append an entry, a dictionary for `json`, to a file, completely or not at all.

    The file and its directory are created if they do not exist, and an incomplete last line is removed first. With
    ``sync`` the entry is on disk when this returns and survives a power failure; without, which costs less, it survives
    the end of the process only. If the disk is full, `OSError` is raised and the file is unchanged.
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
                with suppress(OSError):  # the next entry removes it
                    stream.truncate(end)
        if written < len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        if sync:
            os.fsync(stream.fileno())


def _cut_incomplete_line(stream):
    """Remove an incomplete last line, and return the remaining length."""
    end = stream.seek(0, os.SEEK_END)
    if end:
        stream.seek(end - 1)
        if stream.read(1) != b"\n":
            stream.seek(0)
            end = stream.read().rfind(b"\n") + 1
            stream.truncate(end)
    return end
