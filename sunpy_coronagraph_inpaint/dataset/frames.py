"""A data set of frames for PyTorch."""

import warnings
from pathlib import Path

import numpy as np
import torch

from astropy.io.fits.verify import VerifyWarning

from sunpy_coronagraph_inpaint.dataset.manifest import open_dataset
from sunpy_coronagraph_inpaint.dataset.split import SPLITS
from sunpy_coronagraph_inpaint.frames.dropouts import find_dropouts
from sunpy_coronagraph_inpaint.io import read_map
from sunpy_coronagraph_inpaint.threads import caught_warnings


class FrameDataset(torch.utils.data.Dataset):
    """
    The level-0.5 frames of one split of a data set.

    Parameters
    ----------
    folder : path-like
        Directory of the data set, or any directory of frames: see `~sunpy_coronagraph_inpaint.dataset.open_dataset`.
    split : {"train", "validation", "test"}, optional
        The split to load.
    transform : callable, optional
        Takes an item and returns a replacement for it.

    Raises
    ------
    FileNotFoundError
        If there is no such directory.
    ValueError
        If the split is unknown.

    Notes
    -----
    An item is a dictionary: ``"image"``, ``float32`` of shape ``(1, ny, nx)``, DN per second above the offset of the
    detector; ``"valid"``, `bool` of the same shape, `False` where there is no data; ``"file"``, ``"date"`` and
    ``"exposure"`` (seconds) of the frame.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sunpy_coronagraph_inpaint.dataset import FrameDataset
    >>> from sunpy_coronagraph_inpaint.io import write_map
    >>> from sunpy_coronagraph_inpaint.simulate import plain_corona
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = write_map(plain_corona(), Path(folder) / "frame.fts")
    ...     item = FrameDataset(folder, split="validation")[0]
    >>> item["image"].shape, item["date"][:10]
    (torch.Size([1, 1024, 1024]), '2004-10-08')
    """

    def __init__(self, folder, split="train", transform=None):
        if split not in SPLITS:
            msg = f"There is no split {split!r}. Choose one of {', '.join(SPLITS)}."
            raise ValueError(msg)
        self.folder, self.split, self.transform = Path(folder), split, transform
        table = open_dataset(folder)
        rows = table[(table["split"] == split) & (table["level"] == "0.5")]
        # Lists instead of a table, because each worker would get a copy of the table, which is slow to read.
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
