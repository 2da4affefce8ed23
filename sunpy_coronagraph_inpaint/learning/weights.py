"""Weights: the records of those that are bundled, and the one format of their files."""

import hashlib
import json
import tomllib
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np

from sunpy_coronagraph_inpaint.threads import torch_seed


@dataclass(frozen=True, kw_only=True)
class WeightsRecord:
    """
    What is known of a bundled file of weights.

    Attributes
    ----------
    name : str
        Name of the record.
    task, architecture : str
        What the network is trained for, and the name of its class; what that is built with stands in the file.
    file : str
        Name of the file, beside the records.
    sha256 : str
        What the hash of the file must be.
    cameras : tuple of str
        Names of the cameras, such as ``"SOHO/LASCO C2"``.
    levels : tuple of str
        Processing levels for which the weights were measured.
    normalization : str
        How brightness is made comparable before the network sees it.
    trained_on : str
        Data and the time they span.
    license : str
        Under which the weights may be used.
    metrics : dict of str to float
        What was measured on frames that were not trained on.
    folder : `pathlib.Path`
        Where the records lie.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.inpaint.network.trained import list_weights
    >>> record = list_weights()["lasco_c2"]
    >>> record.task, record.cameras, record.path.name
    ('inpaint', ('SOHO/LASCO C2',), 'lasco_c2.safetensors')
    """

    name: str
    task: str
    architecture: str
    file: str
    sha256: str
    cameras: tuple[str, ...]
    levels: tuple[str, ...]
    normalization: str
    trained_on: str
    license: str
    metrics: dict
    folder: Path

    @property
    def path(self):
        """Where the file lies."""
        return _existing(self.folder / self.file)

    @property
    def card(self):
        """Text of the model card."""
        return _existing(self.folder / f"{self.name}.md").read_text(encoding="utf-8")


@dataclass(frozen=True, eq=False)
class StoredWeights:
    """
    What a file of weights holds.

    Attributes
    ----------
    notes : dict
        What the file says of the network: ``task``, ``architecture``, ``settings``, and what else its task noted.
    tensors : dict of str to dict of `numpy.ndarray`
        Arrays by name: of the network under ``"network"``, and others under the name of what they make up.
    sha256 : str
        Hash of the file.
    """

    notes: dict
    tensors: dict
    sha256: str


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
    """
    return _existing(Path(str(resources.files(package)), *names))


def _existing(path):
    if not path.exists() or (path.is_dir() and not any(path.iterdir())):
        msg = (
            f"This installation of sunpy_coronagraph_inpaint is incomplete: it lacks {path}. Install the package "
            "again, from a wheel or a complete source tree."
        )
        raise FileNotFoundError(msg)
    return path


def read_records(folder):
    """
    Read the records of a directory of bundled weights.

    Parameters
    ----------
    folder : `pathlib.Path`
        With ``records.toml``, the files of weights, and a model card ``<name>.md`` for each.

    Returns
    -------
    dict of str to `WeightsRecord`

    Raises
    ------
    FileNotFoundError
        If the records are missing.
    """
    found = tomllib.loads(_existing(folder / "records.toml").read_text(encoding="utf-8"))
    return {
        name: WeightsRecord(
            name=name,
            folder=folder,
            **(entry | {key: tuple(entry[key]) for key in ("cameras", "levels")}),
        )
        for name, entry in found.items()
    }


def write_weights(path, network, notes, **arrays):
    """
    Write a network to a file of weights.

    Parameters
    ----------
    path : path-like
        The file.
    network : `torch.nn.Module`
        The network. Its kernels are written as ``float16``.
    notes : dict
        ``task``, ``architecture``, ``settings`` (what the class of that name is built with), and what else the task
        wants to know when the file is read; all that JSON can hold.
    **arrays : dict of `numpy.ndarray`
        What else belongs to the network, by name.

    Returns
    -------
    str
        The hash of the file.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> import torch
    >>> from sunpy_coronagraph_inpaint.learning import read_weights, write_weights
    >>> notes = {"task": "line", "architecture": "Linear", "settings": {"in_features": 1, "out_features": 1}}
    >>> with TemporaryDirectory() as folder:
    ...     sha256 = write_weights(Path(folder) / "line.safetensors", torch.nn.Linear(1, 1), notes)
    ...     stored = read_weights(Path(folder) / "line.safetensors", sha256)
    >>> stored.notes["settings"], sorted(stored.tensors["network"])
    ({'in_features': 1, 'out_features': 1}, ['bias', 'weight'])
    """
    groups = {"network": {name: _packed(tensor) for name, tensor in network.state_dict().items()}} | arrays
    return write_arrays(path, notes, groups)


def write_arrays(path, notes, groups):
    """Write arrays by group and name, such as those of `StoredWeights`, as a file of weights; return its hash."""
    from safetensors.numpy import save

    from sunpy_coronagraph_inpaint.io.writing import whole_file

    tensors = {
        f"{group}.{name}": np.ascontiguousarray(array) if array.ndim else array
        for group, members in groups.items()
        for name, array in members.items()
    }
    # One note alone: several would be written in any order, and the hash would differ from one time to the next.
    content = save(tensors, {"network": json.dumps(notes)})
    with whole_file(Path(path)) as part:
        part.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def _packed(tensor):
    array = tensor.detach().cpu().numpy()
    return array.astype(np.float16) if array.ndim > 1 and array.dtype.kind == "f" else array


def read_weights(path, sha256=None):
    """
    Read a file of weights, if it is the one that is meant.

    Parameters
    ----------
    path : path-like
        A file that `write_weights` wrote.
    sha256 : str, optional
        What its hash must be.

    Returns
    -------
    StoredWeights
        With ``notes``, ``tensors`` by group, and ``sha256``.

    Raises
    ------
    ValueError
        If it has another hash, or is no file of weights.

    Examples
    --------
    See `~sunpy_coronagraph_inpaint.learning.write_weights`.
    """
    from safetensors.numpy import load

    content = Path(path).read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if sha256 not in (None, found):
        msg = (
            f"The weights {path} have the hash {found[:12]}... instead of {sha256[:12]}...: the file is damaged or was "
            "changed. Install the package again."
        )
        raise ValueError(msg)
    try:
        size = int.from_bytes(content[:8], "little")
        notes = json.loads(json.loads(content[8 : 8 + size])["__metadata__"]["network"])
        groups = {}
        for name, array in load(content).items():
            group, _, rest = name.partition(".")
            groups.setdefault(group, {})[rest] = array
    except Exception as error:
        raise _no_weights(path, error) from error
    return StoredWeights(notes, groups, found)


def _no_weights(path, error):
    return ValueError(f"{path} is not a file of weights ({type(error).__name__}). Give one that training has written.")


def restore_network(path, stored, architectures):
    """Build the network that a file holds, ready to be used; ``architectures`` are classes by name."""
    import torch

    try:
        # The random state of PyTorch is the user's: what a network begins with is drawn aside, and replaced.
        with torch_seed():
            network = architectures[stored.notes["architecture"]](**stored.notes["settings"])
        arrays = stored.tensors["network"]
        network.load_state_dict(
            {name: torch.from_numpy(a.astype(np.float32) if a.dtype.kind == "f" else a) for name, a in arrays.items()}
        )
    except Exception as error:
        raise _no_weights(path, error) from error
    return network.eval()
