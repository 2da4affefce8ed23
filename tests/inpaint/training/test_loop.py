"""The training loop."""

import csv
import math

import pytest
import torch

from sunpy_coronagraph_inpaint.inpaint.training import loop
from sunpy_coronagraph_inpaint.inpaint.training.loop import build_network, train_network
from sunpy_coronagraph_inpaint.inpaint.training.result import read_network
from sunpy_coronagraph_inpaint.learning.checkpoint import checkpoint_path
from tests.inpaint.training.made import TINY, many

SAMPLES = many()


def run(out_dir, *, recipe=TINY, every=2, **options):
    """Train, and return the parameters."""
    return train_network(SAMPLES, recipe, out_dir, every=every, **options).state_dict()


def assert_same(one, other):
    """Fail unless all parameters are equal to the bit."""
    assert one.keys() == other.keys()
    for name, tensor in one.items():
        assert torch.equal(tensor, other[name]), name


def log_of(out_dir):
    """Rows of the log."""
    with (out_dir / "log.csv").open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


class InterruptionError(Exception):
    """What ends a run."""


@pytest.mark.parametrize("at", [1, 3, 5])
def test_resumed_is_as_uninterrupted(tmp_path, monkeypatch, at):
    """A run that is interrupted and taken up again ends with the same parameters and the same log, to the bit."""
    whole = run(tmp_path / "whole")
    steps, original = [], loop._step

    def fail(*arguments):
        if len(steps) == at:
            raise InterruptionError
        steps.append(1)
        return original(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(loop, "_step", fail)
        with pytest.raises(InterruptionError):
            run(tmp_path / "cut")
    assert_same(run(tmp_path / "cut"), whole)
    assert log_of(tmp_path / "cut") == log_of(tmp_path / "whole")


def test_done_is_done(tmp_path):
    """A run that is started again when it is done trains no further."""
    first = run(tmp_path)
    written = checkpoint_path(tmp_path).stat().st_mtime_ns
    assert_same(run(tmp_path), first)
    assert checkpoint_path(tmp_path).stat().st_mtime_ns == written


def test_deterministic_for_a_seed(tmp_path):
    """The same seed gives the same network, another one another, whatever torch has drawn before."""
    first = run(tmp_path / "a")
    torch.rand(7)
    assert_same(run(tmp_path / "b"), first)
    other = run(tmp_path / "c", recipe=type(TINY)(**(TINY.as_dict() | {"seed": 1})))
    assert not all(torch.equal(first[name], other[name]) for name in first)


def test_how_often_it_is_written_does_not_matter(tmp_path):
    """Checkpoints, validation and sheets leave the training alone."""
    assert_same(run(tmp_path / "a", every=1, validation=SAMPLES[:3]), run(tmp_path / "b", every=100))


def test_log_and_sheets(tmp_path):
    """Each checkpoint has a row with the terms of the loss and the validation, and a sheet."""
    run(tmp_path, every=3, validation=SAMPLES[:4])
    rows = log_of(tmp_path)
    assert [row["step"] for row in rows] == ["3", "6"]
    for name in ("loss", *TINY.losses, "small net", "small kriging", "both net", "both between"):
        assert all(math.isfinite(float(row[name])) for row in rows), name
    sheets = sorted(path.name for path in tmp_path.glob("*.png"))
    assert sheets == ["sheet_000003.png", "sheet_000006.png"]
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("forced", [0.0, 0.5, 1.0])
def test_layers_and_teacher_forcing(tmp_path, layers, forced):
    """With one layer or two, taught one by one or end to end, every layer learns."""
    recipe = type(TINY)(**(TINY.as_dict() | {"n_layers": layers, "teacher_forcing": forced}))
    trained, untrained = run(tmp_path, recipe=recipe), build_network(recipe).state_dict()
    for layer in range(layers):
        name = f"layers.{layer}.head.weight"
        assert not torch.equal(trained[name], untrained[name])


def test_it_learns(tmp_path):
    """The loss falls when the same few samples are shown again and again."""
    recipe = type(TINY)(**(TINY.as_dict() | {"steps": 60}))
    run(tmp_path, recipe=recipe, every=20)
    losses = [float(row["loss"]) for row in log_of(tmp_path)]
    assert losses[-1] < losses[0] - 0.1


def test_the_average_is_handed_back(tmp_path):
    """What is returned is what the checkpoint holds as the running average, ready to be used."""
    network = train_network(SAMPLES, TINY, tmp_path, every=3)
    again, recipe, step = read_network(tmp_path)
    assert_same(network.state_dict(), again.state_dict())
    assert (recipe, step) == (TINY, 6)
    assert not network.training
    assert not again.training


def test_half_the_digits(tmp_path):
    """Convolutions in bfloat16 train as well."""
    recipe = type(TINY)(**(TINY.as_dict() | {"precision": "bfloat16"}))
    assert all(torch.isfinite(tensor).all() for tensor in run(tmp_path, recipe=recipe).values())


def test_untrained_answers_by_the_prior():
    """Before any step the answer is a weighted mean of candidates, that of kriging the heaviest."""
    from sunpy_coronagraph_inpaint.inpaint.training.batches import collate, pair

    network = build_network(TINY).eval()
    with torch.no_grad():
        answer = network(*pair(collate(SAMPLES[:1])))
    assert answer.weights.argmax(1).unique().tolist() == [0]
