"""
Time the calibration.

Run as ``python benchmarks/calibration_speed.py [--repeat N]``. Prints the first and the best later time of
`calibrate_map` for frames of each camera and size, intact and with 12 missing blocks, with calibration values loaded.
"""

import warnings

from _common import parser, timed

from sunpy_coronagraph_inpaint.calibrate import calibrate_map
from sunpy_coronagraph_inpaint.exceptions import NominalCalibrationWarning
from sunpy_coronagraph_inpaint.simulate import damage, plain_corona


def seconds(smap, **options):
    """Return the time of one calibration in seconds."""
    return timed(lambda: calibrate_map(smap, calibration="nominal", **options))[0]


def main():
    """Print the times."""
    options = parser(__doc__)
    options.add_argument("--repeat", type=int, default=5)
    repeat = options.parse_args().repeat
    warnings.simplefilter("ignore", NominalCalibrationWarning)
    for detector in ("C2", "C3"):
        for size in (1024, 512):
            smap = plain_corona(detector=detector, size=size)
            lossy = damage(smap, blocks=12)
            first, *later = (seconds(smap) for _ in range(repeat + 1))
            filled = min(seconds(lossy, fill="all") for _ in range(repeat))
            print(
                f"{detector} {size}x{size}: first {first:.3f} s, later {min(later):.3f} s, "
                f"with 12 blocks to fill {filled:.3f} s"
            )


if __name__ == "__main__":
    main()
