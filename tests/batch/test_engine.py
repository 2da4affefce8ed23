"""Many files through one function: what is written, what is reported, what is refused."""

import errno
import gzip
import sys
import tracemalloc

import numpy as np
import pytest

import astropy.units as u
from astropy.table import Table

import sunpy.map

from sunpy_coronagraph_inpaint import filled_mask, inpaint_files, inpaint_map
from sunpy_coronagraph_inpaint.batch import worker
from sunpy_coronagraph_inpaint.exceptions import CoronagraphInpaintWarning
from sunpy_coronagraph_inpaint.inpaint.methods import Fill, get_method, register_method
from sunpy_coronagraph_inpaint.inpaint.methods.registry import unregister_method
from sunpy_coronagraph_inpaint.io import read_map, writing
from tests.batch import JOURNAL, REPORT
from tests.batch.damaged import good_file

pytestmark = pytest.mark.filterwarnings("ignore:Missing metadata for observer")


def _names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_files_are_filled_as_maps_are(frames, out):
    """Each result is what `inpaint_map` gives, and a sound file is copied byte by byte."""
    paths = frames(4)
    table = inpaint_files(paths, out)
    assert list(table["status"]) == ["filled", "copied", "filled", "copied"]
    for path in paths[::2]:
        again, expected = read_map(out / path.name), inpaint_map(read_map(path))
        np.testing.assert_array_equal(again.data, expected.data)
        np.testing.assert_array_equal(again.uncertainty.array, expected.uncertainty.array)
    for path in paths[1::2]:
        assert (out / path.name).read_bytes() == path.read_bytes()
    assert _names(out) == [*(path.name for path in paths), REPORT]


def test_report_is_the_table(frames, out, tmp_path):
    """The report reads back as the table that is returned, wherever it is put."""
    bad = tmp_path / "bad ☉.fts"
    bad.write_text("text")
    table = inpaint_files([*frames(2), bad], out, report_file=tmp_path / "report.ecsv")
    again = Table.read(tmp_path / "report.ecsv", format="ascii.ecsv")
    assert again.colnames == table.colnames
    assert list(again["source"]) == list(table["source"])
    assert list(again["status"]) == ["filled", "copied", "failed"]
    assert "cannot be read" in again["message"][2]


@pytest.mark.parametrize("jobs", [1, 2])
def test_every_number_of_jobs_gives_the_same(frames, tmp_path, jobs):
    """Processes write the same bytes as one does, apart from what the table says of time and order."""
    paths = frames(4)
    expected = inpaint_files(paths, tmp_path / "one")
    table = inpaint_files(iter(paths), tmp_path / "out", jobs=jobs)
    assert sorted(table["source"]) == sorted(expected["source"])
    for path in paths:
        assert (tmp_path / "out" / path.name).read_bytes() == (tmp_path / "one" / path.name).read_bytes()


def test_results_are_told_as_they_come(frames, out):
    """The function that is given gets one outcome per file, and the result has its name by then."""
    seen = []
    inpaint_files(frames(3), out, on_result=lambda outcome: seen.append((outcome.status, outcome.target)))
    assert [status for status, _ in seen] == ["filled", "copied", "filled"]
    assert [target for _, target in seen] == [str(out / f"{i:03d}.fts") for i in range(3)]


def test_only_a_few_files_are_taken_at_a_time(frames, out):
    """An iterator is not read further ahead than the queue is long."""
    paths, taken, lead = frames(40), [], []

    def one_by_one():
        for path in paths:
            taken.append(path)
            yield path

    inpaint_files(one_by_one(), out, on_result=lambda _: lead.append(len(taken) - len(lead)))
    assert len(lead) == 40
    assert max(lead) <= 16


def test_compressed_results_lose_nothing(frames, tmp_path):
    """Packed files hold the very bytes of unpacked ones, and SunPy reads each as one map."""
    paths = frames(2)
    inpaint_files(paths, tmp_path / "plain")
    table = inpaint_files(paths, tmp_path / "packed", compress=True)
    assert [target.rpartition("/")[2] for target in table["target"]] == ["000.fts.gz", "001.fts.gz"]
    for path in paths:
        packed = tmp_path / "packed" / f"{path.name}.gz"
        assert gzip.decompress(packed.read_bytes()) == (tmp_path / "plain" / path.name).read_bytes()
    assert filled_mask(sunpy.map.Map(tmp_path / "packed" / "000.fts.gz")).sum() == 1024


def test_packed_originals(tmp_path, out):
    """A packed original is written unpacked when it is filled, and packed again on demand."""
    path = good_file(tmp_path / "a.fts")
    packed = tmp_path / "in" / "a.fts.gz"
    packed.parent.mkdir()
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert inpaint_files([packed], out)["target"][0] == str(out / "a.fts")
    assert inpaint_files([packed], out, compress=True)["target"][0] == str(out / "a.fts.gz")
    assert read_map(out / "a.fts.gz").meta["nfilled"] == read_map(out / "a.fts").meta["nfilled"] == 2048


def test_sound_files_are_not_copied_on_demand(frames, out):
    """Nothing is written for a file that misses nothing."""
    table = inpaint_files(frames(2), out, copy=False)
    assert list(table["status"]) == ["filled", "sound"]
    assert _names(out) == ["000.fts", REPORT]


def test_filled_files_are_copied_with_a_note(frames, tmp_path):
    """A file that was filled before comes out as it is, and the table says why."""
    inpaint_files(frames(1), tmp_path / "one")
    table = inpaint_files([tmp_path / "one" / "000.fts"], tmp_path / "two")
    assert table["status"][0] == "copied"
    assert "was filled before" in table["message"][0]


def test_one_failure_does_not_stop_the_others(frames, out, tmp_path):
    """A file that is not there is reported in the table, the rest is done, and a second run does what was left."""
    late = tmp_path / "in" / "late.fts"
    paths = [late, *frames(2)]
    table = inpaint_files(paths, out)
    assert list(table["status"]) == ["failed", "filled", "copied"]
    assert table["message"][0] == f"There is no file {late}."
    good_file(late)
    table = inpaint_files(paths, out)
    assert sorted(zip(table["status"], table["resumed"], strict=True)) == [
        ("copied", True),
        ("filled", False),
        ("filled", True),
    ]
    assert JOURNAL not in _names(out)


def test_existing_results_are_kept(frames, out):
    """After a complete run, results are replaced on demand only."""
    paths = frames(2)
    inpaint_files(paths, out)
    before = (out / "000.fts").stat().st_mtime_ns
    table = inpaint_files(paths, out)
    assert list(table["status"]) == ["failed", "failed"]
    assert "overwrite=True" in table["message"][0]
    assert (out / "000.fts").stat().st_mtime_ns == before
    assert list(inpaint_files(paths, out, overwrite=True)["status"]) == ["filled", "copied"]
    assert (out / "000.fts").stat().st_mtime_ns > before


def test_originals_are_never_replaced(frames, tmp_path):
    """The directory of the originals is refused, by the name of a link too."""
    paths = frames(2)
    before = [path.read_bytes() for path in paths]
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "in")
    for folder in (tmp_path / "in", link):
        table = inpaint_files(paths, folder, overwrite=True, report_file=tmp_path / "report.ecsv")
        assert all("Choose another directory" in message for message in table["message"])
    assert [path.read_bytes() for path in paths] == before


def test_two_originals_of_one_name(frames, tmp_path, out):
    """The second is refused, whatever may be overwritten."""
    (path,) = frames(1)
    twin = good_file(tmp_path / path.name, seed=5)
    for overwrite in (False, True):
        table = inpaint_files([path, twin], out / str(overwrite), overwrite=overwrite)
        assert list(table["status"]) == ["filled", "failed"]
        assert "another file of this run" in table["message"][1]


def test_neighbors_from_the_same_directory(tmp_path, out):
    """The nearest frames before and after are found by their headers, and others do not disturb."""
    folder = tmp_path / "in"
    folder.mkdir()
    from sunpy_coronagraph_inpaint.io import write_map
    from sunpy_coronagraph_inpaint.simulate import damage, plain_corona

    for minute in (0, 12, 24, 36):
        smap = plain_corona(detector="C2", size=256, seed=1)
        smap.meta["time-obs"] = f"06:{minute:02d}:00.000"
        write_map(damage(smap, blocks=2, seed=2) if minute == 12 else smap, folder / f"{minute}.fts")
    (folder / "broken.fts").write_text("broken")
    table = inpaint_files([folder / "12.fts"], out, neighbors="auto")
    assert (table["method"][0], table["neighbors"][0], table["message"][0]) == ("partial_conv", 2, "")
    by_hand = inpaint_map(read_map(folder / "12.fts"), neighbors=[read_map(folder / f"{m}.fts") for m in (0, 24)])
    np.testing.assert_array_equal(read_map(out / "12.fts").data, by_hand.data)
    table = inpaint_files([folder / "12.fts"], out, neighbors="auto", within=5 * u.min, overwrite=True)
    assert (table["method"][0], table["neighbors"][0]) == ("partial_conv", 0)
    assert "No frame before or after was found" in table["message"][0]
    given = inpaint_files([folder / "12.fts"], out, neighbors=[folder / "0.fts"], overwrite=True)
    assert (given["method"][0], given["neighbors"][0]) == ("partial_conv", 1)


def test_temporal_without_neighbors_fails(frames, out):
    """A method that was asked for is not replaced by another one."""
    table = inpaint_files(frames(1), out, neighbors="auto", within=1 * u.s, method="temporal")
    assert table["status"][0] == "failed"
    assert "needs neighbors" in table["message"][0]


@pytest.fixture
def several():
    """A method that takes several frames at once, and the number of frames it was given."""
    calls = []

    def batched(frames, *, device):
        calls.append((len(frames), device))
        if any(frame.data[frame.valid].max() > 1e5 for frame in frames):
            msg = "too bright"
            raise ValueError(msg)
        return [several(frame) for frame in frames]

    @register_method("several", takes_device=True, batched=batched)
    def several(frame, *, device="cpu"):
        n = int(frame.holes.sum())
        return Fill(np.full(n, np.median(frame.data[frame.valid])), np.ones(n))

    yield calls
    unregister_method("several")


def test_methods_may_take_several_frames(frames, out, several):
    """A method that fills several frames at once gets the frames of several files at once, and the device."""
    pytest.importorskip("torch")
    table = inpaint_files(frames(10, blocks=1), out, method="several", device="cpu")
    assert set(table["status"]) == {"filled"}
    assert several == [(8, "cpu"), (2, "cpu")]


def test_one_frame_does_not_spoil_the_others(frames, out, several):
    """Where frames cannot be filled together, each is filled by itself, and the table says so."""

    def fail(frames, **options):
        msg = "too bright"
        raise ValueError(msg)

    register_method("several", takes_device=True, batched=fail)(get_method("several").function)
    table = inpaint_files(frames(2, blocks=1), out, method="several", device="cpu")
    assert set(table["status"]) == {"filled"}
    assert all("too bright" in message for message in table["message"])


@pytest.mark.parametrize(
    ("arguments", "error", "match"),
    [
        ({"paths": "a.fts"}, TypeError, "list of paths"),
        ({"jobs": 0}, ValueError, "jobs=0"),
        ({"jobs": 1.5}, ValueError, "jobs=1.5"),
        ({"method": "magic"}, ValueError, "no method 'magic'"),
        ({"neighbors": "all"}, ValueError, "neighbors='all'"),
        ({"neighbors": ["nothing.fts"]}, FileNotFoundError, "There is no file nothing.fts"),
        ({"method": "kriging", "device": "cuda"}, ValueError, "computes on the CPU"),
        ({"device": "cuda"}, ValueError, "finds no CUDA"),
        ({"within": 2}, TypeError, "2 \\* u.hour"),
        ({"client": "tcp://here:8786"}, TypeError, "distributed.Client"),
    ],
)
def test_wrong_arguments(out, arguments, error, match):
    """Each is refused before anything is written."""
    with pytest.raises(error, match=match):
        inpaint_files(**{"paths": [], "out_dir": out} | arguments)
    assert not out.exists()


@pytest.mark.parametrize(
    ("code", "match"),
    [
        (errno.ENOSPC, "Free some space"),
        (errno.EDQUOT, "Free some of your quota"),
        (errno.EIO, "disk or the network"),
        (errno.EACCES, "change the permissions"),
        (errno.EROFS, "can be written to"),
    ],
)
@pytest.mark.parametrize(("module", "name"), [(writing, "save"), (worker, "copyfile")])
def test_full_disk(frames, out, monkeypatch, code, match, module, name):
    """What cannot be written is reported with what to do, nothing is left of it, and the rest is done."""

    def fail(thing, path):
        path.write_bytes(b"half")
        raise OSError(code, "It does not work", str(path))

    paths = frames(4)
    monkeypatch.setattr(module, name, fail)
    table = inpaint_files(paths, out)
    failed = table["status"] == "failed"
    assert failed.sum() == 2
    assert all(match in message for message in table["message"][failed])
    assert len([path for path in out.iterdir() if path.suffix == ".fts"]) == 2
    assert not list(out.glob(".*.part"))


@pytest.mark.skipif(sys.platform == "win32", reason="limits of the size of a file are a matter of POSIX")
def test_limit_of_the_file_size(frames, out):
    """A real limit of the system, met in the middle of writing, leaves nothing half-written."""
    import resource

    paths = frames(2)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        table = inpaint_files(paths, out)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert set(table["status"]) == {"failed"}
    assert all("ulimit -f" in message for message in table["message"]), list(table["message"])
    assert _names(out) == [JOURNAL, REPORT]


def test_report_that_cannot_be_written(frames, out, tmp_path):
    """The results are there, so it is a warning."""
    with pytest.warns(CoronagraphInpaintWarning, match="report .* could not be written"):
        table = inpaint_files(frames(1), out, report_file=tmp_path / "nowhere" / "report.ecsv")
    assert table["status"][0] == "filled"


def test_memory_does_not_grow(frames, tmp_path):
    """Thirty files take no more memory than eight, which are filled together."""
    paths = frames(30)
    peaks = []
    inpaint_files(paths[:2], tmp_path / "warm")
    for number in (8, 30):
        tracemalloc.start()
        inpaint_files(paths[:number], tmp_path / str(number))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.25 * peaks[0]
