"""Calibration of the standard deviations."""

from dataclasses import replace

import numpy as np
import pytest

from sunpy_coronagraph_inpaint.inpaint.methods.partial_conv import fill_with
from sunpy_coronagraph_inpaint.inpaint.network.trained import TrainedNetwork
from sunpy_coronagraph_inpaint.inpaint.training.std_scale import fit_std_scale
from tests.inpaint.artificial import corona, frame_of, hole, noise
from tests.inpaint.tiny import tiny_network

SHAPE, CENTER = (224, 224), (30.0, 110.0)
LOADED = TrainedNetwork(tiny_network(), None, "", (1.0, 1.0))


def cases(number=3):
    """Frames with a hole each, and what was there."""
    for seed in range(number):
        truth = corona(SHAPE, CENTER)
        data = truth + noise(SHAPE, seed)
        yield frame_of(data, hole(SHAPE, np.s_[96:128, 80 + 20 * seed : 112 + 20 * seed]), center=CENTER), data, None


def shares(std_scale, found):
    """Shares of errors within one and two standard deviations."""
    loaded = replace(LOADED, std_scale=std_scale)
    ratios = []
    for frame, truth, _ in found:
        fill = fill_with(frame, loaded, device="cpu")
        ratios.append(np.abs(fill.values - truth[frame.holes]) / fill.std)
    return np.array([np.mean(np.concatenate(ratios) < n) for n in (1, 2)])


def test_intervals_hold_what_they_promise():
    """After calibration the shares are nearer to those of Gaussian errors than before, whatever the factors were."""
    found = list(cases())
    std_scale = fit_std_scale(LOADED, found)
    assert fit_std_scale(replace(LOADED, std_scale=(2.0, 0.3)), found) == std_scale
    goal = np.array([0.6827, 0.9545])
    after, before = (np.abs(shares(factors, found) - goal) for factors in (std_scale, (1.0, 1.0)))
    assert after.sum() <= before.sum() + 1e-6
    assert after.max() < 0.04


@pytest.mark.parametrize("factor", [0.8, 1.25])
def test_it_is_the_best(factor):
    """Other factors are farther off."""
    found = list(cases())
    structure, pixels = fit_std_scale(LOADED, found)
    goal = np.array([0.6827, 0.9545])
    best, other = (
        np.sum((shares(s, found) - goal) ** 2) for s in ((structure, pixels), (factor * structure, factor * pixels))
    )
    assert best < other
