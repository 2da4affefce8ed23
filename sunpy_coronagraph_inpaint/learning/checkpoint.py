"""Checkpoints: the network, its running average, the optimizer and the step in one file that is there whole or not."""

import json
from pathlib import Path

from safetensors import safe_open
from safetensors.torch import save_file

from sunpy_coronagraph_inpaint.io.writing import whole_file

__all__ = ["checkpoint_path", "read_checkpoint", "write_checkpoint"]

_NAME = "checkpoint.safetensors"


def checkpoint_path(out_dir):
    """Return where the checkpoint of a training lies, if it has one."""
    return Path(out_dir) / _NAME


def write_checkpoint(out_dir, recipe, network, average, optimizer, step):
    """
    Write a checkpoint, under another name first.

    Parameters
    ----------
    out_dir : `pathlib.Path`
        Directory.
    recipe : `~sunpy_coronagraph_inpaint.learning.recipe.Recipe`
        The recipe.
    network, average : `torch.nn.Module`
        The network and its running average.
    optimizer : `torch.optim.Adam`
        The optimizer.
    step : int
        Steps done.
    """
    tensors = {f"network.{name}": tensor for name, tensor in network.state_dict().items()}
    tensors |= {f"average.{name}": tensor for name, tensor in average.state_dict().items()}
    for number, state in optimizer.state_dict()["state"].items():
        tensors |= {f"adam.{number}.{name}": tensor for name, tensor in state.items()}
    tensors = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
    with whole_file(checkpoint_path(out_dir)) as part:
        save_file(tensors, part, metadata={"step": str(step), "recipe": json.dumps(recipe.as_dict())})


def read_checkpoint(out_dir, recipe, network, average, optimizer):
    """
    Take up a run where its checkpoint is, if there is one.

    Parameters
    ----------
    out_dir, recipe, network, average, optimizer
        See `write_checkpoint`. The last three are changed.

    Returns
    -------
    int
        Steps done, 0 without a checkpoint.

    Raises
    ------
    ValueError
        If the checkpoint was made with another recipe.
    """
    path = checkpoint_path(out_dir)
    if not path.exists():
        return 0
    with safe_open(path, "pt") as file:
        notes = file.metadata()
        if json.loads(notes["recipe"]) != json.loads(json.dumps(recipe.as_dict())):
            msg = f"{path} was made with another recipe. Choose another directory, or delete it to begin anew."
            raise ValueError(msg)
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dictionary)
    for kind, module in (("network", network), ("average", average)):
        prefix = f"{kind}."
        module.load_state_dict({name[len(prefix) :]: t for name, t in tensors.items() if name.startswith(prefix)})
    state = optimizer.state_dict()
    state["state"] = {}
    for name, tensor in tensors.items():
        if name.startswith("adam."):
            _, number, key = name.split(".")
            state["state"].setdefault(int(number), {})[key] = tensor
    optimizer.load_state_dict(state)
    return int(notes["step"])
