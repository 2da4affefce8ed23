"""The subcommand ``coronagraph-inpaint demo``."""

from pathlib import Path

import click

from sunpy_coronagraph_inpaint.cli.shared import METHOD, one_line_errors, quiet


@click.command()
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
@METHOD
@click.option("--detector", type=click.Choice(["C2", "C3"]), default="C3", show_default=True)
@click.option("--blocks", type=click.IntRange(min=1), default=12, show_default=True, help="Number of blocks to lose.")
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Seed of blocks and frame.")
def demo(file, output, method, detector, blocks, seed):
    """
    Damage a frame, fill it, and plot it before and after.

    Without FILE the frame is artificial, with a coronal mass ejection. Blocks that are missing in FILE are filled as
    well.
    """
    from sunpy_coronagraph_inpaint.inpaint.figures import plot_fill
    from sunpy_coronagraph_inpaint.inpaint.maps import inpaint_map
    from sunpy_coronagraph_inpaint.io import read_map, write_map
    from sunpy_coronagraph_inpaint.io.writing import whole_file
    from sunpy_coronagraph_inpaint.simulate import Scene, damage, observe

    with quiet(file or "demo"), one_line_errors():
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
    meta = filled.meta
    click.echo(f"{meta['nmissing']} blocks lost, {meta['nfilled']} pixels filled by {meta['fillmeth']}.")
    for path in paths:
        click.echo(str(path))
