"""
Compare artificial LASCO frames with real ones in figures and statistics.

Needs the directory of real frames in the environment variable ``CORONAGRAPH_INPAINT_DATA``. Prints the statistics, and
writes the figures ``pictures.png`` (raw, radial background removed, running difference; artificial below real) and
``statistics.png`` to the output directory.

Run as ``python benchmarks/simulation_against_real.py [-o DIRECTORY] [--seed N] [--statistics-only]``.
"""

from pathlib import Path
from typing import NamedTuple

import matplotlib as mpl
import numpy as np
from _common import detrended, parser, rate, read
from lasco_statistics import angular_spectrum, count_spikes, noise_against_level, radial_profile

import astropy.units as u

from sunpy.time import parse_time

from sunpy_coronagraph_inpaint.instruments import identify
from sunpy_coronagraph_inpaint.simulate import Scene, observe

mpl.use("Agg")
import matplotlib.pyplot as plt

BANDS = ("2-4", "4-8", "8-16", "16-32", "32-64", "64-128")
EDGES = np.geomspace(60, 12000, 13)
PERCENTILES = ("datap01", "datap10", "datap25", "datap75", "datap90", "datap95", "datap98", "datap99")


class Case(NamedTuple):
    """A real frame, and the positions at which to measure it."""

    path: str
    radii: tuple
    circles: tuple


C3_RADII = (76, 84, 92, 105, 120, 140, 160, 180, 200, 230, 260, 300, 340, 400, 450, 500, 530)
C2_RADII = (150, 160, 170, 195, 205, 220, 240, 270, 300, 340, 380, 430, 480, 520, 560, 600, 640)
CASES = (
    Case("level_05/c3/32130223.fts", C3_RADII, (5, 10, 20)),
    Case("level_05/c3/32082126.fts", C3_RADII, (5, 10, 20)),
    Case("level_05/c3/32219521.fts", C3_RADII, (5, 10, 20)),
    Case("level_05/c2/22321894.fts", C2_RADII, (2.8, 3.5, 5)),
    Case("level_05/c2/22323065.fts", C2_RADII, (2.8, 3.5, 5)),
)
DIFFERENCE = ("level_05/c3/32082111.fts", "level_05/c3/32082126.fts")


def twin_scene(smap, seed, *, cme=False):
    """Return a scene with the settings of a real frame."""
    meta = smap.meta
    compression = "hcompress" if "hcomp_sf" in meta else "rice-full" if "Z" in meta["comprssn"] else "rice"
    return Scene.random(
        seed, meta["detector"], start=parse_time(f"{meta['date-obs']} {meta['time-obs']}".replace("/", "-")), cme=cme,
        exposure=meta["exptime"] * u.s, color=meta["filter"], polar=meta["polar"], binning=meta["lebxsum"],
        roll=meta["crota1"] * u.deg, compression=compression, comet=False,
    )  # fmt: skip


def twin(smap, seed, **options):
    """Return an artificial frame with the settings of a real one."""
    scene = twin_scene(smap, seed, **options)
    return observe(scene, scene.start)[0]


def draw_pictures(real, artificial, differences, path):
    """Plot real frames above artificial ones in three representations."""
    fig, axes = plt.subplots(4, len(real) + 1, figsize=(5 * len(real) + 5, 20), layout="constrained")
    for column, pair in enumerate(zip(real, artificial, strict=True)):
        for row, smap in enumerate(pair):
            low = 1.0 if smap.detector == "C3" else 2.0
            counts = np.log10(np.maximum(smap.data - identify(smap.meta).bias, 1))
            axes[row, column].imshow(counts, origin="lower", cmap="gray", vmin=low, vmax=4.2)
            axes[row + 2, column].imshow(detrended(smap), origin="lower", cmap="gray", vmin=0.5, vmax=1.7)
            axes[row, column].set_title(("real " if row == 0 else "artificial ") + smap.meta["filename"])
    y, x = np.indices((1024, 1024))
    gain = np.clip(np.hypot(x - 517, y - 532) / 150, 1, 4) ** 1.3
    for row, difference in enumerate(differences):
        axes[row, -1].imshow(difference * gain, origin="lower", cmap="gray", vmin=-8, vmax=8)
        axes[row, -1].set_title(("real" if row == 0 else "artificial") + ", difference of 6 h")
    for axis in axes.flat:
        axis.axis("off")
    fig.savefig(path, dpi=60)
    plt.close(fig)


def draw_statistics(real, artificial, path):
    """Plot the statistics of real and artificial frames in common panels."""
    fig, axes = plt.subplots(2, 3, figsize=(13, 7.5), layout="constrained")
    for number, (case, first, second) in enumerate(zip(CASES, real, artificial, strict=True)):
        color, detector = f"C{number}", first.detector
        label = f"{detector} {first.meta['date-obs'][:4]}, {first.meta['exptime']:.0f} s"
        for smap, style in ((first, "-"), (second, "--")):
            axes[0, 0].plot(case.radii, radial_profile(smap, case.radii), style, color=color, label=label)
            axes[0, 1].plot(*noise_against_level(smap, EDGES), style, color=color)
            axes[0, 2].plot([smap.meta[key] for key in PERCENTILES], style, color=color)
            for axis, circle in zip(axes[1], case.circles, strict=True):
                axis.plot(angular_spectrum(smap, circle), style, color=color)
            label = None
    axes[0, 0].set(yscale="log", xlabel="pixels from the occulter", ylabel="DN/s", title="radial profile")
    axes[0, 1].set(xscale="log", yscale="log", xlabel="DN", ylabel="DN", title="noise of a pixel")
    axes[0, 2].set(yscale="log", ylabel="DN", title="percentiles of the header")
    axes[0, 2].set_xticks(range(len(PERCENTILES)), [key[-2:] for key in PERCENTILES])
    for axis, near in zip(axes[1], ("5 (C3), 2.8 (C2)", "10 (C3), 3.5 (C2)", "20 (C3), 5 (C2)"), strict=True):
        axis.set(
            yscale="log", ylabel="relative deviation", title=f"circle at {near} solar radii", xlabel="cycles around"
        )
        axis.set_xticks(range(len(BANDS)), BANDS)
    axes[0, 0].legend(fontsize=8, title="real: line, artificial: dashed", title_fontsize=8)
    fig.savefig(path, dpi=60)
    plt.close(fig)


def report(case, first, second):
    """Print the statistics of a real and an artificial frame."""
    np.set_printoptions(precision=2, suppress=True, linewidth=150)
    print(f"\n{case.path}: {first.meta['date-obs']}, {first.meta['exptime']:.1f} s, {first.meta['comprssn']}")
    profiles = [radial_profile(smap, case.radii) for smap in (first, second)]
    print("  rate, artificial / real, from", case.radii[0], "to", case.radii[-1], "pixels:", profiles[1] / profiles[0])
    noises = [noise_against_level(smap, EDGES)[1] for smap in (first, second)]
    print("  noise, artificial / real, from low to high level:", noises[1] / noises[0])
    for circle in case.circles:
        spectra = [angular_spectrum(smap, circle) for smap in (first, second)]
        print(f"  spectrum at {circle:4} solar radii, real {1000 * spectra[0]} artificial {1000 * spectra[1]} / 1000")
    for name, smap in (("real", first), ("artificial", second)):
        count, sizes, heights = count_spikes(smap)
        low, middle, high = np.percentile(heights, (10, 50, 90))
        print(
            f"  spikes above 8 sigma, {name}: {count}, 95th percentile of size {np.percentile(sizes, 95):.0f} pixels, "
            f"heights {low:.0f}, {middle:.0f}, {high:.0f} DN (10th, 50th, 90th percentile)"
        )
        print(f"  header, {name}:", " ".join(f"{key[-3:]} {smap.meta[key]}" for key in PERCENTILES))


def main():
    """Compare and plot."""
    options = parser(__doc__)
    options.add_argument("-o", "--output", type=Path, default=Path("simulation_against_real"))
    options.add_argument("--seed", type=int, default=5)
    options.add_argument("--statistics-only", action="store_true", help="draw no pictures")
    options = options.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    real = [read(case.path) for case in CASES]
    artificial = [twin(smap, options.seed) for smap in real]
    for case, first, second in zip(CASES, real, artificial, strict=True):
        report(case, first, second)
    draw_statistics(real, artificial, options.output / "statistics.png")
    if options.statistics_only:
        return
    before, after = (read(path) for path in DIFFERENCE)
    scene = twin_scene(before, options.seed)
    frames = observe(
        scene, [scene.start, parse_time(f"{after.meta['date-obs']} {after.meta['time-obs']}".replace("/", "-"))]
    )
    differences = [rate(after) - rate(before), rate(frames[1]) - rate(frames[0])]
    draw_pictures(real, artificial, differences, options.output / "pictures.png")


if __name__ == "__main__":
    main()
