"""
===============================
Recover the lost front of a CME
===============================

The height and speed of a coronal mass ejection (CME) are measured at its front.
This example removes the blocks that contain the front from one frame of a sequence, and recovers it from the frames
before and after.
The frames are artificial frames of C3 of the Large Angle and Spectrometric Coronagraph (LASCO), so that the truth is
known.
"""

import matplotlib.pyplot as plt
import numpy as np
from scipy import ndimage

import astropy.units as u

from sunpy_coronagraph_inpaint import find_dropouts, inpaint_map
from sunpy_coronagraph_inpaint.simulate import Scene, damage, observe

# sphinx_gallery_thumbnail_number = 2

###############################################################################
# One frame before the CME begins, to be subtracted as a background, and three frames of the CME 12 minutes apart. The
# middle one will be damaged.

scene = Scene.random(seed=330, detector="C3", cme=True, start="2001-04-15", compression="rice", exposure=19.1 * u.s)
times = scene.start + [-75, 78, 90, 102] * u.min
background, before, taken, after = observe(scene, times, truth="clean")
background, before, after = background.map, before.map, after.map
whole, truth = taken.map, taken.layer("clean")
(quiet,) = observe(scene.replace(cmes=()), times[2], truth="clean")
still = quiet.layer("clean")

###############################################################################
# The front is where the light of the CME ends along its direction. A burst of lost packets removes the blocks around
# it.

camera = find_dropouts(whole).camera
y, x = np.indices(whole.data.shape)
dx, dy = x - camera.sun_center[0], y - camera.sun_center[1]
height = np.hypot(dx, dy) / camera.solar_radius
light = (truth.data - still.data) * height**2
angle = np.arctan2(dy, dx)
direction = np.angle(np.sum(np.where(light > 0, light, 0) * np.exp(1j * angle)))
close = np.abs(np.angle(np.exp(1j * (angle - direction)))) < np.deg2rad(6)
rings = np.arange(4.5, 28, 0.1)
brightness = ndimage.mean(
    np.where(close, light, np.nan), np.where(close, np.digitize(height, rings), -1), range(rings.size)
)
front = rings[np.flatnonzero(brightness > 0.25 * np.nanmax(brightness))[-1]]
row, column = (
    int(c + front * camera.solar_radius * f(direction)) // 32
    for c, f in ((camera.sun_center[1], np.sin), (camera.sun_center[0], np.cos))
)
burst = [32 * (row + up) + column + side for up in range(-2, 3) for side in range(-3, 3)]
damaged = damage(whole, blocks=burst)
print(find_dropouts(damaged))
print(f"front at {front:.1f} solar radii")

###############################################################################
# The same hole is filled twice: from the damaged frame alone, and with its neighbors.

alone = inpaint_map(damaged)
recovered = inpaint_map(damaged, neighbors=[before, after])

###############################################################################
# The sequence without the background. The front is missing in the middle frame.

view = np.s_[32 * (row - 5) : 32 * (row + 6), 32 * (column - 6) : 32 * (column + 6)]
view = tuple(slice(max(part.start, 0), min(part.stop, 1024)) for part in view)
scale = np.clip(height, 4, None) ** 1.5 / 30
LIMIT = 0.8 * np.nanpercentile(np.abs((whole.data - background.data.astype(float)) * scale)[view], 99)


def change(smap):
    """Return the excess of a frame over the background; holes are NaN."""
    lost = smap.data == 0
    return np.where(lost, np.nan, (smap.data - background.data.astype(float)) * scale)


fig, panels = plt.subplots(1, 3, figsize=(11, 4.1), layout="constrained")
for axes, (smap, title) in zip(panels, ((before, "before"), (damaged, "damaged"), (after, "after")), strict=True):
    axes.imshow(change(smap)[view], origin="lower", cmap="gray", vmin=-LIMIT, vmax=LIMIT)
    axes.set(title=f"{smap.meta['time-obs'][:5]}, {title}", xticks=[], yticks=[], facecolor="tomato")
plt.show()

###############################################################################
# A single frame has no information on a front that is entirely inside the hole, so the fill continues the corona around
# it. The neighbors show the front slightly below and slightly above its position.

fig, panels = plt.subplots(1, 4, figsize=(11, 3.3), layout="constrained")
shown = {"damaged": damaged, "filled alone": alone, "filled from neighbors": recovered, "truth": whole}
for axes, (title, smap) in zip(panels, shown.items(), strict=True):
    smooth = ndimage.gaussian_filter(np.nan_to_num(change(smap)), 1.0)
    axes.imshow(
        np.where(np.isnan(change(smap)), np.nan, smooth)[view], origin="lower", cmap="gray", vmin=-LIMIT, vmax=LIMIT
    )
    axes.set(title=title, xticks=[], yticks=[], facecolor="tomato")
plt.show()

###############################################################################
# A cut along the direction of the CME, with the standard deviation of each fill. A mean of two frames shows a moving
# front twice, fainter each time, slightly too low and slightly too high. The two frames differ there, and the standard
# deviation is large.

sector = close & (height > front - 5) & (height < front + 5)
bins = np.arange(front - 5, front + 5, 0.15)
label = np.where(sector, np.digitize(height, bins), 0)
index = np.arange(1, bins.size)


def cut(values):
    """Return the mean in bins of height."""
    return ndimage.mean(np.nan_to_num(values), label, index)


fig, panels = plt.subplots(1, 2, figsize=(11, 4), layout="constrained", sharey=True)
hole = cut(find_dropouts(damaged).mask.astype(float)) > 0.5
middle = bins[:-1] + 0.075
for axes, (title, smap) in zip(panels, {"alone": alone, "from neighbors": recovered}.items(), strict=True):
    line, spread = cut(change(smap)), cut(np.nan_to_num(smap.uncertainty.array) * scale)
    axes.axvspan(middle[hole].min(), middle[hole].max(), color="tomato", alpha=0.15, label="lost")
    axes.fill_between(middle, line - spread, line + spread, where=hole, color="tab:blue", alpha=0.3, label="one sigma")
    axes.plot(middle, cut((truth.data - background.data) * scale), color="black", label="truth")
    axes.plot(middle, line, color="tab:blue", label="filled")
    axes.set(title=f"Filled {title}", xlabel="height (solar radii)")
panels[0].set_ylabel("brightness above the background")
panels[1].legend()
plt.show()

###############################################################################
# The error in the hole.

mask = find_dropouts(damaged).mask
for title, smap in {"alone": alone, "from neighbors": recovered}.items():
    error = smap.data[mask] - truth.data[mask]
    within = np.mean(np.abs(smap.data[mask].astype(float) - whole.data[mask]) < smap.uncertainty.array[mask])
    print(f"{title}: {np.sqrt(np.mean(error**2)):.1f} counts (rms), {100 * within:.0f} % within one standard deviation")
