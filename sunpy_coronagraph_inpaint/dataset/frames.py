"""A data set of frames as PyTorch reads it. This is the one module here that imports torch."""

import warnings
from pathlib import Path

import numpy as np
import torch

from astropy.io.fits.verify import VerifyWarning

from sunpy_coronagraph_inpaint.dataset.manifest import read_manifest
from sunpy_coronagraph_inpaint.dataset.split import SIDES
from sunpy_coronagraph_inpaint.frames.dropouts import find_dropouts
from sunpy_coronagraph_inpaint.io import read_map
from sunpy_coronagraph_inpaint.threads import caught_warnings

__all__ = ["FrameDataset"]


class FrameDataset(torch.utils.data.Dataset):
    """
    The frames of one side of a data set.

    Parameters
    ----------
    folder : path-like
        Directory of the data set.
    split : {"train", "validation", "test"}, optional
        Which side.
    transform : callable, optional
        Takes an item and returns what the loader gets instead.

    Raises
    ------
    FileNotFoundError
        If there is no manifest.
    ValueError
        If there is no such side.

    Notes
    -----
    An item is a dictionary: ``"image"``, ``float32`` of shape ``(1, ny, nx)``, DN per second above the offset of the
    detector; ``"valid"``, `bool` of the same shape, `False` where there is no data; ``"file"``, ``"date"`` and
    ``"exposure"`` (seconds) of the frame.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.dataset.frames import FrameDataset
    >>> frames = FrameDataset("data_set", split="train")  # doctest: +SKIP
    >>> loader = torch.utils.data.DataLoader(frames, batch_size=4, shuffle=True)  # doctest: +SKIP
    """

    def __init__(self, folder, split="train", transform=None):
        if split not in SIDES:
            msg = f"There is no side {split!r}. Choose one of {', '.join(SIDES)}."
            raise ValueError(msg)
        self.folder, self.split, self.transform = Path(folder), split, transform
        table = read_manifest(folder)
        rows = table[table["accepted"] & (table["split"] == split)]
        # Texts and numbers instead of a table, of which every worker would make a copy that is slow to read.
        self.files = [str(name) for name in rows["file"]]
        self.dates = [str(date) for date in rows["date"]]

    def __len__(self):
        return len(self.files)

    def __getitem__(self, index):
        with caught_warnings():
            warnings.simplefilter("ignore", VerifyWarning)
            smap = read_map(self.folder / self.files[index])
        dropouts = find_dropouts(smap)
        camera = dropouts.camera
        image = (smap.data.astype(np.float32) - np.float32(camera.bias)) / np.float32(camera.exposure)
        image[dropouts.no_data] = 0
        item = {
            "image": torch.from_numpy(image)[None],
            "valid": torch.from_numpy(~dropouts.no_data)[None],
            "file": self.files[index],
            "date": self.dates[index],
            "exposure": camera.exposure,
        }
        return item if self.transform is None else self.transform(item)
