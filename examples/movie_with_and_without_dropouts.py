"""
=================================
A movie with and without dropouts
=================================

In a movie, flickering missing blocks distract from the motion of the corona.
This example shows a coronal mass ejection (CME) in damaged and in filled frames, side by side.
The frames are artificial frames of C3 of the Large Angle and Spectrometric Coronagraph (LASCO).
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.animation import FuncAnimation

import astropy.units as u

from sunpy_coronagraph_inpaint import find_dropouts, inpaint_map
from sunpy_coronagraph_inpaint.simulate import Scene, damage, observe

###############################################################################
# Ten frames, 25 minutes apart, summed to 512x512 pixels on board. Each loses a different tenth of its blocks.

scene = Scene.random(
    seed=330,
    detector="C3",
    cme=True,
    start="2001-04-15",
    compression="rice",
    exposure=19.1 * u.s,
    binning=2,
    comet=False,
)
frames = observe(scene, scene.times(10, cadence=25 * u.min))
damaged = [damage(smap, rate=0.1, seed=number) for number, smap in enumerate(frames)]

###############################################################################
# Each frame is filled from the frames before and after it. Blocks that these have lost as well are filled from their
# surroundings.

filled = [
    inpaint_map(smap, neighbors=damaged[max(number - 1, 0) : number] + damaged[number + 1 : number + 2])
    for number, smap in enumerate(damaged)
]
missing = [len(find_dropouts(smap)) for smap in damaged]
print(f"{sum(missing)} blocks were lost, {sum(len(find_dropouts(smap)) for smap in filled)} are left.")

###############################################################################
# Both movies as differences from the first frame, with a gain that increases outward.

camera = find_dropouts(damaged[0]).camera
y, x = np.indices(frames[0].data.shape)
gain = np.clip(np.hypot(x - camera.center[0], y - camera.center[1]) / 75, 1, 4)
view = np.s_[32:480:2, 32:480:2]


def change(smap):
    """Return the difference from the first frame for display; holes are NaN."""
    return np.where(smap.data == 0, np.nan, (smap.data - filled[0].data.astype(float)) * gain)[view]


fig, panels = plt.subplots(1, 2, figsize=(8, 4.4), layout="constrained")
images = []
for axes, title in zip(panels, ("damaged", "filled"), strict=True):
    images.append(axes.imshow(change(filled[5]), origin="lower", cmap="gray", vmin=-1000, vmax=1400))
    axes.set(title=title, xticks=[], yticks=[], facecolor="black")
clock = fig.suptitle("")


def step(number):
    """Plot one frame of both movies."""
    for image, smap in zip(images, (damaged[number], filled[number]), strict=True):
        image.set_data(change(smap))
    header = frames[number].meta
    clock.set_text(f"{header['date-obs']} {header['time-obs'][:5]}, {missing[number]} blocks lost")
    return images


movie = FuncAnimation(fig, step, frames=len(frames), interval=350)
step(6)
plt.show()

###############################################################################
# The flicker of a movie is measured as the deviation of a pixel from the mean of the frames before and after.


def flicker(sequence):
    """Return the root mean square deviation in each frame but the first and the last, in counts."""
    data = np.array([smap.data for smap in sequence], dtype=float)
    jump = (data[1:-1] - (data[:-2] + data[2:]) / 2)[:, *view]
    return np.sqrt(np.mean(jump**2, axis=(1, 2)))


fig, axes = plt.subplots(figsize=(8, 3.4), layout="constrained")
for name, sequence in {"damaged": damaged, "filled": filled, "undamaged": frames}.items():
    axes.semilogy(range(1, 9), flicker(sequence), marker="o", label=name)
axes.set(xlabel="frame", ylabel="flicker of a pixel (counts)")
axes.legend()
plt.show()
