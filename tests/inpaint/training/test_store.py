"""Samples and backgrounds on disk."""

import numpy as np
import pytest

from sunpy_coronagraph_inpaint.flatfield.background import Background
from sunpy_coronagraph_inpaint.inpaint.training import read_background, read_samples, write_background, write_samples
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


@pytest.mark.parametrize("write", [lambda path: write_samples(path, many(1)), None], ids=["samples", "background"])
def test_there_whole_or_not_at_all(tmp_path, monkeypatch, write):
    """When writing fails, what was there stays."""
    background = Background(np.zeros((8, 8)), np.zeros((0, 8, 8)), np.zeros((1024, 1024)))
    write = write or (lambda path: write_background(path, background))
    path = tmp_path / "x.safetensors"
    path.write_bytes(b"before")
    monkeypatch.setattr(type(path), "replace", lambda *_: (_ for _ in ()).throw(OSError("no space")))
    with pytest.raises(OSError, match="no space"):
        write(path)
    assert path.read_bytes() == b"before"


def test_background(tmp_path):
    """A background comes back as it is kept on disk."""
    rng = np.random.default_rng(0)
    background = Background(rng.normal(size=(8, 8)), rng.normal(size=(2, 8, 8)), rng.normal(0, 0.01, (1024, 1024)))
    write_background(tmp_path / "background_C2.safetensors", background)
    again = read_background(tmp_path / "background_C2.safetensors")
    for name, array in background.arrays().items():
        np.testing.assert_array_equal(again.arrays()[name], array)
