"""
=============================
The mass of a CME versus time
=============================

Raw frames of the Large Angle and Spectrometric Coronagraph (LASCO) contain counts.
This example calibrates a sequence of them to mean solar brightness, subtracts a frame taken before a coronal mass
ejection (CME), and computes the mass of the CME in each frame, with the uncertainty due to missing telemetry blocks.
The frames are artificial, so that the true mass is known.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np

import astropy.units as u

from sunpy.time import parse_time

from sunpy_coronagraph_inpaint import filled_mask
from sunpy_coronagraph_inpaint.calibrate import calibrate_map
from sunpy_coronagraph_inpaint.exceptions import NominalCalibrationWarning
from sunpy_coronagraph_inpaint.simulate import Scene, damage, observe
from sunpy_coronagraph_inpaint.simulate.cme import Cme
from sunpy_coronagraph_inpaint.thomson import cme_mass, excess_brightness, sector

# sphinx_gallery_thumbnail_number = 2

###############################################################################
# A CME leaves the Sun over the north pole, 20 degrees out of the plane of the sky, with a final mass of 6e15 grams.

start = parse_time("2004-10-08 06:42")
cme = Cme(
    onset=(start + 50 * u.min).unix,
    position_angle=np.deg2rad(5),
    depth=np.deg2rad(20),
    tilt=0.0,
    half_angle=np.deg2rad(8),
    ratio=0.15,
    speed=900.0,
    acceleration=0.0,
    mass=6e15,
    parts=(0.9, 0.1, 0.0),
    seed=4,
)
scene = Scene.random(
    seed=3, detector="C3", start=start, roll=0 * u.deg, compression="rice", exposure=19.1 * u.s, comet=False
)
times = scene.times(7, cadence=40 * u.min)
frames = observe(scene.replace(cmes=(cme,)), times)

###############################################################################
# Blocks at the position of the CME are missing in two of the frames.

frames[3] = damage(frames[3], blocks=[32 * 21 + 15, 32 * 21 + 16, 32 * 20 + 16])
frames[5] = damage(frames[5], blocks=[32 * 24 + 15, 32 * 25 + 15, 32 * 23 + 15, 32 * 22 + 15])

###############################################################################
# Calibrate all frames. By default, calibration files are fetched from the SolarSoft archive; here the built-in nominal
# values are sufficient, about which a warning is issued. Missing blocks are filled in the process.

warnings.simplefilter("ignore", NominalCalibrationWarning)
calibrated = [calibrate_map(smap, calibration="nominal") for smap in frames]
for smap in calibrated:
    print(smap.date.isot[:16], smap.meta["bunit"], smap.meta["nmissing"], "blocks missing", smap.meta["misslist"])

###############################################################################
# The first frame was taken before the CME; the excess brightness of the others is due to the CME. Filled pixels are
# marked in red.

excesses = [excess_brightness(smap, calibrated[0]) for smap in calibrated[1:]]
region = sector(calibrated[0], angles=(335, 35) * u.deg, radii=(4.5, 28) * u.R_sun)

fig, axes = plt.subplots(2, 3, figsize=(10, 6.6), layout="constrained")
y, x = np.mgrid[:1024, :1024]
gain = np.clip(np.hypot(x - 518, y - 532) / 150, 1, 4) ** 2
for axis, excess in zip(axes.flat, excesses, strict=True):
    axis.imshow(excess.data * gain, origin="lower", cmap="gray", vmin=-1e-10, vmax=1e-10)
    axis.contour(filled_mask(excess), levels=[0.5], colors="tab:red", linewidths=0.8)
    axis.contour(region, levels=[0.5], colors="tab:blue", linewidths=0.8)
    axis.set(xlim=(300, 740), ylim=(500, 1023), xticks=[], yticks=[], title=excess.date.isot[11:16])

###############################################################################
# The brightness of one electron is known from the theory of Thomson scattering, so that excess brightness gives the
# number of electrons, and thus the mass. The position along the line of sight is not observed. For the plane of the sky
# the mass is a lower limit; for the angle of the CME, which is known here, it should be right.

hours = [(excess.date - start).to_value("hour") for excess in excesses]
sky = [cme_mass(excess, region) for excess in excesses]
angled = [cme_mass(excess, region, angle=20 * u.deg) for excess in excesses]
for hour, mass in zip(hours, angled, strict=True):
    print(
        f"{hour:.1f} h: {mass.mass:.2e} +- {mass.uncertainty:.1e}, {mass.filled:.1e} of it on filled pixels; "
        f"{mass.n_without_data} pixels without data"
    )

fig, axis = plt.subplots(figsize=(7, 4.5), layout="constrained")
for masses, label, style in ((angled, "at 20 degrees", "o-"), (sky, "in the plane of the sky", "s--")):
    values, errors = ([getattr(mass, name).to_value("g") for mass in masses] for name in ("mass", "uncertainty"))
    axis.errorbar(hours, values, errors, fmt=style, capsize=4, label=label)
fine = np.linspace(0, hours[-1], 200)
height = np.array([cme.height((start + hour * u.hour).unix) for hour in fine])
axis.plot(fine, [cme.mass_at(h) if h else 0 for h in height], color="0.6", label="truth, occulted part included")
axis.set(xlabel="hours", ylabel="mass (g)", ylim=(0, None))
axis.legend()
plt.show()
