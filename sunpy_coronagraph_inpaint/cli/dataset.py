"""The subcommand ``coronagraph-inpaint dataset``."""

import sys
from collections import Counter
from pathlib import Path

import click

import astropy.units as u

__all__ = ["dataset"]

_ERRORS = (OSError, ValueError, TypeError)


class _Duration(click.ParamType):
    name = "duration"

    def convert(self, value, parameter, context):
        try:
            return u.Quantity(value).to(u.hour)
        except (TypeError, ValueError, u.UnitConversionError):
            return self.fail(f"{value!r} is not a length of time. Write it as 2h or 90min.", parameter, context)


@click.group()
def dataset():
    """Build a data set of frames around CMEs, and check it."""


@dataset.command()
@click.option("--catalog", metavar="CATALOG", help="The CDAW CME catalog: univ_all.txt, or its address.")
@click.option("--events", default="", help='Which events, as "width > 60 deg and remark not contains Poor".')
@click.option("--detector", type=click.Choice(["C2", "C3"]), default="C3", show_default=True)
@click.option("--before", type=_Duration(), default="2h", show_default=True, help="Frames before an event's time.")
@click.option("--after", type=_Duration(), default="6h", show_default=True, help="Frames after it.")
@click.option(
    "-o", "--output", required=True, type=click.Path(file_okay=False, path_type=Path), metavar="DIR",
    help="Directory of the data set.",
)  # fmt: skip
@click.option(
    "--from", "source", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="DIR",
    help="Take frames at hand in DIR instead of fetching them.",
)  # fmt: skip
@click.option("--provider", type=click.Choice(["auto", "VSO", "NRL"]), default="auto", show_default=True)
@click.option("--max-missing", type=click.IntRange(min=0), default=0, show_default=True, help="Lost blocks allowed.")
@click.option(
    "--max-saturated", type=click.FloatRange(0, 1), default=0.01, show_default=True, help="Part of the pixels."
)
@click.option("--any-filter", is_flag=True, help="Take color filters and polarized frames, too.")
@click.option("--any-size", is_flag=True, help="Take frames that were summed on board, too.")
@click.option("--quiet", is_flag=True, help="Show no progress bar.")
def build(catalog, events, detector, before, after, output, source, provider, max_missing, max_saturated, any_filter,
          any_size, quiet):  # fmt: skip
    """
    Fetch the frames around the events of CATALOG, look at each, and write them with a manifest.

    A run that was interrupted goes on when it is started again with the same options.
    """
    from sunpy_coronagraph_inpaint.dataset.build import build_dataset
    from sunpy_coronagraph_inpaint.dataset.quality import Limits
    from sunpy_coronagraph_inpaint.fetch import Network

    limits = Limits(missing=max_missing, saturated=max_saturated, any_filter=any_filter, full_size=not any_size)
    try:
        table = build_dataset(
            output, catalog=catalog, events=events, detector=detector, before=before, after=after, source=source,
            limits=limits, provider=provider, network=Network(progress=not quiet),
        )  # fmt: skip
    except _ERRORS as error:
        raise click.ClickException(str(error)) from error
    taken = table[table["accepted"]]
    sides = Counter(str(name) for name in taken["split"])
    parts = ", ".join(f"{sides[name]} {name}" for name in ("train", "validation", "test"))
    click.echo(f"{len(taken)} of {len(table)} frames taken ({parts}); {output / 'manifest.ecsv'}")
    for row in table[~table["accepted"]]:
        click.echo(f"rejected {row['source']}: {row['reason']}")


@dataset.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), metavar="DIR")
@click.option("--quiet", is_flag=True, help="Show no progress bar.")
def check(folder, quiet):
    """Verify the data set in DIR: files, checksums, measures and sides."""
    from sunpy_coronagraph_inpaint.dataset.manifest import read_manifest
    from sunpy_coronagraph_inpaint.dataset.verify import check_dataset

    try:
        problems = check_dataset(folder, progress=not quiet)
        table = read_manifest(folder)
    except _ERRORS as error:
        raise click.ClickException(str(error)) from error
    for problem in problems:
        click.echo(problem)
    if problems:
        click.echo(f"{len(problems)} problems in {folder}.", err=True)
        sys.exit(1)
    click.echo(f"{table['accepted'].sum()} frames, all as the manifest says.")
