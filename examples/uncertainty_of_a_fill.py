"""
=========================
The uncertainty of a fill
=========================

A filled pixel is an estimate with a standard deviation.
This example shows how the standard deviation increases toward the center of a hole, how it depends on the size and the
position of the hole, and whether it is right.
The frames are artificial frames of C3 of the Large Angle and Spectrometric Coronagraph (LASCO).
"""

import matplotlib.pyplot as plt
import numpy as np
from scipy import ndimage

import astropy.units as u

from sunpy_coronagraph_inpaint import find_dropouts, inpaint_map
from sunpy_coronagraph_inpaint.simulate import Scene, damage, observe, plain_corona

###############################################################################
# Holes of one, four, nine and sixteen blocks in one frame, at about the same distance from the Sun.

truth = plain_corona(detector="C3", seed=4)
corners = {1: (22, 8), 2: (24, 20), 3: (8, 23), 4: (5, 12)}
blocks = [
    32 * (row + up) + column + side
    for size, (row, column) in corners.items()
    for up in range(size)
    for side in range(size)
]
damaged = damage(truth, blocks=blocks)
filled = inpaint_map(damaged)
dropouts = find_dropouts(damaged)
std = filled.uncertainty.array
print(dropouts)

###############################################################################
# The standard deviation of each filled pixel, in the frame and in each hole, relative to the brightness above the
# offset of the detector. That of other pixels is NaN.

signal = filled.data - dropouts.camera.bias
percent = 100 * std / signal
shade = np.arcsinh(signal / 300)
limits = np.nanpercentile(percent, (1, 99))
fig = plt.figure(figsize=(11, 5.4), layout="constrained")
grid = fig.add_gridspec(2, 4)
whole = fig.add_subplot(grid[:, :2])
whole.imshow(shade, origin="lower", cmap="gray", vmin=np.percentile(shade, 8))
image = whole.imshow(percent, origin="lower", cmap="viridis", vmin=limits[0], vmax=limits[1])
whole.set(xticks=[], yticks=[])
for number, (size, (row, column)) in enumerate(corners.items()):
    axes = fig.add_subplot(grid[number // 2, 2 + number % 2])
    part = np.s_[32 * row - 16 : 32 * (row + size) + 16, 32 * column - 16 : 32 * (column + size) + 16]
    axes.imshow(shade[part], origin="lower", cmap="gray", vmin=np.percentile(shade, 8))
    axes.imshow(percent[part], origin="lower", cmap="viridis", vmin=limits[0], vmax=limits[1])
    axes.set(title=f"{size}x{size} blocks", xticks=[], yticks=[])
fig.colorbar(image, ax=whole, label="standard deviation (% of the signal)", location="left")
plt.show()

###############################################################################
# The uncertainty increases toward the center of a hole. Its minimum is the noise of a pixel, which cannot be predicted.

depth = ndimage.distance_transform_edt(dropouts.mask)
fig, axes = plt.subplots(figsize=(8, 4.2), layout="constrained")
for size, (row, column) in corners.items():
    part = np.s_[32 * row : 32 * (row + size), 32 * column : 32 * (column + size)]
    steps = np.arange(1, depth[part].max() + 1)
    mean = ndimage.mean(percent[part], np.round(depth[part]).astype(int), steps)
    axes.plot(steps, mean, label=f"{size}x{size} blocks")
axes.set(xlabel="pixels from the edge of the hole", ylabel="standard deviation (% of the signal)", ylim=(0, None))
axes.legend()
plt.show()

###############################################################################
# To test it, sixty blocks are removed from each of several frames with different coronas. The errors are compared with
# the predicted standard deviations in bins of the latter. For points below the line the prediction is too large. Errors
# above five standard deviations are excluded in the left panel: a star in a hole is lost, and not predicted.

errors, stds = [], []
for seed in range(4):
    scene = Scene.random(seed=seed, detector="C3", compression="rice", exposure=19.1 * u.s, comet=False)
    (truth,) = observe(scene, scene.start)
    damaged = damage(truth, blocks=60, seed=seed)
    again = inpaint_map(damaged)
    mask = find_dropouts(damaged).mask
    errors.append(again.data[mask].astype(float) - truth.data[mask])
    stds.append(again.uncertainty.array[mask])
errors, stds = np.concatenate(errors), np.concatenate(stds)
starless = np.abs(errors) < 5 * stds
edges = np.quantile(stds, np.linspace(0, 1, 9))
level = np.digitize(stds, edges[1:-1])
predicted = [stds[level == step].mean() for step in range(8)]
measured = [errors[(level == step) & starless].std() for step in range(8)]

fig, (left, right) = plt.subplots(1, 2, figsize=(11, 4.4), layout="constrained")
left.loglog(predicted, measured, "o", color="tab:blue")
left.loglog(predicted, predicted, color="black", linestyle=":", label="equal")
left.legend()
left.set(xlabel="predicted (counts)", ylabel="measured (counts)", title="Standard deviation")
sigmas = np.linspace(0, 3, 31)
share = [100 * np.mean(np.abs(errors) < sigma * stds) for sigma in sigmas]
bell = np.array([68.27, 95.45, 99.73])
right.plot(sigmas, share, color="tab:blue", label="measured")
right.plot([1, 2, 3], bell, "o", color="black", label="normal distribution")
right.set(xlabel="standard deviations", ylabel="errors within (%)", title="Coverage", ylim=(0, 102))
right.legend()
plt.show()

print(f"within one standard deviation: {100 * np.mean(np.abs(errors) < stds):.0f} % (normal distribution: 68 %)")
