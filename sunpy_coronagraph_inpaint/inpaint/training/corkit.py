"""
Train the published recipe, to compare with: ``python -m sunpy_coronagraph_inpaint.inpaint.training.corkit``.

The publication compares fills by features of VGG-19, whose weights do not come with this package; here they are those
of a small network that is trained first to take noise off coronas, see
`~sunpy_coronagraph_inpaint.learning.features.train_features`.
"""

import csv
from contextlib import nullcontext
from pathlib import Path

import click
import numpy as np
import torch
from torch import nn

from sunpy import log

from sunpy_coronagraph_inpaint.inpaint.network.corkit import PublishedInpainter, brightness, save_published
from sunpy_coronagraph_inpaint.inpaint.training.corkit_frames import Frames, draw_batch, read_frames, validation_set
from sunpy_coronagraph_inpaint.inpaint.training.corkit_recipe import PublishedRecipe
from sunpy_coronagraph_inpaint.io.originals import keep_originals
from sunpy_coronagraph_inpaint.learning.checkpoint import read_checkpoint, write_checkpoint
from sunpy_coronagraph_inpaint.learning.features import train_features
from sunpy_coronagraph_inpaint.learning.losses import total_loss
from sunpy_coronagraph_inpaint.threads import prepare_torch, torch_seed

__all__ = ["train_published"]

#: Side of the crops by which features are trained, cells, and how many there are at most.
_CROP, _CROPS = 64, 256


def train_published(frames, recipe, out_dir, *, every=50):
    """
    Train the published recipe, or go on where a run in the same directory was interrupted.

    Parameters
    ----------
    frames : `~sunpy_coronagraph_inpaint.inpaint.training.corkit_frames.Frames`
        What to learn from and, every twentieth artificial one, to judge by.
    recipe : `~sunpy_coronagraph_inpaint.inpaint.training.corkit_recipe.PublishedRecipe`
        How.
    out_dir : path
        Directory of the checkpoint, the log ``log.csv`` and, at the end, ``published.safetensors``.
    every : int, optional
        Steps between checkpoints.

    Returns
    -------
    `~sunpy_coronagraph_inpaint.inpaint.network.corkit.PublishedInpainter`
        Ready to be used.

    Raises
    ------
    ValueError
        If the directory holds a checkpoint of another recipe.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> import numpy as np
    >>> from sunpy_coronagraph_inpaint.inpaint.training.corkit import train_published
    >>> from sunpy_coronagraph_inpaint.inpaint.training.corkit_frames import Frames
    >>> from sunpy_coronagraph_inpaint.inpaint.training.corkit_recipe import PublishedRecipe
    >>> frames = Frames(np.random.default_rng(0).random((2, 64, 64)), np.ones((2, 64, 64), bool), np.zeros(2, bool))
    >>> recipe = PublishedRecipe(width=2, depth=1, feature_steps=1).with_steps(1, 1)
    >>> with TemporaryDirectory() as folder:
    ...     network = train_published(frames, recipe, folder)
    INFO: step 1, loss ..., error ...
    >>> len(network.layers)
    2
    """
    out_dir = Path(out_dir)
    out_dir.mkdir(parents=True, exist_ok=True)
    prepare_torch()
    features = _features(frames, recipe)
    with torch_seed(recipe.seed):
        network = PublishedInpainter(
            n_layers=recipe.n_layers, width=recipe.width, depth=recipe.depth, blocks=recipe.blocks
        ).to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(network.parameters())
    step = read_checkpoint(out_dir, recipe, network, nn.Module(), optimizer)
    rows = []
    while step < recipe.steps:
        fine = step >= recipe.pretraining.steps
        if step == recipe.pretraining.steps:
            optimizer.state.clear()
        rng = np.random.default_rng([recipe.seed, step, 0])
        rows.append(_step(network, optimizer, features, draw_batch(frames, rng, recipe.batch), recipe, fine=fine))
        step += 1
        if step % every == 0 or step in (recipe.pretraining.steps, recipe.steps):
            means = {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}
            row = {"step": step, **means, "error": judge(network, frames, recipe.seed)}
            write_checkpoint(out_dir, recipe, network, nn.Module(), optimizer, step)
            _write_row(out_dir / "log.csv", row)
            log.info(", ".join(f"{name} {value:.4g}" for name, value in row.items()))
            rows = []
    save_published(out_dir / "published.safetensors", network)
    return network.eval()


def _features(frames, recipe):
    """Train features on crops of artificial frames."""
    rng = np.random.default_rng([recipe.seed, 2])
    artificial = Frames(*(array[~frames.real] for array in frames))
    crops = []
    while len(crops) < min(_CROPS, 8 * recipe.feature_steps + 1):
        truth, known, _ = draw_batch(artificial, rng, 1)
        row, column = (rng.integers(0, side - _CROP + 1) for side in known.shape[2:])
        crops.append(truth[..., row : row + _CROP, column : column + _CROP])
    return train_features(torch.cat(crops), recipe.feature_steps, recipe.seed)


def _step(network, optimizer, features, batch, recipe, *, fine):
    phase = recipe.finetuning if fine else recipe.pretraining
    for group in optimizer.param_groups:
        group["lr"] = phase.rate
    network.train()
    if fine:
        network.freeze_encoder_norm()
    truth, known, holes = batch
    with torch.autocast("cpu", torch.bfloat16) if recipe.precision == "bfloat16" else nullcontext():
        answer = network(truth.masked_fill(holes, 0), known, holes, truth=None if fine else truth)
    # What is neither known nor to be filled is the same in the fill as in the truth.
    answer = answer._replace(mean=answer.mean * (known | holes))
    loss, terms = total_loss(answer, truth, truth, weights=phase.weights, features=features)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(network.parameters(), phase.clip)
    optimizer.step()
    inside = (answer.mean.detach() - truth).abs()[holes].mean()
    return {"loss": loss.item(), **{name: value.item() for name, value in terms.items()}, "level": inside.item()}


@torch.inference_mode()
def judge(network, frames, seed):
    """
    Measure how far fills are off in the frames that are not learned from.

    Parameters
    ----------
    network : `~sunpy_coronagraph_inpaint.inpaint.network.corkit.PublishedInpainter`
        The network.
    frames : `~sunpy_coronagraph_inpaint.inpaint.training.corkit_frames.Frames`
        All frames.
    seed : int
        Seed of the holes.

    Returns
    -------
    float
        Median absolute error of the cells of all holes, per cent of their brightness.
    """
    network.eval()
    errors = []
    for values, truth, known, holes, equalization in validation_set(frames, seed):
        inputs = (torch.from_numpy(array)[None, None] for array in (np.where(holes, 0, truth), known, holes))
        chosen = holes & (values > 0)
        filled = brightness(network(*inputs).mean[0, 0].numpy()[chosen], equalization)
        errors.append(np.abs(filled / values[chosen] - 1))
    return 100 * float(np.median(np.concatenate(errors)))


def _write_row(path, row):
    new = not path.exists()
    keep_originals(path)
    with path.open("a", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(row))
        if new:
            writer.writeheader()
        writer.writerow(row)


@click.command()
@click.argument("library", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--data", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Directory of real frames.")
@click.option("-o", "--output", type=click.Path(file_okay=False, path_type=Path), required=True, help="Directory.")
@click.option("--recipe", type=click.Path(exists=True, dir_okay=False), help="Instead of reference.toml.")
@click.option("--steps", type=click.IntRange(min=0), nargs=2, help="Of pretraining and of fine-tuning.")
@click.option("--every", type=click.IntRange(min=1), default=50, show_default=True, help="Steps between checkpoints.")
def main(library, data, output, recipe, steps, every):
    """
    Train the published recipe on a library of artificial scenes and on real frames.

    A run that was interrupted goes on where it stopped when it is started again with the same options.
    """
    try:
        chosen = PublishedRecipe.read(recipe) if recipe else PublishedRecipe.reference()
        chosen = chosen.with_steps(*steps) if steps else chosen
        output.mkdir(parents=True, exist_ok=True)
        frames = read_frames(library, data, cache=output / "frames.safetensors")
        train_published(frames, chosen, output, every=every)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{chosen.steps} steps, {len(frames.real)} frames, {frames.real.sum()} of them real, in {output}")


if __name__ == "__main__":
    main()
