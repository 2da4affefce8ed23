"""What a training leaves behind: the network of its last checkpoint."""

import json
from pathlib import Path

from safetensors import safe_open

from sunpy_coronagraph_inpaint.inpaint.training.loop import build_network
from sunpy_coronagraph_inpaint.learning.checkpoint import checkpoint_path
from sunpy_coronagraph_inpaint.learning.recipe import Recipe

__all__ = ["read_network"]

_PREFIX = "average.module."


def read_network(out_dir):
    """
    Read the network of a training from its checkpoint, with the running average of the weights.

    Parameters
    ----------
    out_dir : path
        Directory that `~sunpy_coronagraph_inpaint.inpaint.training.loop.train_network` was given.

    Returns
    -------
    network : `~sunpy_coronagraph_inpaint.inpaint.network.layered.LayeredInpainter`
        Ready to be used.
    recipe : `~sunpy_coronagraph_inpaint.learning.recipe.Recipe`
        By which it was trained.
    step : int
        Steps done.

    Raises
    ------
    ValueError
        If there is no checkpoint.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from sunpy_coronagraph_inpaint.simulate import plain_corona
    >>> from sunpy_coronagraph_inpaint.learning.recipe import Recipe
    >>> from sunpy_coronagraph_inpaint.inpaint.training.result import read_network
    >>> from sunpy_coronagraph_inpaint.inpaint.training import sample_maps
    >>> from sunpy_coronagraph_inpaint.inpaint.training.loop import train_network
    >>> samples = sample_maps([plain_corona(detector="C2", seed=1)], rounds=1, holes=2)
    >>> with TemporaryDirectory() as folder:
    ...     _ = train_network(samples, Recipe(width=4, depth=1, steps=2, cells=2048), folder)
    ...     network, recipe, step = read_network(folder)
    INFO: step 2, loss ...
    >>> recipe.width, step
    (4, 2)
    """
    path = checkpoint_path(out_dir)
    if not path.exists():
        msg = f"There is no checkpoint in {Path(out_dir)}. Give the directory of a training."
        raise ValueError(msg)
    with safe_open(path, "pt") as file:
        notes = file.metadata()
        state = {
            name[len(_PREFIX) :]: file.get_tensor(name)
            for name in file.keys()  # noqa: SIM118 (not a dictionary)
            if name.startswith(_PREFIX)
        }
    recipe = Recipe(**json.loads(notes["recipe"]))
    network = build_network(recipe)
    network.load_state_dict(state)
    return network.eval(), recipe, int(notes["step"])
