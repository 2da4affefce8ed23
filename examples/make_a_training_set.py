"""
==================================
Make a training set from a catalog
==================================

A network that fills holes is trained on frames without holes.
This example selects events from a catalog of coronal mass ejections (CMEs), examines the frames around them, rejects
unsuitable frames with a reason, and splits the others into frames for training, validation and test.

So that it runs without a network connection, the frames are artificial files in a directory, and the catalog is
fictitious, in the format of the CME catalog of the CDAW Data Center [1]_.
With real data, one command does the same::

    coronagraph-inpaint dataset build --catalog univ_all.txt --min-width 60deg --exclude-remark Poor
        --detector C3 --before 2h --after 6h -o my_data_set

References
----------
.. [1] Gopalswamy et al. 2009, Earth Moon Planets 104, 295, https://doi.org/10.1007/s11038-008-9282-7
"""

import tempfile
from collections import Counter
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from torch.utils.data import DataLoader

import astropy.units as u
from astropy.time import Time

from sunpy_coronagraph_inpaint import find_dropouts
from sunpy_coronagraph_inpaint.dataset import FrameDataset, build_dataset, verify_dataset
from sunpy_coronagraph_inpaint.fetch import CMECatalog
from sunpy_coronagraph_inpaint.io import read_map, write_map
from sunpy_coronagraph_inpaint.simulate import Scene, damage, observe, plain_corona

# sphinx_gallery_thumbnail_number = 2

###############################################################################
# Read the catalog with all its columns: values with units, blanks as masked values, and remarks.

LINES = """\
2001/04/05  00:45:05     70     90    900     900    900    900      0.0    1.0e+16    1.0e+31     70
2001/04/05  05:00:05    270     25    300     300    300    300      0.0    1.0e+14    1.0e+29    270   Poor Event
2001/04/06  09:00:12   Halo    360   1500    1500   1500   1500    -10.0*   ------     ------     110
2001/04/06  12:00:05    180     70   ----    ----   ----   ----   ------    -------    -------    180   Only C2
2001/04/08  03:00:05    120     95    700     700    700    700      0.0    5.0e+15    1.0e+31    120
2001/04/10  17:00:09    250     66    450     450    450    450      0.0    2.0e+15    2.0e+30    250
"""
catalog = CMECatalog.parse(LINES)
wide = catalog.select(width=(60 * u.deg, None), exclude_remark="poor")
print(catalog, wide, sep="\n")
wide.table["event", "time", "width", "speed", "halo"].pprint()

###############################################################################
# Frames as in an archive, every two hours: most of them good, some with lost blocks, some summed on board, and a few
# with the snow of solar energetic particles.

folder = Path(tempfile.mkdtemp())
(folder / "archive").mkdir()
scene = Scene.random(seed=330, detector="C3", cme=True, start="2001-04-05", exposure=19.1 * u.s, comet=False)
stormy = observe(scene.replace(snow=40.0), scene.start)[0]
plain = [plain_corona(detector="C3", seed=seed) for seed in range(3)]
for number, time in enumerate(Time("2001-04-04T23:00") + np.arange(0, 150, 2) * u.hour):
    smap = stormy if 38 < number < 42 else plain[number % 3]
    if number % 17 == 1:
        smap = damage(smap, blocks=20 + number, seed=number)
    elif number % 17 == 3:
        smap = plain_corona(detector="C3", size=512)
    header = smap.meta | {"date-obs": time.isot[:10].replace("-", "/"), "time-obs": time.isot[11:]}
    smap = smap._new_instance(smap.data, header)
    write_map(smap, folder / "archive" / f"3206{number:04d}.fts")

###############################################################################
# Build the data set. A second run would have nothing to do; an interrupted run would be resumed.

table = build_dataset(
    folder / "data_set", catalog=wide, detector="C3", before=2 * u.hour, after=6 * u.hour, source=folder / "archive"
)
taken = table[table["accepted"]]
print(Counter(str(split) for split in taken["split"]))
print(
    Counter(reason.split(" ")[-1] if "pixels" in reason else reason.lstrip("0123456789 ") for reason in table["reason"])
)
print("problems:", verify_dataset(folder / "data_set"))

###############################################################################
# The split depends on the day: the 5th, 10th and so on are for test, and one in ten of the other days, such as April 6,
# is for validation. The window of the first event starts before midnight, on a day for training; the frames that show
# it on April 5 are in no split, so that no event is in two.

COLORS = {"train": "tab:blue", "validation": "tab:orange", "test": "tab:green", "": "0.75"}
days = (Time(list(table["date"])) - Time("2001-04-05")).to_value(u.day)
splits = np.array([str(split) for split in table["split"]])
fig, axes = plt.subplots(figsize=(11, 3.2), layout="constrained")
for event in wide.table:
    start = (event["time"] - Time("2001-04-05")).to_value(u.day)
    axes.axvspan(start - 2 / 24, start + 6 / 24, color="0.92")
    axes.axvline(start, color="black", linewidth=0.8)
outside = np.array([reason == "outside the windows of all events" for reason in table["reason"]])
levels = np.where(outside, 0, np.where(table["accepted"], 2, 1))
for split, color in COLORS.items():
    chosen = splits == split
    axes.scatter(days[chosen], levels[chosen], color=color, label=split or "rejected", zorder=3)
axes.set(
    yticks=[0, 1, 2], yticklabels=["no event", "rejected", "accepted"], xlabel="days since 2001-04-05", ylim=(-0.5, 2.5)
)
axes.legend(loc="lower right", ncols=4, fontsize="small")
plt.show()

###############################################################################
# Some of the accepted and of the rejected frames, with the split or the reason.

rejected = table[~table["accepted"] & ~outside]
reasons = {str(row["reason"]).split(" ")[-1].lstrip("0123456789."): row for row in rejected}
pictures = [(folder / "data_set" / row["file"], row["split"]) for row in taken[:: max(len(taken) // 3, 1)][:3]]
pictures += [(folder / "archive" / row["source"], row["reason"]) for row in list(reasons.values())[:3]]
fig, panels = plt.subplots(2, 3, figsize=(9, 6.4), layout="constrained")
for axes, (path, label) in zip(panels.flat, pictures, strict=False):
    smap = read_map(path)
    camera = find_dropouts(smap).camera
    data = np.arcsinh(np.maximum(smap.data - camera.bias, 0) / np.prod(camera.grid.summing) / 300)
    axes.imshow(data, origin="lower", cmap=smap.cmap, vmin=0, vmax=np.percentile(data, 99.5))
    axes.set(title=label, xticks=[], yticks=[])
plt.show()

###############################################################################
# Load the frames of a split into PyTorch, in DN per second, with the mask of their valid pixels.

loader = DataLoader(FrameDataset(folder / "data_set", split="train"), batch_size=2, shuffle=True)
for batch in loader:
    print(tuple(batch["image"].shape), f"{batch['valid'].float().mean():.2f} valid", batch["date"])
