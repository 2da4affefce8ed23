"""The benchmark of filling on tiny frames, and its command."""

import numpy as np
import pytest
from click.testing import CliRunner

from astropy.table import Table

from sunpy_coronagraph_inpaint.cli import main
from sunpy_coronagraph_inpaint.dataset.split import ARTIFICIAL_SEED
from sunpy_coronagraph_inpaint.evaluate import Entry, run
from sunpy_coronagraph_inpaint.inpaint.benchmark import BenchmarkFrame, FrameSet, InpaintSuite
from sunpy_coronagraph_inpaint.inpaint.benchmark.artificial import ejection_frames
from sunpy_coronagraph_inpaint.inpaint.benchmark.frame_sets import FRAME_SETS, NoFramesError
from sunpy_coronagraph_inpaint.inpaint.benchmark.measures import MEASURES
from sunpy_coronagraph_inpaint.inpaint.methods import Fill
from sunpy_coronagraph_inpaint.simulate import plain_corona

pytestmark = pytest.mark.filterwarnings("ignore:Missing metadata for observer")


@pytest.fixture(scope="module")
def tiny(moving):
    """A set of one small frame."""
    return FrameSet.of("tiny", [moving])


@pytest.fixture(scope="module")
def suite(tiny):
    """All methods and peers on that set."""
    return InpaintSuite([tiny], holes=["20 x 32"])


@pytest.fixture(scope="module")
def results(suite):
    """The result of that benchmark."""
    return run(suite)


def test_same_holes_for_all(tiny):
    """Every method is shown the same holes in the same data, however many seeds there are."""
    shown = {"one": [], "two": []}

    def watched(name):
        def fill(frame):
            shown[name].append((frame.data.tobytes(), frame.holes.tobytes()))
            return Fill(np.full(frame.holes.sum(), 700.0), np.full(frame.holes.sum(), np.inf))

        return Entry(name, fill)

    entries = [watched(name) for name in shown]
    table = run(InpaintSuite([tiny], holes=["20 x 32"], methods=[], peers=False, seeds=2, entries=entries)).table
    assert shown["one"] == shown["two"]
    assert len({holes for _, holes in shown["one"]}) == 2
    assert list(table["cases"]) == [2, 2]
    assert table.meta["seeds"] == [0, 1]
    for name in MEASURES:
        np.testing.assert_equal(table[name][0], table[name][1])


def test_table(suite, results):
    """One row per method, with finite errors, units and descriptions, and what is needed to repeat it."""
    table = results.table
    left_out = {note.partition(" cannot do ")[0].partition(": not installed")[0] for note in results.notes}
    assert list(table["method"]) == [entry.name for entry in suite.entries() if entry.name not in left_out]
    for name in ("mae", "mae10", "mae_4x4", "bias", "rmse", "clean4", "ssim", "seconds"):
        assert np.isfinite(table[name]).all()
    assert (table["mae_4x4"] < 20).all()
    assert str(table["front_radius_error"].unit) == "pix"
    assert all(table[name].description == measure.text for name, measure in MEASURES.items())
    assert table.meta["frames"] == {"tiny": ["seed 900002"]}
    known = {name: np.isfinite(value) for name, value in zip(table["method"], table["coverage_1sigma"], strict=True)}
    assert known["kriging"]
    assert not known["astropy"]


def test_neighbors_help(results):
    """With neighbors a fill of a small hole is better than without."""
    errors = dict(zip(results.table["method"], results.table["mae_4x4"], strict=True))
    assert errors["temporal +neighbors"] < errors["harmonic"]


def test_sheet_holds_every_fill(results):
    """The contact sheet shows the same hole for every method, and nothing but the hole differs."""
    (sheet,) = results.sheets
    assert list(sheet.results) == list(results.table["method"])
    np.testing.assert_array_equal(np.isnan(sheet.given), sheet.mask)
    for filled in sheet.results.values():
        np.testing.assert_array_equal(filled[~sheet.mask], sheet.truth[~sheet.mask])
    assert all(array.base is None for array in (sheet.truth, *sheet.results.values()))  # no whole frame is kept


def test_full_table_fits_a_terminal(results):
    """With all columns the table is at most 170 characters wide."""
    assert max(map(len, results.text().splitlines())) <= 170


def test_no_neighbors_no_row():
    """A method that needs neighbors has no row in a set without, and holes that do not fit are noted."""
    plain = FrameSet.of("plain", [BenchmarkFrame("plain", plain_corona(detector="C2", size=256), seed=1)])
    options = {"methods": ["harmonic", "temporal"], "peers": False}
    found = run(InpaintSuite([plain], holes=["20 x 32", "1 x 160"], **options))
    assert list(found.table["method"]) == ["harmonic"]
    assert found.notes == ["plain, 1 x 160: no such hole fits into plain"]


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"frame_sets": ["C9"]}, "There is no group 'C9'"),
        ({"frame_sets": ["C2 small"], "holes": ["1 x 1"]}, "There are no holes '1 x 1'"),
        ({"frame_sets": ["C2 small"], "methods": ["magic"]}, "There is no method 'magic'"),
        ({"frame_sets": ["C3"]}, "There is nothing to evaluate. C3: no directory of real frames"),
    ],
)
def test_bad_options(options, match):
    """Each wrong option is refused with a sentence that says what is right."""
    with pytest.raises(ValueError, match=match):
        run(InpaintSuite(**options, peers=False))


def test_held_out_frames_only(data_dir):
    """By default only frames that are never trained on are loaded; of C2 512 there are none."""
    assert [frame.name[:8] for frame in FRAME_SETS["C2"].load(data_dir)] == ["22321894", "22322784"]
    assert len(FRAME_SETS["C2"].load(data_dir, all_frames=True)) == 7
    with pytest.raises(NoFramesError, match="no frame is held out"):
        FRAME_SETS["C2 512"].load(data_dir)
    assert len(FRAME_SETS["C2 512"].load(data_dir, all_frames=True)) == 4


def test_pictures_have_neighbors(data_dir):
    """Images of the Helioviewer Project are read and filled from the ones before and after."""
    frames = FRAME_SETS["C3 jp2"].load(data_dir)
    assert [len(frame.neighbors) for frame in frames] == [2] * len(frames)
    suite = InpaintSuite([FrameSet.of("one", frames[:1])], holes=["20 x 32"], methods=["temporal"], peers=False)
    assert run(suite).table["mae10"][0] < 5


def test_command(tiny, tmp_path, monkeypatch):
    """The command prints the table and writes it with the sheets."""
    monkeypatch.setitem(FRAME_SETS, "tiny", tiny)
    options = ["--groups", "tiny", "--holes", "20 x 32", "--methods", "harmonic,kriging", "--no-peers", "--quiet"]
    done = CliRunner().invoke(main, ["evaluate", *options, "-o", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    assert "tiny, 20 x 32, 1 case\n" in done.output
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["benchmark.ecsv", "tiny_20_x_32.png"]
    table = Table.read(tmp_path / "out" / "benchmark.ecsv")
    assert list(table["method"]) == ["harmonic", "kriging"]
    assert table.meta["frames"] == {"tiny": ["seed 900002"]}


def test_command_says_what_is_wrong():
    """A wrong name is one line, not a traceback."""
    done = CliRunner().invoke(main, ["evaluate", "--groups", "C9", "--quiet"])
    assert done.exit_code == 1
    assert done.output.startswith("Error: There is no group 'C9'.")


def test_command_lists_names():
    """Groups, holes, peers and measures can be listed."""
    done = CliRunner().invoke(main, ["evaluate", "--list"])
    assert done.exit_code == 0
    for name in (*FRAME_SETS, "3 x 96", "maskfill", "clean4", "seconds"):
        assert name in done.output


def test_ejections_are_found_by_rule():
    """Scenes are the first seeds of the benchmark whose ejection is bright and moves, and their truth shows it."""
    (frame,) = ejection_frames("C2", 1)
    seed = int(frame.name.removeprefix("seed "))
    assert seed >= ARTIFICIAL_SEED
    moved = np.abs(frame.clean - frame.before) / np.maximum(frame.clean, 1)
    assert moved.reshape(32, 32, 32, 32).mean(axis=(1, 3)).max() > 0.015
    assert frame.clean.dtype.kind == "f"
    assert (frame.clean != frame.smap.data).any()
