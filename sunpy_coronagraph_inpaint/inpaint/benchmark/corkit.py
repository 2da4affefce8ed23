"""CorKit's network as a peer: the full frame, equalized, through a plain partial-convolution network."""

import numpy as np
from scipy import ndimage

from sunpy_coronagraph_inpaint.inpaint.methods import Fill


def corkit(frame, *, weights="corkit"):
    """
    Fill as CorKit does: average the frame to 256 bins, equalize its histogram, fill by the network, and invert.

    In contrast to CorKit, the holes are given instead of found by a threshold, and pixels outside them are not
    replaced. The standard deviation of the fill is infinite. ``weights`` is the name of bundled weights, or a file that
    ``coronagraph-inpaint train corkit`` wrote; others raise a `ValueError`.
    """
    import torch

    from sunpy_coronagraph_inpaint.inpaint.network.corkit import brightness, shrink
    from sunpy_coronagraph_inpaint.inpaint.network.trained import load_network
    from sunpy_coronagraph_inpaint.learning.inference import single_thread

    loaded = load_network(weights, task="corkit")
    small = shrink(frame.data, frame.valid, frame.holes)
    levels, equalization = small.levels()
    inputs = (torch.from_numpy(array)[None, None] for array in (levels, small.known, small.holes))
    with torch.inference_mode(), single_thread():
        output = loaded.network(*inputs)
    cells = np.where(small.holes, brightness(output.mean[0, 0].numpy(), equalization), small.values)
    values = np.clip(_upsampled(cells, small, frame.holes), *frame.limits)
    return Fill(values, np.full(values.shape, np.inf), loaded.sha256)


def _upsampled(cells, small, holes):
    """Interpolate linearly between the centers of bins. One that is neither known nor filled gets the nearest value."""
    nearest = ndimage.distance_transform_edt(~(small.known | small.holes), return_distances=False, return_indices=True)
    where = [(axis + 0.5) / small.factor - 0.5 for axis in np.nonzero(holes)]
    return ndimage.map_coordinates(cells[tuple(nearest)], where, order=1, mode="nearest")
