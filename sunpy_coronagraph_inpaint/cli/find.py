"""The subcommand ``coronagraph-inpaint find``."""

import click

from sunpy_coronagraph_inpaint.cli.shared import FILES, finish, in_options, quiet


@click.command()
@FILES
@click.option("--blocks", is_flag=True, help="Print the table of the missing blocks of each file, too.")
def find(files, blocks):
    """Find the missing telemetry blocks of each FILE."""
    from sunpy_coronagraph_inpaint.frames.dropouts import dropouts_in
    from sunpy_coronagraph_inpaint.io.messages import describe_error
    from sunpy_coronagraph_inpaint.io.reading import read_array

    failed = 0
    width = max(len(path.name) for path in files)
    click.echo(f"{'file':<{width}}  {'camera':<14}  level  missing  null  {'source':<17}  blocks")
    for path in files:
        try:
            with quiet(path):
                dropouts = dropouts_in(*read_array(path))
        except Exception as error:  # noqa: BLE001 (one file never ends a run)
            failed += 1
            click.echo(f"{path.name:<{width}}  failed: {in_options(describe_error(error))}")
            continue
        camera = dropouts.camera
        click.echo(
            f"{path.name:<{width}}  {camera.name:<14}  {camera.level:<5}  {len(dropouts):>7}  "
            f"{len(dropouts.null_blocks):>4}  {dropouts.source:<17}  {_shortened(dropouts)}"
        )
        if blocks and len(dropouts):
            click.echo("\n".join(dropouts.blocks.pformat(max_lines=-1)))
    finish(failed, len(files))


def _shortened(dropouts, most=10):
    shown = " ".join(str(index) for index in dropouts.indices[:most])
    more = len(dropouts) - most
    cut = ", cut off at the end" if dropouts.truncated else ""
    return f"{shown}{f' and {more} more' if more > 0 else ''}{cut}"
