"""
Error and coverage of every filling method on real frames with blocks knocked out.

Needs the directory of real frames in the environment variable ``CORONAGRAPH_INPAINT_DATA``. All methods fill the same
holes, chosen with fixed seeds: 20 single blocks, three squares of 3x3 blocks, one square of 5x5 blocks. Columns:

``MAE``
    mean absolute error in % of the radial profile, without the pixels off by more than 10 % (stars, cosmic rays);
``bin4``
    mean absolute error of 4x4-pixel means, in which noise no longer hides structure;
``bias``
    mean absolute error of the mean of a block;
``1 std``, ``2 std``
    how many % of the pixels have a smaller error than one and two of the standard deviations that came with the fill;
    68.3 and 95.4 for Gaussian errors.

``temporal`` gets the two nearest frames before and after, where there are any: hours away in ``C2`` and ``C3``, half an
hour in ``C3 jp2`` (8-bit pictures of the Helioviewer Project, of which only every sixth is filled).

Run as ``python benchmarks/coverage.py [--methods NAME ...] [--frames NAME ...] [--every N] [--seeds N]``.
"""

import argparse
import os
import re
import time
import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np

import sunpy.map

from sunpy_coronagraph_inpaint import inpaint_map, list_methods
from sunpy_coronagraph_inpaint.frame import RadialProfile
from sunpy_coronagraph_inpaint.instruments import identify
from sunpy_coronagraph_inpaint.neighbors import observation_time
from sunpy_coronagraph_inpaint.simulate import damage

#: Name of a kind of hole: how many of them, and their side in blocks.
HOLES = {"20 x 32": (20, 1), "3 x 96": (3, 3), "1 x 160": (1, 5)}
COLUMNS = ("MAE", "bin4", "bias", "1 std", "2 std")


class Case(NamedTuple):
    """One frame to fill, and the frames beside it."""

    smap: object
    seed: int
    neighbors: tuple


def read_frame(path):
    """Read a FITS file, or a JPEG 2000 picture without asking for glymur."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if path.suffix != ".jp2":
            return sunpy.map.Map(path)
        from PIL import Image

        header = path.read_bytes().split(b"<fits>")[1].split(b"<history>")[0].decode()
        meta = {"helioviewer": True}
        for key, value in re.findall(r"<(\w+)>([^<]*)</\1>", header):
            number = re.fullmatch(r"[-+]?\d*\.?\d+(e[-+]?\d+)?", value.strip(), re.IGNORECASE)
            meta[key.lower()] = float(value) if number else value
        return sunpy.map.Map(np.asarray(Image.open(path))[::-1].copy(), meta)


def cases(directory, name, every):
    """Read the frames of a group in order of time, each with up to two before and two after of its kind."""
    kind, size = {"C2": ("c2", 1024), "C2 512": ("c2", 512), "C3": ("c3", 1024), "C3 jp2": ("jp2", 1024)}[name]
    if kind == "jp2":
        paths = sorted((directory / "helioviewer_jp2" / "c3_2025-10-17").glob("*.jp2"))
        every *= 6
    else:
        paths = sorted((directory / "lasco" / "level_05" / kind).glob("*.fts"))
    frames = [(read_frame(path), int(re.sub(r"\D", "", path.stem)[-8:])) for path in paths]
    frames = [(smap, seed) for smap, seed in frames if smap.data.shape == (size, size)]
    found = []
    for smap, seed in frames[::every]:
        lags = [(days_between(smap, other), other) for other, _ in frames if other is not smap and alike(smap, other)]
        before = sorted((lag for lag in lags if lag[0] < 0), key=lambda lag: -lag[0])[:2]
        after = sorted((lag for lag in lags if lag[0] > 0), key=lambda lag: lag[0])[:2]
        found.append(Case(smap, seed, tuple(other for lag, other in before + after if abs(lag) < 2)))
    return found


def days_between(smap, other):
    """Return how much later another frame was taken."""
    return (observation_time(other.meta) - observation_time(smap.meta)).to_value("day")


def alike(smap, other):
    """Tell whether one frame can stand in for the other."""
    return all(smap.meta.get(key) == other.meta.get(key) for key in ("filter", "polar"))


def knock_out(case, kind, seed):
    """Choose blocks in the usable field, so that no two holes touch; none where the field is too small."""
    number, side = HOLES[kind]
    camera = identify(case.smap.meta)
    rng = np.random.default_rng([case.seed, side, seed])
    y, x = np.indices(case.smap.data.shape)
    radius = np.hypot(x - camera.center[0], y - camera.center[1])
    usable = (radius > 1.15 * camera.occulter_radius) & (radius < 0.49 * max(case.smap.data.shape))
    usable &= ~camera.no_data(np.asarray(case.smap.data))
    rows, columns = camera.grid.shape
    good = camera.grid.count(usable).reshape(rows, columns) == camera.grid.size**2
    taken = np.zeros_like(good)
    for _ in range(5000):
        row, column = rng.integers(0, rows - side + 1), rng.integers(0, columns - side + 1)
        around = taken[max(row - 1, 0) : row + side + 1, max(column - 1, 0) : column + side + 1]
        if good[row : row + side, column : column + side].all() and not around.any():
            taken[row : row + side, column : column + side] = True
            number -= 1
        if number == 0:
            break
    return damage(case.smap, blocks=np.flatnonzero(taken).tolist()), camera.grid.mask(np.flatnonzero(taken))


def score(truth, filled, holes):
    """Return the columns of the table for one frame."""
    camera = identify(truth.meta)
    valid = ~camera.no_data(np.asarray(truth.data))
    profile = RadialProfile(truth.data, valid, camera.center)(np.s_[:, :])
    error = filled.data.astype(float) - truth.data
    percent = np.where(holes, 100 * error / profile, 0.0)
    kept = np.where(np.abs(percent) < 10, percent, 0.0)
    inside = np.abs(error[holes]) / filled.uncertainty.array[holes]
    return (
        np.abs(percent[holes & (np.abs(percent) < 10)]).mean(),
        mean_error(kept, holes, 4),
        mean_error(kept, holes, camera.grid.size),
        100 * np.mean(inside < 1),
        100 * np.mean(inside < 2),
    )


def mean_error(percent, holes, size):
    """Return the mean absolute error of the means over squares of a size."""
    cut = percent.shape[0] // size, size, percent.shape[1] // size, size
    return np.abs(percent.reshape(cut).mean(axis=(1, 3))[holes.reshape(cut).all(axis=(1, 3))]).mean()


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("--methods", nargs="+", default=list_methods())
    parser.add_argument("--frames", nargs="+", default=["C2", "C2 512", "C3", "C3 jp2"])
    parser.add_argument("--every", type=int, default=1, help="take every Nth frame only")
    parser.add_argument("--seeds", type=int, default=2, help="choose holes so many times in every frame (default 2)")
    options = parser.parse_args()
    directory = Path(os.environ["CORONAGRAPH_INPAINT_DATA"])
    print(f"{'frames':7s} {'holes':8s} {'method':12s}", *(f"{name:>6s}" for name in COLUMNS), "  seconds  frames")
    for name in options.frames:
        group = cases(directory, name, options.every)
        for kind in HOLES:
            damaged = [(case, *knock_out(case, kind, seed)) for seed in range(options.seeds) for case in group]
            damaged = [entry for entry in damaged if entry[-1].any()]
            for method in options.methods:
                print(*row(name, kind, method, damaged), flush=True)


def row(name, kind, method, damaged):
    """Fill all frames of a group by one method, and average their scores."""
    scores, start = [], time.perf_counter()
    for case, smap, holes in damaged:
        neighbors = case.neighbors if method == "temporal" else ()
        if method != "temporal" or neighbors:
            filled = inpaint_map(smap, method=method, mask=holes, neighbors=neighbors)
            scores.append(score(case.smap, filled, holes))
    yield f"{name:7s} {kind:8s} {method:12s}"
    if scores:
        yield " ".join(f"{value:6.2f}" for value in np.mean(scores, axis=0))
        yield f"{(time.perf_counter() - start) / len(scores):8.2f}  {len(scores):6d}"


if __name__ == "__main__":
    main()
