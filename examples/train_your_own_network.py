"""
==================================
Train a network on your own frames
==================================

The bundled networks have seen frames of the Large Angle and Spectrometric Coronagraph (LASCO) at full size.
Here a small one is trained from nothing on five frames of C3 that were summed to 512 pixels, in less than a minute, and
fills a frame that it has never seen.
The frames are artificial, so that the truth is known; take twenty of your own, and more steps, for real work.
"""

from pathlib import Path
from tempfile import mkdtemp

import matplotlib.pyplot as plt
import numpy as np
from scipy import ndimage

from astropy.table import Table

from sunpy_coronagraph_inpaint import find_dropouts, inpaint_map
from sunpy_coronagraph_inpaint.inpaint.training import InpaintRecipe, train_on_maps
from sunpy_coronagraph_inpaint.simulate import Scene, damage, observe


def frame(seed, **options):
    """Make an artificial frame with a coronal mass ejection (CME)."""
    scene = Scene.random(seed=seed, detector="C3", cme=True, binning=2, comet=False)
    return observe(scene, scene.times(3)[1], **options)[0]


###############################################################################
# Five frames to learn from, and one of another day to judge by.

folder = Path(mkdtemp())
good_frames = [frame(seed) for seed in range(5)]
judge = frame(50)

###############################################################################
# The recipe is that of a very small network. Blocks that are there are taken away, again and again, and the network
# learns to bring them back.

recipe = InpaintRecipe(n_layers=1, width=8, depth=2, steps=240, rate=1e-3, cells=2048, average=0.97)
weights = train_on_maps(good_frames, folder, recipe=recipe, validation=[judge], rounds=6)

###############################################################################
# Its progress is in the log: the error of its fills on the frame that it does not learn from, as part of the radial
# profile. The dashed lines are kriging, one of the fills among which it chooses: to be better than that in every hole
# takes more frames and more time.

log = Table.read(folder / "log.csv")
fig, axes = plt.subplots(figsize=(8, 3.6), layout="constrained")
for size, color in (("small", "tab:blue"), ("large", "tab:orange")):
    axes.plot(log["step"], log[f"{size} net"], "o-", color=color, label=f"{size} holes")
    axes.axhline(log[f"{size} kriging"][-1], color=color, linestyle="--")
axes.set(xlabel="step", ylabel="error (% of the radial profile)", ylim=(0, None), title="Validation")
axes.legend(loc="center right")
plt.show()

###############################################################################
# The weights are a file, and fill any frame of the same kind. This one has lost blocks in its CME and elsewhere.

taken = frame(51, truth="clean")
truth, clean = taken.map, taken.truth["clean"]
damaged = damage(truth, blocks=30, seed=4)
dropouts = find_dropouts(damaged)
fills = {
    "harmonic": inpaint_map(damaged, method="harmonic"),
    "the network": inpaint_map(damaged, method="partial_conv", weights=weights),
}

###############################################################################
# Truth and fills, and below how far these are off, slightly smoothed, since no method can foresee noise.

bias = dropouts.camera.bias
corona = np.maximum(clean - bias, 1.0)
show = {"origin": "lower", "cmap": truth.cmap, "vmin": 0, "vmax": np.percentile(np.arcsinh(corona / 1000), 99.7)}
fig, panels = plt.subplots(2, 3, figsize=(11, 7.6), layout="constrained")
panels[0, 0].imshow(np.arcsinh((truth.data - bias) / 1000), **show)
panels[0, 0].set_title("truth")
panels[1, 0].imshow(np.where(dropouts.mask, np.nan, np.arcsinh((truth.data - bias) / 1000)), **show)
panels[1, 0].set(title="what was left", facecolor="limegreen")
for column, (name, filled) in enumerate(fills.items(), start=1):
    error = np.where(dropouts.mask, 100 * (filled.data - clean) / corona, 0.0)
    panels[0, column].imshow(np.arcsinh((filled.data - bias) / 1000), **show)
    panels[0, column].set_title(name)
    seen = np.where(dropouts.mask, ndimage.uniform_filter(error, 3), np.nan)
    image = panels[1, column].imshow(seen, origin="lower", cmap="RdBu_r", vmin=-8, vmax=8)
    panels[1, column].set(title=f"error of {name}", facecolor="0.85")
    print(f"{name}: {np.median(np.abs(error[dropouts.mask])):.2f} % off in the median pixel")
for axes in panels.flat:
    axes.set(xticks=[], yticks=[])
fig.colorbar(image, ax=panels[1, 1:], label="error (% of the corona)", orientation="horizontal", shrink=0.5)
plt.show()
