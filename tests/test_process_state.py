"""Filling and training leave the process as they found it, in many threads too, and go on after a fork."""

import os
import subprocess
import sys

import pytest

from sunpy_coronagraph_inpaint.simulate import plain_corona


@pytest.mark.skipif(not hasattr(os, "fork"), reason="only systems that fork have this matter")
def test_threads_and_a_fork():
    """
    Eight threads leave nothing behind, and a forked process fills as the one it comes from.

    In a process of its own, because what is loaded at the first fill is what may change something.
    """
    pytest.importorskip("torch")
    threads = {"OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.process_state"], env=os.environ | threads, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert done.stdout.splitlines() == ["forked: True"], done.stdout + done.stderr


def test_training_leaves_the_state_of_torch(tmp_path):
    """Training is seeded by its recipe, whatever the state of the random numbers, and leaves that state as it was."""
    torch = pytest.importorskip("torch")
    from sunpy_coronagraph_inpaint.inpaint.training import sample_maps
    from sunpy_coronagraph_inpaint.inpaint.training.task import InpaintRecipe, InpaintTask
    from sunpy_coronagraph_inpaint.learning.loop import train

    samples = sample_maps([plain_corona(detector="C2", seed=1)], rounds=1, holes=2)
    recipe = InpaintRecipe(width=4, depth=1, steps=2, cells=4096)
    found = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        before = torch.get_rng_state(), torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
        network = train(InpaintTask(), samples, recipe, tmp_path / str(seed))
        InpaintTask().untrained(recipe)
        assert torch.equal(torch.get_rng_state(), before[0])
        assert (torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()) == before[1:]
        found.append(torch.cat([p.flatten() for p in network.parameters()]))
    assert torch.equal(*found)


def test_simulating_leaves_the_environment(tmp_path, monkeypatch):
    """A library rendered in this process does not change what later ones are started with."""
    from sunpy_coronagraph_inpaint.simulate.library import render

    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    render(1, tmp_path, frames=1, crop=64, progress=False)
    assert "OMP_NUM_THREADS" not in os.environ


def test_network_is_loaded_without_random_numbers(tmp_path):
    """Loading a network draws none."""
    torch = pytest.importorskip("torch")
    from sunpy_coronagraph_inpaint.inpaint.network.corkit import CorKitInpainter
    from sunpy_coronagraph_inpaint.inpaint.network.trained import load_network, save_network

    network, settings = CorKitInpainter(width=4, depth=1).eval(), {"width": 4, "depth": 1}
    save_network(tmp_path / "tiny.safetensors", network, settings=settings, task="corkit")
    before = torch.get_rng_state()
    again = load_network(tmp_path / "tiny.safetensors", task="corkit").network
    assert torch.equal(torch.get_rng_state(), before)
    for name, tensor in again.state_dict().items():
        torch.testing.assert_close(tensor, network.state_dict()[name], rtol=1e-3, atol=1e-3)
