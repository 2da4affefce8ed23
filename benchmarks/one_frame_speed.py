"""
Time one frame, beside what others offer, and compare with the targets.

Run as ``python benchmarks/one_frame_speed.py [--repeat N]`` on an idle machine. Exits with 1 where a target is missed.
``coronagraph-inpaint benchmark`` prints the same and more.
"""

import argparse
import sys

from sunpy import log

from sunpy_coronagraph_inpaint.batch.speed import measure_frame, measure_start

#: Seconds on two cores, and for the memory MiB.
TARGETS = {
    "nothing missing: inpaint_map": 0.015,
    "5 blocks, harmonic": 0.10,
    "5 blocks, kriging": 0.25,
    "5 blocks, partial_conv": 0.15,
    "cold start: coronagraph-inpaint find FILE": 1.5,
    "memory beyond importing, 5 blocks, partial_conv": 350,
}


def main():
    """Print the measures and the targets."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("--repeat", type=int, default=7, help="how often each is measured (default 7)")
    repeat = parser.parse_args().repeat
    log.setLevel("WARNING")
    missed = 0
    for measure in [*measure_frame(repeat=repeat), *measure_start()]:
        target = TARGETS.get(measure.what)
        over = target is not None and not measure.value <= target
        missed += over
        told = "" if target is None else f"target {target:g}{': missed' if over else ''}"
        print(
            f"{measure.what:<46} {measure.value:9.4f} {measure.unit:<4} {measure.ratio:7.2f} x {measure.to:<19} {told}"
        )
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
