"""Checkpoints: the network, its running average, the optimizer and the step in one file."""

import json
from pathlib import Path

from safetensors import safe_open
from safetensors.torch import save_file

from sunpy_coronagraph_inpaint.io.writing import whole_file

_NAME = "checkpoint.safetensors"


def write_checkpoint(out_dir, recipe, network, average, optimizer, step):
    """Write a checkpoint of a network, its running average or `None`, and its optimizer."""
    tensors = {f"network.{name}": tensor for name, tensor in network.state_dict().items()}
    if average is not None:
        tensors |= {f"average.{name}": tensor for name, tensor in average.state_dict().items()}
    for number, state in optimizer.state_dict()["state"].items():
        tensors |= {f"adam.{number}.{name}": tensor for name, tensor in state.items()}
    tensors = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
    with whole_file(Path(out_dir) / _NAME) as part:
        save_file(tensors, part, metadata={"step": str(step), "recipe": json.dumps(recipe.as_dict())})


def read_checkpoint(out_dir, recipe, network, average, optimizer):
    """Restore network, average and optimizer from a checkpoint, and return the steps done: 0 without a checkpoint."""
    path = Path(out_dir) / _NAME
    if not path.exists():
        return 0
    notes, tensors = _read(path)
    if not _is_of(recipe, json.loads(notes["recipe"])):
        msg = f"{path} was made with another recipe. Choose another directory, or delete it to start again."
        raise ValueError(msg)
    network.load_state_dict(_below("network.", tensors))
    if average is not None:
        average.load_state_dict(_below("average.", tensors))
    states = {}
    for name, tensor in _below("adam.", tensors).items():
        number, key = name.split(".")
        states.setdefault(int(number), {})[key] = tensor
    optimizer.load_state_dict(optimizer.state_dict() | {"state": states})
    return int(notes["step"])


def _is_of(recipe, settings):
    """Return whether these are the settings of a recipe; settings newer than the checkpoint have their default."""
    try:
        return type(recipe)(**settings) == recipe
    except (TypeError, ValueError):
        return False


def read_trained(task, out_dir):
    """
    Read the network of a training from its last checkpoint.

    ``out_dir`` is the directory given to `train`. Returns the network, with the running average of its parameters if
    there is one, in evaluation mode; its recipe, of the class of the task; and the steps done. Raises `ValueError` if
    there is no checkpoint.
    """
    path = Path(out_dir) / _NAME
    if not path.exists():
        msg = f"There is no checkpoint in {Path(out_dir)}. Give the directory of a training."
        raise ValueError(msg)
    notes, tensors = _read(path)
    recipe = task.recipe_class(**json.loads(notes["recipe"]))
    network = task.untrained(recipe)
    network.load_state_dict(_below("average.module.", tensors) or _below("network.", tensors))
    return network.eval(), recipe, int(notes["step"])


def _read(path):
    with safe_open(path, "pt") as file:
        return file.metadata(), {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no dictionary)


def _below(prefix, tensors):
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
