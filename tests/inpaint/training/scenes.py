"""Artificial scenes in the form of a library, without the time that rendering takes."""

import json

import numpy as np

from sunpy_coronagraph_inpaint.instruments import identify
from sunpy_coronagraph_inpaint.simulate import plain_corona


def scene(seed=0, detector="C3"):
    """A scene whose truth is the mean of its ring and a wave, and whose frames have noise."""
    smap = plain_corona(detector=detector, seed=seed)
    camera = identify(smap.meta)
    rng = np.random.default_rng(seed)
    y, x = np.indices(smap.data.shape)
    radius = np.hypot(x - camera.center[0], y - camera.center[1])
    truth = 1e6 / (radius + 50) * (1 + 0.1 * np.sin(np.arctan2(y - camera.center[1], x - camera.center[0]) * 5))
    null = camera.grid.mask(camera.null_blocks)
    frames = np.stack([truth * (1 + 0.01 * step) + rng.normal(0, 30, truth.shape) for step in (-1, 0, 1)])
    header = {key: value for key, value in smap.meta.items() if key != "keycomments"}
    return {"frames": frames, "truth": truth, "null": null, "header": header, "cadence": 720.0}


def write_library(folder, number=3, detector="C3"):
    """Write scenes as `coronagraph-inpaint simulate` does, and return the directory above."""
    library = folder / f"{detector}_a"
    library.mkdir(parents=True)
    (library / "library.json").write_text(json.dumps({"cadence": 12.0}))
    for seed in range(number):
        parts = scene(seed, detector)
        packed = {name: np.sqrt(np.maximum(parts[name], 0)).astype(np.float16) for name in ("frames", "truth")}
        np.savez(
            library / f"{seed:06d}.npz", **packed, null=parts["null"], origin=np.zeros(2, int),
            header=json.dumps(parts["header"]),
        )  # fmt: skip
    return folder
