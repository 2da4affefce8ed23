"""The whole benchmark on tiny frames, and its command."""

import numpy as np
import pytest
from click.testing import CliRunner

from astropy.table import Table

from sunpy_coronagraph_inpaint.cli import main
from sunpy_coronagraph_inpaint.dataset.protocol import ARTIFICIAL_SEED
from sunpy_coronagraph_inpaint.evaluate.report import best_rows, text_table
from sunpy_coronagraph_inpaint.evaluate.rst import rst_table
from sunpy_coronagraph_inpaint.evaluate.run import evaluate, evaluate_cases
from sunpy_coronagraph_inpaint.evaluate.targets import Target, compare, compare_lines
from sunpy_coronagraph_inpaint.inpaint.benchmark.artificial import ejection_cases
from sunpy_coronagraph_inpaint.inpaint.benchmark.case import Case
from sunpy_coronagraph_inpaint.inpaint.benchmark.fillers import Filler, fillers
from sunpy_coronagraph_inpaint.inpaint.benchmark.groups import GROUPS, Group, NoFramesError, load
from sunpy_coronagraph_inpaint.inpaint.benchmark.measures import MEASURES
from sunpy_coronagraph_inpaint.inpaint.methods import Fill
from sunpy_coronagraph_inpaint.simulate import plain_corona

pytestmark = pytest.mark.filterwarnings("ignore:Missing metadata for observer")


@pytest.fixture(scope="module")
def tiny(moving):
    """Put a group of one small frame in the place of that which is searched for."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(GROUPS, "tiny", Group("one frame", lambda directory, all_frames: [moving]))
        yield "tiny"


@pytest.fixture(scope="module")
def results(tiny):
    """All methods and peers on that group."""
    return evaluate([tiny], holes=["20 x 32"])


def test_same_holes_for_all(moving):
    """Every method is shown the same holes in the same data, however many seeds there are."""
    shown = {"one": [], "two": []}

    def watched(name):
        def fill(frame):
            shown[name].append((frame.data.tobytes(), frame.holes.tobytes()))
            return Fill(np.full(frame.holes.sum(), 700.0), np.full(frame.holes.sum(), np.inf))

        return fill

    found = evaluate_cases("C2", [moving], "20 x 32", [Filler(name, watched(name)) for name in shown], seeds=2)
    assert shown["one"] == shown["two"]
    assert len({holes for _, holes in shown["one"]}) == 2
    assert [row["frames"] for row in found.table] == [2, 2]
    first, second = ({k: v for k, v in row.items() if k not in ("method", "seconds", "memory")} for row in found.table)
    assert first == pytest.approx(second, nan_ok=True)


def test_table(results):
    """One row per method, with finite errors, units and descriptions, and what is needed to repeat it."""
    table = results.table
    refused = {note.partition(" cannot fill ")[0] for note in results.notes}
    names = [row.name for row in fillers()[0] if row.name not in refused]
    assert list(table["method"]) == names
    for name in ("mae", "mae10", "bin4", "bias", "rmse", "clean4", "ssim", "seconds"):
        assert np.isfinite(table[name]).all()
    assert (table["bin4"] < 20).all()
    assert str(table["front"].unit) == "pix"
    assert all(table[name].description == measure.text for name, measure in MEASURES.items())
    assert table.meta["frames"] == {"tiny": ["seed 900002"]}
    assert table.meta["versions"]["numpy"] == np.__version__
    known = {name: np.isfinite(value) for name, value in zip(table["method"], table["in1"], strict=True)}
    assert known["kriging"]
    assert not known["astropy"]


def test_neighbors_help(results):
    """With neighbors a fill of a small hole is better than without."""
    bin4 = dict(zip(results.table["method"], results.table["bin4"], strict=True))
    assert bin4["temporal +neighbors"] < bin4["harmonic"]


def test_sheet_holds_every_fill(results):
    """The contact sheet shows the same hole for every method, and nothing but the hole differs."""
    (sheet,) = results.sheets
    assert list(sheet.fills) == list(results.table["method"])
    for fill in sheet.fills.values():
        np.testing.assert_array_equal(fill[~sheet.hole], sheet.truth[~sheet.hole])
    assert all(array.base is None for array in (sheet.truth, *sheet.fills.values()))  # no whole frame is kept


def test_method_that_cannot(moving):
    """A method that refuses a frame loses its row, and a note says why; other errors are not hidden."""

    def refuses(frame):
        msg = "There are no weights for this camera."
        raise ValueError(msg)

    def breaks(frame):
        raise ZeroDivisionError

    found = evaluate_cases("C2", [moving], "20 x 32", [Filler("net", refuses)])
    assert found.table == []
    assert found.notes == ["net cannot fill C2: There are no weights for this camera."]
    with pytest.raises(ZeroDivisionError):
        evaluate_cases("C2", [moving], "20 x 32", [Filler("net", breaks)])


def test_no_neighbors_no_row():
    """A method that needs neighbors has no row in a group without, and holes that do not fit are noted."""
    case = Case("plain", plain_corona(detector="C2", size=256), seed=1)
    found = evaluate_cases("plain", [case], "20 x 32", fillers(["harmonic", "temporal"], peers=False)[0])
    assert [row["method"] for row in found.table] == ["harmonic"]
    found = evaluate_cases("plain", [case], "1 x 160", fillers(["harmonic"], peers=False)[0])
    assert found.table == []
    assert found.notes == ["plain, 1 x 160: no such hole fits into plain"]


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"groups": ["C9"]}, "There is no group 'C9'"),
        ({"groups": ["tiny"], "holes": ["1 x 1"]}, "There are no holes '1 x 1'"),
        ({"groups": ["tiny"], "methods": ["magic"]}, "There is no method 'magic'"),
        ({"groups": ["C3"]}, "There is nothing to evaluate. C3: no directory of real frames"),
    ],
)
def test_bad_options(tiny, options, match):
    """Each wrong option is refused with a sentence that says what is right."""
    with pytest.raises(ValueError, match=match):
        evaluate(**options, peers=False)


def test_held_out_frames_only(data_dir):
    """By default only frames that are never trained on are loaded; of C2 512 there are none."""
    assert [case.name[:8] for case in load("C2", data_dir)] == ["22321894", "22322784"]
    assert len(load("C2", data_dir, all_frames=True)) == 7
    with pytest.raises(NoFramesError, match="no frame is held out"):
        load("C2 512", data_dir)
    assert len(load("C2 512", data_dir, all_frames=True)) == 4


def test_pictures_have_neighbors(data_dir):
    """Pictures of the Helioviewer Project are read and filled from the ones before and after."""
    cases = load("C3 jp2", data_dir)
    assert [len(case.neighbors) for case in cases] == [2] * len(cases)
    found = evaluate_cases("C3 jp2", cases[:1], "20 x 32", fillers(["temporal"], peers=False)[0])
    assert found.table[0]["mae10"] < 5


TABLE = Table(
    {
        "group": ["C2", "C2", "C2", "C3"],
        "holes": ["3 x 96"] * 4,
        "method": ["kriging", "partial_conv", "temporal +neighbors", "kriging"],
        "frames": [2, 2, 2, 1],
        "bin4": [0.8, 0.4, 0.1, 1.0],
        "in1": [68.0, 75.0, 71.0, 66.0],
        "rmse": [np.nan] * 4,
    }
)


def test_best_is_marked():
    """The best of each group carries a star in the terminal and is bold in the documentation; empty columns go."""
    text = text_table(TABLE).splitlines()
    assert "rmse" not in text[1]
    assert [line.count("*") for line in text if line.startswith(("kriging", "partial", "temporal"))] == [1, 0, 1, 2]
    assert max(map(len, text)) <= 160
    page = rst_table(TABLE)
    assert "   temporal +neighbors, **0.10**" in page.splitlines()
    assert "Targets of the network" in page
    assert "Targets" not in rst_table(TABLE[[0, 2]])
    assert best_rows(TABLE[:3]) == {"bin4": {2}, "in1": {0}, "rmse": set()}


def test_full_table_fits_a_terminal(results):
    """With all columns the table is at most 160 characters wide."""
    assert max(map(len, text_table(results.table).splitlines())) <= 160


def test_targets():
    """A single-frame method is compared with single-frame ones; intervals are looked at alone."""
    targets = [Target(("C2",), (), "bin4", "others", 0, 0.4), Target(("C2",), (), "in1", "", 64, 72)]
    first, second = compare(TABLE, targets=targets)
    assert (first["other"], first["ratio"], first["reached"]) == ("kriging", pytest.approx(0.5), False)
    assert (second["value"], second["reached"]) == (75.0, False)
    lines = compare_lines(TABLE)
    assert any("bin4" in line and line.endswith(": reached") for line in lines)
    assert any("in1" in line and line.endswith("NOT reached") for line in lines)
    assert compare(TABLE, "no such method") == []


def test_command(tiny, tmp_path):
    """The command prints the table and writes it, the sheets and the page for the documentation."""
    options = ["--groups", tiny, "--holes", "20 x 32", "--methods", "harmonic,kriging", "--no-peers", "--quiet"]
    rst = tmp_path / "page" / "table.inc"
    done = CliRunner().invoke(main, ["evaluate", *options, "-o", str(tmp_path / "out"), "--rst", str(rst)])
    assert done.exit_code == 0, done.output
    assert "tiny, holes 20 x 32, 1 frame" in done.output
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["benchmark.ecsv", "tiny_20_x_32.png"]
    table = Table.read(tmp_path / "out" / "benchmark.ecsv")
    assert list(table["method"]) == ["harmonic", "kriging"]
    assert table.meta["frames"] == {"tiny": ["seed 900002"]}
    assert rst.read_text().startswith(".. csv-table:: tiny (1 frame)")


def test_command_says_what_is_wrong():
    """A wrong name is one line, not a traceback."""
    done = CliRunner().invoke(main, ["evaluate", "--groups", "C9", "--quiet"])
    assert done.exit_code == 1
    assert done.output.startswith("Error: There is no group 'C9'.")


def test_command_lists_names():
    """Groups, holes, peers and measures can be listed."""
    done = CliRunner().invoke(main, ["evaluate", "--list"])
    assert done.exit_code == 0
    for name in (*GROUPS, "3 x 96", "maskfill", "clean4"):
        assert name in done.output


def test_ejections_are_found_by_rule():
    """Scenes are the first seeds of the benchmark whose ejection is bright and moves, and their truth shows it."""
    (case,) = ejection_cases("C2", 1)
    seed = int(case.name.removeprefix("seed "))
    assert seed >= ARTIFICIAL_SEED
    moved = np.abs(case.clean - case.before) / np.maximum(case.clean, 1)
    assert moved.reshape(32, 32, 32, 32).mean(axis=(1, 3)).max() > 0.015
    assert case.clean.dtype.kind == "f"
    assert (case.clean != case.smap.data).any()
