"""Frames before and after, found by their headers."""

import pytest

import astropy.units as u

from sunpy_coronagraph_inpaint.exceptions import NeighborWarning
from sunpy_coronagraph_inpaint.inpaint.maps import prepare
from sunpy_coronagraph_inpaint.inpaint.nearby import Nearby
from sunpy_coronagraph_inpaint.io import read_map, write_map
from sunpy_coronagraph_inpaint.simulate import damage, plain_corona

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
    before, after = Nearby(1 * u.hour).candidates(sequence / "12.fts")
    assert [path.name for path in before] == ["00.fts"]
    assert [path.name for path in after] == ["36.fts", "48.fts"]
    assert Nearby(800 * u.s).candidates(sequence / "12.fts") == ([sequence / "00.fts"], [])
    assert Nearby(1 * u.hour).candidates(sequence / "undated.fts") == ([], [])


def test_unusable_neighbor_is_passed_over(sequence):
    """The next one is taken where the nearest cannot be used, and a warning says why."""
    smap = read_map(sequence / "36.fts")
    smap.meta["exptime"] = 0.0
    write_map(smap, sequence / "36.fts", overwrite=True)
    target = damage(read_map(sequence / "12.fts"), blocks=2)
    with pytest.warns(NeighborWarning, match=r"36\.fts cannot be used as a neighbor"):
        frames = Nearby(1 * u.hour).frames(sequence / "12.fts", target, prepare(target).frame)
    assert [round(frame.time) for frame in frames] == [-720, 2160]
