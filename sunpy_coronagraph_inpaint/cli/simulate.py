"""The subcommand ``coronagraph-inpaint simulate``."""

from pathlib import Path

import click


@click.command()
@click.option("-n", "--number", type=click.IntRange(min=1), default=10, show_default=True, help="Number of scenes.")
@click.option(
    "-o", "--output", type=click.Path(file_okay=False, path_type=Path), required=True, help="Directory of the library."
)
@click.option("--jobs", type=click.IntRange(min=1), default=1, show_default=True, help="Number of parallel processes.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seed of the first scene.")
@click.option("--detector", type=click.Choice(["C2", "C3"]), default="C3", show_default=True)
@click.option("--frames", type=click.IntRange(min=1), default=3, show_default=True, help="Exposures per scene; odd.")
@click.option("--cadence", type=float, default=12.0, show_default=True, help="Minutes between exposures.")
@click.option("--crop", type=click.IntRange(min=32, max=1024), help="Keep only a square of this side in pixels.")
@click.option("--snow", is_flag=True, help="Let one scene in ten have a solar particle event.")
@click.option("--quiet", is_flag=True, help="Show no progress bar.")
def simulate(number, output, jobs, seed, detector, frames, cadence, crop, snow, quiet):
    """
    Render artificial LASCO scenes and their truth to disk.

    An interrupted run resumes when it is started again with the same options.
    """
    import astropy.units as u

    from sunpy_coronagraph_inpaint.simulate.library import render

    try:
        paths = render(number, output, seed=seed, jobs=jobs, detector=detector, frames=frames,
                       cadence=cadence * u.min, snow=snow, crop=crop, progress=not quiet)  # fmt: skip
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{len(paths)} scenes of {detector} in {output}")
