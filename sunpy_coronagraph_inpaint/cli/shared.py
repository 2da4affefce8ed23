"""Options, one-line errors and warnings, and the run over many files, for several subcommands."""

import re
import sys
import warnings
from contextlib import contextmanager
from pathlib import Path

import click

FILES = click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
METHOD = click.option("--method", help="Filling method; `coronagraph-inpaint methods` lists them.")
_NAMES = r"overwrite|device|method|neighbors|within|jobs|compress|calibration|fill"


def file_options(result):
    """Return a decorator that adds the options of a run over many files with the given kind of results."""
    options = (
        click.option(
            "-o",
            "--output",
            required=True,
            type=click.Path(file_okay=False, path_type=Path),
            metavar="DIR",
            help=f"Directory for the {result} files; created if it does not exist.",
        ),
        click.option(
            "--jobs", type=click.IntRange(min=1), default=1, show_default=True, help="Number of parallel processes."
        ),
        click.option("--compress", is_flag=True, help="Compress the results with gzip."),
        click.option("--overwrite", is_flag=True, help="Replace results of earlier runs in DIR, never an original."),
        click.option(
            "--report", type=click.Path(dir_okay=False, path_type=Path), help="File for the table of results."
        ),
    )

    def decorator(function):
        for option in reversed(options):
            function = option(function)
        return function

    return decorator


def run_files(process, files, output, *, report, **options):
    """
    Run ``process`` (`~sunpy_coronagraph_inpaint.inpaint_files` or alike) on files with result lines and a progress bar.

    ``options`` are passed on to ``process``. Exits with 1 if a file failed.
    """
    from tqdm import tqdm

    command = click.get_current_context().info_name
    with one_line_errors():
        make_directory(output)
    with tqdm(total=len(files), unit="file", disable=not sys.stderr.isatty()) as progress, quiet(command):

        def show(outcome):
            name = Path(outcome.source).name
            with progress.external_write_mode(file=sys.stdout):
                for note in outcome.notes:
                    click.echo(f"{name}: {in_options(note)}", err=True)
                click.echo(f"{name}: {in_options(outcome.line)}")
            progress.update()

        with one_line_errors():
            table = process(files, output, report_file=report, on_result=show, **options)
    finish(int((table["status"] == "failed").sum()), len(files))


def make_directory(path):
    """Create a directory if it does not exist, or raise `ValueError`."""
    from sunpy_coronagraph_inpaint.io.messages import describe_error

    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"The directory {path} cannot be made: {describe_error(error)}"
        raise ValueError(msg) from error


def finish(failed, total):
    """Report the number of failed files, and exit with 1 if there are any."""
    if failed:
        click.echo(f"{failed} of {total} files failed.", err=True)
        sys.exit(1)


def in_options(text):
    """
    Translate a message to command-line options: ``overwrite=True`` becomes ``--overwrite``.

    Keywords without an option, such as ``mask=...``, are attributed to Python.
    """
    text = re.sub(rf"\b({_NAMES})=True\b", r"--\1", text)
    text = re.sub(rf"\b({_NAMES})=(['\"]?)([\w.:]+)\2", r"--\1 \3", text)
    return re.sub(r"\bneighbors=\[map, \.\.\.\]", "--neighbor or --neighbors auto,", text).replace(
        "mask=...", "inpaint_map(..., mask=...) from Python"
    )


@contextmanager
def one_line_errors():
    """Print errors that the user can correct as one line."""
    try:
        yield
    except (OSError, ValueError, TypeError, KeyError, RuntimeError) as error:
        from sunpy_coronagraph_inpaint.io.messages import describe_error

        raise click.ClickException(in_options(describe_error(error))) from error


@contextmanager
def quiet(subject):
    """Print warnings of this package as one line each, and none about headers that SunPy completes."""
    from sunpy import log

    from sunpy_coronagraph_inpaint.exceptions import CoronagraphInpaintWarning

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        level = log.level
        log.setLevel("WARNING")  # log messages about each file are in its result line
        try:
            yield
        finally:
            log.setLevel(level)
    for warning in caught:
        if issubclass(warning.category, CoronagraphInpaintWarning):
            click.echo(f"{getattr(subject, 'name', subject)}: {in_options(str(warning.message))}", err=True)
