"""The subcommand ``coronagraph-inpaint benchmark``."""

import os
import platform

import click

__all__ = ["benchmark"]


@click.command()
@click.option("--repeat", type=click.IntRange(min=1), default=5, show_default=True, help="How often each is measured.")
@click.option("--files", type=click.IntRange(min=1), default=40, show_default=True, help="How many files in a batch.")
@click.option("--jobs", type=click.IntRange(min=1), default=1, show_default=True, help="Processes for the batch.")
@click.option("--method", "methods", multiple=True, help="Measure this method alone; may be given several times.")
def benchmark(repeat, files, jobs, methods):
    """Measure how long filling takes on this machine, beside what others offer."""
    from sunpy_coronagraph_inpaint.batch.arithmetic import measure_arithmetic
    from sunpy_coronagraph_inpaint.batch.speed import measure_files, measure_frame, measure_start

    options = {"method": methods[0]} if methods else {}
    click.echo(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}; {_device()}")
    click.echo(f"{'measure':<58} {'value':>10} {'unit':<8} {'ratio':>8}  to")
    try:
        for part in (
            lambda: measure_frame(repeat=repeat, methods=list(methods) or None),
            lambda: measure_arithmetic(repeat=repeat) if set(methods) <= {"partial_conv"} else [],
            lambda: measure_start(repeat=min(repeat, 3), **options),
            lambda: measure_files(number=files, jobs=jobs, **options),
        ):
            for measure in part():
                click.echo(
                    f"{measure.what:<58} {measure.value:>10.4g} {measure.unit:<8} {measure.ratio:>8.3g}  {measure.to}"
                )
    except (RuntimeError, ValueError, OSError) as error:
        raise click.ClickException(str(error)) from error


def _device():
    import torch

    if torch.cuda.is_available():
        return f"PyTorch {torch.__version__} with {torch.cuda.get_device_name()}"
    return f"PyTorch {torch.__version__} on {torch.get_num_threads()} threads, no CUDA device"
