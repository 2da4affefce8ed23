"""The subcommand ``coronagraph-inpaint fill``."""

from pathlib import Path

import click

from sunpy_coronagraph_inpaint.cli.shared import FILES, METHOD, file_options, one_line_errors, run_files


@click.command()
@FILES
@file_options("filled")
@METHOD
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
    "--within", metavar="TIME", help="Largest time difference of these, such as '30 min'; 2 hours by default."
)
@click.option("--device", default="auto", show_default=True, help="Device for networks: auto, cpu, cuda.")
@click.option("--no-copy", is_flag=True, help="Write nothing for a FILE without missing blocks.")
def fill(files, output, given, neighbors, within, no_copy, **options):
    """
    Fill the missing blocks of each FILE and write it to DIR under its own name.

    An interrupted run resumes when it is started again with the same options.
    """
    if given and neighbors == "auto":
        msg = "Give either --neighbor or --neighbors auto."
        raise click.UsageError(msg)
    if within is not None and neighbors != "auto":
        msg = "--within goes with --neighbors auto."
        raise click.UsageError(msg)
    from sunpy_coronagraph_inpaint import inpaint_files

    with one_line_errors():
        options["within"] = None if within is None else _time(within)
    options["neighbors"] = given or (None if neighbors == "none" else neighbors)
    run_files(inpaint_files, files, output, copy=not no_copy, **options)


def _time(text):
    import astropy.units as u

    try:
        return u.Quantity(text).to("s")
    except (TypeError, u.UnitConversionError) as error:
        msg = f"--within {text!r} is not a time. Give a number and a unit, such as '30 min'."
        raise ValueError(msg) from error
