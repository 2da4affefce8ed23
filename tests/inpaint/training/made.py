"""Samples of random numbers, for tests in which it does not matter what was in the hole."""

import numpy as np

from sunpy_coronagraph_inpaint.inpaint.network.candidates import CANDIDATES
from sunpy_coronagraph_inpaint.inpaint.network.patches import AUXILIARY_CHANNELS
from sunpy_coronagraph_inpaint.inpaint.training import InpaintRecipe, Sample

TINY = InpaintRecipe(width=4, depth=1, steps=6, cells=600, rate=1e-2)


def made(seed=0, shape=(20, 18), *, neighbors=True, scale=0.02):
    """A sample with a hole in its middle."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=shape)
    known = np.ones((3, *shape), bool)
    known[0, 6:12, 6:12] = False
    known[1:] &= neighbors
    usable = np.ones((len(CANDIDATES), *shape), bool)
    usable[4:] &= neighbors
    candidates = truth + 0.3 * rng.normal(size=(len(CANDIDATES), *shape))
    images = np.where(known, truth + 0.1 * rng.normal(size=(3, *shape)), 0)
    extras = rng.normal(size=(len(AUXILIARY_CHANNELS), *shape))
    half = np.float16
    return Sample(
        images.astype(half), known, extras.astype(half), candidates.astype(half), usable,
        truth.astype(half), ~known[0], 0.1, scale,
    )  # fmt: skip


def many(number=12):
    """Samples of several sizes, some without neighbors."""
    return [made(seed, (14 + 3 * (seed % 4), 20 - seed % 3), neighbors=seed % 3 > 0) for seed in range(number)]


def same(one, other):
    """Whether two samples are equal to the bit."""
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
