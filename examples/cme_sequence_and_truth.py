"""
==============================
A CME, and what was behind it
==============================

Nobody can download a frame of the Large Angle and Spectrometric Coronagraph (LASCO) together with what was behind its
missing blocks.
An artificial one has both.
This example watches a coronal mass ejection (CME) cross the field of C3, loses blocks of one frame on the way to the
ground, and compares the fill of these blocks with the truth.
"""

import matplotlib.pyplot as plt
import numpy as np

import astropy.units as u

from sunpy_coronagraph_inpaint import find_dropouts, inpaint_map
from sunpy_coronagraph_inpaint.simulate import Scene, damage, observe

# sphinx_gallery_thumbnail_number = 1

###############################################################################
# A scene is drawn from a seed: a corona as warped as the solar cycle had it on that day, with a CME drawn from the
# catalog of LASCO's CMEs. Here it is a fast and heavy one, and the frames are fifty minutes apart.

scene = Scene.random(seed=330, detector="C3", cme=True, start="2001-04-15", compression="rice", exposure=19.1 * u.s)
cme = scene.cmes[0]
print(f"{cme.speed:.0f} km/s, {cme.mass:.1e} g, {np.rad2deg(cme.position_angle) % 360:.0f} degrees from north")

times = scene.times(4, cadence=50 * u.min)
taken = observe(scene, times, truth="clean")
sequence, truth = [one.map for one in taken], [one.layer("clean") for one in taken]

###############################################################################
# Frames as they would arrive, above, and their truths, below, as differences from the first one: without noise, stars
# and particles, but in the same units. The black sectors are the pylon's shadow.

fig, axes = plt.subplots(2, 3, figsize=(11, 7.6), layout="constrained")
y, x = np.indices((1024, 1024))
gain = np.clip(np.hypot(x - 518, y - 532) / 150, 1, 4)
for row, maps in zip(axes, (sequence, truth), strict=True):
    for axis, smap in zip(row, maps[1:], strict=True):
        change = (smap.data.astype(float) - maps[0].data) * gain
        axis.imshow(change, origin="lower", cmap="gray", vmin=-300, vmax=300)
        axis.set(xticks=[], yticks=[], title=smap.meta["time-obs"][:5])
axes[0, 0].set_ylabel("as observed")
axes[1, 0].set_ylabel("truth")

###############################################################################
# Telemetry loses blocks in bursts, which run down the columns of the frame. Here are the blocks in and around the front
# of the CME that one such burst took.

middle = sequence[2]
light = np.abs(truth[2].data - truth[0].data)[:1024, :1024].reshape(32, 32, 32, 32).mean(axis=(1, 3))
row, column = np.unravel_index(np.argmax(light), light.shape)
burst = [32 * (row + step) + column + side for step in (1, 0, -1) for side in (0, 1)]
damaged = damage(middle, blocks=burst)
print(find_dropouts(damaged))

###############################################################################
# The frame is filled, and each filled block is compared with the truth.

filled = inpaint_map(damaged)
mask = find_dropouts(damaged).mask
error = filled.data[mask] - truth[2].data[mask]
signal = truth[2].data[mask] - middle.meta["offset"]
print(f"error of a pixel: {100 * np.median(np.abs(error) / signal):.2f} % (median)")

window = (slice(32 * row - 96, 32 * row + 128), slice(32 * column - 96, 32 * column + 160))
low, high = np.percentile(truth[2].data[window], (1, 99.5))
fig, axes = plt.subplots(1, 3, figsize=(11, 3.9), layout="constrained")
for axis, (title, smap) in zip(axes, {"damaged": damaged, "filled": filled, "truth": truth[2]}.items(), strict=True):
    axis.imshow(smap.data[window], origin="lower", cmap="gray", vmin=low, vmax=high)
    axis.set(xticks=[], yticks=[], title=title)

plt.show()
