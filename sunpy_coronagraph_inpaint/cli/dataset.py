"""The subcommand ``coronagraph-inpaint dataset``."""

import sys
from collections import Counter
from pathlib import Path

import click

_ERRORS = (OSError, ValueError, TypeError)


class _Quantity(click.ParamType):
    """A quantity of astropy, parsed when the command runs so that its help needs no import."""

    name = "quantity"

    def __init__(self, unit, example):
        self.unit, self.example = unit, example

    def convert(self, value, parameter, context):
        import astropy.units as u

        try:
            return u.Quantity(value).to(self.unit)
        except (TypeError, ValueError, u.UnitConversionError):
            return self.fail(f"{value!r} is not in a unit of {self.unit}. Write {self.example}.", parameter, context)


_DURATION = _Quantity("h", "2h or 90min")
_ANGLE = _Quantity("deg", "60deg")
_SPEED = _Quantity("km/s", "500km/s")


@click.group()
def dataset():
    """Build a data set of frames around CMEs, and check it."""


@dataset.command()
@click.option("--catalog", metavar="CATALOG", help="The CDAW CME catalog: univ_all.txt, or its URL.")
@click.option("--start", metavar="TIME", help="Only events from this time on.")
@click.option("--end", metavar="TIME", help="Only events up to this time.")
@click.option("--min-width", type=_ANGLE, help="Smallest angular width of an event, such as 60deg.")
@click.option("--max-width", type=_ANGLE, help="Largest angular width of an event.")
@click.option("--min-speed", type=_SPEED, help="Smallest linear speed of an event, such as 500km/s.")
@click.option("--max-speed", type=_SPEED, help="Largest linear speed of an event.")
@click.option("--halo/--no-halo", default=None, help="Only halo events, or none of them.")
@click.option("--remark", metavar="TEXT", help="Only events whose remark contains TEXT.")
@click.option("--exclude-remark", metavar="TEXT", help="No events whose remark contains TEXT, such as Poor.")
@click.option("--detector", type=click.Choice(["C2", "C3"]), default="C3", show_default=True)
@click.option("--before", type=_DURATION, default="2h", show_default=True, help="Frames before an event's time.")
@click.option("--after", type=_DURATION, default="6h", show_default=True, help="Frames after an event's time.")
@click.option(
    "-o", "--output", required=True, type=click.Path(file_okay=False, path_type=Path), metavar="DIR",
    help="Directory of the data set.",
)  # fmt: skip
@click.option(
    "--from", "source", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="DIR",
    help="Take the frames in DIR instead of downloading them.",
)  # fmt: skip
@click.option("--provider", type=click.Choice(["auto", "VSO", "NRL"]), default="auto", show_default=True)
@click.option("--max-missing", type=click.IntRange(min=0), default=0, show_default=True, help="Lost blocks allowed.")
@click.option(
    "--max-saturated", type=click.FloatRange(0, 1), default=0.01, show_default=True, help="Fraction of pixels allowed."
)
@click.option("--any-filter", is_flag=True, help="Accept color filters and polarized frames, too.")
@click.option("--any-size", is_flag=True, help="Accept frames that were summed on board, too.")
@click.option("--quiet", is_flag=True, help="Show no progress bar.")
def build(catalog, start, end, min_width, max_width, min_speed, max_speed, halo, remark, exclude_remark, detector,
          before, after, output, source, provider, max_missing, max_saturated, any_filter, any_size,
          quiet):  # fmt: skip
    """
    Download the frames around the events of CATALOG, examine each, and write them with a manifest.

    An interrupted run resumes when it is started again with the same options.
    """
    from sunpy_coronagraph_inpaint.dataset import QualityCuts, build_dataset
    from sunpy_coronagraph_inpaint.fetch import CMECatalog, DownloadOptions

    cuts = QualityCuts(
        max_missing=max_missing, max_saturated=max_saturated, any_filter=any_filter, full_size=not any_size
    )
    conditions = {
        "time": _range(start, end), "width": _range(min_width, max_width), "speed": _range(min_speed, max_speed),
        "halo": halo, "remark": remark, "exclude_remark": exclude_remark,
    }  # fmt: skip
    options = DownloadOptions(progress=not quiet)
    try:
        events = None if catalog is None else CMECatalog.read(catalog, options=options).select(**conditions)
        table = build_dataset(
            output, catalog=events, detector=detector, before=before, after=after, source=source, cuts=cuts,
            provider=provider, options=options,
        )  # fmt: skip
    except _ERRORS as error:
        raise click.ClickException(str(error)) from error
    taken = table[table["accepted"]]
    counts = Counter(str(name) for name in taken["split"])
    parts = ", ".join(f"{counts[name]} {name}" for name in ("train", "validation", "test"))
    click.echo(f"{len(taken)} of {len(table)} frames accepted ({parts}); {output / 'manifest.ecsv'}")
    for row in table[~table["accepted"]]:
        click.echo(f"rejected {row['source']}: {row['reason']}")


def _range(low, high):
    return None if low is None and high is None else (low, high)


@dataset.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), metavar="DIR")
@click.option("--quiet", is_flag=True, help="Show no progress bar.")
def check(folder, quiet):
    """Verify the data set in DIR: files, checksums, measured values and splits."""
    from sunpy_coronagraph_inpaint.dataset import open_dataset, verify_dataset

    try:
        problems = verify_dataset(folder, progress=not quiet)
    except _ERRORS as error:
        raise click.ClickException(str(error)) from error
    for problem in problems:
        click.echo(problem)
    if problems:
        click.echo(f"{len(problems)} problems in {folder}.", err=True)
        sys.exit(1)
    click.echo(f"{len(open_dataset(folder))} frames, all as the manifest says.")
