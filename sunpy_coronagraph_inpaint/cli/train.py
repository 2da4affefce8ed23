"""The subcommand ``coronagraph-inpaint train``."""

import os
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import click

__all__ = ["train"]

_DIRECTORY = click.Path(file_okay=False, path_type=Path)
_EXISTING = click.Path(exists=True, file_okay=False, path_type=Path)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_DETECTOR = click.option("--detector", type=click.Choice(["C2", "C3"]), required=True)
_SAMPLES = click.option("-o", "--output", type=_DIRECTORY, required=True, help="Directory for the samples.")


@click.group()
def train():
    """
    Train a network: make samples of scenes and of real frames, train, and write the weights.

    What was interrupted goes on where it stopped when it is started again with the same options.
    """


@train.command()
@click.argument("library", type=_EXISTING)
@_SAMPLES
@_DETECTOR
@click.option("--part", type=click.IntRange(min=0), default=0, show_default=True, help="Which part, counted from 0.")
@click.option(
    "--parts", type=click.IntRange(min=1), default=1, show_default=True, help="Into how many parts it is cut."
)
@click.option("--background", type=_FILE, help="Background of the real camera, as 'train frames' wrote it.")
def scenes(library, output, detector, part, parts, background):
    """
    Make samples of artificial scenes.

    LIBRARY holds directories that `coronagraph-inpaint simulate` has filled, named C2_... or C3_... by their detector.
    With --parts several processes can share the work.
    """
    from sunpy_coronagraph_inpaint.inpaint.training import read_background
    from sunpy_coronagraph_inpaint.inpaint.training.sources import scene_samples

    if part >= parts:
        msg = f"--part counts from 0, so it must be below --parts {parts}."
        raise click.UsageError(msg)
    output.mkdir(parents=True, exist_ok=True)
    with _told():
        found = read_background(background) if background else None
        for path in scene_samples(library, output, detector=detector, background=found, part=part, parts=parts):
            click.echo(path.name)


@train.command()
@click.option("--data", type=_EXISTING, required=True, help="A data set, or any directory of real frames.")
@_SAMPLES
@_DETECTOR
@click.option("--rounds", type=click.IntRange(min=1), default=24, show_default=True, help="How often each is damaged.")
def frames(data, output, detector, rounds):
    """Make samples of real level-0.5 frames, and the background of their camera."""
    from sunpy_coronagraph_inpaint.inpaint.training.sources import RealFrames
    from sunpy_coronagraph_inpaint.inpaint.training.store import write_background, write_samples

    output.mkdir(parents=True, exist_ok=True)
    with _told():
        real = RealFrames(data, detector)
        write_background(output / f"background_{detector}.safetensors", real.background())
        click.echo(f"background_{detector}.safetensors, of {len(real.maps)} frames")
        for number, (day, samples) in enumerate(real.samples(rounds=rounds)):
            path = output / f"real_{detector}_{day}_{number}.safetensors"
            write_samples(path, samples)
            click.echo(f"{path.name}, {len(samples)} samples")


@train.command()
@click.argument("source", metavar="WEIGHTS", type=_FILE)
@click.option("--data", type=_EXISTING, required=True, help="Directory of real frames, with lasco/level_05 in it.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The new file.")
@_DETECTOR
def background(source, data, output, detector):
    """Fit the background of a camera anew and put it into a file of WEIGHTS, whose network stays as it is."""
    from sunpy_coronagraph_inpaint.inpaint.training.sources import RealFrames
    from sunpy_coronagraph_inpaint.learning.weights import replace_background

    with _told():
        real = RealFrames(data, detector)
        output.parent.mkdir(parents=True, exist_ok=True)
        digest = replace_background(source, real.background(), output)
    click.echo(f"{output}: background of {len(real.maps)} frames, sha256 {digest}")


@train.command()
@click.argument("samples", type=_EXISTING)
@click.option("-o", "--output", type=_DIRECTORY, required=True, help="Directory for checkpoint, log and sheets.")
@click.option("--recipe", default="lasco", show_default=True, help="Name of a recipe of the package, or a TOML file.")
@click.option("--validation", type=_EXISTING, help="Samples to judge by, instead of one in ten of the artificial ones.")
@click.option("--device", default="auto", show_default=True, help="Where to compute: auto, cpu, cuda.")
@click.option("--every", type=click.IntRange(min=1), default=500, show_default=True, help="Steps between checkpoints.")
def network(samples, output, recipe, validation, device, every):
    """
    Train a network on a directory of SAMPLES.

    In several processes, each with an accelerator of its own where there are some, the same command is started by
    torchrun --standalone --nproc-per-node 2 --no-python coronagraph-inpaint train network ...
    """
    from sunpy_coronagraph_inpaint.inpaint.training import read_samples
    from sunpy_coronagraph_inpaint.inpaint.training.loop import train_network
    from sunpy_coronagraph_inpaint.inpaint.training.selection import sample_files, split_files, weigh_files
    from sunpy_coronagraph_inpaint.learning.inference import pick_device
    from sunpy_coronagraph_inpaint.learning.recipe import Recipe

    with _told():
        if recipe == "reference":
            msg = (
                "The published recipe learns from whole frames: "
                "python -m sunpy_coronagraph_inpaint.inpaint.training.corkit"
            )
            raise click.UsageError(msg)
        chosen = Recipe.read(recipe) if Path(recipe).suffix == ".toml" else Recipe.named(recipe)
        paths, judges = (sample_files(samples), sample_files(validation)) if validation else split_files(
            sample_files(samples)
        )  # fmt: skip
        parts = [read_samples([path]) for path in paths]
        learned = [sample for part in parts for sample in part]
        likely = weigh_files(paths, map(len, parts))
        _tell(f"{len(learned)} samples of {len(paths)} files to learn from, {len(judges)} files to judge by")
        train_network(learned, chosen, output, validation=read_samples(judges), likely=likely,
                      device=str(pick_device(device)), every=every)  # fmt: skip
    _tell(f"{chosen.steps} steps done; log.csv and the sheets in {output} tell how good it is.")


@train.command()
@click.argument("run", type=_EXISTING)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The file.")
@click.option("--background", type=_FILE, help="Background of the camera, as 'train frames' wrote it.")
@click.option(
    "--spread",
    type=float,
    nargs=2,
    default=(1.0, 1.0),
    show_default=True,
    help="What the standard deviation of the structure and that of the pixels are multiplied with.",
)
@click.option("--calibrate", type=_EXISTING, help="Directory of real frames by which to find these factors.")
@click.option("--detector", type=click.Choice(["C2", "C3"]), help="Which of its frames.")
@click.option(
    "--residual",
    type=click.Choice(["always", "alone"]),
    default="alone",
    show_default=True,
    help="Whether the residual counts also where something is known of a frame before or after.",
)
def weights(run, output, background, spread, calibrate, detector, residual):
    """Write the network of a RUN of 'train network' to a file of weights."""
    from sunpy_coronagraph_inpaint.inpaint.training import read_background
    from sunpy_coronagraph_inpaint.inpaint.training.loop import network_settings
    from sunpy_coronagraph_inpaint.inpaint.training.result import read_network
    from sunpy_coronagraph_inpaint.learning.weights import save_weights

    if (calibrate is None) != (detector is None):
        msg = "Give --calibrate and --detector together, or neither."
        raise click.UsageError(msg)
    with _told():
        found, recipe, step = read_network(run)
        fixed = read_background(background) if background else None
        output.parent.mkdir(parents=True, exist_ok=True)
        settings = network_settings(recipe) | {"residual": residual}
        if calibrate is not None:
            with TemporaryDirectory() as folder:
                draft = Path(folder) / output.name
                save_weights(draft, found, settings=settings, background=fixed)
                spread = _calibrated(draft, calibrate, detector)
        digest = save_weights(output, found, settings=settings, background=fixed, spread=spread)
    click.echo(f"{output}: {step} steps, spread {spread[0]:.3f} {spread[1]:.3f}, sha256 {digest}")


def _calibrated(path, directory, detector):
    from sunpy_coronagraph_inpaint.inpaint.training.sources import RealFrames
    from sunpy_coronagraph_inpaint.inpaint.training.std_scale import calibrate_spread
    from sunpy_coronagraph_inpaint.learning.weights import load_weights

    return calibrate_spread(load_weights(path), RealFrames(directory, detector).cases())


def _tell(line):
    """Print a line, in the first of several processes alone."""
    if os.environ.get("RANK", "0") == "0":
        click.echo(line)


@contextmanager
def _told():
    """Turn what is the user's to mend into one line."""
    try:
        yield
    except (OSError, ValueError) as error:
        raise click.ClickException(" ".join(str(error).split())) from error
