"""Interpolation along solar rays."""

import numpy as np
import pytest

from tests.inpaint.artificial import corona, fill, frame_of, hole

SHAPE = (160, 160)


def ray_corona(center, shape=SHAPE):
    """A corona of streamers, each exactly along a ray."""
    y, x = np.indices(shape)
    angle = np.arctan2(y - center[1], x - center[0])
    return corona(shape, center) * (1 + 0.3 * np.sin(14 * angle))


@pytest.mark.parametrize("where", [np.s_[60:92, 110:142], np.s_[110:142, 60:92], np.s_[64:96, 16:48]])
def test_streamers_go_through(where):
    """Streamers along rays are continued to a percent, on any side of the Sun, across the branch of the angle too."""
    center = (80.0, 80.0)
    truth = ray_corona(center)
    holes = hole(SHAPE, where)
    error = fill("radial", frame_of(truth, holes, center=center)).values / truth[holes] - 1
    assert np.sqrt(np.mean(error**2)) < 0.03


def test_one_end():
    """A ray that runs into the edge keeps the ratio to the profile of its inner end."""
    center = (30.0, 80.0)
    truth = ray_corona(center)
    holes = hole(SHAPE, np.s_[60:100, 120:])
    error = fill("radial", frame_of(truth, holes, center=center)).values / truth[holes] - 1
    assert np.sqrt(np.mean(error**2)) < 0.05


def test_around_the_center():
    """A hole around the center is filled from the outer ends of its rays."""
    center = (80.0, 80.0)
    truth = corona(SHAPE, center)
    holes = hole(SHAPE, np.s_[70:92, 72:94])
    error = fill("radial", frame_of(truth, holes, center=center)).values / truth[holes] - 1
    assert np.median(np.abs(error)) < 0.4


def test_rays_with_no_end():
    """Rays on which nothing is valid are interpolated from those beside them."""
    center = (30.0, 80.0)
    truth = corona(SHAPE, center)
    holes = hole(SHAPE, np.s_[70:90, :])
    error = fill("radial", frame_of(truth, holes, center=center)).values / truth[holes] - 1
    assert np.median(np.abs(error)) < 0.1
