"""The training loop: resumable to the step, the same for a seed, on one or several processes."""

import csv
import os
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import distributed
from torch.nn.parallel import DistributedDataParallel

from sunpy import log

from sunpy_coronagraph_inpaint.inpaint.network.candidates import CANDIDATES
from sunpy_coronagraph_inpaint.inpaint.network.crop import EXTRAS
from sunpy_coronagraph_inpaint.inpaint.network.layered import LayeredInpainter
from sunpy_coronagraph_inpaint.inpaint.training.batches import Batches, pair
from sunpy_coronagraph_inpaint.inpaint.training.sheet import write_sheet
from sunpy_coronagraph_inpaint.inpaint.training.validation import validate
from sunpy_coronagraph_inpaint.io.writing import whole_file
from sunpy_coronagraph_inpaint.learning.checkpoint import read_checkpoint, write_checkpoint
from sunpy_coronagraph_inpaint.learning.losses import robust_penalty, total_loss
from sunpy_coronagraph_inpaint.threads import prepare_torch, torch_seed

__all__ = ["build_network", "network_settings", "train_network"]

#: Steps over which the learning rate rises.
_WARM = 100
#: Errors beyond this many times the scale of the structure count in proportion, smaller ones with their square.
_ROBUST = 0.15
#: Degrees of freedom of the distribution of errors, and limits of the logarithm of its width.
_FREEDOM, _LOG_STD = 4.0, 5.0


def network_settings(recipe):
    """
    Return what the network of a recipe is built with, as it is noted with the weights.

    Parameters
    ----------
    recipe : `~sunpy_coronagraph_inpaint.learning.recipe.Recipe`
        The recipe.

    Returns
    -------
    dict
        Arguments of `~sunpy_coronagraph_inpaint.inpaint.network.layered.LayeredInpainter`.
    """
    ahead = {"kriging": recipe.prior, "between": 2 * recipe.prior, "moved": 2 * recipe.prior}
    return {
        "n_images": 3,
        "n_extras": len(EXTRAS),
        "n_candidates": len(CANDIDATES),
        "n_layers": recipe.n_layers,
        "width": recipe.width,
        "depth": recipe.depth,
        "blocks": recipe.blocks,
        "prior": [ahead.get(name, 0.0) for name in CANDIDATES],
        "log_std": 0.0,
        "norm": recipe.norm,
        "unit": EXTRAS.index("uncertainty of kriging"),
        "squash": True,
    }


def build_network(recipe):
    """
    Make the network of a recipe, untrained: it answers with a weighted mean of the candidates.

    Parameters
    ----------
    recipe : `~sunpy_coronagraph_inpaint.learning.recipe.Recipe`
        The recipe.

    Returns
    -------
    `~sunpy_coronagraph_inpaint.inpaint.network.layered.LayeredInpainter`
    """
    with torch_seed(recipe.seed):
        return LayeredInpainter(**network_settings(recipe))


def train_network(samples, recipe, out_dir, *, validation=(), likely=None, features=None, device="cpu", every=500):
    """
    Train a network, or go on where a run in the same directory was interrupted.

    Parameters
    ----------
    samples : sequence of `~sunpy_coronagraph_inpaint.inpaint.training.Sample`
        What to learn from.
    recipe : `~sunpy_coronagraph_inpaint.learning.recipe.Recipe`
        How.
    out_dir : path
        Directory of the checkpoint ``checkpoint.safetensors``, the log ``log.csv`` and the sheets of examples.
    validation : sequence of `~sunpy_coronagraph_inpaint.inpaint.training.Sample`, optional
        What to judge by, never learned from.
    likely : sequence of float, optional
        How often each sample is shown, relative to the others.
    features : callable, optional
        For the perceptual and style losses, see `~sunpy_coronagraph_inpaint.learning.losses.total_loss`.
    device : str, optional
        Of torch.
    every : int, optional
        Steps between checkpoints.

    Returns
    -------
    `~sunpy_coronagraph_inpaint.inpaint.network.layered.LayeredInpainter`
        With the running average of the weights, ready to be used.

    Raises
    ------
    ValueError
        If the directory holds a checkpoint of another recipe.

    Notes
    -----
    Started by ``torchrun``, every process draws its own samples and the gradients are averaged.
    """
    prepare_torch()
    out_dir = Path(out_dir)
    out_dir.mkdir(parents=True, exist_ok=True)
    rank, several, device = _join(device)
    network = build_network(recipe).to(device=device, memory_format=torch.channels_last)
    average = torch.optim.swa_utils.AveragedModel(
        network, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(recipe.average)
    )
    optimizer = torch.optim.Adam(network.parameters(), lr=recipe.rate)
    step = read_checkpoint(out_dir, recipe, network, average, optimizer)
    model = DistributedDataParallel(network, find_unused_parameters=True) if several else network
    batches = Batches(samples, cells=recipe.cells, seed=recipe.seed, likely=likely)
    sums, count = {}, 0
    while step < recipe.steps:
        for group in optimizer.param_groups:
            group["lr"] = recipe.rate * _schedule(step, recipe.steps)
        terms = _step(model, batches(step, rank=rank).to(device), optimizer, recipe, step, features)
        average.update_parameters(network)
        step += 1
        sums, count = {name: sums.get(name, 0.0) + value for name, value in terms.items()}, count + 1
        if step % every == 0 or step == recipe.steps:
            row = {"step": step, **{name: value / count for name, value in sums.items()}}
            if rank == 0:
                row |= validate(average.module, validation, device=device)
                if validation:
                    write_sheet(out_dir / f"sheet_{step:06d}.png", average.module, validation, device=device)
                _write_row(out_dir / "log.csv", row)
                write_checkpoint(out_dir, recipe, network, average, optimizer, step)
                errors = ", ".join(f"{name} {value:.4g}" for name, value in row.items() if name != "step")
                log.info(f"step {step}, {errors}")
            sums, count = {}, 0
    if several:
        distributed.barrier()
        distributed.destroy_process_group()
    return average.module.eval()


def _join(device):
    """Return the number of this process, whether torchrun has started several, and the device of this one."""
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        return 0, False, device
    on_cuda = torch.device(device).type == "cuda"
    if on_cuda:
        # Each process of a machine has an accelerator of its own.
        device = f"cuda:{os.environ['LOCAL_RANK']}"
        torch.cuda.set_device(device)
    distributed.init_process_group("nccl" if on_cuda else "gloo")
    return distributed.get_rank(), True, device


def _schedule(step, steps):
    return min(1.0, (step + 1) / _WARM) * 0.5 * (1 + np.cos(np.pi * step / steps))


def _step(model, batch, optimizer, recipe, step, features=None):
    # Where the truth is not known the frame itself is shown.
    truth = torch.where(batch.weight > 0, batch.truth, batch.candidates[:, :1])
    forced = truth if (step % 10) < 10 * recipe.teacher_forcing and recipe.n_layers > 1 else None
    precision = (
        torch.autocast(batch.truth.device.type, torch.bfloat16) if recipe.precision == "bfloat16" else nullcontext()
    )
    with precision:
        answer = model(*pair(batch), truth=forced)
    weights = recipe.weights
    loss, terms = total_loss(
        answer,
        truth,
        batch.images[:, :1],
        weights=replace(weights, likelihood=0.0),
        features=features,
        weight=batch.weight,
        background=1 / batch.scale,
        penalty=lambda difference: robust_penalty(difference, scale=_ROBUST),
    )
    if weights.likelihood:
        terms["likelihood"] = _likelihood(answer, batch)
        loss = loss + weights.likelihood * terms["likelihood"]
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    if recipe.clip:
        torch.nn.utils.clip_grad_norm_(model.parameters(), recipe.clip)
    optimizer.step()
    return {"loss": float(loss.detach()), **{name: float(value.detach()) for name, value in terms.items()}}


def _likelihood(answer, batch):
    """
    Likelihood of the error under a Student distribution, by which the standard deviation is learned, not the answer.

    The noise of the truth, which is known, adds to it. A Gaussian would be ruled by the few holes with a comet.
    """
    error = (batch.truth - answer.mean).detach()
    variance = torch.exp(2 * answer.log_std.clamp(-_LOG_STD, _LOG_STD)) + batch.noise**2
    value = 0.5 * torch.log(variance) + 0.5 * (_FREEDOM + 1) * torch.log1p(error**2 / (_FREEDOM * variance))
    judged = batch.weight * ~answer.masks[0]
    return (value * judged).sum() / judged.sum().clamp_min(1e-6)


def _write_row(path, row):
    rows = []
    if path.exists():
        with path.open(newline="", encoding="utf-8") as stream:
            rows = [old for old in csv.DictReader(stream) if int(old["step"]) < row["step"]]
    with whole_file(path) as part, part.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, fieldnames=list(row), extrasaction="ignore", restval="")
        writer.writeheader()
        writer.writerows([*rows, row])
