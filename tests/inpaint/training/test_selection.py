"""Which files are learned from."""

from pathlib import Path

import pytest

from sunpy_coronagraph_inpaint.inpaint.training.selection import sample_files, split_files, weigh_files


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
    assert [path.name for path in sample_files(tmp_path)] == ["C2_a_1.safetensors", "C2_b_1.safetensors"]


def test_nothing_there(tmp_path):
    """An empty directory is told as such."""
    with pytest.raises(ValueError, match="no samples in"):
        sample_files(tmp_path)


def test_split():
    """The name alone decides, real frames are never set aside, and nothing is on both sides."""
    paths = [Path(f"C3_a_{number}.safetensors") for number in range(500)]
    real = [Path(f"real_C3_200401{day:02d}_{number}.safetensors") for day in range(31) for number in range(5)]
    training, validation = split_files([*paths, *real])
    assert {*training, *validation} == {*paths, *real}
    assert not {*training} & {*validation}
    assert not {*validation} & {*real}
    assert 30 < len(validation) < 70
    moved = [Path("/elsewhere") / path for path in paths]
    assert [path.name for path in split_files(moved)[1]] == [path.name for path in validation]


def test_weights():
    """Samples of real frames are drawn twice as often."""
    assert weigh_files([Path("a/real_C2_20040108_0.safetensors"), Path("C2_0.safetensors")], [2, 1]) == [2.0, 2.0, 1.0]
