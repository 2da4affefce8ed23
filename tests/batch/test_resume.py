"""A run that is killed at any moment goes on where it was: nothing is lost, half-written, or done twice."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sunpy_coronagraph_inpaint import inpaint_files
from sunpy_coronagraph_inpaint.io import journal, read_map
from tests.batch import JOURNAL, REPORT
from tests.batch.damaged import good_file

pytestmark = pytest.mark.filterwarnings("ignore:Missing metadata for observer")

PROGRAM = """
import sys
from pathlib import Path
from sunpy_coronagraph_inpaint import inpaint_files
if __name__ == "__main__":
    folder, out, jobs = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    table = inpaint_files(sorted(folder.glob("*.fts")), out, jobs=jobs)
    print(sum(table["resumed"]), set(map(str, table["status"])))
"""


def _files(out):
    return sorted(path.name for path in out.iterdir())


def _results(out):
    return {path.name: (path.stat().st_mtime_ns, path.stat().st_ino) for path in out.glob("[0-9]*.fts")}


@pytest.mark.parametrize(("jobs", "stops"), [(1, (2, 5, 9)), (2, (3,))])
def test_killed_again_and_again(frames, out, tmp_path, jobs, stops):
    """SIGKILL in the middle, several times: what had its name stays as it was, and the rest is done once."""
    paths = frames(14, blocks=4)
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    command = [sys.executable, str(program), str(paths[0].parent), str(out), str(jobs)]
    kept = {}
    for stop in stops:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        while len(_results(out)) < stop and process.poll() is None:
            time.sleep(0.002)
        process.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
        process.wait()
        found = _results(out)
        assert kept.items() <= found.items()
        for name in found:
            assert read_map(out / name).meta["nfilled"] == 4096
        kept = found
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert kept.items() <= _results(out).items()
    assert len(_results(out)) == len(paths)
    # A result that had its name when the run was killed had its line in the journal before.
    assert int(done.stdout.split()[0]) == len(kept) >= stops[-1]
    assert _files(out) == [*(path.name for path in paths), REPORT]


class Killed(BaseException):
    """Stands for the end of the process."""


@pytest.mark.parametrize("moment", ["before the journal", "before the name", "after the name"])
def test_every_moment_around_the_name(frames, out, monkeypatch, moment):
    """Whether the journal or the name came last, the next run ends with every file once and whole."""
    paths = frames(4)
    add, replace, calls = journal.Journal.add, Path.replace, []

    def third(function, when):
        def wrapped(*arguments):
            calls.append(1)
            if len(calls) == 3 and when == "before":
                raise Killed
            result = function(*arguments)
            if len(calls) == 3:
                raise Killed
            return result

        return wrapped

    with monkeypatch.context() as patch:
        if moment == "before the journal":
            patch.setattr(journal.Journal, "add", third(add, "before"))
        else:
            patch.setattr(Path, "replace", third(replace, moment.split()[0]))
        with pytest.raises(Killed):
            inpaint_files(paths, out)
    before = _results(out)
    table = inpaint_files(paths, out)
    assert list(table["resumed"]) == [True, True, moment == "after the name", False]
    assert before.items() <= _results(out).items()
    assert len(_results(out)) == 4
    assert not list(out.glob(".*"))


@pytest.mark.parametrize("cut", [1, 40, -1, -40])
def test_torn_journal(frames, out, tmp_path, cut):
    """A line that was cut off in the middle costs its own file alone."""
    paths = [*frames(3), tmp_path / "missing.fts"]
    inpaint_files(paths, out)
    file = out / JOURNAL
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(lines[:-1]) + lines[-1][:cut])
    table = inpaint_files(paths, out, overwrite=True)
    resumed = dict(zip([source[-7:] for source in table["source"]], table["resumed"], strict=True))
    assert resumed == {"000.fts": True, "001.fts": True, "002.fts": False, "ing.fts": False}
    assert sum(b'{"source"' in line for line in file.read_bytes().splitlines()) == 3


def test_journal_on_a_full_disk(frames, tmp_path):
    """A line is written whole or not at all, and the file of which it should tell has failed."""

    class Full:
        def __init__(self, file):
            self.file = file

        def __getattr__(self, name):
            return getattr(self.file, name)

        def write(self, text):
            return self.file.write(text[: len(text) // 2])

    source = frames(1)[0]
    with journal.Journal(tmp_path / JOURNAL, "key") as book:
        book.add(_record(source), source)
        before = book.path.read_bytes()
        book._file = Full(book._file)
        with pytest.raises(OSError, match="No space left"):
            book.add(_record(source), source)
        assert book.path.read_bytes() == before


def _record(source):
    return {"source": str(source), "target": str(source), "status": "filled"}


def test_what_changed_is_done_again(frames, out, tmp_path):
    """A new original, a result that was touched, and other settings are no reason to skip a file."""
    paths = [*frames(3, blocks=1), tmp_path / "missing.fts"]
    inpaint_files(paths, out)
    good_file(tmp_path / "new.fts", seed=77).replace(paths[0])
    (out / "001.fts").write_bytes(b"")
    table = inpaint_files(paths, out, overwrite=True)
    assert sorted(zip((s[-7:] for s in table["source"]), table["resumed"], strict=True))[:3] == [
        ("000.fts", False),
        ("001.fts", False),
        ("002.fts", True),
    ]
    assert not inpaint_files(paths, out, overwrite=True, method="harmonic")["resumed"].any()


def test_parts_of_a_killed_run_are_removed(frames, out):
    """What a run of the journal was writing when it was killed does not stay, whatever its writer called it."""
    out.mkdir()
    with journal.Journal(out / JOURNAL, "key") as book:
        book.begin("0123abcd")
    part = ".000.fts.89abcdef.0123abcd.part"
    for name in (part, f".{part}", f".{part}.4567cdef.part"):
        (out / name).write_bytes(b"half")
    inpaint_files(frames(1), out)
    assert _files(out) == ["000.fts", REPORT]


def test_two_runs_into_one_directory(frames, out):
    """The second is refused while the first goes on."""
    out.mkdir()
    with journal.Journal(out / JOURNAL, "key"), pytest.raises(RuntimeError, match="Another run writes to"):
        inpaint_files(frames(1), out)
    assert inpaint_files([], out)["status"].size == 0
