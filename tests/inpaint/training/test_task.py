"""The inpainting network as a task of the training loop."""

import csv
import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from sunpy_coronagraph_inpaint.inpaint.training import InpaintTask
from sunpy_coronagraph_inpaint.inpaint.training.batches import collate, network_inputs
from sunpy_coronagraph_inpaint.inpaint.training.task import plot_samples
from sunpy_coronagraph_inpaint.learning import train
from sunpy_coronagraph_inpaint.learning.checkpoint import read_trained
from tests.inpaint.training.made import TINY, made, many

SAMPLES, TASK = many(), InpaintTask()


def run(out_dir, *, recipe=TINY, interval=2, **options):
    """Train, and return the parameters."""
    return train(TASK, SAMPLES, recipe, out_dir, checkpoint_interval=interval, **options).state_dict()


def log_of(out_dir):
    """Rows of the log."""
    with (out_dir / "log.csv").open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.parametrize("at", [2, 4])
def test_resumed_is_as_uninterrupted(tmp_path, monkeypatch, at):
    """A run that is interrupted and taken up again ends with the same parameters and the same log, to the bit."""
    whole, original = run(tmp_path / "whole"), InpaintTask.loss

    def fail(self, network, batch, recipe, step):
        if step == at + 1:
            raise KeyboardInterrupt
        return original(self, network, batch, recipe, step)

    with monkeypatch.context() as patch:
        patch.setattr(InpaintTask, "loss", fail)
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path / "cut")
    again = run(tmp_path / "cut")
    assert all(torch.equal(tensor, again[name]) for name, tensor in whole.items())
    assert log_of(tmp_path / "cut") == log_of(tmp_path / "whole")
    assert read_trained(TASK, tmp_path / "cut")[1:] == (TINY, 6)


def test_log_and_sheets(tmp_path):
    """Each checkpoint has a row with the terms of the loss and the validation, and a sheet."""
    run(tmp_path, interval=3, validation=SAMPLES[:4])
    rows = log_of(tmp_path)
    assert [row["step"] for row in rows] == ["3", "6"]
    for name in ("loss", *TINY.losses, "small net", "small kriging", "both net", "both time_interpolated"):
        assert all(math.isfinite(float(row[name])) for row in rows), name
    assert len(list(tmp_path.glob("sheet_*.png"))) == 2


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("forced", [0.0, 0.5, 1.0])
def test_layers_and_teacher_forcing(tmp_path, layers, forced):
    """With one layer or two, taught one by one or end to end, every layer learns."""
    recipe = replace(TINY, n_layers=layers, teacher_forcing=forced)
    trained, untrained = run(tmp_path, recipe=recipe), TASK.untrained(recipe).state_dict()
    for layer in range(layers):
        name = f"layers.{layer}.head.weight"
        assert not torch.equal(trained[name], untrained[name])


def test_it_learns(tmp_path):
    """The loss falls when the same few samples are shown again and again."""
    run(tmp_path, recipe=replace(TINY, steps=60), interval=20)
    losses = [float(row["loss"]) for row in log_of(tmp_path)]
    assert losses[-1] < losses[0] - 0.1


def test_half_the_digits(tmp_path):
    """Convolutions in bfloat16 train as well."""
    assert all(torch.isfinite(t).all() for t in run(tmp_path, recipe=replace(TINY, precision="bfloat16")).values())


def test_losses_of_features(tmp_path):
    """Perceptual and style losses need features, and change what is learned."""
    recipe = replace(TINY, losses={"diff": 1.0, "perceptual": 1.0, "style": 1.0, "style_composite": 1.0}, steps=2)
    with pytest.raises(ValueError, match="Give weights of VGG-19"):
        run(tmp_path / "a", recipe=recipe)
    task = InpaintTask(features=lambda x: [x, torch.nn.functional.avg_pool2d(x, 2)])
    train(task, SAMPLES, recipe, tmp_path / "b")
    assert float(log_of(tmp_path / "b")[0]["style"]) > 0


def test_sample_weights():
    """Samples of weight 0 are never shown."""
    samples = [made(seed, scale=0.01 * (seed + 1)) for seed in range(3)]
    batches = InpaintTask(sample_weights=[0, 1, 0]).batches(samples, TINY)
    assert {round(float(scale), 2) for step in range(5) for scale in batches(step).scale.flatten()} == {0.02}


def test_untrained_answers_by_the_prior():
    """Before any step the answer is a weighted mean of candidates, that of kriging the heaviest."""
    network = TASK.untrained(TINY).eval()
    with torch.no_grad():
        output = network(*network_inputs(collate(SAMPLES[:1])))
    assert output.weights.argmax(1).unique().tolist() == [0]


def only_kriging():
    """A network that answers with the first candidate."""
    return TASK.untrained(replace(TINY, prior=1e4, n_layers=1))


def test_kriging_is_as_good_as_kriging():
    """A network that chooses kriging alone has its error, without neighbors."""
    found = TASK.validate(only_kriging(), many())
    assert found["small net"] == pytest.approx(found["small kriging"], rel=1e-4)
    assert {"both net", "both kriging", "both time_interpolated", "both within", "small within"} <= found.keys()


def test_error_in_percent():
    """The error is that of bins with a weight, times the scale."""
    sample = made(scale=0.05)
    error = np.abs(sample.candidates[0].astype(float) - sample.truth.astype(float))[sample.weight].mean()
    found = TASK.validate(only_kriging(), [sample])
    assert found["small kriging"] == pytest.approx(100 * 0.05 * error, rel=1e-3)


def test_groups():
    """Large holes are measured separately, neighbors only where both exist, and samples of weight 0 not at all."""
    large, alone = made(1, (60, 60)), made(2, neighbors=False)
    blind = made(3)._replace(weight=np.zeros((20, 18), bool))
    found = TASK.validate(only_kriging(), [large, alone, blind])
    assert {name.split()[0] for name in found} == {"large", "small", "both"}
    assert {name.split()[0] for name in TASK.validate(only_kriging(), [alone, blind])} == {"small"}
    assert TASK.validate(only_kriging(), []) == {}


def test_the_network_is_left_as_it_was():
    """Parameters stay, and a network in training stays in training."""
    network = TASK.untrained(TINY).train()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    TASK.validate(network, many(3))
    plot_samples(network, many(3))
    assert network.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())


def test_sheet():
    """One row for each hole, without samples of weight 0."""
    blind = made(3)._replace(weight=np.zeros((20, 18), bool))
    figure = TASK.sheet(TASK.untrained(TINY), [*many(3), blind])
    titles = [axes.get_title() for axes in figure.axes if axes.get_title()]
    assert titles == [
        "truth", "input", "kriging", "fill", "standard deviation", "error of kriging", "error of fill",
    ]  # fmt: skip
    assert len([axes for axes in figure.axes if axes.images]) == 3 * 7


def test_nothing_to_show():
    """Samples of weight 0 cannot be plotted."""
    blind = made(3)._replace(weight=np.zeros((20, 18), bool))
    with pytest.raises(ValueError, match="None of the samples"):
        plot_samples(TASK.untrained(TINY), [blind])
