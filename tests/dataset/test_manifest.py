"""The frames of a directory, from its manifest or from their headers."""

import json

import numpy as np
import pytest

import astropy.units as u
from astropy.io import fits

from sunpy_coronagraph_inpaint.dataset import build_dataset, open_dataset, split_of
from sunpy_coronagraph_inpaint.dataset.manifest import Journal
from sunpy_coronagraph_inpaint.io import write_map
from sunpy_coronagraph_inpaint.simulate import damage, plain_corona


@pytest.fixture
def directory(tmp_path):
    """Make a directory of frames of both detectors, a small picture without keywords, and files that are no frames."""
    folder = tmp_path / "in"
    (folder / "deep" / "below").mkdir(parents=True)
    summed = plain_corona(detector="C2", size=512)
    write_map(plain_corona(detector="C3"), folder / "deep" / "32130223.fts")
    write_map(summed, folder / "deep" / "below" / "22130223.fts")
    picture = fits.PrimaryHDU(np.ones((128, 128), np.int16))
    picture.writeto(folder / "CME_SOHO_LASCO_C2_20001030064812_128.fits")
    fits.PrimaryHDU(np.ones((8, 8), np.int16)).writeto(folder / "other.fits")
    (folder / "cut.fts").write_bytes((folder / "deep" / "32130223.fts").read_bytes()[:100_000])
    (folder / ".hidden.fts").write_bytes((folder / "deep" / "32130223.fts").read_bytes())
    (folder / "notes.txt").write_text("not a frame")
    return folder


def test_any_layout(directory, caplog):
    """Frames are found wherever they lie; what is no frame is left out, and a damaged one with a warning."""
    table = open_dataset(directory)
    assert list(table["file"]) == [
        "CME_SOHO_LASCO_C2_20001030064812_128.fits",
        "deep/32130223.fts",
        "deep/below/22130223.fts",
    ]
    assert list(table["detector"]) == ["C2", "C3", "C2"]
    assert list(table["level"]) == ["", "0.5", "0.5"]
    assert list(table["nx"]) == list(table["ny"]) == [128, 1024, 512]
    assert list(table["split"]) == [split_of(date) for date in table["date"]] == ["test", "validation", "validation"]
    assert table["date"][0] == "2000-10-30T06:48:12"
    assert (table["filter"][1], table["polarizer"][1], table["compression"][1]) == ("Clear", "Clear", "XR")
    assert table["exposure"][1].to_value(u.s) == pytest.approx(19.1, abs=0.1)
    assert table["size"][1] == (directory / "deep" / "32130223.fts").stat().st_size * u.byte
    assert "cut.fts has 100000 bytes" in caplog.text
    assert "other.fits is left out" in caplog.text


def test_the_manifest_is_read(tmp_path):
    """Of a data set the accepted frames are listed as the manifest has them."""
    (tmp_path / "in").mkdir()
    write_map(plain_corona(), tmp_path / "in" / "good.fts")
    write_map(damage(plain_corona(), blocks=3), tmp_path / "in" / "holed.fts")
    table = build_dataset(tmp_path / "set", source=tmp_path / "in")
    again = open_dataset(tmp_path / "set")
    assert (len(table), list(again["file"])) == (2, ["frames/041008/c3/good.fts"])
    assert again["missing"][0] == 0
    assert set(open_dataset(tmp_path / "in").colnames) == set(again.colnames)


def test_no_directory(tmp_path):
    """A directory that is not there is an error, and an empty one holds no frames."""
    with pytest.raises(FileNotFoundError, match="There is no directory"):
        open_dataset(tmp_path / "nothing")
    assert len(open_dataset(tmp_path)) == 0


def test_real_frames(data_dir):
    """Of the real directory every frame is listed: raw, calibrated, summed, and the small pictures."""
    table = open_dataset(data_dir)
    lasco = table[[name.startswith("lasco/") for name in table["file"]]]
    kinds = [(row["detector"], row["level"], int(row["nx"])) for row in lasco]
    assert {kind: kinds.count(kind) for kind in kinds} == {
        ("C2", "0.5", 512): 4,
        ("C2", "0.5", 1024): 7,
        ("C3", "0.5", 1024): 9,
        ("C2", "1", 512): 1,
        ("C3", "1", 1024): 1,
        ("C2", "", 128): 14,
        ("C3", "", 128): 28,
    }
    assert set(lasco["split"][lasco["level"] == "1"]) == {"test"}


def test_a_journal_with_an_unfinished_line(tmp_path):
    """A line that was being written when the machine stopped does not count, and the next one starts afresh."""
    journal = Journal(tmp_path / "journal.jsonl")
    journal.add("frame", key="a", accepted=True)
    with journal.path.open("a") as stream:
        stream.write('{"kind": "frame", "key": "b", "acc')
    again = Journal(journal.path)
    assert list(again.frames) == ["a"]
    again.add("frame", key="c", accepted=False)
    assert list(Journal(journal.path).frames) == ["a", "c"]
    assert all(json.loads(line) for line in journal.path.read_text().splitlines())
