"""The subcommand ``coronagraph-inpaint evaluate``."""

import os
import re
from pathlib import Path

import click

__all__ = ["evaluate"]


def _listed(context, parameter, value):
    """Split a list of names at its commas."""
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
@click.option("--peers/--no-peers", default=True, show_default=True, help="Compare with what other packages offer.")
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
@click.option("--rst", type=click.Path(dir_okay=False, path_type=Path), help="Write the table as reStructuredText.")
@click.option("--list", "names_only", is_flag=True, help="List groups, holes, peers and measures, and stop.")
@click.option("--quiet", is_flag=True, help="Do not tell what is being done.")
def evaluate(data, groups, holes, methods, peers, seeds, only_held_out, output, rst, names_only, quiet):
    """
    Compare all methods and peers on the same holes in the same frames.

    Prints a table for each group of frames and kind of holes, the best value of each measure marked with a star.
    """
    if names_only:
        click.echo("\n".join(_names()))
        return
    from sunpy_coronagraph_inpaint.evaluate import run
    from sunpy_coronagraph_inpaint.evaluate.report import text_table
    from sunpy_coronagraph_inpaint.evaluate.rst import rst_table
    from sunpy_coronagraph_inpaint.evaluate.targets import compare_lines
    from sunpy_coronagraph_inpaint.inpaint.benchmark.groups import DEFAULT_GROUPS
    from sunpy_coronagraph_inpaint.io.writing import whole_file
    from sunpy_coronagraph_inpaint.simulate.telemetry import DEFAULT_HOLES

    _prepare(output, rst)
    try:
        results = run.evaluate(
            groups or DEFAULT_GROUPS,
            directory=data or os.environ.get("CORONAGRAPH_INPAINT_DATA"),
            holes=holes or DEFAULT_HOLES,
            methods=methods,
            peers=peers,
            seeds=seeds,
            all_frames=not only_held_out,
            tell=(lambda line: None) if quiet else (lambda line: click.echo(line, err=True)),
        )
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    click.echo(text_table(results.table))
    for line in (*results.notes, *compare_lines(results.table)):
        click.echo(line)
    if rst:
        with whole_file(rst) as part:
            part.write_text(rst_table(results.table), encoding="utf-8")
    if output:
        _write(results, output)


def _prepare(output, rst):
    """Find out that nothing can be written before the work, not after it."""
    from sunpy_coronagraph_inpaint.io.originals import keep_originals

    try:
        for path in filter(None, (rst, output and output / "benchmark.ecsv")):
            keep_originals(path)
    except FileExistsError as error:
        raise click.ClickException(str(error)) from error
    for folder in filter(None, (output, rst and rst.parent)):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            msg = f"The directory {folder} cannot be made: {error.strerror}."
            raise click.ClickException(msg) from error


def _write(results, output):
    from sunpy_coronagraph_inpaint.evaluate.contact_sheet import plot_sheet
    from sunpy_coronagraph_inpaint.evaluate.report import write_ecsv
    from sunpy_coronagraph_inpaint.io.writing import whole_file

    write_ecsv(results.table, output / "benchmark.ecsv")
    for sheet in results.sheets:
        name = re.sub(r"\W+", "_", f"{sheet.group} {sheet.holes}").lower()
        with whole_file(output / f"{name}.png") as part:
            plot_sheet(sheet).savefig(part, format="png", dpi=90)
    click.echo(f"benchmark.ecsv and {len(results.sheets)} contact sheets in {output}")


def _names():
    from sunpy_coronagraph_inpaint.inpaint.benchmark.groups import DEFAULT_GROUPS, GROUPS
    from sunpy_coronagraph_inpaint.inpaint.benchmark.measures import MEASURES
    from sunpy_coronagraph_inpaint.inpaint.benchmark.peers import PEERS, not_installed
    from sunpy_coronagraph_inpaint.simulate.telemetry import DEFAULT_HOLES, HOLES

    yield "by default all but those in parentheses"
    yield "groups:"
    for name, group in GROUPS.items():
        shown = name if name in DEFAULT_GROUPS else f"({name})"
        yield f"  {shown:12s}{group.text}"
    yield f"holes: {', '.join(name if name in DEFAULT_HOLES else f'({name})' for name in HOLES)}"
    yield "peers:"
    for name, peer in PEERS.items():
        yield f"  {name}{': ' + not_installed(peer) if not_installed(peer) else ''}"
    yield "measures:"
    for name, measure in MEASURES.items():
        unit = f" [{measure.unit}]" if measure.unit else ""
        yield f"  {name:9s}{measure.text}{unit}"
