"""Validation and sheets."""

import numpy as np
import pytest
import torch

from sunpy_coronagraph_inpaint.inpaint.training.loop import build_network
from sunpy_coronagraph_inpaint.inpaint.training.sheet import plot_samples, write_sheet
from sunpy_coronagraph_inpaint.inpaint.training.validation import validate
from tests.inpaint.training.made import TINY, made, many


def only_kriging():
    """A network that answers with the first candidate."""
    return build_network(type(TINY)(**(TINY.as_dict() | {"prior": 1e4, "n_layers": 1})))


def test_kriging_is_as_good_as_kriging():
    """A network that chooses kriging alone has its error, without neighbors."""
    found = validate(only_kriging(), many())
    assert found["small net"] == pytest.approx(found["small kriging"], rel=1e-4)
    assert {"both net", "both kriging", "both between", "both within", "small within"} <= found.keys()


def test_error_in_percent():
    """The error is that of the cells that are judged, times the scale."""
    sample = made(scale=0.05)
    error = np.abs(sample.candidates[0].astype(float) - sample.truth.astype(float))[sample.weight].mean()
    found = validate(only_kriging(), [sample])
    assert found["small kriging"] == pytest.approx(100 * 0.05 * error, rel=1e-3)


def test_groups():
    """Large holes are judged apart, samples without neighbors not with them, those that are not judged not at all."""
    large, alone = made(1, (60, 60)), made(2, neighbors=False)
    blind = made(3)._replace(weight=np.zeros((20, 18), bool))
    found = validate(only_kriging(), [large, alone, blind])
    assert {name.split()[0] for name in found} == {"large", "small", "both"}
    assert {name.split()[0] for name in validate(only_kriging(), [alone, blind])} == {"small"}
    assert validate(only_kriging(), []) == {}


def test_the_network_is_left_as_it_was():
    """Parameters stay, and a network in training stays in training."""
    network = build_network(TINY).train()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    validate(network, many(3))
    plot_samples(network, many(3))
    assert network.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())


def test_sheet(tmp_path):
    """One row for each hole, without those on which nothing is judged; a PNG, and no piece of one."""
    blind = made(3)._replace(weight=np.zeros((20, 18), bool))
    figure = plot_samples(build_network(TINY), [*many(3), blind], number=5)
    titles = [axes.get_title() for axes in figure.axes if axes.get_title()]
    assert titles == [
        "truth", "what was seen", "kriging", "answer", "standard deviation", "error of kriging", "error of answer",
    ]  # fmt: skip
    assert len([axes for axes in figure.axes if axes.images]) == 3 * 7
    path = tmp_path / "sheet_000010.png"
    write_sheet(path, build_network(TINY), many(2))
    assert path.read_bytes().startswith(b"\x89PNG")
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_nothing_to_show():
    """Samples on which nothing is judged cannot be drawn."""
    blind = made(3)._replace(weight=np.zeros((20, 18), bool))
    with pytest.raises(ValueError, match="None of the samples"):
        plot_samples(build_network(TINY), [blind])
