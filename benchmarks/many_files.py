"""
Measure the speed and the memory of batches of files.

Run as ``python benchmarks/many_files.py [--numbers 50 500] [--jobs 1 2]``. Prints, for each number of files, the
increase of the peak memory of one process over that after its first files, which should not depend on the number; and,
for each number of jobs, files per second and their ratio to the rate at which the same files can be read.
"""

import tempfile
from pathlib import Path

from _common import parser, peak_memory, quiet
from speed import measure_files

from sunpy_coronagraph_inpaint import inpaint_files
from sunpy_coronagraph_inpaint.io import write_map
from sunpy_coronagraph_inpaint.simulate import damage, plain_corona

DAMAGED = 10


def links(folder, number):
    """Make links to two files, every tenth of them to a file with missing blocks."""
    sound = plain_corona(detector="C3", seed=1)
    whole, broken = folder / "whole", folder / "broken"
    if not whole.exists():
        write_map(sound, whole)
        write_map(damage(sound, blocks=5, seed=1), broken)
    target = folder / str(number)
    target.mkdir()
    for i in range(number):
        (target / f"{i:05d}.fts").hardlink_to(broken if i % DAMAGED == 0 else whole)
    return sorted(target.iterdir())


def memory(folder, number):
    """Return the increase of the peak memory of the process by one batch, in MiB."""
    paths = links(folder, number)
    before = peak_memory()
    inpaint_files(paths, folder / f"out{number}", copy=False)
    return peak_memory() - before


def main():
    """Print memory and rates."""
    options = parser(__doc__)
    options.add_argument("--numbers", type=int, nargs="+", default=[50, 500])
    options.add_argument("--jobs", type=int, nargs="+", default=[1, 2])
    arguments = options.parse_args()
    with tempfile.TemporaryDirectory() as name, quiet():
        folder = Path(name)
        memory(folder, 10)  # warm-up: what is loaded only once
        for number in arguments.numbers:
            print(f"{number:5d} files, every {DAMAGED}th damaged: peak +{memory(folder, number):.0f} MiB")
    for jobs in arguments.jobs:
        for measure in measure_files(number=400, damaged=0.1, jobs=jobs):
            print(f"{measure.what:<36} {measure.value:7.1f} {measure.unit}, {measure.ratio:.2f} of {measure.to}")


if __name__ == "__main__":
    main()
