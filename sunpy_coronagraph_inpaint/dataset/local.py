"""Frames at hand, in a directory."""

from pathlib import Path

from sunpy_coronagraph_inpaint.fetch.errors import DamagedFileError
from sunpy_coronagraph_inpaint.fetch.verify import read_header
from sunpy_coronagraph_inpaint.frames.neighbors import observation_time

__all__ = ["files_at_hand"]

_SUFFIXES = (".fts", ".fits", ".fts.gz", ".fits.gz")


def files_at_hand(source, detector):
    """
    List the frames of one camera in a directory and those below it.

    Parameters
    ----------
    source : path-like
        The directory.
    detector : str
        ``"C2"`` or ``"C3"``. Frames of anything else are left out.

    Returns
    -------
    list of tuple
        Path, time of the exposure (`None` where unknown), and what is wrong with the file (an empty text if nothing is,
        as far as its header and its length tell), in the order of their names.

    Raises
    ------
    FileNotFoundError
        If there is no such directory.
    ValueError
        If it holds no frame of the camera.
    """
    source = Path(source)
    if not source.is_dir():
        msg = f"There is no directory {source}."
        raise FileNotFoundError(msg)
    found = []
    for path in sorted(source.rglob("*")):
        if path.name.lower().endswith(_SUFFIXES) and path.is_file():
            try:
                header = read_header(path)
            except DamagedFileError as error:
                found.append((path, None, str(error)))
                continue
            if (_text(header, "instrume"), _text(header, "detector")) == ("LASCO", detector):
                time = observation_time(header)
                found.append((path, time, "" if time else "no date"))
    if not any(time for _, time, _ in found):
        msg = f"{source} holds no frame of {detector} (as {', '.join(_SUFFIXES)}). Choose another directory or camera."
        raise ValueError(msg)
    return found


def _text(header, key):
    return str(header.get(key, "")).strip().upper()
