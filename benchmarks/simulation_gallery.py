"""
Plot the figure of artificial frames for the documentation.

Run as ``python benchmarks/simulation_gallery.py [-o docs/images/artificial_lasco.png]``.
"""

from pathlib import Path

import matplotlib as mpl
import numpy as np
from _common import detrended, parser

import astropy.units as u

from sunpy_coronagraph_inpaint.instruments import identify
from sunpy_coronagraph_inpaint.simulate import Scene, damage, observe

mpl.use("Agg")
import matplotlib.pyplot as plt


def raw(smap):
    """Return the logarithm of the counts, scaled to 0 to 1 for the detector."""
    low = 1.0 if smap.detector == "C3" else 2.0
    counts = np.log10(np.maximum(smap.data - identify(smap.meta).bias, 1))
    return np.clip((counts - low) / (4.2 - low), 0, 1)


def panels():
    """Return the titles and images of the panels."""
    c2 = Scene.random(seed=330, detector="C2", start="2001-04-15", cme=True, exposure=25.1 * u.s, comet=False)
    c3 = Scene.random(seed=121, detector="C3", start="2001-04-15", cme=True, exposure=19.1 * u.s, comet=False)
    (frame2,), (frame3,) = (observe(scene, scene.start + 20 * u.min) for scene in (c2, c3))
    (snow,) = observe(c2.replace(snow=600.0), c2.start)
    (planet,) = observe(
        Scene.random(seed=4, detector="C2", start="2010-01-14", exposure=100.1 * u.s, compression="rice"),
        "2010-01-14T03:49",
    )
    first, last = observe(c3.replace(compression="rice"), c3.times(2, cadence=60 * u.min))
    change = (last.data.astype(float) - first.data) / 19.1
    before, after = (one.layer("clean") for one in observe(c3, c3.times(2, cadence=60 * u.min), truth="clean"))
    return {
        "C2": raw(frame2),
        "C2 over its radial background": np.clip(detrended(frame2) - 0.5, 0, 1.1),
        "C2, Venus, 100 s": raw(planet),
        "C2 in a particle event": raw(snow),
        "C3, blocks lost": raw(damage(frame3, blocks=14, seed=3)),
        "C3 over its radial background": np.clip(detrended(frame3) - 0.5, 0, 1.2),
        "C3, difference of an hour": np.clip(change, -6, 6),
        "truth of that difference": np.clip((after.data - before.data) / 19.1, -6, 6),
    }


def main():
    """Plot the figure."""
    options = parser(__doc__)
    options.add_argument("-o", "--output", type=Path, default=Path("docs/images/artificial_lasco.png"))
    path = options.parse_args().output
    fig, axes = plt.subplots(2, 4, figsize=(11, 5.9), layout="constrained")
    for axis, (title, image) in zip(axes.flat, panels().items(), strict=True):
        axis.imshow(image, origin="lower", cmap="gray", interpolation="antialiased")
        axis.set_title(title, fontsize=9)
        axis.axis("off")
    fig.savefig(path, dpi=64)


if __name__ == "__main__":
    main()
