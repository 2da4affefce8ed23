"""Files of JSON lines that survive what happens to a run."""

import errno

import pytest

from sunpy_coronagraph_inpaint.io.jsonlines import append_json_line, read_json_lines


@pytest.fixture
def path(tmp_path):
    """Write a file of two entries in a directory that is made with it."""
    path = tmp_path / "new" / "journal.jsonl"
    append_json_line(path, {"a": 1})
    append_json_line(path, {"b": "\n"}, sync=True)
    return path


def test_round_trip(path, tmp_path):
    """Entries come back in their order, and there are none where there is no file."""
    assert read_json_lines(path) == [{"a": 1}, {"b": "\n"}]
    assert read_json_lines(tmp_path / "nothing") == []


@pytest.mark.parametrize("rest", [b'{"c": 3', b"{", b'{"c": "\xc3'])
def test_an_incomplete_last_line(path, rest):
    """A line without its end does not count, and is cut off before the next one."""
    whole = path.read_bytes()
    path.write_bytes(whole + rest)
    assert read_json_lines(path) == [{"a": 1}, {"b": "\n"}]
    assert path.read_bytes() == whole + rest
    append_json_line(path, {"d": 4})
    assert path.read_bytes() == whole + b'{"d": 4}\n'


@pytest.mark.parametrize("line", [b"\0\0\0\n", b"{]\n", b"\xff\n"])
def test_a_line_that_cannot_be_read(path, line):
    """A line that was lost in the middle of the file is passed over."""
    path.write_bytes(line + path.read_bytes())
    assert read_json_lines(path) == [{"a": 1}, {"b": "\n"}]


def test_a_full_disk():
    """When the disk is full, that is an error, and no half entry is left."""
    with pytest.raises(OSError, match="No space left") as caught:
        append_json_line("/dev/full", {"a": 1})
    assert caught.value.errno == errno.ENOSPC
