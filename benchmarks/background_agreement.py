"""
Measure the benefit of the bundled camera backgrounds, block by block, on real frames.

Run as ``python benchmarks/background_agreement.py [--frames 22321894 ...] [--weights DIR]`` with
``CORONAGRAPH_INPAINT_DATA`` naming the directory of real frames. Each block of a full level-0.5 frame that is
transmitted and not behind the occulter is removed and filled, by kriging and by the network with the background; then
squares of 3x3 blocks. The error is the root mean square of 4x4-pixel means divided by the radial profile. For each
frame, the geometric mean of the ratio of the network's error to that of kriging, the percentage of positions where it
exceeds 1.5, and the largest ratio with its block are printed. Frames that the background was fitted to are marked. The
last lines are the errors in DN of the three blocks of 22321894 where frames of a week later contain Venus.
"""

import argparse
import os
import sys
import warnings
from pathlib import Path

import numpy as np

import sunpy.map
from sunpy import log

from sunpy_coronagraph_inpaint import find_dropouts
from sunpy_coronagraph_inpaint.dataset import split_of
from sunpy_coronagraph_inpaint.frames.frame import CoronagraphFrame, RadialProfile
from sunpy_coronagraph_inpaint.frames.neighbors import observation_time
from sunpy_coronagraph_inpaint.inpaint.methods import get_method
from sunpy_coronagraph_inpaint.inpaint.methods.partial_conv import fill_with
from sunpy_coronagraph_inpaint.inpaint.network.trained import find_weights, load_network

#: Side of a square of blocks, and the period at which squares can be removed together without affecting each other.
SIDES = {1: 3, 3: 6}
#: Side of the compared means, in pixels.
MEAN = 4
#: Number of pixels of a block that must be outside the occulter and have data.
OPEN = 0.5
#: The frame without Venus, and the blocks (row, column) where Venus is in the frames of the fit.
VENUS_FRAME, VENUS_BLOCKS = "22321894", ((22, 20), (21, 20), (20, 20))
#: Targets for single blocks of that frame: largest ratio, and the fraction above 1.5.
WORST, SHARE = 2.0, 0.01


def places(camera, valid, side):
    """Return row and column of the squares of blocks that are mostly outside the occulter and have data."""
    grid = camera.grid
    y, x = np.indices(valid.shape)
    beyond = np.hypot(x - camera.center[0], y - camera.center[1]) > camera.occulter_radius
    blocks = grid.count(valid & beyond).reshape(grid.shape) >= OPEN * grid.size**2
    rows, columns = (range(0, number - side + 1, side) for number in grid.shape)
    return [(i, j) for i in rows for j in columns if blocks[i : i + side, j : j + side].all()]


def errors(smap, side, fills, *, only=None):
    """
    Return the positions, and the errors of each fill there, relative to the profile and in the unit of the data.

    Both arrays of errors have the shape ``(n, len(fills))``.
    """
    dropouts = find_dropouts(smap)
    camera, data = dropouts.camera, np.asarray(smap.data, float)
    valid = ~dropouts.no_data & np.isfinite(data)
    size, period = camera.grid.size, SIDES[side]
    found = places(camera, valid, side) if only is None else list(only)
    phases = {}
    for i, j in found:
        phases.setdefault((i % period, j % period) if only is None else (i, j), []).append((i, j))
    profile = RadialProfile(data - camera.bias, valid, camera.center)(np.s_[:, :])
    result = {}
    for group in phases.values():
        holes = np.zeros(valid.shape, bool)
        boxes = {(i, j): np.s_[i * size : (i + side) * size, j * size : (j + side) * size] for i, j in group}
        for box in boxes.values():
            holes[box] = valid[box]
        frame = CoronagraphFrame(
            np.where(holes, 0.0, data), valid & ~holes, holes, camera.center, camera.solar_radius,
            camera.bias, camera.exposure, camera=camera,
        )  # fmt: skip
        for number, fill in enumerate(fills):
            filled = data.copy()
            filled[holes] = fill(frame).values
            for place, box in boxes.items():
                relative, absolute = result.setdefault(place, ([], []))
                difference = np.where(valid[box], filled[box] - data[box], 0.0)
                relative.append(_of_means(difference / profile[box], valid[box]))
                absolute.append(float(np.sqrt(np.mean(difference[valid[box]] ** 2))))
                assert len(relative) == number + 1
    return found, np.array([result[p][0] for p in found]), np.array([result[p][1] for p in found])


def _of_means(difference, valid):
    """Return the root mean square of the means of known squares."""
    shape = difference.shape[0] // MEAN, MEAN, difference.shape[1] // MEAN, MEAN
    whole = valid.reshape(shape).all(axis=(1, 3))
    return float(np.sqrt(np.mean(difference.reshape(shape).mean(axis=(1, 3))[whole] ** 2))) if whole.any() else np.nan


def main():
    """Print the tables; return 1 if a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", nargs="*", help="names of files without their ending; all full frames by default")
    parser.add_argument("--sides", nargs="*", type=int, choices=list(SIDES), default=list(SIDES))
    parser.add_argument("--weights", type=Path, help="directory of lasco_c2.safetensors and lasco_c3.safetensors")
    settings = parser.parse_args()
    log.setLevel("WARNING")
    warnings.simplefilter("ignore")
    if "CORONAGRAPH_INPAINT_DATA" not in os.environ:
        parser.error("CORONAGRAPH_INPAINT_DATA names no directory of real frames; set it.")
    folder = Path(os.environ["CORONAGRAPH_INPAINT_DATA"]) / "lasco" / "level_05"
    missed = False
    print(f"{'frame':<28}{'side':>5}{'places':>8}{'mean ratio':>12}{'> 1.5 x, %':>12}{'worst':>8}  at block")
    for path in sorted(folder.rglob("*.fts")):
        if settings.frames and path.stem not in settings.frames:
            continue
        smap = sunpy.map.Map(path)
        if smap.data.shape != (1024, 1024):
            continue
        time = observation_time(smap.meta)
        camera = find_dropouts(smap).camera
        record = find_weights(camera)
        loaded = load_network(settings.weights / record.file if settings.weights else record)
        fills = get_method("kriging").function, lambda frame, loaded=loaded: fill_with(frame, loaded)
        mark = " " if split_of(time) == "test" else "*"
        name = f"{camera.name[-2:]} {time.strftime('%Y-%m-%d')} {path.stem} {mark}"
        for side in settings.sides:
            found, relative, _ = errors(smap, side, fills)
            ratio = relative[:, 1] / relative[:, 0]
            where = int(np.nanargmax(ratio))
            mean, share, worst = np.exp(np.nanmean(np.log(ratio))), np.nanmean(ratio > 1.5), ratio[where]
            print(f"{name:<28}{32 * side:>5}{len(found):>8}{mean:>12.3f}{100 * share:>12.1f}{worst:>8.2f}  "
                  f"{found[where]}", flush=True)  # fmt: skip
            missed |= path.stem == VENUS_FRAME and side == 1 and not (worst <= WORST and share <= SHARE)
        if path.stem == VENUS_FRAME:
            _, _, absolute = errors(smap, 1, fills, only=VENUS_BLOCKS)
            for place, (kriging, network) in zip(VENUS_BLOCKS, absolute, strict=True):
                print(f"  block {place}, DN: kriging {kriging:.0f}, network {network:.0f}", flush=True)
    print("* one of the frames that the background was fitted to")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
