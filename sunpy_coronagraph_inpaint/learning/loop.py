"""The training loop: resumable at any checkpoint, reproducible from a seed, on one or several processes."""

import csv
import os
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import torch
from torch import distributed
from torch.nn.parallel import DistributedDataParallel
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from sunpy import log

from sunpy_coronagraph_inpaint.io.writing import whole_file
from sunpy_coronagraph_inpaint.learning.checkpoint import read_checkpoint, write_checkpoint

#: Number of warm-up steps, over which the learning rate rises.
_WARM_UP = 100


def train(task, samples, recipe, out_dir, *, validation=(), device="cpu", checkpoint_interval=500):
    """
    Train a network, or resume an interrupted run in the same directory.

    Parameters
    ----------
    task : `~sunpy_coronagraph_inpaint.learning.Task`
        Purpose of the network.
    samples : sequence
        Training samples, of the kind that the task takes.
    recipe : `~sunpy_coronagraph_inpaint.learning.Recipe`
        Settings of the training, of the class of the task.
    out_dir : path-like
        Directory of the checkpoint ``checkpoint.safetensors``, the log ``log.csv`` and the plots of examples.
    validation : sequence, optional
        Validation samples, which are not used for training.
    device : str, optional
        Of PyTorch.
    checkpoint_interval : int, optional
        Steps between checkpoints, each of which has a row in the log and, with validation, a plot.

    Returns
    -------
    `torch.nn.Module`
        The network in evaluation mode, with the running average of its parameters if the recipe has one.

    Raises
    ------
    ValueError
        If the directory holds a checkpoint of another recipe.

    Notes
    -----
    Under ``torchrun``, every process draws its own samples, and the gradients are averaged.

    Examples
    --------
    See `~sunpy_coronagraph_inpaint.learning.Task`.
    """
    out_dir = Path(out_dir)
    out_dir.mkdir(parents=True, exist_ok=True)
    rank, several, device = _join(device)
    network = task.untrained(recipe).to(device=device, memory_format=torch.channels_last)
    average = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(recipe.average)) if recipe.average else None
    trained = average.module if average else network
    optimizer = torch.optim.Adam(network.parameters(), lr=recipe.rate)
    step = read_checkpoint(out_dir, recipe, network, average, optimizer)
    batches = task.batches(samples, recipe)
    start, rows = 0, []
    for phase in recipe.phases:
        if step == start:
            optimizer.state.clear()
        end = start + phase.steps
        task.set_training(network, phase)
        # Freeze parameters before DistributedDataParallel registers those that processes share.
        model = DistributedDataParallel(network, find_unused_parameters=True) if several else network
        while step < end:
            task.set_training(network, phase)
            for group in optimizer.param_groups:
                group["lr"] = _rate(phase, step - start)
            rows.append(_step(task, model, batches(step, rank=rank).to(device), optimizer, phase, step))
            if average:
                average.update_parameters(network)
            step += 1
            if step % checkpoint_interval == 0 or step == end:
                if rank == 0:
                    _report(task, trained, validation, rows, out_dir, step, device)
                    write_checkpoint(out_dir, recipe, network, average, optimizer, step)
                rows = []
        start = end
    if several:
        distributed.barrier()
        distributed.destroy_process_group()
    return trained.eval()


def _join(device):
    """Return the rank of this process, whether torchrun has started several, and the device of this one."""
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        return 0, False, device
    on_cuda = torch.device(device).type == "cuda"
    if on_cuda:
        # Each process of a machine has its own GPU.
        device = f"cuda:{os.environ['LOCAL_RANK']}"
        torch.cuda.set_device(device)
    distributed.init_process_group("nccl" if on_cuda else "gloo")
    return distributed.get_rank(), True, device


def _rate(recipe, step):
    if recipe.schedule == "constant":
        return recipe.rate
    return recipe.rate * min(1.0, (step + 1) / _WARM_UP) * 0.5 * (1 + np.cos(np.pi * step / recipe.steps))


def _step(task, model, batch, optimizer, recipe, step):
    """Update the network once, and return the numbers for the log."""
    device = next(model.parameters()).device.type

    def network(*arguments, **options):
        half = torch.autocast(device, torch.bfloat16) if recipe.precision == "bfloat16" else nullcontext()
        with half:
            return model(*arguments, **options)

    loss, terms = task.loss(network, batch, recipe, step)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    if recipe.clip:
        torch.nn.utils.clip_grad_norm_(model.parameters(), recipe.clip)
    optimizer.step()
    return {"loss": float(loss.detach()), **{name: float(value.detach()) for name, value in terms.items()}}


def _report(task, network, validation, rows, out_dir, step, device):
    """Add a row to the log, and draw a plot of examples."""
    row = {"step": step, **{name: sum(other[name] for other in rows) / len(rows) for name in rows[0]}}
    if len(validation):
        row |= task.validate(network, validation, device=device)
        figure = task.sheet(network, validation, device=device)
        if figure is not None:
            with whole_file(out_dir / f"sheet_{step:06d}.png") as part:
                figure.savefig(part, format="png", dpi=80)
    _write_row(out_dir / "log.csv", row)
    log.info(", ".join([f"step {step}", *(f"{name} {value:.4g}" for name, value in row.items() if name != "step")]))


def _write_row(path, row):
    """Write a row, replacing rows of this step and later ones left by an interrupted run."""
    rows = []
    if path.exists():
        with path.open(newline="", encoding="utf-8") as stream:
            rows = [old for old in csv.DictReader(stream) if int(old["step"]) < row["step"]]
    with whole_file(path) as part, part.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, fieldnames=list(row), extrasaction="ignore", restval="")
        writer.writeheader()
        writer.writerows([*rows, row])
