"""Two hundred damaged files: a clear line for each, nothing half-written, and the rest is done."""

import pytest
from click.testing import CliRunner

from sunpy_coronagraph_inpaint import inpaint_files
from sunpy_coronagraph_inpaint.cli import main
from sunpy_coronagraph_inpaint.io import messages, read_map
from tests.batch import JOURNAL, REPORT
from tests.batch.damaged import KINDS, corpus, good_file

pytestmark = [
    # So SunPy calls what it does not understand.
    pytest.mark.filterwarnings("ignore::sunpy.util.exceptions.SunpyMetadataWarning"),
    # astropy leaves files open that it cannot read.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

#: Every message tells what to do: it holds one of these.
_ADVICE = (
    "etch it again",
    "Give ",
    "give ",
    "ay which pixels",
    "ay what is missing",
    "register_instrument",
    "Remove what",
)


def test_damaged_files(tmp_path):
    """Each has a line that tells what to do; what was written is whole; the sound files at the end are done."""
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    paths = corpus(folder, number=200, seed=7)
    sound = [good_file(folder / f"sound{i}.fts", blocks=i) for i in range(2)]
    table = inpaint_files([*paths, *sound], out)
    assert len(table) == 202
    assert list(table["status"][-2:]) == ["copied", "filled"]
    failed = table[table["status"] == "failed"]
    assert len(failed) > 80
    for message in failed["message"]:
        assert "\n" not in message
        assert "Traceback" not in message
        assert any(words in message for words in _ADVICE), message
    written = {path.name for path in out.iterdir() if path.suffix == ".fts"}
    assert written == {path.rpartition("/")[2] for path in table["target"] if path}
    assert {path.name for path in out.iterdir()} == written | {REPORT, JOURNAL}
    for row in table[table["status"] == "filled"]:
        assert read_map(row["target"]).meta["nfilled"] == row["filled"]


@pytest.mark.parametrize("command", ["find", "fill"])
def test_commands_survive_damaged_files(tmp_path, command):
    """Both commands print one line per file and no traceback, and the exit status tells."""
    paths = corpus(tmp_path, number=3 * len(KINDS), seed=11)
    options = ("-o", tmp_path / "out") if command == "fill" else ()
    result = CliRunner().invoke(main, [command, *map(str, paths), *map(str, options)])
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    for path in paths:
        assert sum(line.startswith(path.name) for line in result.stdout.splitlines()) == 1
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError("two\nlines"), "two lines"),
        (
            KeyError("naxis1"),
            "The header has no NAXIS1: it was damaged or is not of a camera image. Fetch the file again.",
        ),
        (
            PermissionError(13, "Permission denied", "a"),
            "Permission denied: a. You may not read or write there: change",
        ),
        (
            OSError(40, "Too many levels of symbolic links", "a"),
            "Too many levels of symbolic links: a. A symbolic link",
        ),
        (MemoryError(), "There is not enough memory. Use fewer jobs"),
        (AttributeError("no 'lower'"), "What the file holds cannot be understood (AttributeError: no 'lower')."),
        (ValueError(""), "What the file holds cannot be understood (ValueError: )."),
    ],
)
def test_messages(error, line):
    """Each error becomes one line."""
    assert messages.describe_error(error).startswith(line)
