"""The one format of weights."""

import pytest
import torch
from safetensors.numpy import load, save

from sunpy_coronagraph_inpaint.learning import read_weights, write_weights
from sunpy_coronagraph_inpaint.learning.weights import read_records, restore_network

NOTES = {"task": "line", "architecture": "Sequential", "settings": {"width": 3}}


def sequential(*, width):
    """A network with kernels, vectors, a number and a counter."""
    network = torch.nn.Sequential(torch.nn.Conv2d(1, width, 3), torch.nn.BatchNorm2d(width))
    network.register_parameter("number", torch.nn.Parameter(torch.tensor(0.1)))
    return network


@pytest.fixture
def network():
    """The network with values that float16 does not hold."""
    network = sequential(width=3)
    network[1].running_var += 1e6
    return network


def test_round_trip(tmp_path, network):
    """Kernels come back to half precision, all else to the bit, and so do notes and other arrays."""
    other = {"flat": torch.arange(6, dtype=torch.int8).reshape(2, 3).numpy()}
    sha256 = write_weights(tmp_path / "a.safetensors", network, NOTES, camera=other)
    stored = read_weights(tmp_path / "a.safetensors", sha256)
    assert (stored.notes, stored.sha256) == (NOTES, sha256)
    assert (stored.tensors["camera"]["flat"] == other["flat"]).all()
    before = torch.get_rng_state()
    again = restore_network("a", stored, {"Sequential": sequential})
    assert torch.equal(torch.get_rng_state(), before)
    assert not again.training
    for name, tensor in network.state_dict().items():
        expected = tensor.half().float() if tensor.ndim > 1 else tensor
        assert torch.equal(again.state_dict()[name], expected), name
    assert write_weights(tmp_path / "b.safetensors", again, NOTES, camera=other) == sha256


def test_writing_is_whole_or_not_at_all(tmp_path, network, monkeypatch):
    """When writing fails, what was there stays."""
    path = tmp_path / "a.safetensors"
    path.write_bytes(b"before")
    monkeypatch.setattr(type(path), "replace", lambda *_: (_ for _ in ()).throw(OSError("no space")))
    with pytest.raises(OSError, match="no space"):
        write_weights(path, network, NOTES)
    assert path.read_bytes() == b"before"


def test_wrong_hash(tmp_path, network):
    """Another hash is refused, in one sentence that says what to do."""
    write_weights(tmp_path / "a.safetensors", network, NOTES)
    with pytest.raises(ValueError, match=r"hash \w{12}\.\.\. instead of 000000000000.*Install the package again"):
        read_weights(tmp_path / "a.safetensors", "0" * 64)


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[: len(content) // 2],
        lambda content: save(load(content), {"format": "np"}),
        lambda content: save(load(content), {"network": "{"}),
        lambda _: b"SIMPLE  =                    T",
        lambda _: b"",
    ],
    ids=["cut", "without notes", "wrong notes", "text", "empty"],
)
def test_no_file_of_weights(tmp_path, network, damage):
    """Any error of a file is reported as an error of the weights."""
    path = tmp_path / "a.safetensors"
    write_weights(path, network, NOTES)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ValueError, match="is not a file of weights"):
        read_weights(path)


def test_of_another_network(tmp_path, network):
    """Tensors that do not fit, and a class that is not known, are reported."""
    path = tmp_path / "a.safetensors"
    for notes in (NOTES | {"settings": {"width": 4}}, NOTES | {"architecture": "Line"}, {"task": "line"}):
        write_weights(path, network, notes)
        with pytest.raises(ValueError, match="is not a file of weights"):
            restore_network(path, read_weights(path), {"Sequential": sequential})


def test_no_records(tmp_path):
    """Records that should be there and are not are an error that says what to do."""
    with pytest.raises(FileNotFoundError, match=r"is incomplete: it lacks .*records.toml. Install the package again"):
        read_records(tmp_path)
