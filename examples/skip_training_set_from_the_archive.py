"""
============================================
A training set and a composite from archives
============================================

This example needs the network and is not run when the gallery is built.
It reads the catalog of coronal mass ejections (CMEs) on its own site, builds a small data set of frames of the Large
Angle and Spectrometric Coronagraph (LASCO) around the great CME of July 2012 [1]_, and fetches an image of the disk to
go with them.

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
# The events of one day, wide ones only.

catalog = CMECatalog.read().select(width=(60 * u.deg, None), time=("2012-07-23", "2012-07-24"))
catalog.table["event", "time", "width", "speed", "remark"].pprint()

###############################################################################
# Frames of C3 from two hours before to three hours after each of them. Run it again after an interruption: it goes on
# where it ended, and what is there is not fetched again.

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
