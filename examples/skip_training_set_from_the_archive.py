"""
============================================
A training set and a composite from archives
============================================

This example needs a network connection and is not run when the gallery is built.
It downloads the catalog of coronal mass ejections (CMEs), builds a small data set of frames of the Large Angle and
Spectrometric Coronagraph (LASCO) around the extreme CME of July 2012 [1]_, and fetches context images.

References
----------
.. [1] Baker et al. 2013, Space Weather 11, 585, https://doi.org/10.1002/swe.20097
"""

import matplotlib.pyplot as plt

import astropy.units as u

from sunpy_coronagraph_inpaint import find_dropouts
from sunpy_coronagraph_inpaint.dataset import build_dataset
from sunpy_coronagraph_inpaint.fetch import CMECatalog, context_images
from sunpy_coronagraph_inpaint.io import read_map

###############################################################################
# The wide events of one day.

catalog = CMECatalog.read().select(width=(60 * u.deg, None), time=("2012-07-23", "2012-07-24"))
catalog.table["event", "time", "width", "speed", "remark"].pprint()

###############################################################################
# C3 frames from two hours before to three hours after each event. Run it again after an interruption to resume it;
# existing files are not downloaded again.

table = build_dataset("data_set", catalog=catalog, detector="C3", before=2 * u.hour, after=3 * u.hour)
table["file", "accepted", "reason", "split"].pprint()

###############################################################################
# The disk and the inner corona at the same time: an image of the Atmospheric Imaging Assembly (AIA) and a frame of C2.

around = context_images("2012-07-23 03:00", wavelength=193 * u.angstrom)
frame = read_map(f"data_set/{table['file'][table['accepted']][0]}")
print(find_dropouts(frame))

fig = plt.figure(figsize=(12, 4.2), layout="constrained")
for number, smap in enumerate((around.aia.resample((512, 512) * u.pix), around.c2, frame), start=1):
    smap.plot(axes=fig.add_subplot(1, 3, number, projection=smap))
plt.show()
