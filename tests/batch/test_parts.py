"""The parts of the batch: neighbors by time, pools, the journal's memory, and the measures."""

import threading
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from sunpy_coronagraph_inpaint import inpaint_files
from sunpy_coronagraph_inpaint.batch import pools
from sunpy_coronagraph_inpaint.inpaint.nearby import Nearby
from sunpy_coronagraph_inpaint.io import read_array, read_map, write_map
from sunpy_coronagraph_inpaint.simulate import plain_corona

pytestmark = pytest.mark.filterwarnings("ignore:Missing metadata for observer")


@pytest.fixture
def sequence(tmp_path):
    """Frames every 12 minutes, one of them of another filter, one without a date, and one that is not a frame."""
    smap = plain_corona(detector="C2", size=256)
    for minute in (0, 12, 24, 36, 48):
        smap.meta["time-obs"] = f"06:{minute:02d}:00.000"
        smap.meta["filter"] = "Blue" if minute == 24 else "Orange"
        write_map(smap, tmp_path / f"{minute:02d}.fts")
    smap.meta["date-obs"] = ""
    write_map(smap, tmp_path / "undated.fts")
    (tmp_path / "text.fts").write_text("text")
    (tmp_path / "notes.txt").write_text("notes")
    return tmp_path


def test_nearest_frames(sequence):
    """The nearest come first, of the same settings and within the time."""
    before, after = Nearby(3600).candidates(sequence / "12.fts")
    assert [path.name for path in before] == ["00.fts"]
    assert [path.name for path in after] == ["36.fts", "48.fts"]
    assert Nearby(800).candidates(sequence / "12.fts") == ([sequence / "00.fts"], [])
    assert Nearby(3600).candidates(sequence / "undated.fts") == ([], [])


def test_unusable_neighbor_is_passed_over(sequence):
    """The next one is taken where the nearest cannot be used, and a warning says why."""
    from sunpy_coronagraph_inpaint.exceptions import NeighborWarning
    from sunpy_coronagraph_inpaint.inpaint.maps import prepare
    from sunpy_coronagraph_inpaint.simulate import damage

    smap = read_map(sequence / "36.fts")
    smap.meta["exptime"] = 0.0
    write_map(smap, sequence / "36.fts", overwrite=True)
    target = damage(read_map(sequence / "12.fts"), blocks=2)
    with pytest.warns(NeighborWarning, match=r"36\.fts cannot help"):
        frames = Nearby(3600).frames(sequence / "12.fts", target, prepare(target).frame)
    assert [round(frame.time) for frame in frames] == [-720, 2160]


@pytest.mark.filterwarnings("ignore::astropy.io.fits.verify.VerifyWarning")
def test_arrays_are_those_of_the_map(lasco_files):
    """What `find` reads is what a map holds, for every real frame."""
    for path in lasco_files:
        data, meta = read_array(path)
        smap = read_map(path)
        np.testing.assert_array_equal(data, smap.data)
        for key in ("instrume", "detector", "naxis1", "r1col", "mid_date", "exptime", "bzero", "datazer"):
            assert meta.get(key) == smap.meta.get(key)


def test_files_are_read_ahead(tmp_path, monkeypatch):
    """A thread has touched the next files, and no more, before they are needed."""
    touched, lead = [], []
    gate = threading.Semaphore(0)
    monkeypatch.setattr(pools, "_touch", lambda path: (touched.append(path), gate.release()))
    for _ in pools.read_ahead(range(12), ahead=3):
        gate.acquire()
        lead.append(len(touched) - len(lead))
    assert max(lead) <= 4
    assert touched == list(range(12))
    monkeypatch.undo()
    pools._touch(tmp_path)
    pools._touch(tmp_path / "nothing")


def test_memory_does_not_grow(frames, tmp_path):
    """Thirty files take no more memory than six."""
    paths = frames(30)
    peaks = []
    inpaint_files(paths[:2], tmp_path / "warm")
    for number in (6, 30):
        tracemalloc.start()
        inpaint_files(paths[:number], tmp_path / str(number))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.25 * peaks[0]


def test_find_needs_no_maps(tmp_path):
    """`coronagraph-inpaint find` loads neither `sunpy.map` nor what other commands need."""
    import subprocess
    import sys

    path = write_map(plain_corona(detector="C2", size=256), tmp_path / "a.fts")
    program = (
        "import sys; from sunpy_coronagraph_inpaint.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit: print([name for name in ('sunpy.map', 'torch', 'pandas') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program, "find", path], check=True, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert Path(done.stdout.splitlines()[1].split()[0]).name == "a.fts"
