"""Checkpoints."""

import pytest
import torch

from sunpy_coronagraph_inpaint.inpaint.training.loop import build_network, train_network
from sunpy_coronagraph_inpaint.inpaint.training.result import read_network
from sunpy_coronagraph_inpaint.learning.checkpoint import checkpoint_path, read_checkpoint, write_checkpoint
from tests.inpaint.training.made import TINY, many


def parts():
    """A network, its running average, and an optimizer."""
    network = build_network(TINY)
    average = torch.optim.swa_utils.AveragedModel(network)
    return network, average, torch.optim.Adam(network.parameters())


def test_there_is_none(tmp_path):
    """Without a checkpoint a run begins at step 0, and there is no network to be read."""
    assert read_checkpoint(tmp_path, TINY, *parts()) == 0
    with pytest.raises(ValueError, match="no checkpoint"):
        read_network(tmp_path)


def test_everything_comes_back(tmp_path):
    """Network, average and the state of the optimizer come back to the bit."""
    train_network(many(4), TINY, tmp_path, every=3)
    first, second = parts(), parts()
    assert read_checkpoint(tmp_path, TINY, *first) == 6
    write_checkpoint(tmp_path, TINY, *first, 6)
    assert read_checkpoint(tmp_path, TINY, *second) == 6
    for one, other in zip(first[:2], second[:2], strict=True):
        for name, tensor in one.state_dict().items():
            assert torch.equal(tensor, other.state_dict()[name]), name
    states = [part[2].state_dict()["state"] for part in (first, second)]
    assert states[0].keys() == states[1].keys()
    for number, state in states[0].items():
        for name, tensor in state.items():
            assert torch.equal(tensor, states[1][number][name]), (number, name)


@pytest.mark.parametrize("change", [{"rate": 1e-3}, {"width": 8}, {"losses": {"diff": 1.0}}, {"seed": 5}])
def test_another_recipe_is_refused(tmp_path, change):
    """A run is not taken up with another recipe, whatever differs."""
    write_checkpoint(tmp_path, TINY, *parts(), 3)
    other = type(TINY)(**(TINY.as_dict() | change))
    with pytest.raises(ValueError, match="made with another recipe"):
        train_network(many(4), other, tmp_path)


def test_there_whole_or_not_at_all(tmp_path, monkeypatch):
    """When writing fails, the last checkpoint stays."""
    write_checkpoint(tmp_path, TINY, *parts(), 3)
    before = checkpoint_path(tmp_path).read_bytes()
    monkeypatch.setattr(type(tmp_path), "replace", lambda *_: (_ for _ in ()).throw(OSError("no space")))
    with pytest.raises(OSError, match="no space"):
        write_checkpoint(tmp_path, TINY, *parts(), 4)
    assert checkpoint_path(tmp_path).read_bytes() == before
