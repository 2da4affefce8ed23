"""Batches of samples of about one size, mirrored and with neighbors dropped at random."""

from typing import NamedTuple

import numpy as np
import torch

from sunpy_coronagraph_inpaint.inpaint.network.candidates import CANDIDATES
from sunpy_coronagraph_inpaint.inpaint.network.patches import AUXILIARY_CHANNELS

#: Sizes are rounded up to multiples of this many cells.
_ROUND = 8
#: How often a frame is shown with both neighbors, with the one before, with the one after, and alone.
_NEIGHBORS = (0.4, 0.1, 0.1, 0.4)
#: As in a crop.
_FARTHEST = 100.0
_PLACE = [AUXILIARY_CHANNELS.index("place, horizontally"), AUXILIARY_CHANNELS.index("place, vertically")]
_LAGS = [AUXILIARY_CHANNELS.index("lag of the frame before"), AUXILIARY_CHANNELS.index("lag of the frame after")]
#: Candidates that need the frame before, that after, or both.
_NEED = ([4], [5], [6, 7])
#: Holes in strong structure count more, those in weak less, than one of this scale; within these limits.
_MIDDLE, _LIMITS = 0.02, (0.4, 3.0)


class Batch(NamedTuple):
    """
    Tensors of ``n`` samples, as `~sunpy_coronagraph_inpaint.inpaint.network.layered.LayeredInpainter` takes them.

    Attributes
    ----------
    images, known, extras, candidates, usable : `torch.Tensor`
        Shape ``(n, C, H, W)``; what was added to fill up the size is not known.
    truth, weight : `torch.Tensor`
        Shape ``(n, 1, H, W)``; the weight is 0 where the answer is not judged.
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
    """
    Put samples together.

    Parameters
    ----------
    samples : sequence of `~sunpy_coronagraph_inpaint.inpaint.training.Sample`
        The samples.
    size : tuple of int, optional
        Rows and columns to fill up to; those of the largest sample if not given.

    Returns
    -------
    `Batch`
    """
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
    # What was too large for the numbers on disk is infinite.
    images, extras, candidates, truth = (tensor.clamp_(-_FARTHEST, _FARTHEST) for tensor in floats)
    return Batch(images, stack("known", bool), extras, candidates, usable, truth, weight, noise, scale)


class Batches:
    """
    An endless, random-access series of batches: number ``i`` is the same whenever it is asked for.

    Parameters
    ----------
    samples : sequence of `~sunpy_coronagraph_inpaint.inpaint.training.Sample`
        The samples.
    cells : int, optional
        About how many cells a batch has, so that a batch of large holes has fewer of them.
    seed : int, optional
        Seed of the order and of the variations.
    sample_weights : sequence of float, optional
        How often each sample is drawn, relative to the others.

    Raises
    ------
    ValueError
        If there are no samples.
    """

    def __init__(self, samples, *, cells=16_384, seed=0, sample_weights=None):
        if not len(samples):
            msg = "There are no samples to learn from. Give maps or scenes with room for holes."
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
        # A group is drawn as often as it takes to show each sample equally often.
        share = np.array(
            [chance.sum() / self._number(size) for size, chance in zip(self.sizes, self.chances, strict=True)]
        )
        self.share = share / share.sum()

    def _number(self, size):
        return max(2, round(self.cells / (size[0] * size[1])))

    def __call__(self, step, *, rank=0):
        """Return batch number ``step`` of one of several processes."""
        rng = np.random.default_rng([self.seed, step, rank])
        group = rng.choice(len(self.sizes), p=self.share)
        chance = self.chances[group] / self.chances[group].sum()
        chosen = rng.choice(self.members[group], size=self._number(self.sizes[group]), p=chance)
        return _varied(collate([self.samples[i] for i in chosen], size=self.sizes[group]), rng)


def _varied(batch, rng):
    """Mirror samples, turn their place on the detector, and drop neighbors."""
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
