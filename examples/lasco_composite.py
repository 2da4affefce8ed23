"""
========================
A composite of C2 and C3
========================

C2 and C3, two cameras of the Large Angle and Spectrometric Coronagraph (LASCO), observe the same corona: C2 from 2 to 6
solar radii, C3 from 4 to 30.
A composite of both shows a coronal mass ejection (CME) from its legs to its front, but missing blocks of either camera
leave gaps in it.
This example fills both frames and combines them.
The frames are artificial; `sunpy_coronagraph_inpaint.fetch.context_images` fetches a real C2 frame for a C3 frame, and
an image of the solar disk for the center.
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Circle
from scipy import ndimage

import astropy.units as u

from sunpy_coronagraph_inpaint import find_dropouts, inpaint_map
from sunpy_coronagraph_inpaint.simulate import Scene, damage, observe

# sphinx_gallery_thumbnail_number = 2

###############################################################################
# One scene observed by both cameras at the same time, and before the CME began. Blocks are missing in both frames.

outer = Scene.random(seed=330, detector="C3", cme=True, start="2001-04-15", compression="rice", exposure=19.1 * u.s)
inner = outer.replace(detector="C2", color="Orange", exposure=25.1 * u.s)
times = outer.start + [-75, 45] * u.min
before, damaged = {}, {}
for name, scene in {"C2": inner, "C3": outer}.items():
    before[name], frame = observe(scene, times)
    damaged[name] = damage(frame, blocks=70, seed=8)
    print(find_dropouts(damaged[name]))

filled = {name: inpaint_map(smap) for name, smap in damaged.items()}

###############################################################################
# Each frame is divided by the earlier one and resampled to a common grid in solar radii, C2 inside six solar radii and
# C3 outside. Pixels of missing blocks are NaN.

EDGE = 6.0  # solar radii, from C2 to C3
grid = np.linspace(-22, 22, 1100)
west, north = np.meshgrid(grid, grid)
height = np.hypot(west, north)


def on_the_plane(smap, reference):
    """Return the change in a frame on the grid of the composite, and the mask outside the occulter."""
    dropouts = find_dropouts(smap)
    camera = dropouts.camera
    net = [frame.data - np.float64(camera.bias) for frame in (smap, reference)]
    ratio = np.where(dropouts.mask, np.nan, net[0] / np.maximum(net[1], 1)) - 1
    x = camera.sun_center[0] + west * camera.solar_radius
    y = camera.sun_center[1] + north * camera.solar_radius
    plane = ndimage.map_coordinates(ratio, (y, x), order=1, cval=np.nan)
    return plane, np.hypot(x - camera.center[0], y - camera.center[1]) > 1.15 * camera.occulter_radius


RANGE = {"C2": 0.35, "C3": 0.2}  # range of the relative change


def composite(frames):
    """Return both cameras in one image, each in its own range."""
    planes = {}
    for name, smap in frames.items():
        plane, seen = on_the_plane(smap, before[name])
        planes[name] = plane / RANGE[name], seen
    c2, c3 = (np.where(seen, plane, np.nan) for plane, seen in (planes["C2"], planes["C3"]))
    return np.where(height < EDGE, c2, c3)


###############################################################################
# The damaged frames, with lost blocks in red, and the filled frames. The white circle is the Sun behind the occulter.


def draw(axes, picture, title):
    """Draw a composite."""
    axes.imshow(picture, extent=(-22, 22, -22, 22), origin="lower", cmap="gray", vmin=-0.4, vmax=1)
    axes.add_patch(Circle((0, 0), 2.35, facecolor="black"))
    axes.add_patch(Circle((0, 0), 1, fill=False, edgecolor="white"))
    axes.add_patch(Circle((0, 0), EDGE, fill=False, edgecolor="tab:orange", linewidth=0.6, linestyle=":"))
    axes.set(title=title, xlabel="west (solar radii)", facecolor="tomato")


fig, panels = plt.subplots(1, 2, figsize=(11, 6.2), layout="constrained", sharey=True)
for axes, (title, frames) in zip(panels, {"Damaged": damaged, "Filled": filled}.items(), strict=True):
    draw(axes, composite(frames), title)
panels[0].set_ylabel("north (solar radii)")
plt.show()

###############################################################################
# The composite in the usual colors of the two cameras.

fig, axes = plt.subplots(figsize=(8, 8), layout="constrained")
picture = composite(filled)
for name, place in {"C3": height >= EDGE, "C2": height < EDGE}.items():
    layer = np.where(place, picture, np.nan)
    axes.imshow(layer, extent=(-22, 22, -22, 22), origin="lower", cmap=filled[name].cmap, vmin=-0.4, vmax=1)
axes.add_patch(Circle((0, 0), 1, fill=False, edgecolor="white"))
axes.set(xlabel="west (solar radii)", ylabel="north (solar radii)", facecolor="black")
axes.set(xlim=(-16, 16), ylim=(-16, 16), title=f"{filled['C3'].meta['date-obs']} {filled['C3'].meta['time-obs'][:5]}")
plt.show()
