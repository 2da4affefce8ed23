"""
Measure the speed of filling on this machine, compare it with other packages and with the targets.

Run as ``python benchmarks/speed.py [--repeat N] [--files N] [--jobs N] [--method NAME ...]`` on an idle machine. Prints
the time for one frame with each method and with other packages, the time for a frame with nothing missing, the fraction
of the peak arithmetic rate that the network reaches, the time and memory of a cold start, and the files per second in a
batch. The frames are artificial. Each time is the shortest of several after a warm-up, and is printed with its ratio to
a reference from the same run, so that the load and the speed of the machine matter little. Exits with 1 if a target is
missed.
"""

import os
import platform
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from _common import parser, quiet, shortest, timed

#: Seconds on two cores; MiB for the memory.
TARGETS = {
    "nothing missing: inpaint_map": 0.015,
    "5 blocks, harmonic": 0.10,
    "5 blocks, kriging": 0.25,
    "5 blocks, partial_conv": 0.15,
    "cold start: coronagraph-inpaint find FILE": 1.5,
    "memory beyond importing, 5 blocks, partial_conv": 350,
}
#: The reference for all fills, and the side of the matrices.
BASE, SIDE = "skimage biharmonic", 1024

_MEMORY = """
import sys, warnings
warnings.simplefilter("ignore")
sys.path.insert(0, sys.argv[3])
from _common import peak_memory
from sunpy import log
log.setLevel("WARNING")
from sunpy_coronagraph_inpaint.io import read_map
from sunpy_coronagraph_inpaint.inpaint.maps import inpaint_map
import sunpy.map, scipy.ndimage, scipy.sparse.linalg, torch
before = peak_memory()
inpaint_map(read_map(sys.argv[1]), method=sys.argv[2])
print(peak_memory() - before)
"""
_START = "import sys; from sunpy_coronagraph_inpaint.cli import main; main(sys.argv[1:])"


class Timing(NamedTuple):
    """One line of the table: name, value, unit, and ratio to a reference from the same run."""

    what: str
    value: float
    unit: str
    ratio: float
    to: str


def frame_file(folder, blocks, seed=1):
    """Write an artificial C3 frame with a number of missing blocks, and return its path."""
    from sunpy_coronagraph_inpaint.io import write_map
    from sunpy_coronagraph_inpaint.simulate import damage, plain_corona

    smap = plain_corona(detector="C3", seed=seed)
    return write_map(damage(smap, blocks=blocks, seed=seed) if blocks else smap, Path(folder) / f"{blocks}_{seed}.fts")


def measure_frame(*, blocks=5, repeat=5, methods=None):
    """
    Time one C3 frame: with nothing missing, and with blocks filled by each method and by other packages.

    The peers fill the same holes of the same frame, which is already read, searched and prepared, and do not make a
    map. The time of a method that does not work here is NaN.
    """
    import sunpy.map

    from sunpy_coronagraph_inpaint.inpaint.benchmark.peers import PEERS
    from sunpy_coronagraph_inpaint.inpaint.maps import inpaint_map, prepare
    from sunpy_coronagraph_inpaint.inpaint.methods import get_method, list_methods
    from sunpy_coronagraph_inpaint.io import read_map, write_map

    names = methods or [name for name in list_methods() if not get_method(name).needs_neighbors]
    peers = {peer.name: peer.function for peer in PEERS if not peer.not_installed()}
    with tempfile.TemporaryDirectory() as folder, quiet():
        sound_file, file = frame_file(folder, 0), frame_file(folder, blocks)
        sound, smap = read_map(sound_file), read_map(file)
        reading = shortest(lambda: sunpy.map.Map(file), repeat)
        found = [Timing("read FITS (sunpy.map.Map)", reading, "s", 1.0, "reading")]

        def add(what, function, to="reading", base=reading):
            try:
                seconds = shortest(function, repeat)
            except (ImportError, OSError, ValueError, RuntimeError) as error:
                found.append(Timing(f"{what}: {error}", float("nan"), "s", float("nan"), to))
                return float("nan")
            found.append(Timing(what, seconds, "s", seconds / base, to))
            return seconds

        add("nothing missing: inpaint_map", lambda: inpaint_map(sound))
        add("nothing missing: file to map", lambda: inpaint_map(read_map(sound_file)))
        frame = prepare(smap).frame  # a copy has nothing cached
        base = add(f"peer {BASE}", lambda: peers[BASE](replace(frame)))
        for name, function in peers.items():
            if name != BASE:
                add(f"peer {name}", lambda function=function: function(replace(frame)), BASE, base)
        for name in names:
            add(f"{blocks} blocks, {name}", lambda name=name: inpaint_map(smap, method=name), BASE, base)
        filled = inpaint_map(smap, method=names[0])
        add("write FITS (write_map)", lambda: write_map(filled, Path(folder) / "out.fts", overwrite=True))
    return found


def measure_arithmetic(*, blocks=5, frames=1, repeat=5, device="auto"):
    """
    Time the network alone, without pre- and postprocessing, and compare it with matrix products.

    Returns the rate of a product of two 1024x1024 matrices in single precision, the ratio of the rates of the network
    in single precision and in bfloat16 to it, and the ratio of the times of the network in bfloat16 and single
    precision. A multiplication and an addition count as two operations.
    """
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    from sunpy_coronagraph_inpaint.inpaint.maps import prepare
    from sunpy_coronagraph_inpaint.inpaint.network.patches import flatten, hole_patches
    from sunpy_coronagraph_inpaint.inpaint.network.trained import fill_patches, find_weights, load_network
    from sunpy_coronagraph_inpaint.learning.inference import pick_device
    from sunpy_coronagraph_inpaint.simulate import damage, plain_corona

    device = pick_device(device)
    patches = []
    for seed in range(frames):
        damaged = damage(plain_corona(detector="C3", seed=seed), blocks=blocks, seed=seed)
        frame = prepare(damaged).frame
        loaded = load_network(find_weights(frame.camera))
        flat, level = flatten(frame, loaded.background)
        patches += hole_patches(flat, None if level is None else loaded.background)

    def network(precision):
        return fill_patches(loaded.network, patches, device=device, precision=precision)

    matrix = torch.from_numpy(np.random.default_rng(0).standard_normal((SIDE, SIDE), np.float32)).to(device)
    # Reading the result back waits for the GPU.
    product = 2 * SIDE**3 / shortest(lambda: (matrix @ matrix)[0, 0].item(), repeat)
    with FlopCounterMode(display=False) as counter:
        network("float32")
    seconds = {precision: shortest(lambda p=precision: network(p), repeat) for precision in ("float32", "bfloat16")}
    base = f"matrix product of {SIDE} x {SIDE}, float32, {device.type}"
    holes = f"{frames} frame{'s' * (frames > 1)} of {blocks} block{'s' * (blocks > 1)}"
    rates = {precision: counter.get_total_flops() / time for precision, time in seconds.items()}
    return [
        Timing(base, product / 1e9, "GFLOP/s", 1.0, "the product"),
        *(
            Timing(f"network, {holes}, {p}", rate / 1e9, "GFLOP/s", rate / product, "the product")
            for p, rate in rates.items()
        ),
        Timing("network in bfloat16", seconds["bfloat16"], "s", seconds["bfloat16"] / seconds["float32"], "float32"),
    ]


def measure_start(*, repeat=3, method="partial_conv"):
    """Measure a cold start and the memory of one fill, in separate processes."""
    with tempfile.TemporaryDirectory() as folder:
        file = str(frame_file(folder, 5))
        sunpy_map = shortest(lambda: run("import sunpy.map"), repeat)
        find = shortest(lambda: run(_START, "find", file), repeat)
        memory = float(run(_MEMORY, file, method, str(Path(__file__).parent)))
    return [
        Timing("import sunpy.map", sunpy_map, "s", 1.0, "import sunpy.map"),
        Timing("cold start: coronagraph-inpaint find FILE", find, "s", find / sunpy_map, "import sunpy.map"),
        Timing(f"memory beyond importing, 5 blocks, {method}", memory, "MiB", memory / 350, "350 MiB"),
    ]


def run(program, *arguments):
    """Run a program in a fresh process and return what it prints."""
    done = subprocess.run([sys.executable, "-c", program, *arguments], check=True, capture_output=True, text=True)
    return done.stdout


def measure_files(*, number=40, damaged=0.25, jobs=1, method=None):
    """
    Measure files per second from disk to disk, and compare with only reading them.

    The ratio is that of the time to read the same files to the time of the batch, so 1 is as fast as reading. With more
    than one job, the time to start the processes is included.
    """
    import sunpy.map

    from sunpy_coronagraph_inpaint import inpaint_files

    with tempfile.TemporaryDirectory() as folder, quiet():
        sound, broken = frame_file(folder, 0), frame_file(folder, 5)
        (Path(folder) / "in").mkdir()
        paths = []
        for i in range(number):
            path = Path(folder) / "in" / f"{i:05d}.fts"
            path.write_bytes((broken if int((i + 1) * damaged) > int(i * damaged) else sound).read_bytes())
            paths.append(path)
        reading = shortest(lambda: [sunpy.map.Map(path) for path in paths[:20]], 1) / min(number, 20)
        seconds, table = timed(lambda: inpaint_files(paths, Path(folder) / "out", jobs=jobs, method=method))
    seconds /= number
    failed = int((table["status"] == "failed").sum())
    if failed:
        msg = f"{failed} of {number} files failed, so there is nothing to measure: {table['message'][0]}"
        raise RuntimeError(msg)
    what = f"{number} files, {100 * damaged:.0f} % damaged, {jobs} job{'s' * (jobs > 1)}"
    return [
        Timing("read FITS alone", 1 / reading, "files/s", 1.0, "reading"),
        Timing(what, 1 / seconds, "files/s", reading / seconds, "reading"),
    ]


def machine():
    """Describe the machine and its PyTorch devices."""
    import torch

    found = f"PyTorch {torch.__version__} on {torch.get_num_threads()} threads, no CUDA device"
    if torch.cuda.is_available():
        found = f"PyTorch {torch.__version__} with {torch.cuda.get_device_name()}"
    return f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}; {found}"


def main(arguments=None):
    """Print the table; return 1 if a target is missed."""
    options = parser(__doc__)
    options.add_argument("--repeat", type=int, default=5, help="how often each is measured")
    options.add_argument("--files", type=int, default=40, help="how many files in a batch")
    options.add_argument("--jobs", type=int, default=1, help="processes for the batch")
    options.add_argument("--method", action="append", dest="methods", help="this method alone; may be repeated")
    options = options.parse_args(arguments)
    methods = options.methods or []
    method = {"method": methods[0]} if methods else {}
    print(machine())
    print(f"{'measure':<58} {'value':>10} {'unit':<8} {'ratio':>8}  to")
    missed = 0
    for part in (
        lambda: measure_frame(repeat=options.repeat, methods=methods),
        lambda: measure_arithmetic(repeat=options.repeat) if set(methods) <= {"partial_conv"} else [],
        lambda: measure_start(repeat=min(options.repeat, 3), **method),
        lambda: measure_files(number=options.files, jobs=options.jobs, **method),
    ):
        for what, value, unit, ratio, to in part():
            target = TARGETS.get(what)
            over = target is not None and not value <= target
            missed += over
            told = "" if target is None else f"; target {target:g}{': missed' if over else ''}"
            print(f"{what:<58} {value:>10.4g} {unit:<8} {ratio:>8.3g}  {to}{told}", flush=True)
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
