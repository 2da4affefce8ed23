"""Trained networks: find the weights for a camera, and load a network."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from sunpy_coronagraph_inpaint.flatfield.background import Background
from sunpy_coronagraph_inpaint.learning.inference import pick_device, predict
from sunpy_coronagraph_inpaint.learning.weights import (
    WeightsRecord,
    bundled_path,
    read_records,
    read_weights,
    restore_network,
    write_arrays,
    write_weights,
)

#: Attributes of a `HolePatch` that are inputs of the network, in order.
_INPUTS = ("images", "known", "extras", "candidates", "usable")


@dataclass(frozen=True, eq=False)
class TrainedNetwork:
    """
    A loaded network with the background of its camera.

    Attributes
    ----------
    network : `torch.nn.Module`
        The network, on the CPU.
    background : `~sunpy_coronagraph_inpaint.flatfield.Background` or None
        Of its camera.
    sha256 : str
        Hash of the file.
    std_scale : tuple of float
        Factors on the standard deviations of the structure and of the pixels.
    """

    network: object
    background: Background | None
    sha256: str
    std_scale: tuple[float, float]


@lru_cache(maxsize=1)
def list_weights():
    """
    Return a `dict` of the records of the bundled weights by name.

    Raises `FileNotFoundError` if the records are not installed.
    """
    return read_records(bundled_path("sunpy_coronagraph_inpaint.inpaint.network", "weights"))


def find_weights(camera):
    """
    Return the record of the bundled weights for a `FrameInfo`; `None` if there are none for its camera and level.

    Raises `FileNotFoundError` if the records are not installed.
    """
    if camera is None:
        return None
    records = (record for record in list_weights().values() if record.task == "inpaint")
    return next((r for r in records if camera.name in r.cameras and camera.level in r.levels), None)


def load_network(source, *, task="inpaint"):
    """
    Load a network for ``task``, cached by file.

    Parameters
    ----------
    source : str or path-like or `~sunpy_coronagraph_inpaint.learning.WeightsRecord`
        Name of a record, a record, or a file that `save_network` wrote.
    task : str, optional
        Task for which the network must have been trained.

    Returns
    -------
    `TrainedNetwork`

    Raises
    ------
    ValueError
        If there is no such record or file, its hash differs from the record, or it is of another task.
    FileNotFoundError
        If the records, or the file of one, are not installed.
    """
    if isinstance(source, str) and source in list_weights():
        source = list_weights()[source]
    if isinstance(source, WeightsRecord):
        found, loaded = _load(source.path, source.sha256, None)
    else:
        path = Path(source)
        if not path.is_file():
            names = ", ".join(list_weights())
            msg = f"There are no weights {str(source)!r}. Give the path of a file, or one of {names}."
            raise ValueError(msg)
        found, loaded = _load(path, None, path.stat().st_mtime_ns)
    if found != task:
        msg = f"The weights {getattr(source, 'name', source)} are for the task {found!r}. Give weights for {task!r}."
        raise ValueError(msg)
    return loaded


@lru_cache(maxsize=4)
def _load(path, sha256, _changed):
    """Return the task of a file of weights and its network."""
    from sunpy_coronagraph_inpaint.inpaint.network.corkit import CorKitInpainter
    from sunpy_coronagraph_inpaint.inpaint.network.layered import LayeredInpainter

    stored = read_weights(path, sha256)
    notes = stored.notes
    if "architecture" not in notes:
        # Older files, the bundled ones of LASCO among them, hold the settings without the name of the network.
        settings = dict(notes)
        std_scale = settings.pop("spread", (1.0, 1.0))
        notes |= {"task": "inpaint", "architecture": "LayeredInpainter", "settings": settings, "std_scale": std_scale}
    network = restore_network(path, stored, {c.__name__: c for c in (CorKitInpainter, LayeredInpainter)})
    arrays = stored.tensors.get("background")
    background = Background.from_arrays(arrays) if arrays else None
    return notes["task"], TrainedNetwork(network, background, stored.sha256, tuple(notes.get("std_scale", (1.0, 1.0))))


def save_network(path, network, *, settings, task="inpaint", background=None, std_scale=(1.0, 1.0)):
    """
    Write a network and the background of its camera to one file, and return its hash.

    Kernels are written as ``float16``. ``settings`` are the arguments of the network's class, ``task`` is what it was
    trained for, and ``std_scale`` that of `TrainedNetwork`.
    """
    notes = {"task": task, "architecture": type(network).__name__, "settings": settings, "std_scale": list(std_scale)}
    return write_weights(path, network, notes, **({} if background is None else {"background": background.arrays()}))


def replace_background(path, background, target):
    """
    Write a file of weights to ``target``, which may be the same file, with another background; return the new hash.

    The network and all settings stay bit-identical. Raises `ValueError` if the file does not hold weights.
    """
    stored = read_weights(path)
    return write_arrays(target, stored.notes, stored.tensors | {"background": background.arrays()})


def fill_patches(network, patches, *, device="auto", precision="float32"):
    """
    Apply a network to patches.

    Returns a list of arrays of shape ``(2, h, w)``: mean and standard deviation of each patch, in units of its scale.
    See `~sunpy_coronagraph_inpaint.learning.predict` for ``device`` and ``precision``.
    """
    import torch

    device = pick_device(device)
    network = network.to(device)

    def mean_and_std(*inputs):
        # The padding of a patch needs a usable candidate as well.
        inputs[-1][:, 0] = True
        output = network(*inputs)
        return torch.cat([output.mean, output.log_std.exp()], 1)

    arrays = [tuple(getattr(patch, name) for name in _INPUTS) for patch in patches]
    return predict(mean_and_std, arrays, device=device, precision=precision)
