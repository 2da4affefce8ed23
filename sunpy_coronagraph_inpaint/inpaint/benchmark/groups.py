"""Groups of frames of the benchmark: real ones from a directory, artificial ones with known truth."""

import re
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

import sunpy.map

from sunpy_coronagraph_inpaint.dataset.protocol import may_train
from sunpy_coronagraph_inpaint.frames.neighbors import observation_time
from sunpy_coronagraph_inpaint.inpaint.benchmark.artificial import artificial_case, ejection_cases, quiet_cases
from sunpy_coronagraph_inpaint.inpaint.benchmark.case import Case
from sunpy_coronagraph_inpaint.instruments import identify
from sunpy_coronagraph_inpaint.threads import caught_warnings

__all__ = ["DEFAULT_GROUPS", "GROUPS", "Group", "NoFramesError", "load", "read_frame"]

#: Artificial scenes in a group, and the seed of the small one.
_SCENES, _SMALL = 3, 900_002
#: Of the pictures of the Helioviewer Project, half an hour apart, every so many is filled.
_EVERY = 12


class NoFramesError(ValueError):
    """A group has no frame: there is no directory of real frames, or none of its frames may be used."""


class Group(NamedTuple):
    """A group: what it holds, and ``(directory, all_frames) -> list of Case``."""

    text: str
    load: Callable[..., list]


def read_frame(path):
    """
    Read a FITS file, or a JPEG 2000 picture of the Helioviewer Project with Pillow.

    Parameters
    ----------
    path : `pathlib.Path`
        The file.

    Returns
    -------
    `~sunpy.map.GenericMap`
    """
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


def _real(directory, all_frames, *, folder, detector, size):
    """Frames of a camera and size; unless all are wanted, those that are never trained on."""
    cases = []
    for path in _files(directory, folder, "*.fts"):
        smap = read_frame(path)
        camera = identify(smap.meta)
        if camera.name.endswith(detector) and smap.data.shape == (size, size):
            date = observation_time(smap.meta).isot
            if all_frames or not may_train(date, level=camera.level):
                cases.append(Case(f"{path.name} of {date[:10]}", smap, _number(path)))
    return cases


def _pictures(directory, all_frames):
    """Every twelfth picture of the sequence that has one before and one after."""
    paths = _files(directory, "helioviewer_jp2/c3_2025-10-17", "*.jp2")
    middles = range(1, len(paths) - 1, _EVERY)
    return [
        Case(paths[i].name, read_frame(paths[i]), i, tuple(read_frame(paths[j]) for j in (i - 1, i + 1)))
        for i in middles
    ]


def _files(directory, folder, pattern):
    if directory is None:
        msg = "no directory of real frames: give --data DIR or set CORONAGRAPH_INPAINT_DATA"
        raise NoFramesError(msg)
    return sorted(Path(directory, folder).rglob(pattern))


def _number(path):
    return int("0" + re.sub(r"\D", "", path.stem)[-8:])


def _artificial(make, detector):
    return lambda directory, all_frames: make(detector, _SCENES)


def _small(directory, all_frames):
    return [artificial_case(_SMALL, "C2", cme=True, binning=4)]


#: The groups by the names of the table.
GROUPS = {
    "C2": Group("real C2 frames, level 0.5", partial(_real, folder="lasco/level_05", detector="C2", size=1024)),
    "C3": Group("real C3 frames, level 0.5", partial(_real, folder="lasco/level_05", detector="C3", size=1024)),
    "C2 512": Group(
        "real C2 frames summed to 512 pixels, none of which is held out",
        partial(_real, folder="lasco/level_05", detector="C2", size=512),
    ),
    "C2 L1": Group("a real C2 frame, level 1", partial(_real, folder="lasco/level_1", detector="C2", size=512)),
    "C3 L1": Group("a real C3 frame, level 1", partial(_real, folder="lasco/level_1", detector="C3", size=1024)),
    "C2 quiet": Group("artificial C2 frames without an ejection", _artificial(quiet_cases, "C2")),
    "C3 quiet": Group("artificial C3 frames without an ejection", _artificial(quiet_cases, "C3")),
    "C2 CME": Group("artificial C2 frames, the holes across an ejection", _artificial(ejection_cases, "C2")),
    "C3 CME": Group("artificial C3 frames, the holes across an ejection", _artificial(ejection_cases, "C3")),
    "C3 jp2": Group("8-bit pictures of C3 of 2025-10-17, half an hour apart", _pictures),
    "C2 small": Group("an artificial C2 frame of 256 pixels with an ejection, for trying out", _small),
}
#: Those that are evaluated if nothing else is said.
DEFAULT_GROUPS = tuple(name for name in GROUPS if name not in ("C2 512", "C2 small"))


def load(name, directory=None, *, all_frames=False):
    """
    Return the frames of a group.

    Parameters
    ----------
    name : str
        One of ``GROUPS``.
    directory : path-like, optional
        Where the real frames are, with the directories ``lasco/level_05``, ``lasco/level_1`` and ``helioviewer_jp2``.
    all_frames : bool, optional
        Whether to take frames that may have been trained on as well.

    Returns
    -------
    list of `~sunpy_coronagraph_inpaint.inpaint.benchmark.case.Case`

    Raises
    ------
    ValueError
        If there is no such group.
    NoFramesError
        If it has no frames.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.inpaint.benchmark.groups import load
    >>> [case.name for case in load("C2 small")]
    ['seed 900002']
    """
    if name not in GROUPS:
        msg = f"There is no group {name!r}. Choose among {', '.join(GROUPS)}."
        raise ValueError(msg)
    cases = GROUPS[name].load(directory, all_frames)
    if not cases:
        msg = "no frame is held out; --all-frames takes those that may have been trained on"
        raise NoFramesError(msg if not all_frames else f"no such frame under {directory}")
    return cases
