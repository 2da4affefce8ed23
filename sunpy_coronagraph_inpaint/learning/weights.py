"""Weights as records: which file, for which cameras, of what training, and whether it is the file it should be."""

import hashlib
import json
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path

import numpy as np

from sunpy_coronagraph_inpaint.flatfield.background import Background
from sunpy_coronagraph_inpaint.io.writing import whole_file
from sunpy_coronagraph_inpaint.threads import torch_seed

__all__ = [
    "LoadedWeights",
    "Weights",
    "bundled_path",
    "find_weights",
    "list_weights",
    "load_weights",
    "read_checked",
    "replace_background",
    "save_weights",
]

_ROOM = "sunpy_coronagraph_inpaint.inpaint.network"


@dataclass(frozen=True, kw_only=True)
class Weights:
    """
    A record of bundled weights.

    Attributes
    ----------
    name : str
        Name of the record.
    file : str
        File name in the package.
    sha256 : str
        What the file's hash must be.
    camera : str
        Name of the camera, ``"SOHO/LASCO C2"``.
    levels : tuple of str
        Processing levels for which they were measured.
    normalization : str
        How brightness is made comparable before the network sees it.
    trained_on : str
        Data and their span.
    license : str
        Under which they may be used.
    metrics : dict
        What was measured on frames never trained on.
    """

    name: str
    file: str
    sha256: str
    camera: str
    levels: tuple[str, ...]
    normalization: str
    trained_on: str
    license: str
    metrics: dict

    @property
    def path(self):
        """Where the file lies."""
        return bundled_path(_ROOM, "weights", self.file)

    @property
    def card(self):
        """Text of the model card."""
        return bundled_path(_ROOM, "weights", f"{self.name}.md").read_text(encoding="utf-8")


@dataclass(frozen=True, eq=False)
class LoadedWeights:
    """
    A network that is ready to be used.

    Attributes
    ----------
    network : `~sunpy_coronagraph_inpaint.inpaint.network.layered.LayeredInpainter`
        The network, on the processor.
    background : `~sunpy_coronagraph_inpaint.flatfield.background.Background` or None
        Of its camera.
    sha256 : str
        Hash of the file.
    spread : tuple of float
        What the standard deviation of the structure and that of the pixels are multiplied with.
    """

    network: object
    background: Background | None
    sha256: str
    spread: tuple[float, float]


def bundled_path(package, *names):
    """
    Locate a file or directory that comes with the package.

    Parameters
    ----------
    package : str
        Subpackage that holds it.
    *names : str
        Names of the directories below that, and of the file.

    Returns
    -------
    `pathlib.Path`

    Raises
    ------
    FileNotFoundError
        If it is missing or an empty directory, so that the installation is incomplete.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.learning.weights import bundled_path
    >>> bundled_path("sunpy_coronagraph_inpaint.inpaint.network", "weights", "records.toml").name
    'records.toml'
    """
    path = Path(str(resources.files(package)), *names)
    if not path.exists() or (path.is_dir() and not any(path.iterdir())):
        msg = (
            f"This installation of sunpy_coronagraph_inpaint is incomplete: it lacks {path}. Install the package "
            "again, from a wheel or a complete source tree."
        )
        raise FileNotFoundError(msg)
    return path


@lru_cache(maxsize=1)
def list_weights():
    """
    Return the records of the bundled weights by name.

    Returns
    -------
    dict of str to `Weights`

    Raises
    ------
    FileNotFoundError
        If the installation lacks the records.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.learning.weights import list_weights
    >>> sorted(list_weights())
    ['lasco_c2', 'lasco_c3']
    """
    found = tomllib.loads(bundled_path(_ROOM, "weights", "records.toml").read_text(encoding="utf-8"))
    return {name: Weights(name=name, **(entry | {"levels": tuple(entry["levels"])})) for name, entry in found.items()}


def find_weights(camera):
    """
    Return the record for a camera.

    Parameters
    ----------
    camera : `~sunpy_coronagraph_inpaint.instruments.Camera` or None
        The camera.

    Returns
    -------
    `Weights` or None
        `None` if there are no weights for this camera and processing level.

    Raises
    ------
    FileNotFoundError
        If the installation lacks the records.
    """
    if camera is None:
        return None
    fits = (
        record
        for record in list_weights().values()
        if (record.camera, camera.level in record.levels) == (camera.name, True)
    )
    return next(fits, None)


def load_weights(source):
    """
    Load weights, once for the same file.

    Parameters
    ----------
    source : str or path or `Weights`
        Name of a record, a record, or a file that `save_weights` wrote.

    Returns
    -------
    `LoadedWeights`

    Raises
    ------
    ValueError
        If there is no such record or file, or the file is not what its record says.
    FileNotFoundError
        If the installation lacks the records, or the file of one.
    """
    if isinstance(source, str) and source in list_weights():
        source = list_weights()[source]
    if isinstance(source, Weights):
        return _load(source.path, source.sha256, None)
    path = Path(source)
    if not path.is_file():
        msg = f"There are no weights {str(source)!r}. Give the path of a file, or one of {', '.join(list_weights())}."
        raise ValueError(msg)
    return _load(path, None, path.stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _load(path, sha256, _changed):
    from safetensors.numpy import load
    from torch import from_numpy

    from sunpy_coronagraph_inpaint.inpaint.network.layered import LayeredInpainter

    content, found = read_checked(path, sha256)
    try:
        size = int.from_bytes(content[:8], "little")
        notes = json.loads(content[8 : 8 + size])["__metadata__"]
        settings = json.loads(notes["network"])
        spread = tuple(settings.pop("spread") if "spread" in settings else json.loads(notes["spread"]))
        tensors = load(content)
        with torch_seed():  # parameters are drawn before they are read
            network = LayeredInpainter(**settings)
        network.load_state_dict(
            {name: from_numpy(t.astype(np.float32)) for name, t in _under("network.", tensors).items()}
        )
    except Exception as error:
        msg = f"{path} is not a file of weights ({type(error).__name__}). Give one that save_weights has written."
        raise ValueError(msg) from error
    kept = _under("background.", tensors)
    return LoadedWeights(network.eval(), Background.from_arrays(kept) if kept else None, found, spread)


def read_checked(path, sha256=None):
    """
    Read a file of weights if it is the one that is meant.

    Parameters
    ----------
    path : `pathlib.Path`
        The file.
    sha256 : str, optional
        What its hash must be.

    Returns
    -------
    content : bytes
        What is in it.
    sha256 : str
        Its hash.

    Raises
    ------
    ValueError
        If it has another hash.
    """
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if sha256 not in (None, found):
        msg = (
            f"The weights {path} have the hash {found[:12]}... instead of {sha256[:12]}...: the file is damaged or was "
            "changed. Install the package again."
        )
        raise ValueError(msg)
    return content, found


def _under(prefix, tensors):
    return {name[len(prefix) :]: tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def save_weights(path, network, *, settings, background=None, spread=(1.0, 1.0)):
    """
    Write a network and the background of its camera to one file.

    Parameters
    ----------
    path : path
        The file.
    network : `~sunpy_coronagraph_inpaint.inpaint.network.layered.LayeredInpainter`
        The network; written as ``float16``.
    settings : dict
        What `~sunpy_coronagraph_inpaint.inpaint.network.layered.LayeredInpainter` is to be built with.
    background : `~sunpy_coronagraph_inpaint.flatfield.background.Background`, optional
        Of the camera.
    spread : tuple of float, optional
        See `LoadedWeights`.

    Returns
    -------
    str
        The hash of the file.
    """
    tensors = {
        f"network.{name}": t.detach().cpu().numpy().astype(np.float16) for name, t in network.state_dict().items()
    }
    # One note alone: several would be written in any order, and the hash would differ from one time to the next.
    return _write(path, tensors, {"network": json.dumps(settings | {"spread": list(spread)})}, background)


def replace_background(path, background, target):
    """
    Write weights again with another background; the network and all settings stay as they are, to the bit.

    Parameters
    ----------
    path : path
        A file that `save_weights` wrote.
    background : `~sunpy_coronagraph_inpaint.flatfield.background.Background`
        The new one.
    target : path
        The file to write; it may be the same.

    Returns
    -------
    str
        The hash of the new file.

    Raises
    ------
    ValueError
        If the file does not hold weights.
    """
    from safetensors.numpy import load

    load_weights(path)
    content = Path(path).read_bytes()
    notes = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])["__metadata__"]
    tensors = {name: tensor for name, tensor in load(content).items() if name.startswith("network.")}
    return _write(target, tensors, notes, background)


def _write(path, tensors, notes, background):
    from safetensors.numpy import save

    if background is not None:
        tensors = tensors | {f"background.{name}": array for name, array in background.arrays().items()}
    content = save({name: np.ascontiguousarray(array) for name, array in tensors.items()}, notes)
    with whole_file(Path(path)) as part:
        part.write_bytes(content)
    return hashlib.sha256(content).hexdigest()
