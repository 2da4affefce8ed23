"""
==================================
Train a network on your own frames
==================================

The bundled networks were trained on full-size frames of the Large Angle and Spectrometric Coronagraph (LASCO).
Here a small network is trained from scratch, in less than a minute, on five C3 frames that were summed to 512 pixels,
and fills a frame that was not used for training.
The frames are artificial, so that the truth is known; for real work, use twenty of your own frames and more steps.
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
# Five frames for training, and one of another day for validation.

folder = Path(mkdtemp())
good_frames = [frame(seed) for seed in range(5)]
judge = frame(50)

###############################################################################
# The recipe is that of a very small network. Blocks are repeatedly removed from the frames, and the network is trained
# to restore them.

recipe = InpaintRecipe(n_layers=1, width=8, depth=2, steps=240, rate=1e-3, cells=2048, average=0.97)
weights = train_on_maps(good_frames, folder, recipe=recipe, validation=[judge], rounds=6)

###############################################################################
# The log contains the error of the fills on the validation frame, relative to the radial profile. The dashed lines are
# the errors of kriging, one of the candidates that the network combines; to be better than kriging in every hole, it
# needs more frames and more steps.

log = Table.read(folder / "log.csv")
fig, axes = plt.subplots(figsize=(8, 3.6), layout="constrained")
for size, color in (("small", "tab:blue"), ("large", "tab:orange")):
    axes.plot(log["step"], log[f"{size} net"], "o-", color=color, label=f"{size} holes")
    axes.axhline(log[f"{size} kriging"][-1], color=color, linestyle="--")
axes.set(xlabel="step", ylabel="error (% of the radial profile)", ylim=(0, None), title="Validation")
axes.legend(loc="center right")
plt.show()

###############################################################################
# The weights are saved in a file, and fill any frame of the same kind. In this frame, blocks in the CME and elsewhere
# are missing.

taken = frame(51, truth="clean")
truth, clean = taken.map, taken.truth["clean"]
damaged = damage(truth, blocks=30, seed=4)
dropouts = find_dropouts(damaged)
fills = {
    "harmonic": inpaint_map(damaged, method="harmonic"),
    "the network": inpaint_map(damaged, method="partial_conv", weights=weights),
}

###############################################################################
# The truth and the fills (top) and the errors of the fills (bottom), slightly smoothed because noise cannot be
# predicted.

bias = dropouts.camera.bias
corona = np.maximum(clean - bias, 1.0)
show = {"origin": "lower", "cmap": truth.cmap, "vmin": 0, "vmax": np.percentile(np.arcsinh(corona / 1000), 99.7)}
fig, panels = plt.subplots(2, 3, figsize=(11, 7.6), layout="constrained")
panels[0, 0].imshow(np.arcsinh((truth.data - bias) / 1000), **show)
panels[0, 0].set_title("truth")
panels[1, 0].imshow(np.where(dropouts.mask, np.nan, np.arcsinh((truth.data - bias) / 1000)), **show)
panels[1, 0].set(title="damaged", facecolor="limegreen")
for column, (name, filled) in enumerate(fills.items(), start=1):
    error = np.where(dropouts.mask, 100 * (filled.data - clean) / corona, 0.0)
    panels[0, column].imshow(np.arcsinh((filled.data - bias) / 1000), **show)
    panels[0, column].set_title(name)
    seen = np.where(dropouts.mask, ndimage.uniform_filter(error, 3), np.nan)
    image = panels[1, column].imshow(seen, origin="lower", cmap="RdBu_r", vmin=-8, vmax=8)
    panels[1, column].set(title=f"error of {name}", facecolor="0.85")
    print(f"{name}: {np.median(np.abs(error[dropouts.mask])):.2f} % median error")
for axes in panels.flat:
    axes.set(xticks=[], yticks=[])
fig.colorbar(image, ax=panels[1, 1:], label="error (% of the corona)", orientation="horizontal", shrink=0.5)
plt.show()
