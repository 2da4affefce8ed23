"""Train a network on maps in one call."""

import hashlib
from pathlib import Path

from sunpy_coronagraph_inpaint.inpaint.network.trained import save_network
from sunpy_coronagraph_inpaint.inpaint.training.samples import sample_maps
from sunpy_coronagraph_inpaint.inpaint.training.task import InpaintRecipe, InpaintTask
from sunpy_coronagraph_inpaint.io.writing import whole_file
from sunpy_coronagraph_inpaint.learning.inference import pick_device
from sunpy_coronagraph_inpaint.learning.loop import train

#: A small network that trains in minutes on a CPU.
SMALL_RECIPE = InpaintRecipe(width=12, depth=2, steps=600, rate=1e-3, cells=8192, average=0.99)


def train_on_maps(maps, out_dir, *, recipe=SMALL_RECIPE, validation=(), rounds=8, holes=8, seed=0, device="auto"):
    """
    Train a network on your own maps.

    Intact blocks are removed, and the network learns to restore them.

    Parameters
    ----------
    maps : iterable of `~sunpy.map.GenericMap`
        Frames of one camera, of the level, size and filter to be filled later. They should cover as many days as
        possible.
    out_dir : path-like
        Directory for all results. An interrupted training resumes when it is started again.
    recipe : `~sunpy_coronagraph_inpaint.inpaint.training.InpaintRecipe`, optional
        Settings of the training; a small network by default.
    validation : iterable of `~sunpy.map.GenericMap`, optional
        Frames of other days for validation: errors are written to ``log.csv``, plots to ``sheet_*.png``.
    rounds, holes : int, optional
        How often each map is damaged, and the number of holes each time.
    seed : int, optional
        Seed of the holes.
    device : str, optional
        See `~sunpy_coronagraph_inpaint.learning.pick_device`.

    Returns
    -------
    `pathlib.Path`
        The weights, for ``inpaint_map(smap, method="partial_conv", weights=...)``.

    Raises
    ------
    TypeError
        If one is not a map of a known coronagraph.
    ValueError
        If there are no samples, or the directory holds a training on other maps or by another recipe.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from sunpy_coronagraph_inpaint import inpaint_map
    >>> from sunpy_coronagraph_inpaint.simulate import damage, plain_corona
    >>> from sunpy_coronagraph_inpaint.inpaint.training import InpaintRecipe, train_on_maps
    >>> maps = [plain_corona(detector="C2", seed=seed) for seed in range(2)]
    >>> damaged = damage(plain_corona(detector="C2", seed=9), blocks=2, seed=1)
    >>> with TemporaryDirectory() as folder:
    ...     recipe = InpaintRecipe(width=4, depth=1, steps=2, cells=4096)
    ...     weights = train_on_maps(maps, folder, recipe=recipe, rounds=1)
    ...     inpaint_map(damaged, method="partial_conv", weights=weights).meta["nfilled"]
    INFO: step 1, loss ...
    INFO: step 2, loss ...
    2048
    """
    out_dir, device = Path(out_dir), pick_device(device)
    out_dir.mkdir(parents=True, exist_ok=True)
    samples = sample_maps(maps, rounds=rounds, holes=holes, seed=seed)
    _same_samples(out_dir / "samples.sha256", samples)
    judges = sample_maps(validation, rounds=2, holes=holes, seed=seed + 1)
    network = train(
        InpaintTask(),
        samples,
        recipe,
        out_dir,
        validation=judges,
        device=str(device),
        checkpoint_interval=-(-recipe.steps // 4),
    )
    path = out_dir / "weights.safetensors"
    save_network(path, network, settings=recipe.network_settings)
    return path


def _same_samples(path, samples):
    """Refuse to resume a training on other samples, whose network would be returned as that of these."""
    content = hashlib.sha256()
    for sample in samples:
        content.update(sample.images.tobytes() + sample.truth.tobytes())
    if path.exists() and path.read_text(encoding="utf-8") != content.hexdigest():
        msg = f"{path.parent} holds a training on other maps or holes. Choose another directory, or delete it."
        raise ValueError(msg)
    with whole_file(path) as part:
        part.write_text(content.hexdigest(), encoding="utf-8")
