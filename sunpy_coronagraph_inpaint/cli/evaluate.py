"""The subcommand ``coronagraph-inpaint evaluate``."""

import os
from pathlib import Path

import click


def _listed(context, parameter, value):
    """Split a comma-separated list of names."""
    return [name.strip() for name in value.split(",") if name.strip()] if value else None


@click.command()
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Directory of real frames, instead of $CORONAGRAPH_INPAINT_DATA.",
)
@click.option("--groups", callback=_listed, metavar="NAME,...", help="Groups of frames; --list names them.")
@click.option("--holes", callback=_listed, metavar="NAME,...", help="Kinds of holes; --list names them.")
@click.option("--methods", callback=_listed, metavar="NAME,...", help="Methods, instead of all.")
@click.option("--peers/--no-peers", default=True, show_default=True, help="Compare with other packages.")
@click.option("--seeds", type=click.IntRange(min=1), default=1, show_default=True, help="Holes per frame and kind.")
@click.option(
    "--held-out/--all-frames",
    "only_held_out",
    default=True,
    show_default=True,
    help="Only real frames that are never trained on, or all.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Directory for the table (benchmark.ecsv) and the contact sheets.",
)
@click.option("--list", "names_only", is_flag=True, help="List groups, holes, peers and measures, and stop.")
@click.option("--quiet", is_flag=True, help="Show no progress.")
def evaluate(data, groups, holes, methods, peers, seeds, only_held_out, output, names_only, quiet):
    """
    Compare all methods and peers on the same holes in the same frames.

    Prints a table for each group of frames and kind of holes, with a star at the best value of each measure.
    """
    if names_only:
        click.echo("\n".join(_names()))
        return
    from sunpy_coronagraph_inpaint.evaluate import run
    from sunpy_coronagraph_inpaint.inpaint.benchmark import InpaintSuite
    from sunpy_coronagraph_inpaint.inpaint.benchmark.frame_sets import DEFAULT_FRAME_SETS
    from sunpy_coronagraph_inpaint.simulate.telemetry import DEFAULT_HOLES

    if output:
        _make_directory(output)
    try:
        suite = InpaintSuite(
            groups or DEFAULT_FRAME_SETS,
            directory=data or os.environ.get("CORONAGRAPH_INPAINT_DATA"),
            holes=holes or DEFAULT_HOLES,
            methods=methods,
            peers=peers,
            seeds=seeds,
            all_frames=not only_held_out,
        )
        results = run(suite, progress=(lambda line: None) if quiet else (lambda line: click.echo(line, err=True)))
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    click.echo(results.text())
    for line in results.notes:
        click.echo(line)
    if output:
        results.write(output)
        click.echo(f"benchmark.ecsv and {len(results.sheets)} contact sheets in {output}")


def _make_directory(output):
    """Create the directory before the work, so that an error does not come after it."""
    from sunpy_coronagraph_inpaint.io.originals import keep_originals

    try:
        output.mkdir(parents=True, exist_ok=True)
        keep_originals(output / "benchmark.ecsv")
    except FileExistsError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        msg = f"The directory {output} cannot be made: {error.strerror}."
        raise click.ClickException(msg) from error


def _names():
    from sunpy_coronagraph_inpaint.evaluate.runner import COST
    from sunpy_coronagraph_inpaint.inpaint.benchmark.frame_sets import DEFAULT_FRAME_SETS, FRAME_SETS
    from sunpy_coronagraph_inpaint.inpaint.benchmark.measures import MEASURES
    from sunpy_coronagraph_inpaint.inpaint.benchmark.peers import PEERS
    from sunpy_coronagraph_inpaint.simulate.telemetry import DEFAULT_HOLES, HOLES

    yield "by default all but those in parentheses"
    yield "groups:"
    for name, frame_set in FRAME_SETS.items():
        shown = name if name in DEFAULT_FRAME_SETS else f"({name})"
        yield f"  {shown:12s}{frame_set.text}"
    yield f"holes: {', '.join(name if name in DEFAULT_HOLES else f'({name})' for name in HOLES)}"
    yield "peers:"
    for peer in PEERS:
        missing = peer.not_installed()
        yield f"  {peer.name}{f': {missing}' if missing else ''}"
    yield "measures:"
    for name, measure in (MEASURES | COST).items():
        unit = f" [{measure.unit}]" if measure.unit else ""
        yield f"  {name:20s}{measure.text}{unit}"
