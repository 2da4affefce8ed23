"""
Estimate the cost of filling the LASCO archive from the speed of one core of this machine.

Run as ``python benchmarks/archive_cost.py [--repeat N]`` on an idle machine. Measures the steps (reading, finding
missing blocks, filling, writing, compressing, copying) on artificial frames of both cameras and prints the cost of
600,000 frames of C2 and as many of C3, 3 % of them damaged, for the cores of this machine and for 100. Files are read
from the cache of the operating system, so the required disk bandwidth is printed as well.
"""

import os
import tempfile
from pathlib import Path

from _common import parser, quiet, shortest

from sunpy_coronagraph_inpaint.inpaint.maps import inpaint_map, prepare
from sunpy_coronagraph_inpaint.io import copy_file, read_map, write_map
from sunpy_coronagraph_inpaint.io.writing import pack
from sunpy_coronagraph_inpaint.simulate import damage, plain_corona

FRAMES, DAMAGED, BLOCKS = 600_000, 0.03, 5
METHODS = ("harmonic", "kriging", "partial_conv")


def measure(folder, detector, repeat):
    """Return the seconds for each step on one frame, and the size of a file in bytes, compressed and not."""
    sound = plain_corona(detector=detector, seed=1)
    file = write_map(sound, folder / f"{detector}.fts")
    broken = write_map(damage(sound, blocks=BLOCKS, seed=1), folder / f"{detector}_broken.fts")
    smap = read_map(broken)
    filled = inpaint_map(smap)
    out = folder / "out.fts"
    parts = {
        "read": shortest(lambda: read_map(file), repeat),
        "read and look": shortest(lambda: prepare(read_map(file)), repeat),
        **{name: shortest(lambda name=name: inpaint_map(smap, method=name), repeat) for name in METHODS},
        "write": shortest(lambda: write_map(filled, out, overwrite=True), repeat),
        "pack": shortest(lambda: pack(file, folder / "packed.gz"), repeat),
        "copy": shortest(lambda: copy_file(file, folder / "copy.fts"), repeat),
    }
    return parts, file.stat().st_size, (folder / "packed.gz").stat().st_size


def core_hours(parts, method, *, copy, compress):
    """Return the core hours for all frames of a camera."""
    sound = parts["read and look"] + (parts["pack" if compress else "copy"] if copy else 0)
    lost = parts["read"] + parts[method] + parts["write"] + (parts["pack"] if compress else 0)
    return FRAMES * ((1 - DAMAGED) * sound + DAMAGED * lost) / 3600


def main():
    """Print the times of the steps and the costs."""
    options = parser(__doc__)
    options.add_argument("--repeat", type=int, default=5)
    repeat = options.parse_args().repeat
    with tempfile.TemporaryDirectory() as name, quiet():
        measured = {detector: measure(Path(name), detector, repeat) for detector in ("C2", "C3")}
    for detector, (parts, size, packed) in measured.items():
        times = ", ".join(f"{what} {1e3 * seconds:.1f}" for what, seconds in parts.items())
        print(f"{detector}, milliseconds: {times}; file {size / 1e6:.2f} MB, compressed {packed / 1e6:.2f} MB")
    volume = FRAMES * sum(size for _, size, _ in measured.values()) / 1e12
    shrunk = FRAMES * sum(packed for *_, packed in measured.values()) / 1e12
    print(f"{2 * FRAMES} frames, {100 * DAMAGED:g} % with {BLOCKS} blocks lost: {volume:.2f} TB, gzip {shrunk:.2f} TB")
    cores = os.cpu_count()
    for method in METHODS:
        for copy, compress, what in (
            (False, False, "only damaged frames written"),
            (True, False, "everything written"),
            (True, True, "everything written and compressed"),
        ):
            hours = sum(core_hours(parts, method, copy=copy, compress=compress) for parts, *_ in measured.values())
            rate = volume * 1e6 / (hours * 3600)
            here = f"{hours / cores:4.1f} h on {cores} cores, which read {cores * rate:4.0f} MB/s"
            there = f"{60 * hours / 100:5.1f} min on 100 cores, which read {rate / 10:4.1f} GB/s"
            print(f"{method:<12}  {what:<29} {hours:5.1f} core hours: {here}; {there}")
    print(_gpu())


def _gpu():
    import torch

    if not torch.cuda.is_available():
        return "GPU: none found by PyTorch, so none is measured."
    return f"GPU: {torch.cuda.get_device_name()}; python benchmarks/speed.py --method partial_conv measures it."


if __name__ == "__main__":
    main()
