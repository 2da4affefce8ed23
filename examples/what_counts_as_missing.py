"""
=======================
What counts as missing?
=======================

A raw coronagraph image has five kinds of dark areas, only one of which is a loss.
This example distinguishes them on artificial frames of the two outer cameras of the Large Angle and Spectrometric
Coronagraph (LASCO) on board SOHO.
:ref:`coronagraph-inpaint-topics-missing-blocks` explains the differences.
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.patches import Patch

from sunpy_coronagraph_inpaint import find_dropouts
from sunpy_coronagraph_inpaint.instruments import BlockGrid
from sunpy_coronagraph_inpaint.simulate import damage, plain_corona

###############################################################################
# One frame of each camera, with twenty lost blocks.

frames = {detector: damage(plain_corona(detector=detector), blocks=20, seed=4) for detector in ("C2", "C3")}
found = {detector: find_dropouts(smap) for detector, smap in frames.items()}
for dropouts in found.values():
    print(dropouts)

###############################################################################
# The occulter shadows the center of the frame, and in C3 the pylon that supports it casts a shadow to the lower left.
# The field of view is limited by a circle. `~sunpy_coronagraph_inpaint.instruments.FrameInfo` has the center and the
# radius of the occulter; field and pylon are defined here by a radius and a width.

FIELD = {"C2": np.inf, "C3": 545}  # radius of the field in pixels; that of C2 is larger than the frame
PYLON = {"C2": 0, "C3": 17}  # half the width of the pylon in pixels

KINDS = {
    "corona": "none",
    "occulter": "#e69f00",
    "pylon": "#cc79a7",
    "corner of the field": "#009e73",
    "never transmitted": "#56b4e9",
    "missing": "#d62728",
}


def kinds_of_pixels(detector, dropouts):
    """Return the kind of each pixel as an index of KINDS."""
    camera = dropouts.camera
    y, x = np.indices(dropouts.mask.shape)
    x, y = x - camera.center[0], y - camera.center[1]
    radius = np.hypot(x, y)
    along, across = -(x + y) / np.sqrt(2), (x - y) / np.sqrt(2)
    kind = np.zeros(radius.shape, int)
    kind[(along > 0) & (np.abs(across - 4) < PYLON[detector])] = 2
    kind[radius < camera.occulter_radius] = 1
    kind[radius > FIELD[detector]] = 3
    kind[dropouts.null_mask] = 4
    kind[dropouts.mask] = 5
    return kind


###############################################################################
# Each square of the grid is one block of 32x32 pixels, the unit in which telemetry is lost.
# Occulter, pylon and corners do not follow the grid: the camera measured little light there. Blocks that are never
# transmitted and missing blocks follow it exactly: they contain no measurements.

fig, panels = plt.subplots(1, 2, figsize=(11.5, 6.4), layout="constrained")
colors = ListedColormap(list(KINDS.values()))
for axes, (detector, dropouts) in zip(panels, found.items(), strict=True):
    data = np.asarray(frames[detector].data, dtype=float)
    corona = np.arcsinh((data - dropouts.camera.bias) / 100)
    low, high = np.percentile(corona[~dropouts.no_data], [1, 99.5])
    axes.imshow(corona, origin="lower", cmap="gray", vmin=low, vmax=high)
    kind = kinds_of_pixels(detector, dropouts)
    axes.imshow(np.ma.masked_equal(kind, 0), origin="lower", cmap=colors, vmin=0, vmax=5, alpha=0.85)
    edges = np.arange(0, 1025, 32) - 0.5
    axes.hlines(edges, -0.5, 1023.5, color="white", alpha=0.25, linewidth=0.4)
    axes.vlines(edges, -0.5, 1023.5, color="white", alpha=0.25, linewidth=0.4)
    axes.set(title=f"{detector}: {len(dropouts.null_blocks)} blocks never transmitted, {len(dropouts)} missing")
    axes.set(xlabel="pixel", ylabel="pixel", xlim=(-0.5, 1023.5), ylim=(-0.5, 1023.5))
legend = [Patch(color=color, label=name) for name, color in KINDS.items() if color != "none"]
fig.legend(handles=legend, loc="outside lower center", ncols=len(legend), frameon=False)
plt.show()

###############################################################################
# Why the shadow of the occulter is not a loss: a row of pixels through the middle of a C3 frame in which two blocks are
# missing, one of them behind the occulter. The detector adds an offset to the signal, so that even the darkest
# transmitted pixel has hundreds of counts. Only pixels that were not received are 0.

row = 527
smap = damage(plain_corona(detector="C3"), blocks=[32 * 16 + 24, 32 * 16 + 16])
dropouts = find_dropouts(smap)
counts = np.asarray(smap.data)[row]

fig, axes = plt.subplots(figsize=(11.5, 4), layout="constrained")
axes.plot(counts, color="black", linewidth=0.8)
axes.axhline(dropouts.camera.bias, color="gray", linestyle=":", label="offset of the detector")
x, radius = dropouts.camera.center[0], dropouts.camera.occulter_radius
axes.axvspan(x - radius, x + radius, color=KINDS["occulter"], alpha=0.3, label="occulter")
for number, block in enumerate(dropouts.blocks):
    label = "missing block" if number == 0 else None
    axes.axvspan(block["x0"], block["x1"], color=KINDS["missing"], alpha=0.4, label=label)
axes.set_yscale("symlog", linthresh=100)
axes.set(xlabel=f"pixel of row {row}", ylabel="counts", xlim=(0, 1023), ylim=(-10, 3e4))
axes.legend(loc="upper left")
plt.show()

###############################################################################
# A frame is transmitted column by column, each from the top down. Packets are lost in bursts, so that missing blocks
# tend to lie above one another. If a contact ends early, all blocks after some point are missing.
# `~sunpy_coronagraph_inpaint.Dropouts` distinguishes such a truncated image from other losses.

burst = find_dropouts(damage(plain_corona(detector="C3"), blocks=60, seed=1))
cut = find_dropouts(damage(plain_corona(detector="C3"), blocks=300, kind="truncated"))
print("bursts:", burst.truncated, " truncated:", cut.truncated)

fig, panels = plt.subplots(1, 3, figsize=(11.5, 4.2), layout="constrained")
order = BlockGrid(frame_shape=(1024, 1024)).to_telemetry(np.arange(1024)).reshape(32, 32)
image = panels[0].imshow(order, origin="lower", cmap="viridis")
panels[0].set(title="Order of transmission")
fig.colorbar(image, ax=panels[0], shrink=0.7, label="position")
for axes, (title, dropouts) in zip(panels[1:], {"Bursts": burst, "Truncated": cut}.items(), strict=True):
    blocks = np.zeros(1024, int)
    blocks[list(dropouts.null_blocks)] = 4
    blocks[list(dropouts.indices)] = 5
    axes.imshow(
        blocks.reshape(32, 32), origin="lower", cmap=ListedColormap(["#444444", *colors.colors[1:]]), vmin=0, vmax=5
    )
    axes.set(title=f"{title}: {len(dropouts)} blocks missing")
for axes in panels:
    axes.set(xlabel="block column", ylabel="block row")
plt.show()
