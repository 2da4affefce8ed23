"""Artificial frames as arrays, whose truth without noise is known."""

import numpy as np

from sunpy_coronagraph_inpaint.frames.frame import CoronagraphFrame
from sunpy_coronagraph_inpaint.inpaint.methods import get_method, list_methods

METHODS = list_methods()
NOISE = 10.0


def corona(shape=(160, 160), center=(80.0, 80.0), *, offset=0.0):
    """A smooth corona: falls with the radius, brighter at the equator, with a streamer to the upper right."""
    y, x = np.indices(shape)
    radius, angle = np.hypot(x - center[0], y - center[1]), np.arctan2(y - center[1], x - center[0])
    streamer = 0.1 * np.exp(-(((angle - 0.7) / 0.3) ** 2))
    return offset + 6e4 / (radius + 30) * (1 + 0.1 * np.cos(2 * angle) + streamer)


def noise(shape, seed=0):
    """Gaussian noise of one standard deviation everywhere."""
    return np.random.default_rng(seed).normal(0, NOISE, shape)


def hole(shape, *slices):
    """Holes that cover the given pixels."""
    holes = np.zeros(shape, bool)
    for part in slices:
        holes[part] = True
    return holes


def frame_of(data, holes, *, center=None, valid=None, truth=None, lag=600.0):
    """A frame, and neighbors of other noise around the truth, so that every method can fill it."""
    valid = ~holes if valid is None else valid & ~holes
    center = center or tuple(side / 2 for side in data.shape[::-1])
    damaged = np.where(holes, np.zeros((), data.dtype), data)
    frame = CoronagraphFrame(damaged, valid, holes, center, 8.0)
    truth = np.where(np.isfinite(data), data, 0) if truth is None else truth
    everywhere, nothing = np.ones(data.shape, bool), np.zeros(data.shape, bool)
    return frame.with_neighbors(
        CoronagraphFrame(truth + noise(data.shape, seed), everywhere, nothing, center, 8.0, time=time)
        for seed, time in ((101, -lag), (102, lag))
    )


def fill(method, frame, **options):
    """Fill a frame by a method, and check what every fill promises."""
    if method == "partial_conv":
        # No camera is known that took these frames, for which weights could be found.
        options = {"weights": "lasco_c3", "device": "cpu"} | options
    answer = get_method(method).function(frame, **options)
    n = np.count_nonzero(frame.holes)
    assert answer.values.shape == (n,)
    assert answer.std.shape == (n,)
    assert np.isfinite(answer.values).all()
    assert not np.isnan(answer.std).any()
    assert (answer.std >= 0).all()
    low, high = frame.limits
    assert answer.values.min() >= low
    assert answer.values.max() <= high
    return answer
