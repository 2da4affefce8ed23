"""The command ``coronagraph-inpaint``."""

import sys
import warnings
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

import click

from sunpy_coronagraph_inpaint._version import version
from sunpy_coronagraph_inpaint.io.messages import one_line

__all__ = ["main"]

_FILES = click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
_METHOD = click.option("--method", help="How to fill; `coronagraph-inpaint methods` lists the ways.")
#: What a broken or unsuitable file raises; each becomes one line, and the other files are done.
_FILE_ERRORS = (OSError, ValueError, TypeError, KeyError)
_NEIGHBORS = {"none": None, "auto": "auto"}


class _Group(click.Group):
    """Commands some of which are given as the module that holds them, imported when it is asked for."""

    def get_command(self, context, name):
        if isinstance(self.commands.get(name), str):
            self.add_command(getattr(import_module(self.commands[name]), name))
        return super().get_command(context, name)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version, prog_name="coronagraph-inpaint")
def main():
    """Find and fill missing telemetry blocks in coronagraph images."""


@main.command()
@_FILES
@click.option("--blocks", is_flag=True, help="Print the table of the missing blocks of each file, too.")
def find(files, blocks):
    """Tell which telemetry blocks of each FILE are missing."""
    from sunpy_coronagraph_inpaint.frames.dropouts import dropouts_in
    from sunpy_coronagraph_inpaint.io import read_array

    failed = 0
    width = max(len(path.name) for path in files)
    click.echo(f"{'file':<{width}}  {'camera':<14}  level  missing  null  {'source':<17}  blocks")
    for path in files:
        try:
            with _quiet(path):
                dropouts = dropouts_in(*read_array(path))
        except Exception as error:  # noqa: BLE001 (one file never ends a run)
            failed += 1
            click.echo(f"{path.name:<{width}}  failed: {one_line(error)}")
            continue
        camera = dropouts.camera
        click.echo(
            f"{path.name:<{width}}  {camera.name:<14}  {camera.level:<5}  {len(dropouts):>7}  "
            f"{len(dropouts.null_blocks):>4}  {dropouts.source:<17}  {_shortened(dropouts)}"
        )
        if blocks and len(dropouts):
            click.echo("\n".join(dropouts.blocks.pformat(max_lines=-1)))
    _finish(failed, len(files))


@main.command()
@_FILES
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Directory for the filled files; it is made where it does not exist.",
)
@_METHOD
@click.option(
    "--neighbor",
    "given",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A frame taken before or after, for every FILE; may be given several times.",
)
@click.option(
    "--neighbors",
    type=click.Choice(["none", "auto"]),
    default="none",
    show_default=True,
    help="'auto' takes the nearest frames before and after from the directory of each FILE.",
)
@click.option(
    "--within", metavar="TIME", help="How far away in time these may be, such as '30 min'; 2 hours by default."
)
@click.option("--jobs", type=click.IntRange(min=1), default=1, show_default=True, help="Processes at the same time.")
@click.option("--device", default="auto", show_default=True, help="Where a network computes: auto, cpu, cuda.")
@click.option("--compress", is_flag=True, help="Pack the results with gzip.")
@click.option("--no-copy", is_flag=True, help="Write nothing for a FILE that misses nothing.")
@click.option("--overwrite", is_flag=True, help="Replace results of earlier runs in DIR, never an original.")
@click.option("--report", type=click.Path(dir_okay=False, path_type=Path), help="Where the table of results goes.")
def fill(files, output, method, given, neighbors, within, jobs, device, compress, no_copy, overwrite, report):
    """
    Fill the missing blocks of each FILE and write it to DIR under its own name.

    A run that was interrupted goes on where it stopped when it is started again with the same options.
    """
    from tqdm import tqdm

    from sunpy_coronagraph_inpaint.batch import inpaint_files

    if given and neighbors == "auto":
        msg = "Give either --neighbor or --neighbors auto."
        raise click.UsageError(msg)
    if within is not None and neighbors != "auto":
        msg = "--within goes with --neighbors auto."
        raise click.UsageError(msg)
    _checked(_make_directory, output)
    options = {} if within is None else {"within": _checked(_time, within)}
    options |= {"jobs": jobs, "device": device, "method": method, "neighbors": given or _NEIGHBORS[neighbors]}
    options |= {"compress": compress, "copy": not no_copy, "overwrite": overwrite, "report_file": report}
    with tqdm(total=len(files), unit="file", disable=not sys.stderr.isatty()) as progress, _quiet("fill"):

        def show(outcome):
            name = Path(outcome.source).name
            with progress.external_write_mode(file=sys.stdout):
                for note in outcome.notes:
                    click.echo(f"{name}: {note}", err=True)
                click.echo(f"{name}: {outcome.line}")
            progress.update()

        table = _checked(lambda: inpaint_files(files, output, on_result=show, **options))
    _finish(int((table["status"] == "failed").sum()), len(files))


@main.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    default="coronagraph-inpaint-demo",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Directory for the results.",
)
@_METHOD
@click.option("--detector", type=click.Choice(["C2", "C3"]), default="C3", show_default=True)
@click.option("--blocks", type=click.IntRange(min=1), default=12, show_default=True, help="How many blocks to lose.")
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Which blocks, which frame.")
def demo(file, output, method, detector, blocks, seed):
    """
    Damage a frame, fill it, and draw it before and after.

    Without FILE the frame is artificial, with a coronal mass ejection. The blocks that FILE really misses are filled as
    well.
    """
    from sunpy_coronagraph_inpaint.inpaint.figures import plot_fill
    from sunpy_coronagraph_inpaint.inpaint.maps import inpaint_map
    from sunpy_coronagraph_inpaint.io import read_map, write_map
    from sunpy_coronagraph_inpaint.io.writing import whole_file
    from sunpy_coronagraph_inpaint.simulate import Scene, damage, observe

    def run():
        if file:
            truth = read_map(file)
        else:
            scene = Scene.random(seed=seed, detector=detector, cme=True)
            truth = observe(scene, scene.times(3))[1]
        damaged = damage(truth, blocks=blocks, seed=seed)
        filled = inpaint_map(damaged, method=method)
        output.mkdir(parents=True, exist_ok=True)
        stem = file.stem if file else f"artificial_{detector.lower()}"
        paths = [
            write_map(damaged, output / f"{stem}_damaged.fits", overwrite=True),
            write_map(filled, output / f"{stem}_filled.fits", overwrite=True),
            output / f"{stem}_before_after.png",
        ]
        with whole_file(paths[-1]) as part:
            plot_fill(damaged, filled, truth=truth).savefig(part, format="png", dpi=100)
        return filled, paths

    with _quiet(file or "demo"):
        filled, paths = _checked(run)
    click.echo(
        f"{filled.meta['nmissing']} blocks lost, {filled.meta['nfilled']} pixels filled by {filled.meta['fillmeth']}."
    )
    for path in paths:
        click.echo(str(path))


@main.command()
def methods():
    """List the ways to fill."""
    from sunpy_coronagraph_inpaint.inpaint.maps import DEFAULT_METHOD
    from sunpy_coronagraph_inpaint.inpaint.methods import get_method, list_methods

    width = max(map(len, list_methods()))
    for name in list_methods():
        method = get_method(name)
        notes = " (default)" if name == DEFAULT_METHOD else " (needs neighbors)" if method.needs_neighbors else ""
        click.echo(f"{name:<{width}}  {method.summary}{notes}")


# `find` must not wait for what other commands import.
main.commands |= {
    "simulate": "sunpy_coronagraph_inpaint.cli.simulate",
    "calibration": "sunpy_coronagraph_inpaint.cli.calibration",
    "dataset": "sunpy_coronagraph_inpaint.cli.dataset",
    "evaluate": "sunpy_coronagraph_inpaint.cli.evaluate",
    "train": "sunpy_coronagraph_inpaint.cli.train",
}


def _make_directory(path):
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"The directory {path} cannot be made: {one_line(error)}"
        raise ValueError(msg) from error


def _time(text):
    import astropy.units as u

    try:
        return u.Quantity(text).to("s")
    except (TypeError, u.UnitConversionError) as error:
        msg = f"--within {text!r} is not a time. Give a number and a unit, such as '30 min'."
        raise ValueError(msg) from error


def _shortened(dropouts, most=10):
    shown = " ".join(str(index) for index in dropouts.indices[:most])
    more = len(dropouts) - most
    cut = ", cut off at the end" if dropouts.truncated else ""
    return f"{shown}{f' and {more} more' if more > 0 else ''}{cut}"


def _checked(function, *arguments):
    """Call a function whose errors are the user's to mend."""
    try:
        return function(*arguments)
    except (*_FILE_ERRORS, RuntimeError) as error:
        raise click.ClickException(one_line(error)) from error


def _finish(failed, total):
    if failed:
        click.echo(f"{failed} of {total} files failed.", err=True)
        sys.exit(1)


@contextmanager
def _quiet(subject):
    """Print warnings of this package as one line each; those about headers that SunPy completes are not news."""
    from sunpy import log

    from sunpy_coronagraph_inpaint.exceptions import CoronagraphInpaintWarning

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        level = log.level
        log.setLevel("WARNING")  # what a run says of each file stands in its result line
        try:
            yield
        finally:
            log.setLevel(level)
    for warning in caught:
        if issubclass(warning.category, CoronagraphInpaintWarning):
            click.echo(f"{getattr(subject, 'name', subject)}: {warning.message}", err=True)
