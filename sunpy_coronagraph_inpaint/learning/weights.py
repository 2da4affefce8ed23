"""Records of the bundled weights, and the file format of weights."""

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
    Facts about a bundled file of weights.

    Attributes
    ----------
    name : str
        Name of the record.
    task, architecture : str
        Purpose of the network, and the name of its class, whose arguments are in the file.
    file : str
        Name of the file, beside the records.
    sha256 : str
        Expected hash of the file.
    cameras : tuple of str
        Names of the cameras, such as ``"SOHO/LASCO C2"``.
    levels : tuple of str
        Processing levels for which the weights were evaluated.
    normalization : str
        How brightness is normalized for the network.
    trained_on : str
        Training data and their time span.
    license : str
        License of the weights.
    metrics : dict
        Results on frames that were not used for training.
    folder : `pathlib.Path`
        Directory of the records.

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
        """Path of the file."""
        return _existing(self.folder / self.file)

    @property
    def card(self):
        """Text of the model card."""
        return _existing(self.folder / f"{self.name}.md").read_text(encoding="utf-8")


@dataclass(frozen=True, eq=False)
class StoredWeights:
    """
    Contents of a file of weights.

    Attributes
    ----------
    notes : dict
        Facts about the network: ``task``, ``architecture``, ``settings``, and others that its task stored.
    tensors : dict of str to dict of `numpy.ndarray`
        Arrays by group and name: those of the network in ``"network"``, others in groups of their own.
    sha256 : str
        Hash of the file.
    """

    notes: dict
    tensors: dict
    sha256: str


def bundled_path(package, *names):
    """
    Return the path of a bundled file or directory: a subpackage, then names of directories and of the file.

    Raises `FileNotFoundError` if it is missing or an empty directory, so that the installation is incomplete.
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
    Read the records of a directory of bundled weights, a `dict` of `WeightsRecord` by name.

    ``folder`` holds ``records.toml``, the files of weights, and a model card ``<name>.md`` for each. Raises
    `FileNotFoundError` if the records are missing.
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
        ``task``, ``architecture``, ``settings`` (arguments of the class of that name), and anything else that the task
        needs to read the file; all must be serializable as JSON.
    **arrays : dict of `numpy.ndarray`
        Further groups of arrays that belong to the network, by name.

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
    """Write arrays by group and name, like those of `StoredWeights`, to a file of weights; return its hash."""
    from safetensors.numpy import save

    from sunpy_coronagraph_inpaint.io.writing import whole_file

    tensors = {
        f"{group}.{name}": np.ascontiguousarray(array) if array.ndim else array
        for group, members in groups.items()
        for name, array in members.items()
    }
    # A single metadata entry: several would be written in arbitrary order, and the hash would not be reproducible.
    content = save(tensors, {"network": json.dumps(notes)})
    with whole_file(Path(path)) as part:
        part.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def _packed(tensor):
    array = tensor.detach().cpu().numpy()
    return array.astype(np.float16) if array.ndim > 1 and array.dtype.kind == "f" else array


def read_weights(path, sha256=None):
    """
    Read a file of weights, and check its hash.

    Parameters
    ----------
    path : path-like
        A file that `write_weights` wrote.
    sha256 : str, optional
        Expected hash.

    Returns
    -------
    StoredWeights
        With ``notes``, ``tensors`` by group, and ``sha256``.

    Raises
    ------
    ValueError
        If it has another hash, or is not a file of weights.

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
    """Build the network stored in a file, in evaluation mode; ``architectures`` are classes by name."""
    import torch

    try:
        # Keep the user's random state of PyTorch: initial parameters are drawn from another, and then replaced.
        with torch_seed():
            network = architectures[stored.notes["architecture"]](**stored.notes["settings"])
        arrays = stored.tensors["network"]
        network.load_state_dict(
            {name: torch.from_numpy(a.astype(np.float32) if a.dtype.kind == "f" else a) for name, a in arrays.items()}
        )
    except Exception as error:
        raise _no_weights(path, error) from error
    return network.eval()
