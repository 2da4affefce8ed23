"""Fixtures: real frames (through ``CORONAGRAPH_INPAINT_DATA``) and small artificial ones."""

import os
import warnings
from functools import cache
from importlib import import_module
from pathlib import Path

# Before matplotlib and parfive are imported, and for the processes that tests start as well: no window is opened and no
# progress bar drawn, whatever is set on this machine.
os.environ["MPLBACKEND"] = "agg"
os.environ["PARFIVE_HIDE_PROGRESS"] = "True"

import pytest

from astropy.io.fits.verify import VerifyWarning

import sunpy.map

DATA_VARIABLE = "CORONAGRAPH_INPAINT_DATA"


def pytest_itemcollected(item):
    """Mark what needs real frames, so that ``-m real_frames`` runs that alone."""
    if "data_dir" in getattr(item, "fixturenames", ()):
        item.add_marker("real_frames")


@pytest.fixture(scope="session")
def data_dir():
    """Directory of the real frames; skips the test where the environment does not name one."""
    path = os.environ.get(DATA_VARIABLE)
    if not path:
        pytest.skip(f"real frames are needed: set {DATA_VARIABLE} to the directory that holds them")
    path = Path(path)
    assert (path / "lasco").is_dir(), f"{DATA_VARIABLE}={path} holds no directory 'lasco'"
    return path.resolve()


@pytest.fixture(scope="session")
def lasco_files(data_dir):
    """All real LASCO frames, level 0.5 and level 1, in a fixed order."""
    files = sorted((data_dir / "lasco" / "level_05").rglob("*.fts")) + sorted(
        (data_dir / "lasco" / "level_1").glob("*.fts")
    )
    assert files, "no LASCO frames were found"
    return files


@pytest.fixture(scope="session")
def real_map():
    """Read a real frame as a map, once; raw LASCO headers hold a TAB and statistics that are not standard FITS."""

    @cache
    def read(path):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", VerifyWarning)
            return sunpy.map.Map(path)

    return read


@pytest.fixture(scope="session")
def corona():
    """Make an artificial frame, once for every detector and size; tests must not change it."""
    from sunpy_coronagraph_inpaint.simulate import plain_corona

    @cache
    def make(detector="C3", size=1024):
        return plain_corona(detector=detector, size=size)

    return make


@pytest.fixture(scope="session")
def script():
    """Import a script of ``benchmarks/`` by its name."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(Path(__file__).parents[1] / "benchmarks")
        yield import_module


_LINES = pytest.StashKey()


@pytest.fixture
def report_line(request):
    """Print a line at the end of the run, whether the test passed or not."""
    return request.config.stash.setdefault(_LINES, []).append


def pytest_terminal_summary(terminalreporter, config):
    """Print the lines that tests have reported."""
    lines = config.stash.get(_LINES, [])
    if lines:
        terminalreporter.section("real frames")
        for line in lines:
            terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def nominally():
    """Calibrate with built-in values, without the warning that says so."""
    from sunpy_coronagraph_inpaint.calibrate import calibrate_map
    from sunpy_coronagraph_inpaint.exceptions import NominalCalibrationWarning

    def calibrate(smap, **options):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NominalCalibrationWarning)
            return calibrate_map(smap, **({"calibration": "nominal"} | options))

    return calibrate
