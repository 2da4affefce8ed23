"""Operations other than filling: the run, its files and its safety are the same for all."""

import ast
import pickle
import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pytest

from sunpy_coronagraph_inpaint import batch
from sunpy_coronagraph_inpaint.batch import Column, Operation, process_files
from sunpy_coronagraph_inpaint.calibrate import calibrate_map, read_level_1
from sunpy_coronagraph_inpaint.calibrate.many_files import Calibrate, calibrate_files
from sunpy_coronagraph_inpaint.inpaint.files import Inpaint
from sunpy_coronagraph_inpaint.io import read_map, write_map
from sunpy_coronagraph_inpaint.simulate import damage, plain_corona
from tests.batch.damaged import good_file
from tests.batch.deadly import Deadly

pytestmark = [
    pytest.mark.filterwarnings("ignore:Missing metadata for observer"),
    pytest.mark.filterwarnings('ignore:Could not parse unit string "MSB"'),
]

NOMINAL = {"calibration": "nominal", "method": "radial"}
OPERATIONS = [Inpaint(method="radial"), Calibrate(**NOMINAL)]
each_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)


@pytest.fixture
def lasco(tmp_path):
    """Frames of C3 and C2, all with missing blocks."""
    (tmp_path / "in").mkdir()
    return [
        write_map(damage(plain_corona(detector=name, seed=i), blocks=3, seed=i), tmp_path / "in" / f"{i}.fts")
        for i, name in enumerate(("C3", "C2"))
    ]


def _names(folder):
    return sorted(path.name for path in folder.iterdir())


@each_operation
@pytest.mark.parametrize("jobs", [1, 2])
def test_any_operation(lasco, out, operation, jobs):
    """Every file is processed, the report has the columns of the operation, and one bad file ends nothing."""
    bad = lasco[0].with_name("bad.fts")
    bad.write_text("text")
    seen = []
    table = process_files([*lasco, bad], out, operation, jobs=jobs, on_result=seen.append)
    table.sort("source")
    assert list(table["status"]) == [operation.status, operation.status, "failed"]
    assert table.colnames == [
        *("source", "target", "status"),
        *operation.columns,
        *("seconds", "resumed", "message"),
    ]
    assert list(table["missing"]) == [3, 3, 0]
    assert _names(out) == [f".{operation.name}_files.journal", "0.fts", "1.fts", f"{operation.name}_report.ecsv"]
    assert sorted(outcome.line.partition(" ")[0] for outcome in seen)[-1] == "failed:"


@each_operation
def test_resume(lasco, out, operation):
    """What is done stays done after a run in which a file failed, and other settings do it again."""
    bad = lasco[0].with_name("bad.fts")
    bad.write_text("text")
    process_files([*lasco, bad], out, operation)
    stamps = [(out / path.name).stat().st_mtime_ns for path in lasco]
    good_file(lasco[0].with_name("new.fts"), size=1024).replace(bad)
    table = process_files([*lasco, bad], out, operation)
    assert list(table["resumed"]) == [True, True, False]
    assert list(table["missing"]) == [3, 3, 2]
    assert [(out / path.name).stat().st_mtime_ns for path in lasco] == stamps
    assert "journal" not in "".join(_names(out))


@each_operation
def test_results_are_replaced_and_originals_are_not(lasco, out, operation):
    """Only a result of the same operation is replaced, and only on demand."""
    process_files(lasco[:1], out, operation)
    assert list(process_files(lasco[:1], out, operation)["status"]) == ["failed"]
    assert list(process_files(lasco[:1], out, operation, overwrite=True)["status"]) == [operation.status]
    shutil.copy(lasco[1], out / "0.fts")
    before = (out / "0.fts").read_bytes()
    table = process_files(lasco[:1], out, operation, overwrite=True)
    assert f"does not say that this package {operation.status} it" in table["message"][0]
    table = process_files(lasco, lasco[0].parent, operation, overwrite=True, report_file=out / "table.ecsv")
    assert list(table["status"]) == ["failed", "failed"]
    assert (out / "0.fts").read_bytes() == before == lasco[1].read_bytes()


@pytest.mark.parametrize("file", [".calibrate_files.journal", "0.fits"])
def test_report_on_other_files(lasco, out, file):
    """A report takes the place of no frame and of no journal of any operation."""
    with pytest.raises(ValueError, match="report cannot be written"):
        process_files(lasco, out, OPERATIONS[0], report_file=out / file)


@pytest.mark.parametrize("kill", ["once", "always"])
@pytest.mark.parametrize("method", [None, "radial"])
def test_process_that_dies(frames, out, kill, method):
    """A process that is killed at one file takes no other file with it; one that kills every time has failed."""
    paths = frames(4)
    paths[1].with_suffix(".kill").write_text(kill)
    table = process_files(paths, out, Deadly(method=method), jobs=2)
    status = {source[-7:]: status for source, status in zip(table["source"], table["status"], strict=True)}
    assert status == {
        "000.fts": "filled",
        "001.fts": "copied" if kill == "once" else "failed",
        "002.fts": "filled",
        "003.fts": "copied",
    }
    if kill == "always":
        assert "The process that worked on it ended" in "".join(table["message"])
    assert not list(out.glob(".*.part"))


def test_calibrated_files_are_calibrated_maps(lasco, out):
    """What is written is what `calibrate_map` gives, in steps of 1e-13 for C3; the uncertainty is kept on demand."""
    table = calibrate_files(lasco, out, fill="all", **NOMINAL)
    assert list(table["unit"]) == ["MSB", "MSB"]
    assert table["bias"].unit == "DN"
    assert table["exposure"].unit == "s"
    assert all(table["filled"] > 0)
    assert all("Nominal values" in message for message in table["message"])
    exact = calibrate_files(lasco, out / "exact", fill="all", uncertainty=True, **NOMINAL)
    assert list(exact["status"]) == ["calibrated"] * 2
    # Integers of C3 have steps of 1e-13, and an end.
    for path, atol, brightest in zip(lasco, (5.1e-14, 1e-15), (6.5e-9, np.inf), strict=True):
        with pytest.warns(match="Nominal values"):
            expected = calibrate_map(read_map(path), fill="all", **NOMINAL)
        np.testing.assert_allclose(
            np.nan_to_num(read_level_1(out / path.name).data.astype(float)),
            np.nan_to_num(np.clip(expected.data, -np.inf if brightest == np.inf else 0, brightest).astype(float)),
            rtol=1e-6,
            atol=atol,
        )
        again = read_level_1(out / "exact" / path.name)
        np.testing.assert_array_equal(again.data, expected.data)
        assert (again.uncertainty.array > 0).sum() == (expected.uncertainty.array > 0).sum() > 0


def test_frame_that_cannot_be_calibrated(lasco, out):
    """A calibrated frame has failed, with a sentence that says why."""
    calibrate_files(lasco[:1], out, **NOMINAL)
    table = calibrate_files([out / "0.fts"], out / "again", **NOMINAL)
    assert table["status"][0] == "failed"
    assert "level" in table["message"][0]


@pytest.mark.parametrize(
    ("options", "error", "match"),
    [
        ({"method": "magic"}, ValueError, "no method 'magic'"),
        ({"fill": "some"}, ValueError, "fill='some'"),
        ({"calibration": 3}, TypeError, "not a int"),
        ({"calibration": "nowhere"}, NotADirectoryError, "nowhere"),
    ],
)
def test_wrong_options_of_calibrate_files(out, options, error, match):
    """Each is refused before anything is written."""
    with pytest.raises(error, match=match):
        calibrate_files([], out, **options)
    assert not out.exists()


@dataclass(frozen=True)
class Sharp(Operation):
    """Changes nothing; whether it works on several frames depends on the frames."""

    name = status = "sharpened"

    @property
    def together(self):
        """How many at once."""
        return 3

    @cached_property
    def heavy(self):
        """What cannot be pickled."""
        return lambda: 1

    def prepare(self, smap, path):
        """Nothing is to be done for a sound frame."""
        return smap if (smap.data == 0).any() else None

    def run(self, works):
        """Refuse several frames at once."""
        if len(works) > 1:
            msg = "one by one"
            raise ValueError(msg)
        return works

    def finish(self, work, result):
        """Return the map."""
        return result

    def made(self, header):
        """Nothing was."""
        return False


def test_least_operation(frames, out):
    """Without columns, values and words of its own; where several frames cannot be processed, each is alone."""
    seen = []
    table = process_files(frames(6), out, Sharp(), on_result=seen.append)
    assert list(table["status"]) == ["sharpened", "copied"] * 3
    assert table.colnames == ["source", "target", "status", "seconds", "resumed", "message"]
    assert [outcome.line.partition(",")[0] for outcome in seen] == ["sharpened", "nothing to do"] * 3
    assert sum("one by one" in message for message in table["message"]) == 2  # a group of two, and one alone
    assert Column(str).empty == ""


def test_what_was_read_is_not_pickled():
    """Only the settings travel to other processes."""
    operation = Sharp()
    assert operation.heavy() == 1
    again = pickle.loads(pickle.dumps(operation))
    assert again == operation
    assert "heavy" not in vars(again)


def test_batch_knows_no_task():
    """What runs over files imports nothing of what is done with them."""
    folder = Path(batch.__file__).parent
    modules = {path.name: ast.parse(path.read_text("utf-8")) for path in folder.glob("*.py")}
    assert "engine.py" in modules
    rooms = {
        (name, node.module.split(".")[1])
        for name, tree in modules.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module.startswith("sunpy_coronagraph_inpaint.")
    }
    assert {room for _, room in rooms} <= {"batch", "exceptions", "frames", "io", "learning", "threads"}


def test_something_else_than_an_operation(out):
    """It is refused with a sentence."""
    with pytest.raises(TypeError, match="must be an Operation, not str"):
        process_files([], out, "fill")
