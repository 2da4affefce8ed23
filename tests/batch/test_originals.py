"""No original is replaced, moved or deleted, by any path, option or name."""

import os
import shutil

import pytest
from click.testing import CliRunner

from astropy.io import fits

from sunpy_coronagraph_inpaint import inpaint_files
from sunpy_coronagraph_inpaint.cli import main
from sunpy_coronagraph_inpaint.exceptions import CoronagraphInpaintWarning
from sunpy_coronagraph_inpaint.io import read_map
from tests.batch import JOURNAL, REPORT
from tests.batch.damaged import good_file

pytestmark = pytest.mark.filterwarnings("ignore:Missing metadata for observer")

QUICK = {"method": "radial"}


@pytest.fixture
def pair(tmp_path):
    """Two originals of one name in two directories, both with missing blocks."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    return [good_file(tmp_path / folder / "x.fts", seed=seed) for seed, folder in enumerate("ab")]


def _run(*arguments):
    return CliRunner().invoke(main, [*map(str, arguments)])


@pytest.mark.parametrize("given", [list, iter], ids=["list", "iterator"])
@pytest.mark.parametrize("jobs", [1, 2])
def test_original_in_the_directory_of_results(pair, given, jobs):
    """An original stays where a result would take its name, whether or not the run knows of it yet."""
    before = [path.read_bytes() for path in pair]
    table = inpaint_files(given(pair), pair[1].parent, overwrite=True, jobs=jobs, **QUICK)
    assert list(table["status"]) == ["failed", "failed"]
    assert all("another directory" in message for message in table["message"])
    assert [path.read_bytes() for path in pair] == before


def test_unlisted_original(pair):
    """A file that no run wrote stays even where it is not among the files of the run."""
    before = pair[1].read_bytes()
    table = inpaint_files(pair[:1], pair[1].parent, overwrite=True, **QUICK)
    assert "does not say that this package filled it" in table["message"][0]
    assert pair[1].read_bytes() == before


def test_filled_original(pair, out):
    """A file of the run stays even where it was filled before and looks like a result."""
    inpaint_files(pair[1:], out, **QUICK)
    before = (out / "x.fts").read_bytes()
    table = inpaint_files([pair[0], out / "x.fts"], out, overwrite=True, **QUICK)
    assert list(table["status"]) == ["failed", "failed"]
    assert (out / "x.fts").read_bytes() == before


@pytest.mark.parametrize("link", [os.symlink, os.link], ids=["symlink", "hard link"])
@pytest.mark.parametrize("compress", [False, True])
def test_links(pair, out, link, compress):
    """A link to an original, under the name of a result, is neither written through nor replaced."""
    out.mkdir()
    name = out / ("x.fts.gz" if compress else "x.fts")
    link(pair[1], name)
    before = pair[1].read_bytes()
    table = inpaint_files(pair[:1], out, overwrite=True, compress=compress, **QUICK)
    assert table["status"][0] == "failed"
    assert name.samefile(pair[1])
    assert pair[1].read_bytes() == before


def test_packed_original(pair, tmp_path):
    """A packed original stays where a packed result would take its name."""
    packed = shutil.copy(pair[1], tmp_path / "b" / "y.fts.gz")
    source = good_file(tmp_path / "a" / "y.fts", seed=4)
    before = packed.read_bytes()
    table = inpaint_files([source, packed], packed.parent, overwrite=True, compress=True, **QUICK)
    assert list(table["status"]) == ["failed", "failed"]
    assert packed.read_bytes() == before


def test_equal_copy_is_left_alone(frames, out):
    """A copy that is there is neither written again nor refused, and nothing is filled over a backup of originals."""
    paths = frames(2)
    shutil.copytree(paths[0].parent, out)
    stamps = [(out / path.name).stat().st_mtime_ns for path in paths]
    table = inpaint_files(paths, out, overwrite=True, **QUICK)
    assert list(table["status"]) == ["failed", "copied"]
    assert [(out / path.name).stat().st_mtime_ns for path in paths] == stamps


def test_results_are_replaced(frames, out):
    """Whatever runs have written is replaced by the next one, packed or not."""
    paths = frames(2)
    for compress in (False, True):
        inpaint_files(paths, out, compress=compress, **QUICK)
        table = inpaint_files(paths, out, compress=compress, overwrite=True, method="harmonic")
        assert list(table["status"]) == ["filled", "copied"]
    assert read_map(out / "000.fts").meta["fillmeth"] == read_map(out / "000.fts.gz").meta["fillmeth"] == "harmonic"


@pytest.mark.parametrize("name", ["a/x.fts", "b/x.fts", "link", "out/x.fts", f"out/{JOURNAL}", "new.fits"])
def test_report_on_a_frame(pair, out, name, tmp_path):
    """A report that would replace an original, a result or the journal is refused before anything is done."""
    (tmp_path / "link").symlink_to(pair[0])
    before = [path.read_bytes() for path in pair]
    with pytest.raises(ValueError, match="report cannot be written to"):
        inpaint_files(pair[:1], out, report_file=tmp_path / name, **QUICK)
    done = _run("fill", pair[0], "-o", out, "--report", tmp_path / name)
    assert done.exit_code == 1
    assert "report cannot be written" in done.output
    assert [path.read_bytes() for path in pair] == before
    assert not (out / "x.fts").exists()


def test_report_on_an_original_that_comes_late(tmp_path, out):
    """An original of any name and content stays, also where the run meets it after it began."""
    odd = tmp_path / "notes.txt"
    odd.write_text("no frame")
    with pytest.warns(CoronagraphInpaintWarning, match="one of the files of the run"):
        inpaint_files(iter([odd]), out, report_file=odd)
    with pytest.raises(ValueError, match="report cannot be written"):
        inpaint_files([odd], out, report_file=odd)
    assert odd.read_text() == "no frame"


def test_part_files_of_others(pair, out):
    """Only unfinished files of interrupted runs into this directory are removed."""
    out.mkdir()
    others = [out / ".x.part", out / ".x.fts.12345678.part", out / ".x.fts.0123abcd.4567cdef.part"]
    for path in others:
        path.write_text("mine")
    inpaint_files(pair[:1], out, **QUICK)
    assert [path.read_text() for path in others] == ["mine"] * 3


@pytest.mark.parametrize("link", [True, False])
def test_file_named_like_the_journal(pair, out, link):
    """A file or a link of the journal's name is not written to."""
    out.mkdir()
    if link:
        (out / JOURNAL).symlink_to(pair[1])
    else:
        shutil.copy(pair[1], out / JOURNAL)
    before = pair[1].read_bytes()
    with pytest.raises(FileExistsError, match="not a journal of this package"):
        inpaint_files(pair[:1], out, **QUICK)
    assert pair[1].read_bytes() == (out / JOURNAL).read_bytes() == before


def test_result_that_appears_meanwhile(frames, out):
    """A file that somebody else puts in place while the run goes on stays."""
    paths = frames(4, blocks=1)

    def interfere(outcome):
        late = out / paths[3].name
        if not late.exists():
            late.write_text("mine")

    table = inpaint_files(paths, out, on_result=interfere, **QUICK)
    assert list(table["status"]) == ["filled", "filled", "filled", "failed"]
    assert (out / paths[3].name).read_text() == "mine"
    assert (out / REPORT).exists()


def test_demo(tmp_path):
    """A demonstration replaces its own files alone, and never writes through a link."""
    good_file(tmp_path / "y.fts", seed=1)
    original = good_file(tmp_path / "y_damaged.fits", seed=2)
    fits.delval(original, "CREATOR")
    before = original.read_bytes()
    command = ("demo", tmp_path / "y.fts", "-o", tmp_path, "--method", "radial", "--blocks", 1)
    assert "is not replaced" in _run(*command).output
    assert original.read_bytes() == before
    picture = tmp_path / "out" / "y_before_after.png"
    picture.parent.mkdir()
    picture.symlink_to(original)
    command = (*command[:3], tmp_path / "out", *command[4:])
    assert "is not replaced" in _run(*command).output
    assert original.read_bytes() == before
    picture.unlink()
    assert [_run(*command).exit_code for _ in range(2)] == [0, 0]
