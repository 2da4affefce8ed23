"""The subcommand ``coronagraph-inpaint train``."""

import os
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import click

_DIRECTORY = click.Path(file_okay=False, path_type=Path)
_EXISTING = click.Path(exists=True, file_okay=False, path_type=Path)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_DETECTOR = click.option("--detector", type=click.Choice(["C2", "C3"]), required=True)
_VGG19 = click.option("--vgg19", type=_FILE, help="Weights of VGG-19 for perceptual and style losses, safetensors.")
_DEVICE = click.option("--device", default="auto", show_default=True, help="Device: auto, cpu, cuda.")
_SAMPLES = click.option("-o", "--output", type=_DIRECTORY, required=True, help="Directory for the samples.")


def _interval(steps):
    return click.option(
        "--checkpoint-interval",
        "--every",
        "checkpoint_interval",
        type=click.IntRange(min=1),
        default=steps,
        show_default=True,
        help="Steps between checkpoints.",
    )


@click.group()
def train():
    """
    Train a network: make samples of scenes and of real frames, train, and write the weights.

    Interrupted work resumes when it is started again with the same options.
    """


@train.command()
@click.argument("library", type=_EXISTING)
@_SAMPLES
@_DETECTOR
@click.option("--part", type=click.IntRange(min=0), default=0, show_default=True, help="The part, counted from 0.")
@click.option("--parts", type=click.IntRange(min=1), default=1, show_default=True, help="Number of parts.")
@click.option("--background", type=_FILE, help="Background of the real camera, as 'train frames' wrote it.")
def scenes(library, output, detector, part, parts, background):
    """
    Make samples from artificial scenes.

    LIBRARY holds directories written by `coronagraph-inpaint simulate`, named C2_... or C3_... by their detector. With
    --parts several processes can share the work.
    """
    from sunpy_coronagraph_inpaint.flatfield.background import Background
    from sunpy_coronagraph_inpaint.inpaint.training.sources import scene_samples

    if part >= parts:
        msg = f"--part counts from 0, so it must be below --parts {parts}."
        raise click.UsageError(msg)
    output.mkdir(parents=True, exist_ok=True)
    with _told():
        found = Background.read(background) if background else None
        for path in scene_samples(library, output, detector=detector, background=found, part=part, parts=parts):
            click.echo(path.name)


@train.command()
@click.option("--data", type=_EXISTING, required=True, help="A data set, or any directory of real frames.")
@_SAMPLES
@_DETECTOR
@click.option("--rounds", type=click.IntRange(min=1), default=24, show_default=True, help="Damaged versions of each.")
def frames(data, output, detector, rounds):
    """Make samples from real level-0.5 frames, and the background of their camera."""
    from sunpy_coronagraph_inpaint.inpaint.training.samples import write_samples
    from sunpy_coronagraph_inpaint.inpaint.training.sources import RealFrames

    output.mkdir(parents=True, exist_ok=True)
    with _told():
        real = RealFrames(data, detector)
        real.background().write(output / f"background_{detector}.safetensors")
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
    """Fit the background of a camera again and store it in a file of WEIGHTS; the network in it is unchanged."""
    from sunpy_coronagraph_inpaint.inpaint.network.trained import replace_background
    from sunpy_coronagraph_inpaint.inpaint.training.sources import RealFrames

    with _told():
        real = RealFrames(data, detector)
        output.parent.mkdir(parents=True, exist_ok=True)
        digest = replace_background(source, real.background(), output)
    click.echo(f"{output}: background of {len(real.maps)} frames, sha256 {digest}")


@train.command()
@click.argument("samples", type=_EXISTING)
@click.option("-o", "--output", type=_DIRECTORY, required=True, help="Directory for checkpoint, log and sheets.")
@click.option("--recipe", default="lasco", show_default=True, help="Name of a recipe of the package, or a TOML file.")
@click.option("--validation", type=_EXISTING, help="Validation samples, instead of one in ten of the artificial ones.")
@_VGG19
@_DEVICE
@_interval(500)
def network(samples, output, recipe, validation, vgg19, device, checkpoint_interval):
    """
    Train a network on a directory of SAMPLES.

    For several processes, each with its own accelerator if available, start the same command by torchrun --standalone
    --nproc-per-node 2 --no-python coronagraph-inpaint train network ...
    """
    from sunpy_coronagraph_inpaint.inpaint.training.samples import (
        list_sample_files,
        read_samples,
        sample_weights,
        split_sample_files,
    )
    from sunpy_coronagraph_inpaint.inpaint.training.task import InpaintRecipe, InpaintTask
    from sunpy_coronagraph_inpaint.learning.features import vgg19_features
    from sunpy_coronagraph_inpaint.learning.inference import pick_device
    from sunpy_coronagraph_inpaint.learning.loop import train as train_task

    if recipe == "corkit":
        msg = "The recipe of CorKit learns from whole frames: use coronagraph-inpaint train corkit."
        raise click.UsageError(msg)
    with _told():
        chosen, device = _recipe(InpaintRecipe, recipe), pick_device(device)
        paths = list_sample_files(samples)
        paths, judges = (paths, list_sample_files(validation)) if validation else split_sample_files(paths)
        parts = [read_samples([path]) for path in paths]
        learned = [sample for part in parts for sample in part]
        _tell(f"{len(learned)} samples of {len(paths)} files to learn from, {len(judges)} files to judge by")
        features = vgg19_features(vgg19).to(device) if vgg19 else None
        task = InpaintTask(sample_weights=sample_weights(paths, map(len, parts)), features=features)
        train_task(task, learned, chosen, output, validation=read_samples(judges), device=str(device),
                   checkpoint_interval=checkpoint_interval)  # fmt: skip
    _tell(f"{chosen.steps} steps done; log.csv and the sheets in {output} show how good it is.")


@train.command()
@click.argument("library", type=_EXISTING)
@click.option("--data", type=_EXISTING, help="Directory of real frames, with lasco/level_05 in it.")
@click.option("-o", "--output", type=_DIRECTORY, required=True, help="Directory for checkpoint, log and weights.")
@click.option("--recipe", default="corkit", show_default=True, help="Name of a recipe of the package, or a TOML file.")
@click.option("--steps", type=click.IntRange(min=0), nargs=2, help="Steps of pretraining and of fine-tuning.")
@_VGG19
@_DEVICE
@_interval(50)
def corkit(library, data, output, recipe, steps, vgg19, device, checkpoint_interval):
    """
    Train the network of the CorKit paper for comparison.

    It learns from a LIBRARY of artificial scenes and from whole real frames. The paper compares fills by features of
    VGG-19, whose weights are not part of this package; without --vgg19 the features are those of a small network that
    is trained first to denoise coronas.
    """
    from sunpy_coronagraph_inpaint.inpaint.network.trained import save_network
    from sunpy_coronagraph_inpaint.inpaint.training.corkit import (
        CorKitRecipe,
        CorKitTask,
        read_frames,
        split_frames,
        train_frame_features,
    )
    from sunpy_coronagraph_inpaint.learning.features import vgg19_features
    from sunpy_coronagraph_inpaint.learning.inference import pick_device
    from sunpy_coronagraph_inpaint.learning.loop import train as train_task

    with _told():
        chosen, device = _recipe(CorKitRecipe, recipe), pick_device(device)
        chosen = chosen.with_steps(*steps) if steps else chosen
        output.mkdir(parents=True, exist_ok=True)
        frames = read_frames(library, data, cache=output / "frames.safetensors")
        learned, judges = split_frames(frames, chosen.seed)
        features = vgg19_features(vgg19) if vgg19 else train_frame_features(learned, chosen)
        trained = train_task(CorKitTask(features.to(device)), learned, chosen, output, validation=judges,
                             device=str(device), checkpoint_interval=checkpoint_interval)  # fmt: skip
        if os.environ.get("RANK", "0") == "0":
            path = output / "corkit.safetensors"
            save_network(path, trained, settings=chosen.network_settings, task="corkit")
    _tell(f"{chosen.total_steps} steps, {len(frames.real)} frames, {frames.real.sum()} of them real, in {output}")


@train.command()
@click.argument("run", type=_EXISTING)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The file.")
@click.option("--background", type=_FILE, help="Background of the camera, as 'train frames' wrote it.")
@click.option(
    "--std-scale",
    "--spread",
    "std_scale",
    type=float,
    nargs=2,
    default=(1.0, 1.0),
    show_default=True,
    help="Factors of the standard deviations of the structure and of the pixels.",
)
@click.option("--calibrate", type=_EXISTING, help="Directory of real frames to fit these factors to.")
@click.option("--detector", type=click.Choice(["C2", "C3"]), help="Detector of these frames.")
@click.option(
    "--residual",
    type=click.Choice(["always", "alone"]),
    default="alone",
    show_default=True,
    help="Whether the residual is used always, or only where no frame before or after has data.",
)
def weights(run, output, background, std_scale, calibrate, detector, residual):
    """Write the network of a RUN of 'train network' to a file of weights."""
    from sunpy_coronagraph_inpaint.flatfield.background import Background
    from sunpy_coronagraph_inpaint.inpaint.network.trained import save_network
    from sunpy_coronagraph_inpaint.inpaint.training.task import InpaintTask
    from sunpy_coronagraph_inpaint.learning.checkpoint import read_trained

    if (calibrate is None) != (detector is None):
        msg = "Give --calibrate and --detector together, or neither."
        raise click.UsageError(msg)
    with _told():
        found, recipe, step = read_trained(InpaintTask(), run)
        fixed = Background.read(background) if background else None
        output.parent.mkdir(parents=True, exist_ok=True)
        settings = recipe.network_settings | {"residual": residual}
        if calibrate is not None:
            with TemporaryDirectory() as folder:
                draft = Path(folder) / output.name
                save_network(draft, found, settings=settings, background=fixed)
                std_scale = _calibrated(draft, calibrate, detector)
        digest = save_network(output, found, settings=settings, background=fixed, std_scale=std_scale)
    click.echo(
        f"{output}: {step} steps, standard deviations times {std_scale[0]:.3f} and {std_scale[1]:.3f}, sha256 {digest}"
    )


def _calibrated(path, directory, detector):
    from sunpy_coronagraph_inpaint.inpaint.network.trained import load_network
    from sunpy_coronagraph_inpaint.inpaint.training.sources import RealFrames
    from sunpy_coronagraph_inpaint.inpaint.training.std_scale import fit_std_scale

    return fit_std_scale(load_network(path), RealFrames(directory, detector).cases())


def _recipe(recipe_class, source):
    return recipe_class.read(source) if Path(source).suffix == ".toml" else recipe_class.named(source)


def _tell(line):
    """Print a line, in the first of several processes only."""
    if os.environ.get("RANK", "0") == "0":
        click.echo(line)


@contextmanager
def _told():
    """Print errors that the user can correct as one line."""
    try:
        yield
    except (OSError, ValueError) as error:
        raise click.ClickException(" ".join(str(error).split())) from error
