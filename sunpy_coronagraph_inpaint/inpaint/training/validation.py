"""How good a network is on samples it has never learned from, beside the best candidate it was given."""

import numpy as np
import torch

from sunpy_coronagraph_inpaint.inpaint.network.candidates import CANDIDATES
from sunpy_coronagraph_inpaint.inpaint.training.batches import collate, pair, take_away

__all__ = ["validate"]

#: Samples that go through the network together.
_TOGETHER = 16
#: A hole whose cells span more than this many rows or columns is a large one.
_LARGE = 48


@torch.no_grad()
def validate(network, samples, *, device="cpu"):
    """
    Measure the error of cells in % of the radial profile.

    Parameters
    ----------
    network : `~sunpy_coronagraph_inpaint.inpaint.network.layered.LayeredInpainter`
        The network.
    samples : sequence of `~sunpy_coronagraph_inpaint.inpaint.training.Sample`
        The samples.
    device : str, optional
        Of torch.

    Returns
    -------
    dict
        Mean absolute error over cells in %, of the network (``net``) and of kriging, of small and large holes without
        neighbors (``small``, ``large``), and with both of them (``both``), there beside the interpolation between them
        as well; and the share of cells within one standard deviation.
    """
    network.eval()
    found = {}
    order = sorted(range(len(samples)), key=lambda i: samples[i].truth.shape)
    for start in range(0, len(order), _TOGETHER):
        chosen = [samples[i] for i in order[start : start + _TOGETHER]]
        for with_neighbors in (False, True):
            some = [s for s in chosen if s.known[1].any() and s.known[2].any()] if with_neighbors else chosen
            if some:
                _judge(network, some, with_neighbors, device, found)
    network.train()
    return {name: float(np.mean(values)) for name, values in sorted(found.items())}


def _judge(network, samples, with_neighbors, device, found):
    batch = collate(samples)
    if not with_neighbors:
        for number in range(len(samples)):
            take_away(batch, number, (0, 1))
    batch = batch.to(device)
    answer = network(*pair(batch))
    names = {"kriging": 0}
    if with_neighbors:
        names["between"] = CANDIDATES.index("between")
    for number, sample in enumerate(samples):
        judged = batch.weight[number, 0] > 0
        if not judged.any():
            continue
        group = "both" if with_neighbors else "large" if max(sample.truth.shape) > _LARGE else "small"
        percent = 100 * sample.scale
        difference = (answer.mean - batch.truth)[number, 0][judged]
        found.setdefault(f"{group} net", []).append(percent * float(difference.abs().mean()))
        for name, index in names.items():
            other = (batch.candidates[:, index] - batch.truth[:, 0])[number][judged]
            found.setdefault(f"{group} {name}", []).append(percent * float(other.abs().mean()))
        std = torch.hypot(answer.log_std.exp(), batch.noise)[number, 0][judged]
        found.setdefault(f"{group} within", []).append(100 * float((difference.abs() < std).float().mean()))
