"""The published recipe as a peer: the whole frame, equalized, through a plain partial-convolution network."""

from functools import lru_cache
from pathlib import Path

import numpy as np
from scipy import ndimage

from sunpy_coronagraph_inpaint.inpaint.methods import Fill
from sunpy_coronagraph_inpaint.learning.weights import bundled_path, read_checked

_BUNDLED = ("sunpy_coronagraph_inpaint.inpaint.network", "weights", "published.safetensors")
#: What the hash of the bundled file must be.
_SHA256 = "54694e9699a7d90d8688699a3d41cecfe2a57983c48618d3a7a928989cef3434"


def published_recipe(frame, *, weights=None):
    """
    Fill as published: resize the frame to 256 cells, equalize its histogram, fill by the network, and go back.

    Unlike there, the holes are given rather than found by a threshold, and pixels outside of them are not replaced.

    Parameters
    ----------
    frame : `~sunpy_coronagraph_inpaint.frames.CoronagraphFrame`
        The frame and its holes.
    weights : path, optional
        A file that `~sunpy_coronagraph_inpaint.inpaint.network.corkit.save_published` wrote; the bundled one if not
        given.

    Returns
    -------
    `~sunpy_coronagraph_inpaint.inpaint.methods.Fill`
        Its standard deviation is infinite.

    Raises
    ------
    ValueError
        If the weights are not what they should be.
    """
    import torch

    from sunpy_coronagraph_inpaint.inpaint.network.corkit import brightness, shrink
    from sunpy_coronagraph_inpaint.learning.inference import one_torch_thread

    path = bundled_path(*_BUNDLED) if weights is None else Path(weights)
    network, sha256 = _load(path, _SHA256 if weights is None else None, path.stat().st_mtime_ns)
    small = shrink(frame.data, frame.valid, frame.holes)
    levels, equalization = small.levels()
    with torch.inference_mode(), one_torch_thread():
        answer = network(*(torch.from_numpy(array)[None, None] for array in (levels, small.known, small.holes)))
    cells = np.where(small.holes, brightness(answer.mean[0, 0].numpy(), equalization), small.values)
    values = np.clip(_upsampled(cells, small, frame.holes), *frame.limits)
    return Fill(values, np.full(values.shape, np.inf), sha256)


def _upsampled(cells, small, holes):
    """Interpolate linearly between the middles of cells. A cell that is neither known nor filled is as its nearest."""
    nearest = ndimage.distance_transform_edt(~(small.known | small.holes), return_distances=False, return_indices=True)
    where = [(axis + 0.5) / small.factor - 0.5 for axis in np.nonzero(holes)]
    return ndimage.map_coordinates(cells[tuple(nearest)], where, order=1, mode="nearest")


@lru_cache(maxsize=2)
def _load(path, sha256, _changed):
    from sunpy_coronagraph_inpaint.inpaint.network.corkit import load_published

    content, found = read_checked(path, sha256)
    return load_published(content), found
