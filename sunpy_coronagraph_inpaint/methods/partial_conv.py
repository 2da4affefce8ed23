"""The layered partial-convolution network, which chooses among classical fills and adds what they cannot know."""

import numpy as np

from sunpy_coronagraph_inpaint.methods.crop import EXTRAS, crop_holes, flatten
from sunpy_coronagraph_inpaint.methods.registry import Fill, register_method
from sunpy_coronagraph_inpaint.threads import single_threaded

__all__ = ["batched", "fill_with", "partial_conv"]

#: Where a crop holds the standard deviation of kriging, and the share of it that is never gone below.
_KRIGING, _SUREST = EXTRAS.index("uncertainty of kriging"), 0.6


@register_method("partial_conv")
def partial_conv(frame, *, weights=None, device="auto"):
    """
    Fill by the bundled partial-convolution network, with neighbors in time where there are any.

    The frame is divided by what is known of the camera (stray light, vignetting, the sensitivity of single pixels) and
    by its radial profile. Around each hole it is averaged on a grid along and across the radius. Kriging and other
    classical fills, and those from the frames before and after, are made there; the network weighs them against each
    other in each cell, adds a residual, and says how far off it may be. What is known of the camera is put back.

    Parameters
    ----------
    frame : `~sunpy_coronagraph_inpaint.frame.CoronagraphFrame`
        The frame, its holes, its camera, and any neighbors on the same pixel grid.
    weights : str or path, optional
        Name of bundled weights or a file of own ones; those of the frame's camera if not given.
    device : str, optional
        Where the network runs: ``"auto"`` (CUDA where there is some), ``"cpu"``, ``"cuda"``.

    Returns
    -------
    `~sunpy_coronagraph_inpaint.methods.Fill`
        The fill, its standard deviation with the noise of a pixel, and the hash of the weights.

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
    return fill_with(frame, _load(frame, weights), device=device)


def batched(frames, *, weights=None, device="auto"):
    """
    Fill several frames, the holes of all of them together.

    Parameters
    ----------
    frames : sequence of `~sunpy_coronagraph_inpaint.frame.CoronagraphFrame`
        The frames.
    weights, device : optional
        See `partial_conv`.

    Returns
    -------
    list of `~sunpy_coronagraph_inpaint.methods.Fill`
    """
    by_weights = {}
    for number, frame in enumerate(frames):
        by_weights.setdefault(_load(frame, weights), []).append(number)
    fills = {}
    for loaded, numbers in by_weights.items():
        fills |= zip(numbers, _fill([frames[i] for i in numbers], loaded, device), strict=True)
    return [fills[number] for number in range(len(frames))]


partial_conv.batched = batched


def fill_with(frame, loaded, *, device="auto"):
    """
    Fill by a network that is already loaded.

    Parameters
    ----------
    frame : `~sunpy_coronagraph_inpaint.frame.CoronagraphFrame`
        The frame.
    loaded : `~sunpy_coronagraph_inpaint.network.weights.LoadedWeights`
        The network.
    device : str, optional
        Where it runs.

    Returns
    -------
    `~sunpy_coronagraph_inpaint.methods.Fill`
    """
    return _fill([frame], loaded, device)[0]


def _load(frame, weights):
    from sunpy_coronagraph_inpaint.network.weights import find_weights, load_weights

    record = weights or find_weights(frame.camera)
    if record is None:
        camera = frame.camera
        what = "maps off their telemetry grid" if camera is None else f"{camera.name}, level {camera.level}"
        msg = f"There are no network weights for {what}. Choose another method, such as 'kriging', or give weights=..."
        raise ValueError(msg)
    return load_weights(record)


def _fill(frames, loaded, device):
    from sunpy_coronagraph_inpaint.network.predict import predict

    flattened = [flatten(frame, loaded.background) for frame in frames]
    # Kriging solves systems of a few hundred unknowns, which one thread does fastest.
    with single_threaded():
        crops = [list(crop_holes(flat, None if level is None else loaded.background)) for flat, level in flattened]
    answers = iter(predict(loaded.network, [crop for some in crops for crop in some], device=device))
    fills = []
    for frame, (flat, level), some in zip(frames, flattened, crops, strict=True):
        values, std = flat.scatter(_on_pixels(flat, crop, *next(answers), loaded.spread) for crop in some)
        inside = 1.0 if level is None else level[frame.holes]
        values = np.clip(values * inside + frame.bias, *frame.limits)
        fills.append(Fill(values, std * inside, loaded.sha256))
    return fills


def _on_pixels(flat, crop, mean, std, spread):
    """Read the network's answer on the pixels of one hole, and add the noise of a pixel."""
    holes, prior = crop.region.holes, 1.0 if flat.profile.relative else 0.0
    filled = np.where(crop.known[0], crop.images[0], mean)
    value = prior + crop.scale * crop.grid.read(filled, holes)
    # Without neighbors nothing is surer than part of what kriging says, which knows how far away the rim is.
    alone = ~crop.known[1:].any(axis=0)
    std = np.where(alone, np.maximum(std, _SUREST * np.exp(crop.extras[_KRIGING])), std)
    structure = spread[0] * crop.scale * crop.grid.read(np.where(crop.known[0], 0.0, std), holes)
    return crop.region, *flat.restore(value, np.hypot(structure, spread[1] * crop.scatter), crop.region)
