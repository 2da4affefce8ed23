"""The network that weights candidate fills, as a task of the training loop."""

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import torch

from sunpy_coronagraph_inpaint.inpaint.network.candidates import CANDIDATES
from sunpy_coronagraph_inpaint.inpaint.network.layered import LayeredInpainter
from sunpy_coronagraph_inpaint.inpaint.network.patches import AUXILIARY_CHANNELS
from sunpy_coronagraph_inpaint.inpaint.training.batches import Batches, collate, drop_neighbors, network_inputs
from sunpy_coronagraph_inpaint.inpaint.training.layered_loss import layered_loss
from sunpy_coronagraph_inpaint.learning.inference import evaluating
from sunpy_coronagraph_inpaint.learning.losses import charbonnier_penalty, student_likelihood
from sunpy_coronagraph_inpaint.learning.recipe import Recipe
from sunpy_coronagraph_inpaint.learning.task import Task

#: Errors are penalized quadratically below this many times the scale of the structure, linearly above.
_ROBUST = 0.15
#: Batch size in validation.
_TOGETHER = 16
#: A hole whose patch has more rows or columns than this is large.
_LARGE = 48
#: Quantiles at the ends of the color scales: of the truth, the standard deviation, and the error of kriging.
_ENDS, _HIGHEST, _ERRORS = (0.01, 0.99), 0.99, 0.98
_COLUMNS = ("truth", "input", "kriging", "fill", "standard deviation", "error of kriging", "error of fill")
_MISSING = "limegreen"


@dataclass(frozen=True, kw_only=True)
class InpaintRecipe(Recipe):
    """
    Settings of the training of an inpainting network.

    Parameters
    ----------
    n_layers, width, depth, blocks, norm : optional
        Of the network, see ``LayeredInpainter``.
    prior : float, optional
        Initial logit of kriging and of the interpolations between neighbors; that of the other candidates is 0.
    teacher_forcing : float, optional
        Fraction of the steps in which each layer sees the truth under its mask; the others are end to end.
    cells : int, optional
        Approximate number of bins in a batch.
    **settings : optional
        Those of `~sunpy_coronagraph_inpaint.learning.Recipe`.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.inpaint.training import InpaintRecipe
    >>> InpaintRecipe.named("lasco").n_layers
    1
    """

    n_layers: int = 2
    width: int = 24
    depth: int = 3
    blocks: int = 1
    norm: str | None = "channel"
    prior: float = 2.0
    steps: int = 4000
    teacher_forcing: float = 0.3
    cells: int = 32_768
    average: float = 0.998
    losses: dict = field(default_factory=lambda: {"inner": 0.1, "diff": 1.0, "likelihood": 0.3, "cells": 1.0})

    LOSSES: ClassVar = ("inner", "diff", "perceptual", "style", "style_composite", "cells", "likelihood")
    PACKAGE: ClassVar = "sunpy_coronagraph_inpaint.inpaint.training"

    @property
    def network_settings(self):
        """Arguments of ``LayeredInpainter``."""
        ahead = {"kriging": self.prior, "time_interpolated": 2 * self.prior, "motion_compensated": 2 * self.prior}
        return {
            "n_images": 3,
            "n_extras": len(AUXILIARY_CHANNELS),
            "n_candidates": len(CANDIDATES),
            "n_layers": self.n_layers,
            "width": self.width,
            "depth": self.depth,
            "blocks": self.blocks,
            "prior": [ahead.get(name, 0.0) for name in CANDIDATES],
            "log_std": 0.0,
            "norm": self.norm,
            "unit": AUXILIARY_CHANNELS.index("uncertainty of kriging"),
            "squash": True,
        }


class InpaintTask(Task):
    """
    Train a ``LayeredInpainter`` on samples of holes.

    Parameters
    ----------
    sample_weights : sequence of float, optional
        Relative frequency of each sample.
    features : callable, optional
        For perceptual and style losses, see ``sunpy_coronagraph_inpaint.learning.features``.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from sunpy_coronagraph_inpaint.inpaint.training import InpaintRecipe, InpaintTask, sample_maps
    >>> from sunpy_coronagraph_inpaint.learning import train
    >>> from sunpy_coronagraph_inpaint.simulate import plain_corona
    >>> samples = sample_maps([plain_corona(detector="C2", seed=1)], rounds=1, holes=2)
    >>> recipe = InpaintRecipe(width=4, depth=1, steps=2, cells=2048)
    >>> with TemporaryDirectory() as folder:
    ...     network = train(InpaintTask(), samples, recipe, folder)
    INFO: step 2, loss ...
    >>> len(network.layers)
    2
    """

    name = "inpaint"
    recipe_class = InpaintRecipe

    def __init__(self, *, sample_weights=None, features=None):
        self.sample_weights, self.features = sample_weights, features

    def build(self, recipe):
        """Build a network whose output is a weighted mean of the candidates until it is trained."""
        return LayeredInpainter(**recipe.network_settings)

    def batches(self, samples, recipe):
        """Return a function of the step that returns a batch of the samples."""
        return Batches(samples, cells=recipe.cells, seed=recipe.seed, sample_weights=self.sample_weights)

    def loss(self, network, batch, recipe, step):
        """Return the loss of a batch and its terms."""
        # Outside the bins with a weight, the first candidate replaces the truth; it is the frame where that is known.
        truth = torch.where(batch.weight > 0, batch.truth, batch.candidates[:, :1])
        forced = truth if (step % 10) < 10 * recipe.teacher_forcing and recipe.n_layers > 1 else None
        output = network(*network_inputs(batch), truth=forced)
        return layered_loss(
            output,
            truth,
            batch.images[:, :1],
            recipe.active_losses,
            features=self.features,
            weight=batch.weight,
            penalty=lambda difference: charbonnier_penalty(difference, scale=_ROBUST),
            others=self.other_terms(output, batch),
        )

    def other_terms(self, output, batch):
        """Return terms in addition to those of ``layered_loss``, functions by name."""
        return {
            "likelihood": lambda: student_likelihood(
                output.mean, output.log_std, batch.truth, ~output.masks[0], noise=batch.noise, weight=batch.weight
            )
        }

    def validate(self, network, samples, *, device="cpu"):
        """
        Measure the error of bins in % of the radial profile.

        Returns
        -------
        dict
            Mean absolute error over bins in %, of the network (``net``) and of kriging, for small and large holes
            without neighbors (``small``, ``large``) and for holes with both neighbors (``both``), where that of the
            interpolation in time is included; and the fraction of bins within one standard deviation (``within``).
        """
        found = {}
        order = sorted(range(len(samples)), key=lambda i: samples[i].truth.shape)
        with evaluating(network):
            for start in range(0, len(order), _TOGETHER):
                chosen = [samples[i] for i in order[start : start + _TOGETHER]]
                for with_neighbors in (False, True):
                    some = [s for s in chosen if s.known[1].any() and s.known[2].any()] if with_neighbors else chosen
                    if some:
                        _judge(network, some, with_neighbors, device, found)
        return {name: float(np.mean(values)) for name, values in sorted(found.items())}

    def sheet(self, network, samples, *, device="cpu"):
        """Plot a few holes, from the weakest structure to the strongest."""
        return plot_samples(network, samples, device=device)


def _judge(network, samples, with_neighbors, device, found):
    batch = collate(samples)
    if not with_neighbors:
        for number in range(len(samples)):
            drop_neighbors(batch, number, (0, 1))
    batch = batch.to(device)
    output = network(*network_inputs(batch))
    names = {"kriging": 0}
    if with_neighbors:
        names["time_interpolated"] = CANDIDATES.index("time_interpolated")
    for number, sample in enumerate(samples):
        judged = batch.weight[number, 0] > 0
        if not judged.any():
            continue
        group = "both" if with_neighbors else "large" if max(sample.truth.shape) > _LARGE else "small"
        percent = 100 * sample.scale
        difference = (output.mean - batch.truth)[number, 0][judged]
        found.setdefault(f"{group} net", []).append(percent * float(difference.abs().mean()))
        for name, index in names.items():
            other = (batch.candidates[:, index] - batch.truth[:, 0])[number][judged]
            found.setdefault(f"{group} {name}", []).append(percent * float(other.abs().mean()))
        std = torch.hypot(output.log_std.exp(), batch.noise)[number, 0][judged]
        found.setdefault(f"{group} within", []).append(100 * float((difference.abs() < std).float().mean()))


def plot_samples(network, samples, *, number=5, device="cpu"):
    """
    Plot ``number`` holes, from the weakest structure to the strongest: one row of panels for each, on its polar grid.

    Panels are truth, input, kriging, the network's fill and standard deviation, and the errors of both, in % of the
    radial profile, the Sun below. Brightnesses of a row share a color scale, and so do errors. Missing bins are green,
    bins of weight 0 gray.
    """
    from matplotlib.figure import Figure

    chosen = _choose(samples, number)
    batch = collate(chosen).to(device)
    with evaluating(network):
        output = network(*network_inputs(batch))
    figure = Figure(figsize=(1.7 * len(_COLUMNS) + 0.6, 1.8 * len(chosen) + 0.4), layout="constrained")
    rows = figure.subplots(len(chosen), len(_COLUMNS), squeeze=False)
    for place, (axes, sample) in enumerate(zip(rows, chosen, strict=True)):
        found = (layer[place, 0].cpu().numpy() for layer in (output.mean, output.log_std.exp()))
        _draw_row(figure, axes, sample, *found)
    for axes, title in zip(rows[0], _COLUMNS, strict=True):
        axes.set_title(title, fontsize="small")
    return figure


def _choose(samples, number):
    """Choose samples with a bin of weight above 0, from the weakest structure to the strongest."""
    judged = sorted((sample for sample in samples if sample.weight.any()), key=lambda sample: sample.scale)
    if not judged:
        msg = "None of the samples has a bin of weight above 0, so none can be drawn. Give samples of other maps."
        raise ValueError(msg)
    places = np.linspace(0, len(judged) - 1, min(number, len(judged)))
    return [judged[round(place)] for place in places]


def _draw_row(figure, axes, sample, mean, std):
    percent = 100 * sample.scale
    inside = tuple(slice(side) for side in sample.truth.shape)
    known, judged = sample.known[0], sample.weight
    shown = known | judged
    truth, image, kriging = (
        percent * layer.astype(float) for layer in (sample.truth, sample.images[0], sample.candidates[0])
    )
    mean, std = percent * mean[inside], np.where(judged, percent * std[inside], np.nan)
    low, high = np.quantile(truth[shown], _ENDS)
    light = {"cmap": "inferno", "vmin": low, "vmax": high}
    ends = np.quantile(np.abs(kriging - truth)[judged], _ERRORS)
    wrong = {"cmap": "RdBu_r", "vmin": -ends, "vmax": ends}
    layers = [
        (np.where(shown, truth, np.nan), light),
        (np.where(known, image, np.nan), light),
        (np.where(shown, np.where(known, image, kriging), np.nan), light),
        (np.where(shown, np.where(known, image, mean), np.nan), light),
        (std, {"cmap": "viridis", "vmin": 0, "vmax": np.nanquantile(std, _HIGHEST)}),
        (np.where(judged, kriging - truth, np.nan), wrong),
        (np.where(judged, mean - truth, np.nan), wrong),
    ]
    for place, (ax, (layer, scale)) in enumerate(zip(axes, layers, strict=True)):
        ax.set(xticks=[], yticks=[], facecolor=_MISSING if place == 1 else "0.85")
        drawn = ax.imshow(layer, origin="lower", interpolation="nearest", **scale)
        if place in (3, 4, 6):
            figure.colorbar(drawn, ax=ax, shrink=0.8, pad=0.02).ax.tick_params(labelsize="xx-small")
