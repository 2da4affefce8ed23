"""
=================================
A CME sequence with a known truth
=================================

The content of missing blocks of the Large Angle and Spectrometric Coronagraph (LASCO) is unknown, but that of
artificial frames is known.
This example makes a sequence of C3 frames in which a coronal mass ejection (CME) crosses the field, removes blocks from
one frame, and compares the fill of these blocks with the truth.
"""

import matplotlib.pyplot as plt
import numpy as np

import astropy.units as u

from sunpy_coronagraph_inpaint import find_dropouts, inpaint_map
from sunpy_coronagraph_inpaint.simulate import Scene, damage, observe

# sphinx_gallery_thumbnail_number = 1

###############################################################################
# A scene is drawn from a seed: a corona that is as warped as at that time of the solar cycle, with a CME drawn from the
# statistics of the LASCO CME catalog. Here the CME is fast and massive, and the frames are 50 minutes apart.

scene = Scene.random(seed=330, detector="C3", cme=True, start="2001-04-15", compression="rice", exposure=19.1 * u.s)
cme = scene.cmes[0]
print(f"{cme.speed:.0f} km/s, {cme.mass:.1e} g, {np.rad2deg(cme.position_angle) % 360:.0f} degrees from north")

times = scene.times(4, cadence=50 * u.min)
taken = observe(scene, times, truth="clean")
sequence, truth = [one.map for one in taken], [one.layer("clean") for one in taken]

###############################################################################
# The observed frames (top) and their truths (bottom), which are without noise, stars and particles but in the same
# units, as differences from the first frame. The black sectors are the shadow of the pylon.

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
# Telemetry blocks are lost in bursts, which run down the columns of the frame. Here one such burst removes the blocks
# in and around the front of the CME.

middle = sequence[2]
light = np.abs(truth[2].data - truth[0].data)[:1024, :1024].reshape(32, 32, 32, 32).mean(axis=(1, 3))
row, column = np.unravel_index(np.argmax(light), light.shape)
burst = [32 * (row + step) + column + side for step in (1, 0, -1) for side in (0, 1)]
damaged = damage(middle, blocks=burst)
print(find_dropouts(damaged))

###############################################################################
# Fill the frame, and compare the filled blocks with the truth.

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
