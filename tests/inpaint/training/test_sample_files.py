"""Files of samples, and which of them are learned from."""

from pathlib import Path

import pytest

from sunpy_coronagraph_inpaint.inpaint.training.samples import (
    list_sample_files,
    read_samples,
    sample_weights,
    split_sample_files,
    write_samples,
)
from tests.inpaint.training.made import many, same


def test_round_trip(tmp_path):
    """Samples of several files come back in order, to the bit."""
    samples = many(5)
    paths = [tmp_path / "a.safetensors", tmp_path / "b.safetensors"]
    write_samples(paths[0], samples[:3])
    write_samples(paths[1], samples[3:])
    again = read_samples(paths)
    assert len(again) == 5
    assert all(same(one, other) for one, other in zip(samples, again, strict=True))
    assert type(again[0]) is type(samples[0])


def test_no_samples(tmp_path):
    """A frame without room for holes gives a file without samples."""
    write_samples(tmp_path / "none.safetensors", [])
    assert read_samples([tmp_path / "none.safetensors"]) == []


def test_there_whole_or_not_at_all(tmp_path, monkeypatch):
    """When writing fails, what was there stays."""
    path = tmp_path / "x.safetensors"
    path.write_bytes(b"before")
    monkeypatch.setattr(type(path), "replace", lambda *_: (_ for _ in ()).throw(OSError("no space")))
    with pytest.raises(OSError, match="no space"):
        write_samples(path, many(1))
    assert path.read_bytes() == b"before"


def test_backgrounds_and_pieces_are_no_samples(tmp_path):
    """Only whole files of samples are listed, in order."""
    names = (
        "C2_b_1.safetensors",
        "C2_a_1.safetensors",
        "background_C2.safetensors",
        ".C2_x.safetensors.part",
        "log.csv",
    )
    for name in names:
        (tmp_path / name).touch()
    assert [path.name for path in list_sample_files(tmp_path)] == ["C2_a_1.safetensors", "C2_b_1.safetensors"]


def test_nothing_there(tmp_path):
    """An empty directory is reported as such."""
    with pytest.raises(ValueError, match="no samples in"):
        list_sample_files(tmp_path)


def test_split():
    """The name alone decides, real frames are never set aside, and nothing is on both sides."""
    paths = [Path(f"C3_a_{number}.safetensors") for number in range(500)]
    real = [Path(f"real_C3_200401{day:02d}_{number}.safetensors") for day in range(31) for number in range(5)]
    training, validation = split_sample_files([*paths, *real])
    assert {*training, *validation} == {*paths, *real}
    assert not {*training} & {*validation}
    assert not {*validation} & {*real}
    assert 30 < len(validation) < 70
    moved = [Path("/elsewhere") / path for path in paths]
    assert [path.name for path in split_sample_files(moved)[1]] == [path.name for path in validation]


def test_weights():
    """Samples of real frames are drawn twice as often."""
    assert sample_weights([Path("a/real_C2_20040108_0.safetensors"), Path("C2_0.safetensors")], [2, 1]) == [
        2.0,
        2.0,
        1.0,
    ]
