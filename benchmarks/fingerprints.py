"""
Print hashes of the results of finding, filling and calibrating the real frames, to compare two package versions.

Run as ``python benchmarks/fingerprints.py -o before.json --keep arrays`` with one version and as ``python
benchmarks/fingerprints.py -o after.json --against before.json --kept arrays`` with the other, with the real frames in
the directory that the environment variable ``CORONAGRAPH_INPAINT_DATA`` names, and ``OMP_NUM_THREADS=1``, since the
number of threads changes the last bit. Each output that differs is listed, with the largest difference of its pixels if
the arrays of the other run were kept, and the exit status is 1. The script uses only the top-level package, the
calibration, ``damage``, and no other file of this directory, so that it runs with any two versions.
"""

import argparse
import hashlib
import json
import os
import sys
import warnings
from pathlib import Path

import numpy as np

import sunpy.map

from sunpy_coronagraph_inpaint import find_dropouts, inpaint_map, list_methods
from sunpy_coronagraph_inpaint.calibrate import calibrate_map
from sunpy_coronagraph_inpaint.simulate import damage

#: Number of blocks removed from each frame, and the seed of their positions.
BLOCKS, SEED = 12, 5


def digest(*arrays):
    """Return a hash of the values, types and shapes of arrays."""
    found = hashlib.sha256()
    for array in arrays:
        array = np.ascontiguousarray(array)
        found.update(f"{array.dtype.str}{array.shape}".encode())
        found.update(array.tobytes())
    return found.hexdigest()[:16]


def outputs(smap, neighbors, methods):
    """Yield the name and the arrays of each output for a frame."""
    damaged = damage(smap, blocks=BLOCKS, seed=SEED)
    for name, frame in (("find intact", smap), ("find", damaged)):
        dropouts = find_dropouts(frame)
        yield name, (dropouts.mask, dropouts.null_mask)
    for method in methods:
        if method == "temporal" and not neighbors:
            continue
        filled = inpaint_map(damaged, method=method, **({"neighbors": neighbors} if method == "temporal" else {}))
        yield f"fill {method}", (filled.data, filled.uncertainty.array)
        if method == "partial_conv" and neighbors:
            filled = inpaint_map(damaged, method=method, neighbors=neighbors)
            yield f"fill {method} with neighbors", (filled.data, filled.uncertainty.array)
    if str(smap.meta.get("bunit", "")).strip() != "MSB" and smap.meta["filename"][:1] in "23":
        calibrated = calibrate_map(damaged)
        yield "calibrate", (calibrated.data,)


def frames(names=None):
    """Yield the stem of the file name, the map, and its neighbors, which only a C3 sequence has."""
    root = Path(os.environ["CORONAGRAPH_INPAINT_DATA"]) / "lasco"
    paths = sorted((root / "level_05").rglob("*.fts")) + sorted((root / "level_1").glob("*.fts"))
    for number, path in enumerate(paths):
        if names and path.stem not in names:
            continue
        beside = [p for p in paths[max(number - 1, 0) : number + 2] if p != path and p.parent == path.parent]
        sequence = path.parent.name == "c3" and "3208" in path.stem
        yield path.stem, sunpy.map.Map(path), [sunpy.map.Map(p) for p in beside] if sequence else []


def differences(found, other, arrays, kept):
    """Yield a line for each output that differs from the other run."""
    for name, value in found.items():
        if name not in other:
            yield f"{name}: the other run has none"
        elif value != other[name]:
            file = kept and kept / f"{name.replace(' ', '_')}.npz"
            if not (file and file.is_file()):
                yield f"{name}: not the same"
                continue
            with np.load(file) as before:
                pairs = zip(before.values(), arrays[name], strict=True)
                largest = max(np.nanmax(np.abs(a.astype(float) - b.astype(float)), initial=0) for a, b in pairs)
            yield f"{name}: differs by up to {largest:g}"


def main():
    """Print and write the hashes, and compare them with those of another run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--against", type=Path, help="hashes of another run")
    parser.add_argument("--keep", type=Path, help="directory for the arrays themselves")
    parser.add_argument("--kept", type=Path, help="directory in which the other run kept its arrays")
    parser.add_argument("--frames", nargs="*", help="names of frames; all if not given")
    parser.add_argument("--methods", nargs="*", help="methods; all if not given")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    other = json.loads(options.against.read_text()) if options.against else {}
    found, changed = {}, {}
    for stem, smap, neighbors in frames(options.frames):
        for what, arrays in outputs(smap, neighbors, options.methods or list_methods()):
            name = f"{stem} {what}"
            found[name] = digest(*arrays)
            print(f"{name}: {found[name]}", flush=True)
            if options.kept and other.get(name) != found[name]:
                changed[name] = arrays
            if options.keep:
                options.keep.mkdir(parents=True, exist_ok=True)
                np.savez(options.keep / f"{name.replace(' ', '_')}.npz", *arrays)
    options.output.write_text(json.dumps(found, indent=1))
    if not options.against:
        return 0
    lines = list(differences(found, other, changed, options.kept))
    print(f"{len(found) - len(lines)} of {len(found)} outputs are the same to the bit.")
    print("\n".join(lines))
    return int(bool(lines))


if __name__ == "__main__":
    sys.exit(main())
