"""
Compare the nominal calibration with real level-1 frames.

Run as ``python benchmarks/calibration_against_real.py [--plot FILE]`` with the real frames in the directory that the
environment variable ``CORONAGRAPH_INPAINT_DATA`` names. Prints, for a C3 frame calibrated nominally (32082084) and the
real level-1 frame of 23 minutes later (35082085), the median brightness on circles, their ratio before and after
subtracting a constant for the ramp, and the agreement of the masks; then the ratio of real to nominal brightness nearer
to the occulter, for C2 with the level-1 frame 25354895 and frames of eleven months before; then the statistics of the
real frames.
"""

import warnings
from pathlib import Path

import numpy as np
from _common import data_dir, parser

import sunpy.map

from sunpy_coronagraph_inpaint.calibrate import calibrate_map, read_level_1
from sunpy_coronagraph_inpaint.calibrate.nominal import nominal_mask
from sunpy_coronagraph_inpaint.calibrate.statistics import level_1_statistics
from sunpy_coronagraph_inpaint.thomson.excess import sky_position

RADII = np.arange(5, 29)
OUTER = 17  # solar radii, beyond which the difference is due to the ramp


def on_circles(smap, *others):
    """Return the median of a frame on circles around the Sun, over pixels with data in all frames."""
    radius, _ = sky_position(smap)
    known = np.all([np.isfinite(one.data) for one in (smap, *others)], axis=0)
    return np.array([np.median(smap.data[known & (np.abs(radius - r) < 0.25)]) for r in RADII])


def agreement(raw, level_1, pixels):
    """Return the ratio of real to nominal brightness on circles around the Sun, with radii in full-frame pixels."""
    radius, _ = sky_position(level_1)
    flat = [calibrate_map(one, calibration="nominal") for one in raw]
    sun = level_1.meta["rsun"] / flat[0].meta["cdelt1"]
    found = []
    for distance in pixels:
        there = np.nanmedian(level_1.data[np.abs(radius - distance / sun) < 1.5 / sun])
        here = [np.nanmedian(one.data[np.abs(sky_position(one)[0] - distance / sun) < 1.5 / sun]) for one in flat]
        found.append(there / np.median(here))
    return found


def plot(path, ours, real, ramp):
    """Draw both profiles and their ratio."""
    import matplotlib.pyplot as plt

    fig, (above, below) = plt.subplots(2, 1, figsize=(7, 6), sharex=True, layout="constrained")
    above.semilogy(RADII, real, "o", color="0.6", label="real level 1, 20:41")
    above.semilogy(RADII, ours, "-", color="tab:red", label="level 0.5 of 20:18, calibrated nominally")
    above.set_ylabel("median brightness (MSB)")
    above.legend()
    below.axhline(0, color="0.8")
    below.plot(RADII, 100 * (ours / real - 1), "-", color="tab:red", label="as calibrated")
    below.plot(RADII, 100 * ((ours - ramp) / real - 1), "--", color="tab:blue", label=f"minus {ramp:.1e} MSB")
    below.set(xlabel="solar radii", ylabel="difference (%)")
    below.legend()
    fig.savefig(path, dpi=100)


def main():
    """Print and draw the comparison."""
    options = parser(__doc__)
    options.add_argument("--plot", type=Path, help="Where to save the figure.")
    options = options.parse_args()
    warnings.simplefilter("ignore")
    lasco = data_dir() / "lasco"
    real = read_level_1(lasco / "level_1" / "35082085.fts")
    raw = sunpy.map.Map(lasco / "level_05" / "c3" / "32082084.fts")
    mine = calibrate_map(raw, calibration="nominal")
    ours, theirs = on_circles(mine, real), on_circles(real, mine)
    ramp = float(np.median((ours - theirs)[RADII >= OUTER]))
    print(f"mask: {100 * np.mean(np.isnan(real.data) == (nominal_mask() == 0)):.3f} % of pixels agree; "
          f"lost pixels of both frames: {100 * np.mean(np.isnan(real.data) == np.isnan(mine.data)):.3f} %")  # fmt: skip
    print(f"median difference from {OUTER} solar radii on: {ramp:.2e} MSB")
    print("solar radii  nominal   real      ratio  ratio less that")
    for r, one, other in zip(RADII, ours, theirs, strict=True):
        print(f"{r:>11}  {one:.2e}  {other:.2e}  {one / other:.3f}  {(one - ramp) / other:.3f}")
    for frames, level_1, pixels in (
        ([raw], real, (80, 90, 100, 120, 150, 180, 220, 300, 400, 480)),
        (
            [sunpy.map.Map(path) for path in sorted((lasco / "level_05" / "c2").glob("2232[23]*.fts"))],
            read_level_1(lasco / "level_1" / "25354895.fts"),
            (180, 200, 240, 300, 360, 440, 500),
        ),
    ):
        ratios = agreement(frames, level_1, pixels)
        print(f"{level_1.detector}: real over nominal brightness at distances in pixels")
        print("  " + ", ".join(f"{p}: {ratio:.3f}" for p, ratio in zip(pixels, ratios, strict=True)))
    for name, saturation in (("25354895", None), ("35082085", 6.5e-9)):
        smap = read_level_1(lasco / "level_1" / f"{name}.fts")
        found = level_1_statistics(smap.data, saturation=saturation)
        worst = max(abs(value / smap.meta[key] - 1) for key, value in found.items() if smap.meta[key])
        print(f"{name}: {len(found)} statistics differ from its header by {100 * worst:.4f} % at the most")
    if options.plot:
        plot(options.plot, ours, theirs, ramp)


if __name__ == "__main__":
    main()
