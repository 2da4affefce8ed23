"""The shared benchmark, on a suite of another task: finding spikes in signals of one dimension."""

import ast
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from scipy.ndimage import median_filter

from astropy.stats import mad_std
from astropy.table import Table

from sunpy_coronagraph_inpaint import evaluate
from sunpy_coronagraph_inpaint.evaluate import Entry, Measure, Sheet, Suite, run
from sunpy_coronagraph_inpaint.evaluate.contact_sheet import plot_sheet
from sunpy_coronagraph_inpaint.evaluate.memory import memory_growth
from sunpy_coronagraph_inpaint.evaluate.report import best_rows, number, parts, text_table
from sunpy_coronagraph_inpaint.evaluate.runner import describe

SIZE, SPIKES, HEIGHT = 400, 12, 30.0


class Signal(NamedTuple):
    """Noise on a slope, some samples of which are spikes."""

    labels: tuple
    name: str
    data: np.ndarray
    truth: np.ndarray


class SpikeSuite(Suite):
    """Two detectors of spikes, one of which cannot cope with a slope, and one that needs the noise told."""

    labels = ("slope",)
    measures = {  # noqa: RUF012
        "found": Measure("%", "spikes that were found", "higher", digits=0),
        "false": Measure("", "samples that are none", "lower", digits=1),
    }

    def __init__(self, slopes=("flat", "steep"), seeds=3, more=()):
        super().__init__()
        self.slopes, self.seeds, self.more = slopes, seeds, more

    def cases(self):
        """Yield signals with a slope and without."""
        for slope in self.slopes:
            for seed in range(self.seeds):
                rng = np.random.default_rng(seed)
                truth = np.zeros(SIZE, bool)
                truth[rng.choice(SIZE, SPIKES, replace=False)] = True
                data = rng.normal(size=SIZE) + HEIGHT * truth + (slope == "steep") * np.arange(SIZE)
                yield Signal((slope,), f"seed {seed}", data, truth)

    def entries(self):
        """Return both, and what the test adds."""
        return [
            Entry("clip", lambda data: np.abs(data - np.median(data)) > 5 * mad_std(data)),
            Entry("median filter", lambda data: data - median_filter(data, 9) > 8),
            Entry("told", lambda given: given[0] > 5 * given[1], needs=("noise",)),
            *self.more,
        ]

    def prepare(self, case, entry):
        """Return a copy of the signal; the noise is known where there is no slope."""
        if "noise" in entry.needs:
            return (case.data.copy(), 1.0) if case.labels == ("flat",) else None
        return case.data.copy()

    def score(self, result, case):
        """Count."""
        return {"found": 100 * np.mean(result[case.truth]), "false": np.count_nonzero(result & ~case.truth)}

    def sheet(self, case):
        """Show the signal as a square."""
        side = int(SIZE**0.5)
        image = case.data.reshape(side, side)
        return Sheet(case.labels, case.name, case.truth.reshape(image.shape) * 1.0, image, np.ones(image.shape, bool))

    def image(self, result, case):
        """Show the answer as a square."""
        return result.reshape(20, 20).astype(float)

    def metadata(self):
        """Return how high spikes are."""
        return {"height": HEIGHT}


@pytest.fixture(scope="module")
def results():
    """The whole benchmark."""
    return run(SpikeSuite())


def test_scores(results):
    """Each entry is scored over all cases; where a case has not what it needs, it has no row."""
    table = results.table
    rows = {(row["slope"], row["method"]): row for row in table}
    assert list(rows) == [
        ("flat", "clip"), ("flat", "median filter"), ("flat", "told"), ("steep", "clip"), ("steep", "median filter"),
    ]  # fmt: skip
    assert (table["cases"] == 3).all()
    assert rows["flat", "clip"]["found"] == rows["steep", "median filter"]["found"] == 100
    assert rows["steep", "clip"]["found"] < 20
    assert (table["seconds"] > 0).all()
    assert (table["memory"] >= 0).all()
    assert table.meta["names"] == {slope: ["seed 0", "seed 1", "seed 2"] for slope in ("flat", "steep")}
    assert table.meta["height"] == HEIGHT
    assert table.meta["versions"]["numpy"] == np.__version__


def test_averages():
    """Values are put together as the measure says, over the cases in which it applies."""
    suite = SpikeSuite(["flat"])
    values = iter([(0.0, 1.0, 1.0), (np.nan, 3.0, 5.0), (8.0, 20.0, 2.0)])
    suite.measures = {name: Measure("", name, average=name) for name in ("mean", "median", "max")}
    suite.entries = lambda: [Entry("one", lambda data: None)]
    suite.score = lambda result, case: dict(zip(suite.measures, next(values), strict=True))
    suite.sheet = lambda case: None
    row = run(suite).table[0]
    assert (row["mean"], row["median"], row["max"]) == (4.0, 3.0, 5.0)


def test_nothing_is_passed_on(results):
    """What an entry does to its input is seen by no other, and the first case is done twice."""
    calls = []

    def breaks(data):
        calls.append(data.copy())
        data[:] = 0
        return data > 1

    again = run(SpikeSuite(more=[Entry("breaks", breaks), Entry("after", lambda data: data > 20)])).table
    for row, old in zip(again[again["method"] == "median filter"], results.table[[1, 4]], strict=True):
        assert (row["found"], row["false"]) == (old["found"], old["false"])
    after = again[(again["method"] == "after") & (again["slope"] == "flat")]
    assert after["found"][0] == 100
    assert len(calls) == 2 * (3 + 1)
    np.testing.assert_array_equal(calls[0], calls[1])


def test_entry_that_cannot():
    """An entry that refuses a case loses it, and a note says why; other errors are not hidden."""

    def refuses(data):
        msg = "There are no weights for this."
        raise ValueError(msg)

    def fails(data):
        raise ZeroDivisionError

    found = run(
        SpikeSuite(["flat"], more=[Entry("net", refuses), Entry("absent", len, (), "no_such_module", "some-p")])
    )
    assert not set(found.table["method"]) & {"net", "absent"}
    assert found.notes == ["absent: not installed: pip install some-p",
                           "net cannot do flat: There are no weights for this."]  # fmt: skip
    with pytest.raises(ZeroDivisionError):
        run(SpikeSuite(["flat"], more=[Entry("net", fails)]))
    broken = SpikeSuite(["flat"])
    broken.score = lambda result, case: int("no number")
    with pytest.raises(ValueError, match="invalid literal"):  # of the suite, not of an entry
        run(broken)
    with pytest.raises(ValueError, match="There is nothing to evaluate"):
        run(SpikeSuite([]))


def test_progress():
    """Each case is told before it is done."""
    lines = []
    run(SpikeSuite(["flat"], seeds=2), progress=lines.append)
    assert lines == ["flat: seed 0", "flat: seed 1"]


def test_text(results):
    """The best of each table carry a star, all that look the same; numbers have their digits, units their line."""
    flat, steep = results.text().split("\n\n")
    assert flat.splitlines()[0] == "flat, 3 cases"
    lines = {line.split()[0]: line.split() for line in steep.splitlines()}
    assert lines["method"] == ["method", "found", "false", "seconds", "memory"]
    assert lines["%"][:1] == ["%"]
    assert lines["median"][2] == "100*"
    assert "*" not in lines["clip"][1]
    assert flat.count(" 100*") == 3
    assert all(line == line.rstrip() for line in results.text().splitlines())


def test_files(results, tmp_path):
    """The table reads back with all that its text needs, and each table has a picture of its first case."""
    paths = results.write(tmp_path / "new" / "out")
    assert [path.name for path in paths] == ["benchmark.ecsv", "flat.png", "steep.png"]
    assert sorted(path.name for path in paths[0].parent.iterdir()) == sorted(path.name for path in paths)
    again = Table.read(paths[0])
    assert text_table(again) == results.text()
    assert again.meta["names"] == results.table.meta["names"]
    assert again["found"].description == "spikes that were found"
    assert all(path.read_bytes()[:4] == b"\x89PNG" for path in paths[1:])


def test_sheets(results):
    """A sheet holds every answer to the first case, and draws it with its error."""
    sheet, _ = results.sheets
    assert (sheet.labels, sheet.name) == (("flat",), "seed 0")
    assert list(sheet.results) == ["clip", "median filter", "told"]
    figure = plot_sheet(sheet)
    titles = [axes.get_title() for axes in figure.axes if axes.get_title()]
    assert titles == [
        "truth",
        "clip",
        "median filter",
        "told",
        "given",
        *(f"error of {name}" for name in sheet.results),
    ]
    error = figure.axes[titles.index("error of clip")].images[0].get_array()
    assert np.abs(error).max() == np.abs(sheet.results["clip"] - sheet.truth).max()


def test_sheet_keeps_a_window():
    """A window of the image is kept, not a view, which would keep all of it."""
    image = np.arange(100.0).reshape(10, 10)
    window = np.s_[2:5, 3:7]
    sheet = Sheet(("a",), "b", image[window], image[window], np.ones((3, 4), bool), window)
    sheet.add("one", image)
    np.testing.assert_array_equal(sheet.results["one"], image[2:5, 3:7])
    assert sheet.results["one"].base is None


@pytest.mark.parametrize(
    ("direction", "goal", "values", "best"),
    [
        ("lower", 0, [2.0, 1.0, np.nan], {1}),
        ("higher", 0, [2.0, 1.0, np.nan], {0}),
        ("nearest", 68.27, [60.0, 70.0, 80.0], {1}),
        ("nearest", 0, [-1.0, 2.0, 1.0], {0}),
        ("ratio", 1, [0.5, 3.0, np.nan], {0}),
        ("ratio", 1, [0.0, 9.0, np.nan], {1}),
        ("lower", 0, [1.0001, 1.0002, 2.0], {0, 1}),
        ("lower", 0, [np.nan] * 3, set()),
    ],
)
def test_directions(direction, goal, values, best):
    """The best are those that look best, in the direction of the measure."""
    measures = {"m": Measure("", "some", direction, goal)}
    table = describe(Table({"group": ["a"] * 3, "method": ["x", "y", "z"], "m": values}), ["group"], measures)
    ((labels, part),) = parts(table)
    assert labels == ("a",)
    assert best_rows(part) == {"m": best}
    assert number(part["m"], 1.0001) == "1.00"
    assert number(part["m"], np.nan) == "-"


def test_direction_that_is_none():
    """A direction that does not exist is refused."""
    with pytest.raises(ValueError, match="no direction 'upward'"):
        Measure("", "", "upward").rank([1.0])


def test_memory_is_seen():
    """What a block holds for a moment counts, and what it gives back before its end too."""
    with memory_growth() as memory:
        held = np.ones(80_000_000 // 8)
        for _ in range(20):
            held += 1
        del held
    assert 40 < memory() < 160


def test_knows_no_task():
    """Of this package the room imports itself and what writes files, so that any task can use it."""
    imported = {
        node.module.split(".")[1]
        for path in Path(evaluate.__file__).parent.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module.startswith("sunpy_coronagraph_inpaint.")
    }
    assert imported == {"evaluate", "io"}
