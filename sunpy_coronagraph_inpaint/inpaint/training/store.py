"""Samples on disk, in safetensors files."""

import json

from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from sunpy_coronagraph_inpaint.flatfield.background import Background
from sunpy_coronagraph_inpaint.inpaint.training.samples import Sample
from sunpy_coronagraph_inpaint.io.writing import whole_file

__all__ = ["read_background", "read_samples", "write_background", "write_samples"]

_ARRAYS = Sample._fields[:7]


def write_samples(path, samples):
    """
    Write samples to a file, under another name first.

    Parameters
    ----------
    path : path
        The file.
    samples : sequence of `~sunpy_coronagraph_inpaint.inpaint.training.Sample`
        What to write.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from sunpy_coronagraph_inpaint.simulate import plain_corona
    >>> from sunpy_coronagraph_inpaint.inpaint.training import read_samples, sample_maps, write_samples
    >>> samples = sample_maps([plain_corona(detector="C2", seed=1)], rounds=1, holes=2)
    >>> with TemporaryDirectory() as folder:
    ...     write_samples(Path(folder) / "samples.safetensors", samples)
    ...     len(read_samples([Path(folder) / "samples.safetensors"]))
    2
    """
    tensors = {f"{i}.{name}": getattr(sample, name) for i, sample in enumerate(samples) for name in _ARRAYS}
    numbers = [[sample.noise, sample.scale] for sample in samples]
    with whole_file(path) as part:
        save_file(tensors, part, metadata={"numbers": json.dumps(numbers)})


def read_samples(paths):
    """
    Read samples of several files.

    Parameters
    ----------
    paths : iterable of path
        Files that `write_samples` wrote.

    Returns
    -------
    list of `~sunpy_coronagraph_inpaint.inpaint.training.Sample`
    """
    samples = []
    for path in paths:
        with safe_open(path, "np") as file:
            for i, numbers in enumerate(json.loads(file.metadata()["numbers"])):
                samples.append(Sample(*(file.get_tensor(f"{i}.{name}") for name in _ARRAYS), *numbers))
    return samples


def write_background(path, background):
    """
    Write a background to a file, under another name first.

    Parameters
    ----------
    path : path
        The file.
    background : `~sunpy_coronagraph_inpaint.flatfield.background.Background`
        What to write.
    """
    with whole_file(path) as part:
        save_file(background.arrays(), part)


def read_background(path):
    """
    Read a background that `write_background` wrote.

    Parameters
    ----------
    path : path
        The file.

    Returns
    -------
    `~sunpy_coronagraph_inpaint.flatfield.background.Background`
    """
    return Background.from_arrays(load_file(path))
