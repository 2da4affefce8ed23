"""The training loop, with a task of its own: nothing of it knows what the network is for."""

import csv
import json
import subprocess
import sys
from dataclasses import replace

import pytest
import torch

from sunpy_coronagraph_inpaint.learning import train
from sunpy_coronagraph_inpaint.learning.checkpoint import read_trained
from tests.learning.denoise import Denoise, recipe, waves

SAMPLES = waves()


class InterruptionError(Exception):
    """The exception that interrupts a run."""


class Interrupted(Denoise):
    """The task, which fails after a number of losses."""

    def __init__(self, after):
        self.left = after

    def loss(self, *arguments):
        """Fail when it is time."""
        self.left -= 1
        if self.left < 0:
            raise InterruptionError
        return super().loss(*arguments)


def run(out_dir, *, task=None, settings=None, interval=2, **options):
    """Train, and return the parameters."""
    network = train(task or Denoise(), SAMPLES, settings or recipe(), out_dir, checkpoint_interval=interval, **options)
    return {name: tensor.clone() for name, tensor in network.state_dict().items()}


def same(one, other):
    """Whether all parameters are equal to the bit."""
    return all(torch.equal(one[name], other[name]) for name in one)


def log_of(out_dir):
    """Rows of the log."""
    with (out_dir / "log.csv").open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.parametrize("average", [0.0, 0.9])
@pytest.mark.parametrize("after", [1, 2, 3, 5])
def test_resumed_is_as_uninterrupted(tmp_path, after, average):
    """A run that is interrupted in any phase and taken up again ends with the same parameters and log, to the bit."""
    settings = recipe(average=average)
    whole = run(tmp_path / "whole", settings=settings)
    with pytest.raises(InterruptionError):
        run(tmp_path / "cut", settings=settings, task=Interrupted(after))
    assert same(run(tmp_path / "cut", settings=settings), whole)
    assert log_of(tmp_path / "cut") == log_of(tmp_path / "whole")


def test_done_is_done(tmp_path):
    """A run that is started again when it is done trains no further."""
    first = run(tmp_path)
    written = (tmp_path / "checkpoint.safetensors").stat().st_mtime_ns
    assert same(run(tmp_path, task=Interrupted(0)), first)
    assert (tmp_path / "checkpoint.safetensors").stat().st_mtime_ns == written


def test_deterministic_for_a_seed(tmp_path):
    """The same seed gives the same network, another one another; the state of PyTorch is not used, nor changed."""
    first = run(tmp_path / "a")
    torch.rand(7)
    before = torch.get_rng_state()
    assert same(run(tmp_path / "b"), first)
    assert torch.equal(torch.get_rng_state(), before)
    assert not same(run(tmp_path / "c", settings=recipe(seed=1)), first)


def test_how_often_it_is_written_does_not_matter(tmp_path):
    """Checkpoints, validation and sheets leave the training alone."""
    assert same(run(tmp_path / "a", interval=1, validation=SAMPLES[:3]), run(tmp_path / "b", interval=100))


def test_log_and_sheets(tmp_path):
    """Each checkpoint has a row with the terms of the loss and the validation, and a sheet; a phase ends with one."""
    run(tmp_path, interval=2, validation=SAMPLES[:4])
    rows = log_of(tmp_path)
    assert [row["step"] for row in rows] == ["2", "3", "4", "6"]
    assert list(rows[0]) == ["step", "loss", "square", "error"]
    sheets = sorted(path.name for path in tmp_path.glob("*.png"))
    assert sheets == [f"sheet_00000{step}.png" for step in (2, 3, 4, 6)]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in tmp_path.glob("*.png"))
    assert not list(tmp_path.glob("*.part"))


def test_it_learns(tmp_path):
    """Waves come out with less than half of the noise that they had."""
    run(tmp_path, settings=recipe(150, 50), interval=50, validation=waves(4, seed=9))
    assert float(log_of(tmp_path)[-1]["error"]) < 0.2


def test_phases(tmp_path):
    """The second phase begins with the network of the first and a new optimizer, and keeps what it freezes."""
    before = run(tmp_path / "one", settings=recipe(3, 0, average=0.0))
    after = run(tmp_path / "two", settings=recipe(3, 2, average=0.0))
    assert torch.equal(before["0.weight"], after["0.weight"])
    assert not torch.equal(before["2.weight"], after["2.weight"])
    # The first step of Adam is as long as the learning rate, whatever went before.
    single = run(tmp_path / "three", settings=recipe(3, 1, average=0.0))
    assert (single["2.weight"] - before["2.weight"]).abs().max().item() == pytest.approx(0.003, rel=0.01)


def test_the_average_is_handed_back(tmp_path):
    """What is returned is what the checkpoint holds as the running average, ready to be used."""
    network = train(Denoise(), SAMPLES, recipe(), tmp_path)
    again, settings, step = read_trained(Denoise(), tmp_path)
    assert same(network.state_dict(), again.state_dict())
    assert (settings, step) == (recipe(), 6)
    assert not network.training
    assert not again.training
    last = run(tmp_path / "last", settings=recipe(average=0.0))
    assert not same(last, network.state_dict())
    assert same(read_trained(Denoise(), tmp_path / "last")[0].state_dict(), last)


def test_clip(tmp_path):
    """The gradient is cut to its limit: a tiny one leaves Adam with its epsilon, which hardly moves."""
    start = Denoise().untrained(recipe()).state_dict()
    phases = {name: getattr(recipe(), name) | {"clip": 1e-12} for name in ("first", "second")}
    moved = run(tmp_path, settings=replace(recipe(average=0.0), **phases))
    assert max((moved[name] - start[name]).abs().max() for name in start) < 1e-4


def test_half_the_digits(tmp_path):
    """In bfloat16 the network computes something else, and learns as well."""
    half = run(tmp_path / "half", settings=recipe(precision="bfloat16"))
    assert all(torch.isfinite(tensor).all() for tensor in half.values())
    assert not same(half, run(tmp_path / "full"))


@pytest.mark.parametrize("change", [{"width": 4}, {"seed": 5}, {"first": {"steps": 4}}, {"average": 0.5}])
def test_another_recipe_is_refused(tmp_path, change):
    """A run is not taken up with another recipe, whatever differs."""
    run(tmp_path, settings=recipe(1, 0))
    with pytest.raises(ValueError, match="made with another recipe"):
        run(tmp_path, settings=replace(recipe(1, 0), **change))


def test_no_checkpoint(tmp_path):
    """Without a checkpoint there is no network to be read."""
    with pytest.raises(ValueError, match="no checkpoint"):
        read_trained(Denoise(), tmp_path)


def test_checkpoint_is_whole(tmp_path, monkeypatch):
    """When writing fails, the last checkpoint stays and the run can be taken up from it."""
    whole = run(tmp_path / "whole")
    original = type(tmp_path).replace

    def fail(self, target):
        if "checkpoint" in self.name and (tmp_path / "cut" / "checkpoint.safetensors").exists():
            msg = "no space"
            raise OSError(msg)
        return original(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(type(tmp_path), "replace", fail)
        with pytest.raises(OSError, match="no space"):
            run(tmp_path / "cut")
    assert read_trained(Denoise(), tmp_path / "cut")[2] == 2
    assert same(run(tmp_path / "cut"), whole)


def test_the_room_knows_no_task():
    """The loop, weights and inference import nothing of the rooms of tasks."""
    modules = ["task", "loop", "recipe", "checkpoint", "weights", "inference", "losses", "features", "unet"]
    names = [f"sunpy_coronagraph_inpaint.learning.{name}" for name in modules]
    found = "[name for name in sys.modules if name.startswith('sunpy_coronagraph_inpaint.')]"
    code = f"import json, sys, {', '.join(names)}; print(json.dumps({found}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    rooms = {name.split(".")[1] for name in json.loads(done.stdout)}
    assert rooms <= {"learning", "io", "frames", "instruments", "threads", "exceptions", "_version"}
