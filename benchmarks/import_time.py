"""
Measure the time that ``import sunpy_coronagraph_inpaint`` adds to ``import sunpy.map``.

Each figure is the median over fresh processes; both imports are timed in the same process, one after the other. The
first process, which warms the disk cache, is left out. Run it on an idle machine::

    python benchmarks/import_time.py --runs 15
"""

import statistics
import subprocess
import sys

from _common import parser

TARGET = 0.2
PROGRAM = """
import time
start = time.perf_counter()
import sunpy.map
between = time.perf_counter()
import sunpy_coronagraph_inpaint
end = time.perf_counter()
print(between - start, end - between)
"""


def measure():
    """Return the seconds for ``sunpy.map`` and the additional seconds for this package in a fresh process."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], check=True, capture_output=True, text=True)
    return tuple(float(number) for number in done.stdout.split())


def main():
    """Print the medians, and return 1 if the package adds more than the target."""
    options = parser(__doc__)
    options.add_argument("--runs", type=int, default=7, help="fresh processes to time (default 7)")
    runs = options.parse_args().runs
    measure()
    sunpy_map, added = zip(*(measure() for _ in range(runs)), strict=True)
    median = statistics.median(added)
    print(f"median of {runs} fresh processes")
    print(f"  import sunpy.map                          {statistics.median(sunpy_map):.3f} s")
    print(f"  import sunpy_coronagraph_inpaint, after  +{median:.3f} s  ({min(added):.3f} to {max(added):.3f})")
    print(f"  target                                   +{TARGET:.3f} s")
    return int(median > TARGET)


if __name__ == "__main__":
    sys.exit(main())
