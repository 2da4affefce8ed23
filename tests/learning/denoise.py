"""A small task: denoise waves."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from matplotlib.figure import Figure

from sunpy_coronagraph_inpaint.learning import Recipe, Task


@dataclass(frozen=True, kw_only=True)
class DenoiseRecipe(Recipe):
    """A recipe with a setting of its own and two phases, in the second of which the first layer is frozen."""

    width: int = 8
    average: float = 0.9
    schedule: str = "constant"
    freeze: bool = False
    first: dict
    second: dict

    LOSSES: ClassVar = ("square", "absolute")
    PHASES: ClassVar = ("first", "second")
    PHASE_SETTINGS: ClassVar = (*Recipe.PHASE_SETTINGS, "freeze")


class Denoise(Task):
    """Waves are samples of shape (n, 64); what a batch shows of them has noise."""

    name = "denoise"
    recipe_class = DenoiseRecipe

    def build(self, recipe):
        """Two convolutions."""
        return torch.nn.Sequential(
            torch.nn.Conv1d(1, recipe.width, 9, padding=4),
            torch.nn.ReLU(),
            torch.nn.Conv1d(recipe.width, 1, 9, padding=4),
        )

    def set_training(self, network, recipe):
        """Freeze the first of them where the phase says so."""
        network.train()
        network[0].requires_grad_(not recipe.freeze)

    def batches(self, samples, recipe):
        """Eight waves, without and with noise."""

        def batch(step, *, rank=0):
            rng = np.random.default_rng([recipe.seed, step, rank])
            clean = samples[rng.integers(len(samples), size=8)]
            return torch.stack([clean, clean + torch.from_numpy(rng.normal(0, 0.5, clean.shape).astype(np.float32))])

        return batch

    def loss(self, network, batch, recipe, step):
        """Mean square and mean absolute difference."""
        clean, noisy = batch
        difference = network(noisy[:, None])[:, 0].float() - clean
        terms = {"square": difference.square().mean(), "absolute": difference.abs().mean()}
        loss = sum(weight * terms[name] for name, weight in recipe.active_losses.items())
        return loss, {name: terms[name] for name in recipe.active_losses}

    def validate(self, network, samples, *, device="cpu"):
        """Root mean square of what is left of the noise."""
        network.eval()
        noise = np.random.default_rng(0).normal(0, 0.5, samples.shape).astype(np.float32)
        with torch.no_grad():
            found = network((samples + torch.from_numpy(noise))[:, None].to(device))[:, 0].cpu()
        return {"error": float((found - samples).square().mean().sqrt())}

    def sheet(self, network, samples, *, device="cpu"):
        """The first wave."""
        figure = Figure()
        figure.subplots().plot(samples[0])
        return figure


def waves(number=16, seed=0):
    """Sines of several phases."""
    phase = torch.rand(number, 1, generator=torch.Generator().manual_seed(seed))
    return torch.sin(6.3 * (torch.linspace(0, 2, 64) + phase))


def recipe(first=3, second=3, **settings):
    """A recipe with a number of steps."""
    plain = {"rate": 0.01, "losses": {"square": 1.0}}
    return DenoiseRecipe(
        first=plain | {"steps": first}, second=plain | {"steps": second, "freeze": True, "rate": 0.003}, **settings
    )
