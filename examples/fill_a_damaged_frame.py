"""
====================
Fill a damaged frame
====================

If telemetry packets are lost, a coronagraph image has black squares.
They affect all analysis of whole images: running differences, the tracking of a coronal mass ejection (CME), the
statistics of a time series.
This example fills such squares and evaluates the fill.

The frame is an artificial frame of C3, the outer camera of the Large Angle and Spectrometric Coronagraph (LASCO) on
board SOHO, so that the truth is known.
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Rectangle
from scipy import ndimage

from astropy.visualization import AsinhStretch, ImageNormalize

from sunpy_coronagraph_inpaint import find_dropouts, inpaint_map
from sunpy_coronagraph_inpaint.simulate import damage, plain_corona

# sphinx_gallery_thumbnail_number = 2

###############################################################################
# A complete frame, and the same frame with lost blocks: 20 single ones, and a burst of eight, one above the other,
# across two streamers. LASCO blocks have 32x32 pixels and are numbered in rows of 32 from the lower left corner.

truth = plain_corona(detector="C3", seed=0)
burst = [32 * row + 10 for row in range(14, 22)]
smap = damage(damage(truth, blocks=burst), blocks=20, seed=3)

###############################################################################
# Find the holes. `~sunpy_coronagraph_inpaint.find_dropouts` examines the pixels, and mistakes neither the corners,
# which are never transmitted, nor the occulter, which is only dark, for holes.

dropouts = find_dropouts(smap)
print(dropouts)

###############################################################################
# One call fills them. The result is a map like the input.

filled = inpaint_map(smap)

###############################################################################
# Before and after, with a square around the part of the burst that is shown in the next figure.

norm = ImageNormalize(vmin=300, vmax=9000, stretch=AsinhStretch(0.1))
row, col = 32 * 15, 32 * 7
size = 32 * 7

fig = plt.figure(figsize=(11, 5.2), layout="constrained")
left = fig.add_subplot(1, 2, 1, projection=smap)
smap.plot(axes=left, norm=norm, title="Damaged")
right = fig.add_subplot(1, 2, 2, projection=filled)
filled.plot(axes=right, norm=norm, title="Filled")
right.coords[1].set_ticklabel_visible(False)
right.coords[1].set_axislabel("")
for axes in (left, right):
    axes.coords.grid(False)
    axes.add_patch(Rectangle((col, row), size, size, fill=False, edgecolor="tomato"))
plt.show()

###############################################################################
# The fill continues the streamers across the hole. These images are divided by their median brightness at each distance
# from the center. This also shows the noise, which the fill lacks: noise cannot be predicted, so a fill is smoother
# than its surroundings, and a star in the hole is lost.

x, y = dropouts.camera.center
rows, cols = np.indices(truth.data.shape)
distance = np.hypot(rows - y, cols - x)
ring = distance.astype(int)
rings = np.arange(ring.max() + 1)
medians = ndimage.median(truth.data, ring, rings)
profile = np.interp(distance, rings + 0.5, medians)
window = slice(row, row + size), slice(col, col + size)
low, high = np.percentile(truth.data[window] / profile[window], (0.5, 99.8))

fig, panels = plt.subplots(1, 3, figsize=(11, 4), layout="constrained")
shown = {"Damaged": smap, "Filled": filled, "Truth": truth}
for axes, (title, image) in zip(panels, shown.items(), strict=True):
    relative = image.data[window] / profile[window]
    axes.imshow(relative, vmin=low, vmax=high, cmap=truth.cmap, origin="lower")
    axes.set(title=title, xticks=[], yticks=[])
plt.show()

###############################################################################
# Compare the fill with the truth. Each filled pixel has a standard deviation; if it is right, the errors in units of it
# follow a normal distribution.

error = filled.data.astype(float) - truth.data
std = filled.uncertainty.array
ratio = error[dropouts.mask] / std[dropouts.mask]

fig = plt.figure(figsize=(11, 4), layout="constrained")
left, right = fig.subplots(1, 2, width_ratios=(1, 1.4))
image = left.imshow(np.where(dropouts.mask, std, np.nan)[window], origin="lower")
left.set(title="Standard deviation", xticks=[], yticks=[], facecolor="0.92")
fig.colorbar(image, ax=left, label="counts (DN)")

steps = np.linspace(-5, 5, 81)
bell = np.exp(-0.5 * steps**2) / np.sqrt(2 * np.pi)
right.hist(ratio, bins=steps, density=True, alpha=0.6, label="filled pixels")
right.plot(steps, bell, color="black", label="normal distribution")
right.set(title="Fill minus truth", xlabel="standard deviations", ylabel="density")
right.set_xlim(-5, 5)
right.legend()
plt.show()

inside = np.mean(np.abs(ratio) < 1)
print(f"Errors below one standard deviation: {inside:.0%} (normal distribution: 68 %)")

###############################################################################
# The rest of the frame is bit-for-bit unchanged.

print((filled.data[~dropouts.mask] == smap.data[~dropouts.mask]).all())
