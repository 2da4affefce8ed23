"""
===================
Compare all methods
===================

Each filling method has its strengths.
This example fills the same blocks of the same frame with all methods, and compares the fills, their errors, and their
uncertainties.
The frames are artificial frames of C3 of the Large Angle and Spectrometric Coronagraph (LASCO).
"""

import time

import matplotlib.pyplot as plt
import numpy as np
from scipy import ndimage

import astropy.units as u

from sunpy_coronagraph_inpaint import find_dropouts, inpaint_map, list_methods
from sunpy_coronagraph_inpaint.inpaint.methods import get_method
from sunpy_coronagraph_inpaint.simulate import Scene, damage, observe

###############################################################################
# A corona with streamers at solar maximum, with twelve blocks lost in one burst across a streamer and thirty at random
# positions.

scene = Scene.random(seed=12, detector="C3", start="2001-04-15", compression="rice", exposure=19.1 * u.s, comet=False)
times = scene.times(3, cadence=24 * u.min)
before, taken, after = observe(scene, times, truth="clean")
before, whole, after = before.map, taken.map, after.map
truth = taken.layer("clean")

camera = find_dropouts(whole).camera
y, x = np.indices(whole.data.shape)
distance = np.hypot(x - camera.center[0], y - camera.center[1])
rings = distance.astype(int)
profile = np.maximum(ndimage.median(whole.data, rings, np.arange(rings.max() + 1)), 1)[rings]
contrast = ndimage.gaussian_filter(truth.data / profile, 12) * ((distance > 180) & (distance < 330))
row, column = (value // 32 for value in np.unravel_index(np.argmax(contrast), contrast.shape))
burst = [32 * (row + up) + column + side for up in (-1, 0, 1) for side in (-2, -1, 0, 1)]
damaged = damage(damage(whole, blocks=burst), blocks=30, seed=5)
mask = find_dropouts(damaged).mask
print(find_dropouts(damaged))

###############################################################################
# Apply each method. Those that need neighbors get the frames before and after.

results = {}
for name in list_methods():
    start = time.perf_counter()
    neighbors = [before, after] if get_method(name).needs_neighbors else ()
    filled = inpaint_map(damaged, method=name, neighbors=neighbors)
    results[name] = filled, time.perf_counter() - start

###############################################################################
# The streamer, divided by the median brightness at each distance from the center. Fills have no noise, because noise
# cannot be predicted.

view = np.s_[32 * (row - 3) : 32 * (row + 4), 32 * (column - 4) : 32 * (column + 4)]
low, high = np.percentile((whole.data / profile)[view], (1, 99.5))
shown = {"damaged": damaged, **{name: filled for name, (filled, _) in results.items()}, "truth": whole}
columns = -(-len(shown) // 2)
fig, panels = plt.subplots(2, columns, figsize=(11, 11 * 1.9 / columns), layout="constrained")
for axes in panels.flat[len(shown) :]:
    axes.axis("off")
for axes, (title, smap) in zip(panels.flat, shown.items(), strict=False):
    picture = np.where(smap.data == 0, np.nan, smap.data / profile)
    axes.imshow(picture[view], origin="lower", cmap=whole.cmap, vmin=low, vmax=high)
    axes.set(title=title, xticks=[], yticks=[], facecolor="0.85")
plt.show()

###############################################################################
# The error relative to the brightness above the offset of the detector; the percentage of errors within one standard
# deviation of the method (68 % if it is right); and the time.

signal = truth.data[mask] - camera.bias
table = {}
for name, (filled, seconds) in results.items():
    error = filled.data[mask].astype(float) - truth.data[mask]
    seen = filled.data[mask].astype(float) - whole.data[mask]  # relative to the noisy frame
    within = np.mean(np.abs(seen) < filled.uncertainty.array[mask])
    table[name] = 100 * np.median(np.abs(error) / signal), 100 * within, seconds
    print(f"{name:12} error {table[name][0]:5.2f} %  within one sigma {table[name][1]:3.0f} %")

names = list(table)
fig, panels = plt.subplots(1, 3, figsize=(11, 3.6), layout="constrained", sharey=True)
for number, (axes, label) in enumerate(
    zip(panels, ("median error (%)", "errors within one sigma (%)", "time (s)"), strict=True)
):
    values = [table[name][number] for name in names]
    bars = axes.barh(names, values, color="tab:blue", alpha=0.8)
    axes.bar_label(bars, fmt="%.2f" if number != 1 else "%.0f", padding=3)
    axes.set(xlabel=label, xlim=(0, 1.25 * max(values)))
    axes.invert_yaxis() if number == 0 else None
panels[1].axvline(68.3, color="black", linestyle=":")
plt.show()

###############################################################################
# Errors in units of the standard deviation. If it is right, they follow a normal distribution, with tails due to stars
# and particles, which cannot be predicted.

steps = np.linspace(-5, 5, 61)
fig, axes = plt.subplots(figsize=(8, 4.2), layout="constrained")
for name, (filled, _) in results.items():
    ratio = (filled.data[mask].astype(float) - whole.data[mask]) / filled.uncertainty.array[mask]
    axes.hist(ratio, bins=steps, density=True, histtype="step", linewidth=1.5, label=name)
axes.plot(
    steps, np.exp(-0.5 * steps**2) / np.sqrt(2 * np.pi), color="black", linestyle="--", label="normal distribution"
)
axes.set(xlabel="error (standard deviations)", ylabel="density", xlim=(-5, 5))
axes.legend()
plt.show()
