"""The command ``coronagraph-inpaint``."""

import sys
import warnings
from contextlib import contextmanager
from pathlib import Path

import click

from sunpy_coronagraph_inpaint._version import version
from sunpy_coronagraph_inpaint.calibrate.command import calibration
from sunpy_coronagraph_inpaint.fetch.command import dataset
from sunpy_coronagraph_inpaint.simulate.command import simulate

__all__ = ["main"]

_FILES = click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
_METHOD = click.option("--method", help="How to fill; `coronagraph-inpaint methods` lists the ways.")
#: What a broken or unsuitable file raises; each becomes one line, and the other files are done.
_FILE_ERRORS = (OSError, ValueError, TypeError, KeyError)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version, prog_name="coronagraph-inpaint")
def main():
    """Find and fill missing telemetry blocks in coronagraph images."""


@main.command()
@_FILES
@click.option("--blocks", is_flag=True, help="Print the table of the missing blocks of each file, too.")
def find(files, blocks):
    """Tell which telemetry blocks of each FILE are missing."""
    from sunpy_coronagraph_inpaint.dropouts import find_dropouts
    from sunpy_coronagraph_inpaint.files import read_map

    failed = 0
    width = max(len(path.name) for path in files)
    click.echo(f"{'file':<{width}}  {'camera':<14}  level  missing  null  {'source':<17}  blocks")
    for path in files:
        try:
            with _quiet(path):
                dropouts = find_dropouts(read_map(path))
        except _FILE_ERRORS as error:
            failed += 1
            click.echo(f"{path.name:<{width}}  failed: {_sentence(error)}")
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
    "neighbors",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A frame taken before or after, for every FILE; may be given several times.",
)
@click.option("--overwrite", is_flag=True, help="Replace files that exist in DIR.")
def fill(files, output, method, neighbors, overwrite):
    """Fill the missing blocks of each FILE and write it to DIR under its own name."""
    from tqdm import tqdm

    from sunpy_coronagraph_inpaint.files import read_map
    from sunpy_coronagraph_inpaint.methods import get_method

    if method:
        _checked(get_method, method)
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"The directory {output} cannot be made: {_sentence(error)}"
        raise click.ClickException(msg) from error
    with _quiet("neighbors"):
        near = [_checked(read_map, path) for path in neighbors]
    failed, written = 0, set()
    with tqdm(files, unit="file", disable=not sys.stderr.isatty()) as progress:
        for path in progress:
            try:
                with _quiet(path):
                    result = _fill_file(path, output, method, near, overwrite, written)
            except _FILE_ERRORS as error:
                failed += 1
                result = f"failed: {_sentence(error)}"
            with progress.external_write_mode(file=sys.stdout):
                click.echo(f"{path.name}: {result}")
    _finish(failed, len(files))


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
    from sunpy_coronagraph_inpaint.figures import plot_fill
    from sunpy_coronagraph_inpaint.files import read_map, write_map
    from sunpy_coronagraph_inpaint.inpaint import inpaint_map
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
        plot_fill(damaged, filled, truth=truth).savefig(paths[-1], dpi=100)
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
    from sunpy_coronagraph_inpaint.inpaint import DEFAULT_METHOD
    from sunpy_coronagraph_inpaint.methods import get_method, list_methods

    width = max(map(len, list_methods()))
    for name in list_methods():
        method = get_method(name)
        notes = " (default)" if name == DEFAULT_METHOD else " (needs neighbors)" if method.needs_neighbors else ""
        click.echo(f"{name:<{width}}  {method.summary}{notes}")


main.add_command(simulate)
main.add_command(calibration)
main.add_command(dataset)


def _fill_file(path, output, method, near, overwrite, written):
    """Fill one file; a file that misses nothing is copied, byte by byte."""
    from sunpy_coronagraph_inpaint.files import copy_file, read_map, write_map
    from sunpy_coronagraph_inpaint.inpaint import inpaint_map

    smap = read_map(path)
    filled = inpaint_map(smap, method=method, neighbors=near)
    copied = filled.meta == smap.meta
    target = output / (path.name if copied else _fits_name(path))
    if target in written:
        msg = f"another file of this run was written as {target}. Fill it into another directory."
        raise FileExistsError(msg)
    if target.exists() and (target.samefile(path) or not overwrite):
        hint = "Choose another directory." if target.samefile(path) else "Give --overwrite to replace it."
        msg = f"{target} exists. {hint}"
        raise FileExistsError(msg)
    if copied:
        copy_file(path, target)
        result = "nothing missing, copied"
    else:
        write_map(filled, target, overwrite=overwrite)
        result = f"{filled.meta['nmissing']} blocks filled by {filled.meta['fillmeth']}"
    written.add(target)
    return f"{result}, {target}"


def _fits_name(path):
    """Return the name of the file to write: a picture becomes FITS, a packed file is written unpacked."""
    name = path.name.removesuffix(".gz")
    return f"{path.stem}.fits" if path.suffix.lower() in (".jp2", ".jpx") else name


def _shortened(dropouts, most=10):
    shown = " ".join(str(index) for index in dropouts.indices[:most])
    more = len(dropouts) - most
    cut = ", cut off at the end" if dropouts.truncated else ""
    return f"{shown}{f' and {more} more' if more > 0 else ''}{cut}"


def _sentence(error):
    if isinstance(error, KeyError):
        return f"The header has no {error}."
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}"
    return str(error)


def _checked(function, *arguments):
    """Call a function whose errors are the user's to mend."""
    try:
        return function(*arguments)
    except _FILE_ERRORS as error:
        raise click.ClickException(_sentence(error)) from error


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
