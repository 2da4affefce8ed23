"""Batches of samples of similar size, mirrored and with neighbors dropped at random."""

from typing import NamedTuple

import numpy as np
import torch

from sunpy_coronagraph_inpaint.inpaint.network.candidates import CANDIDATES
from sunpy_coronagraph_inpaint.inpaint.network.patches import AUXILIARY_CHANNELS

#: Sizes are rounded up to multiples of this many bins.
_ROUND = 8
#: Fractions of samples with both neighbors, only the one before, only the one after, and none.
_NEIGHBORS = (0.4, 0.1, 0.1, 0.4)
#: Limit of brightness, as in the patches.
_FARTHEST = 100.0
_PLACE = [AUXILIARY_CHANNELS.index("place, horizontally"), AUXILIARY_CHANNELS.index("place, vertically")]
_LAGS = [AUXILIARY_CHANNELS.index("lag of the frame before"), AUXILIARY_CHANNELS.index("lag of the frame after")]
#: Indices of candidates that need the frame before, the frame after, or both.
_NEED = ([4], [5], [6, 7])
#: Scale of the structure at which a hole has weight 1, and limits of the weight, which grows with the scale.
_MIDDLE, _LIMITS = 0.02, (0.4, 3.0)


class Batch(NamedTuple):
    """
    Tensors of ``n`` samples, the input of `~sunpy_coronagraph_inpaint.inpaint.network.layered.LayeredInpainter`.

    Attributes
    ----------
    images, known, extras, candidates, usable : `torch.Tensor`
        Shape ``(n, C, H, W)``; padding is not known.
    truth, weight : `torch.Tensor`
        Shape ``(n, 1, H, W)``; the weight is 0 on bins that do not count in the loss.
    noise, scale : `torch.Tensor`
        Shape ``(n, 1, 1, 1)``.
    """

    images: torch.Tensor
    known: torch.Tensor
    extras: torch.Tensor
    candidates: torch.Tensor
    usable: torch.Tensor
    truth: torch.Tensor
    weight: torch.Tensor
    noise: torch.Tensor
    scale: torch.Tensor

    def to(self, device):
        """Move all tensors to a device."""
        return Batch(*(tensor.to(device, non_blocking=True) for tensor in self))


def collate(samples, *, size=None):
    """Collate a sequence of `Sample` to a `Batch`, padded to ``size`` (rows, columns) or to that of the largest."""
    height, width = size or np.max([sample.truth.shape for sample in samples], axis=0)

    def stack(name, dtype):
        first = getattr(samples[0], name)
        layers = np.zeros((len(samples), *((1,) if first.ndim == 2 else first.shape[:1]), height, width), dtype)
        for layer, sample in zip(layers, samples, strict=True):
            rows, columns = sample.truth.shape
            layer[:, :rows, :columns] = getattr(sample, name)
        return torch.from_numpy(layers)

    usable = stack("usable", bool)
    usable[:, 0] = True
    scale, noise = (
        torch.tensor([getattr(sample, name) for sample in samples], dtype=torch.float32).reshape(-1, 1, 1, 1)
        for name in ("scale", "noise")
    )
    weight = stack("weight", np.float32) * (scale / _MIDDLE).sqrt().clamp(*_LIMITS)
    floats = (stack(name, np.float32) for name in ("images", "extras", "candidates", "truth"))
    # Values that overflow float16 were stored as infinite.
    images, extras, candidates, truth = (tensor.clamp_(-_FARTHEST, _FARTHEST) for tensor in floats)
    return Batch(images, stack("known", bool), extras, candidates, usable, truth, weight, noise, scale)


class Batches:
    """
    An endless, random-access series of batches: batch ``i`` is always the same.

    Parameters
    ----------
    samples : sequence of `~sunpy_coronagraph_inpaint.inpaint.training.Sample`
        The samples.
    cells : int, optional
        Approximate number of bins in a batch, so that a batch has fewer holes if they are large.
    seed : int, optional
        Seed of the order and of the augmentation.
    sample_weights : sequence of float, optional
        Relative frequency of each sample.

    Raises
    ------
    ValueError
        If there are no samples.
    """

    def __init__(self, samples, *, cells=16_384, seed=0, sample_weights=None):
        if not len(samples):
            msg = "There are no samples to learn from. Give maps or scenes in which blocks can be knocked out."
            raise ValueError(msg)
        self.samples, self.cells, self.seed = samples, cells, seed
        sample_weights = np.ones(len(samples)) if sample_weights is None else np.asarray(sample_weights, dtype=float)
        sizes = [tuple(-(-side // _ROUND) * _ROUND for side in sample.truth.shape) for sample in samples]
        self.groups = {}
        for number, (rows, columns) in enumerate(sizes):
            self.groups.setdefault((max(rows, columns),) * 2, []).append(number)
        self.sizes = list(self.groups)
        self.members = [np.array(self.groups[size]) for size in self.sizes]
        self.chances = [sample_weights[members] for members in self.members]
        # Groups are drawn with the probability that gives each sample its frequency.
        share = np.array(
            [chance.sum() / self._number(size) for size, chance in zip(self.sizes, self.chances, strict=True)]
        )
        self.share = share / share.sum()

    def _number(self, size):
        return max(2, round(self.cells / (size[0] * size[1])))

    def __call__(self, step, *, rank=0):
        """Return batch number ``step`` of the process ``rank``."""
        rng = np.random.default_rng([self.seed, step, rank])
        group = rng.choice(len(self.sizes), p=self.share)
        chance = self.chances[group] / self.chances[group].sum()
        chosen = rng.choice(self.members[group], size=self._number(self.sizes[group]), p=chance)
        return _varied(collate([self.samples[i] for i in chosen], size=self.sizes[group]), rng)


def _varied(batch, rng):
    """Augment: mirror samples, mirror their position on the detector, and drop neighbors."""
    for number in range(len(batch.truth)):
        without = [(), (1,), (0,), (0, 1)][rng.choice(4, p=_NEIGHBORS)]
        drop_neighbors(batch, number, without)
        if rng.random() < 0.5:
            for tensor in batch[:7]:
                tensor[number] = tensor[number].flip(-1)
        if rng.random() < 0.5:
            batch.extras[number, _PLACE] *= -1
    return batch


def drop_neighbors(batch, number, without):
    """Drop the frame before (0), after (1), or both, of one sample."""
    for side in without:
        batch.images[number, 1 + side] = 0
        batch.known[number, 1 + side] = False
        batch.extras[number, _LAGS[side]] = 0
        batch.usable[number, _NEED[side]] = False
    if without:
        batch.usable[number, _NEED[2]] = False
    assert len(CANDIDATES) == batch.usable.shape[1]


def network_inputs(batch):
    """Return the arguments of the network."""
    return batch.images, batch.known, batch.extras, batch.candidates, batch.usable
