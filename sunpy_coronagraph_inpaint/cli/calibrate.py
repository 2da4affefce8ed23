"""The subcommand ``coronagraph-inpaint calibrate``."""

import click

from sunpy_coronagraph_inpaint.cli.shared import FILES, METHOD, file_options, run_files

_FILL = {"solarsoft": True, "all": "all", "none": False}


@click.command()
@FILES
@file_options("calibrated")
@METHOD
@click.option(
    "--fill",
    type=click.Choice([*_FILL]),
    default="solarsoft",
    show_default=True,
    help="Which frames get their missing blocks filled; 'solarsoft': those of C3 through the filter Clear.",
)
@click.option(
    "--calibration",
    default="auto",
    show_default=True,
    metavar="DIR",
    help="Directory with calibration files; or 'auto', $LASCO_DATA or the archives of SolarSoft; or 'nominal' values.",
)
@click.option("--uncertainty", is_flag=True, help="Keep the uncertainty of filled pixels; always write floats.")
def calibrate(files, output, fill, **options):
    """
    Calibrate each level-0.5 FILE of LASCO C2 or C3 to level 1, and write it to DIR under its own name.

    The results are files like those of SolarSoft, in mean solar brightness: 16-bit integers for C3 through the filter
    Clear, floats for the others. An interrupted run resumes when it is started again with the same options.
    """
    from sunpy_coronagraph_inpaint.calibrate.many_files import calibrate_files

    run_files(calibrate_files, files, output, fill=_FILL[fill], **options)
