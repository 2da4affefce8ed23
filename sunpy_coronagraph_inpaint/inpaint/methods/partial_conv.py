"""The layered partial-convolution network, which weighs classical fills and adds a residual."""

import numpy as np

from sunpy_coronagraph_inpaint.inpaint.methods.registry import Fill, register_method
from sunpy_coronagraph_inpaint.inpaint.network.patches import AUXILIARY_CHANNELS, flatten, hole_patches
from sunpy_coronagraph_inpaint.threads import single_threaded

#: Channel with the standard deviation of kriging, and the smallest fraction of it that the network's may be.
_KRIGING, _SUREST = AUXILIARY_CHANNELS.index("uncertainty of kriging"), 0.6


def fill_frames(frames, *, weights=None, device="auto"):
    """Fill the holes of several frames in one call, and return a list of `Fill`; see `partial_conv` for the options."""
    by_weights = {}
    for number, frame in enumerate(frames):
        by_weights.setdefault(_load(frame, weights), []).append(number)
    fills = {}
    for loaded, numbers in by_weights.items():
        fills |= zip(numbers, _fill([frames[i] for i in numbers], loaded, device), strict=True)
    return [fills[number] for number in range(len(frames))]


@register_method("partial_conv", uses_neighbors=True, takes_device=True, batched=fill_frames)
def partial_conv(frame, *, weights=None, device="auto"):
    """
    Fill with the bundled partial-convolution network, using neighbors in time if there are any.

    The frame is divided by the camera background (stray light, vignetting, the sensitivity of single pixels) and by its
    radial profile, and averaged around each hole on a grid along and across the radius. Candidate fills are computed on
    that grid: kriging and other classical fills, and fills from the frames before and after. The network weights the
    candidates in each bin, adds a residual, and estimates the standard deviation. The background is then put back, to
    the degree that the frame around the hole agrees with it: the fill is mixed with one that does not use the
    background (kriging, or the network if there are neighbors).

    Parameters
    ----------
    frame : `~sunpy_coronagraph_inpaint.frames.CoronagraphFrame`
        The frame, its holes, its camera, and any neighbors on the same pixel grid.
    weights : str or path-like, optional
        Name of bundled weights, or a file of your own; those of the frame's camera by default.
    device : str, optional
        Where the network runs: ``"auto"`` (CUDA if available), ``"cpu"``, ``"cuda"``.

    Returns
    -------
    `~sunpy_coronagraph_inpaint.inpaint.Fill`
        The fill, its standard deviation including the noise of a pixel, and the hash of the weights.

    Raises
    ------
    ValueError
        If there are no weights for the camera, or the weights or the device cannot be used.

    References
    ----------
    * Liu et al. 2018, Image Inpainting for Irregular Holes Using Partial Convolutions, arXiv:1804.07723

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint import inpaint_map
    >>> from sunpy_coronagraph_inpaint.simulate import damage, plain_corona
    >>> damaged = damage(plain_corona(detector="C3", seed=1), blocks=3, seed=2)
    >>> filled = inpaint_map(damaged, method="partial_conv")
    >>> filled.meta["fillmeth"], len(filled.meta["fillwgts"])
    ('partial_conv', 64)
    """
    return fill_frames([frame], weights=weights, device=device)[0]


def fill_with(frame, loaded, *, device="auto"):
    """Fill ``frame`` with a loaded `TrainedNetwork`, and return a `Fill`."""
    return _fill([frame], loaded, device)[0]


def _load(frame, weights):
    from sunpy_coronagraph_inpaint.inpaint.network.trained import find_weights, load_network

    record = weights or find_weights(frame.camera)
    if record is None:
        camera = frame.camera
        what = "maps off their telemetry grid" if camera is None else f"{camera.name}, level {camera.level}"
        msg = f"There are no network weights for {what}. Choose another method, such as 'kriging', or give weights=..."
        raise ValueError(msg)
    return load_network(record)


def _fill(frames, loaded, device):
    from sunpy_coronagraph_inpaint.inpaint.network.trained import fill_patches

    jobs = []
    # One thread is fastest for kriging's systems of a few hundred unknowns.
    with single_threaded():
        for frame in frames:
            flat, level = flatten(frame, loaded.background)
            patches = list(hole_patches(flat, None if level is None else loaded.background, level))
            # Neighbors are informative without the background too.
            other = flatten(frame, None)[0] if level is not None and frame.neighbors else None
            jobs.append((frame, flat, level, patches, other, [] if other is None else list(hole_patches(other))))
    answers = iter(fill_patches(loaded.network, [patch for job in jobs for patch in job[3] + job[5]], device=device))
    fills = []
    for frame, flat, level, patches, other, others in jobs:
        found = [_on_pixels(flat, patch, *next(answers), loaded.std_scale, level) for patch in patches]
        without = [_on_pixels(other, patch, *next(answers), loaded.std_scale, None) for patch in others]
        if level is not None:
            without = without or [_kriged(flat, patch, loaded.std_scale) for patch in patches]
            found = [_mixed(patch, *both) for patch, *both in zip(patches, found, without, strict=True)]
        values, std = flat.assemble(found)
        fills.append(Fill(np.clip(values + frame.bias, *frame.limits), std, loaded.sha256))
    return fills


def _mixed(patch, model, without):
    """Mix two fills of a hole, weighted by how well the frame around it supports the first."""
    share = patch.plain.trust
    return patch.region, *(share * a + (1 - share) * b for a, b in zip(model[1:], without[1:], strict=True))


def _kriged(flat, patch, std_scale):
    """Return kriging without the background on the pixels of one hole, in the frame's unit."""
    holes, plain = patch.region.holes, patch.plain
    profile = flat.profile(patch.region.window)[holes]
    unit = profile if flat.profile.relative else 1.0
    std = np.hypot(std_scale[0] * patch.grid.sample(plain.std, holes), std_scale[1] * plain.scatter)
    return patch.region, profile + unit * patch.grid.sample(plain.value, holes), unit * std


def _on_pixels(flat, patch, mean, std, std_scale, level):
    """Return the network's output on the pixels of one hole, with the noise of a pixel and the background restored."""
    holes, prior = patch.region.holes, 1.0 if flat.profile.relative else 0.0
    filled = np.where(patch.known[0], patch.images[0], mean)
    value = prior + patch.scale * patch.grid.sample(filled, holes)
    # Without neighbors, the standard deviation is at least a fraction of kriging's, which knows the distance.
    alone = ~patch.known[1:].any(axis=0)
    std = np.where(alone, np.maximum(std, _SUREST * np.exp(patch.extras[_KRIGING])), std)
    structure = std_scale[0] * patch.scale * patch.grid.sample(np.where(patch.known[0], 0.0, std), holes)
    value, std = flat.restore(value, np.hypot(structure, std_scale[1] * patch.scatter), patch.region)
    inside = 1.0 if level is None else level[patch.region.window][holes]
    return patch.region, value * inside, std * inside
