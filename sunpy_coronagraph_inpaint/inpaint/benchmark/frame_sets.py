"""Sets of frames of the benchmark: real ones from a directory, artificial ones with known truth."""

import re
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

import sunpy.map

from sunpy_coronagraph_inpaint.dataset import open_dataset
from sunpy_coronagraph_inpaint.inpaint.benchmark.artificial import artificial_frame, ejection_frames, quiet_frames
from sunpy_coronagraph_inpaint.inpaint.benchmark.frame import BenchmarkFrame
from sunpy_coronagraph_inpaint.threads import caught_warnings

#: Number of artificial scenes in a set, and the seed of the small one.
_SCENES, _SMALL = 3, 900_002
#: One in this many images of the Helioviewer Project, which are half an hour apart, is filled.
_STEP = 12


class NoFramesError(ValueError):
    """A set has no frame: there is no directory of real frames, or none of its frames may be used."""


class FrameSet(NamedTuple):
    """
    Frames that are evaluated together.

    Parameters
    ----------
    name : str
        Name in the table.
    text : str
        Short description.
    load_frames : callable
        ``(directory, all_frames) -> list of BenchmarkFrame``: with ``all_frames``, including real frames that may have
        been trained on.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.inpaint.benchmark import BenchmarkFrame, FrameSet
    >>> from sunpy_coronagraph_inpaint.simulate import plain_corona
    >>> frames = FrameSet.of("mine", [BenchmarkFrame("plain", plain_corona(size=256), seed=1)])
    >>> [frame.name for frame in frames.load()]
    ['plain']
    """

    name: str
    text: str
    load_frames: Callable[..., list]

    @classmethod
    def of(cls, name, frames):
        """
        Make a set of given frames.

        Parameters
        ----------
        name : str
            Name in the table.
        frames : iterable of `BenchmarkFrame`
            The frames.

        Returns
        -------
        `FrameSet`
        """
        frames = list(frames)
        return cls(name, f"{len(frames)} frames", lambda directory, all_frames: frames)

    def load(self, directory=None, all_frames=False):
        """
        Return the frames.

        Parameters
        ----------
        directory : path-like, optional
            A data set, or any directory with the real frames in it or below it; JPEG 2000 images in
            ``helioviewer_jp2``.
        all_frames : bool, optional
            Whether to include real frames that may have been trained on.

        Returns
        -------
        list of `BenchmarkFrame`

        Raises
        ------
        ValueError
            If there are none.
        """
        frames = self.load_frames(directory, all_frames)
        if not frames:
            msg = "no frame is held out; --all-frames takes those that may have been trained on"
            raise NoFramesError(msg if not all_frames else f"no such frame under {directory}")
        return frames


def find_frame_set(name):
    """Return the set of that name, or a set unchanged; raise `ValueError` with the known names otherwise."""
    if isinstance(name, FrameSet):
        return name
    if name not in FRAME_SETS:
        msg = f"There is no group {name!r}. Choose among {', '.join(FRAME_SETS)}."
        raise ValueError(msg)
    return FRAME_SETS[name]


def read_frame(path):
    """Read a FITS file, or a JPEG 2000 image of the Helioviewer Project with Pillow, as a map."""
    path = Path(path)
    with caught_warnings():
        warnings.simplefilter("ignore")  # headers of LASCO are not standard FITS
        if path.suffix != ".jp2":
            return sunpy.map.Map(path)
        from PIL import Image

        header = path.read_bytes().split(b"<fits>")[1].split(b"<history>")[0].decode()
        meta = {"helioviewer": True}
        for key, value in re.findall(r"<(\w+)>([^<]*)</\1>", header):
            number = re.fullmatch(r"[-+]?\d*\.?\d+(e[-+]?\d+)?", value.strip(), re.IGNORECASE)
            meta[key.lower()] = float(value) if number else value
        return sunpy.map.Map(np.asarray(Image.open(path))[::-1].copy(), meta)


def _real(directory, all_frames, *, level, detector, size):
    """Return frames of a level, detector and size; by default only test frames, which are never trained on."""
    table = open_dataset(_given(directory))
    table = table[(table["level"] == level) & (table["detector"] == detector)]
    table = table[(table["nx"] == size) & (table["ny"] == size)]
    rows = table if all_frames else table[table["split"] == "test"]
    paths = [Path(directory, name) for name in rows["file"]]
    return [
        BenchmarkFrame(f"{path.name} of {date[:10]}", read_frame(path), int("0" + re.sub(r"\D", "", path.stem)[-8:]))
        for path, date in zip(paths, rows["date"], strict=True)
    ]


def _pictures(directory, all_frames):
    """Return every twelfth image of the sequence that has one before and one after."""
    paths = sorted(Path(_given(directory), "helioviewer_jp2/c3_2025-10-17").rglob("*.jp2"))
    return [
        BenchmarkFrame(paths[i].name, read_frame(paths[i]), i, tuple(read_frame(paths[j]) for j in (i - 1, i + 1)))
        for i in range(1, len(paths) - 1, _STEP)
    ]


def _given(directory):
    if directory is None:
        msg = "no directory of real frames: give --data DIR or set CORONAGRAPH_INPAINT_DATA"
        raise NoFramesError(msg)
    return directory


def _artificial(make, detector):
    return lambda directory, all_frames: make(detector, _SCENES)


def _small(directory, all_frames):
    return [artificial_frame(_SMALL, "C2", cme=True, binning=4)]


_SETS = (
    FrameSet("C2", "real C2 frames, level 0.5", partial(_real, level="0.5", detector="C2", size=1024)),
    FrameSet("C3", "real C3 frames, level 0.5", partial(_real, level="0.5", detector="C3", size=1024)),
    FrameSet(
        "C2 512",
        "real C2 frames summed to 512 pixels, none of which is held out",
        partial(_real, level="0.5", detector="C2", size=512),
    ),
    FrameSet("C2 L1", "a real C2 frame, level 1", partial(_real, level="1", detector="C2", size=512)),
    FrameSet("C3 L1", "a real C3 frame, level 1", partial(_real, level="1", detector="C3", size=1024)),
    FrameSet("C2 quiet", "artificial C2 frames without an ejection", _artificial(quiet_frames, "C2")),
    FrameSet("C3 quiet", "artificial C3 frames without an ejection", _artificial(quiet_frames, "C3")),
    FrameSet("C2 CME", "artificial C2 frames, the holes across an ejection", _artificial(ejection_frames, "C2")),
    FrameSet("C3 CME", "artificial C3 frames, the holes across an ejection", _artificial(ejection_frames, "C3")),
    FrameSet("C3 jp2", "8-bit pictures of C3 of 2025-10-17, half an hour apart", _pictures),
    FrameSet("C2 small", "an artificial C2 frame of 256 pixels with an ejection, for trying out", _small),
)
#: The sets by name.
FRAME_SETS = {frame_set.name: frame_set for frame_set in _SETS}
#: The sets evaluated by default.
DEFAULT_FRAME_SETS = tuple(name for name in FRAME_SETS if name not in ("C2 512", "C2 small"))
