"""Which files of samples a network learns from, which it is judged by, and how often each sample is shown."""

import hashlib
from pathlib import Path

__all__ = ["sample_files", "split_files", "weigh_files"]

_BACKGROUND, _REAL = "background_", "real_"
#: One artificial file in so many is for validation; samples of real frames are drawn so much more often.
_ONE_IN, _OFTENER = 10, 2.0


def sample_files(directory):
    """
    List the files of samples in a directory.

    Parameters
    ----------
    directory : path
        With files ``*.safetensors``; those that begin with ``background_`` are no samples.

    Returns
    -------
    list of `pathlib.Path`

    Raises
    ------
    ValueError
        If there are none.
    """
    paths = sorted(path for path in Path(directory).glob("[!.]*.safetensors") if not path.name.startswith(_BACKGROUND))
    if not paths:
        msg = f"There are no samples in {directory}. Make some with 'train scenes' or 'train frames' first."
        raise ValueError(msg)
    return paths


def split_files(paths):
    """
    Keep some of the artificial files for validation, by a hash of their names.

    Parameters
    ----------
    paths : iterable of path
        Files; those that begin with ``real_`` hold samples of real frames, which are all learned from.

    Returns
    -------
    training, validation : list of path

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.inpaint.training.selection import split_files
    >>> training, validation = split_files(f"C3_a_{number:05d}.safetensors" for number in range(1000))
    >>> 80 < len(validation) < 120
    True
    """
    training, validation = [], []
    for path in paths:
        name = Path(path).name
        chosen = int(hashlib.sha256(name.encode()).hexdigest(), 16) % _ONE_IN == 0 and not name.startswith(_REAL)
        (validation if chosen else training).append(path)
    return training, validation


def weigh_files(paths, counts):
    """
    Tell how often each sample is to be shown, real ones oftener than artificial ones.

    Parameters
    ----------
    paths : iterable of path
        Files.
    counts : iterable of int
        How many samples each has.

    Returns
    -------
    list of float
        One number for each sample.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.inpaint.training.selection import weigh_files
    >>> weigh_files(["C3_a_0.safetensors", "real_C3_20040108_0.safetensors"], [1, 2])
    [1.0, 2.0, 2.0]
    """
    return [
        _OFTENER if Path(path).name.startswith(_REAL) else 1.0
        for path, count in zip(paths, counts, strict=True)
        for _ in range(count)
    ]
