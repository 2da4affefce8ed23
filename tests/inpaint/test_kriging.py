"""The Gaussian process."""

import sys

import numpy as np
import pytest

from sunpy_coronagraph_inpaint.inpaint.methods import kriging as fill_by_kriging
from tests.inpaint.artificial import NOISE, corona, fill, frame_of, hole, noise

SHAPE = (224, 224)
CENTER = (30.0, 110.0)
HOLE = hole(SHAPE, np.s_[80:144, 110:174])


def streamers(across):
    """A corona with waves across the radius, or along it."""
    y, x = np.indices(SHAPE)
    angle, radius = np.arctan2(y - CENTER[1], x - CENTER[0]), np.hypot(y - CENTER[1], x - CENTER[0])
    return corona(SHAPE, CENTER) * (1 + 0.2 * np.sin(20 * angle if across else radius / 8))


def test_streamers_are_continued():
    """Structure along the radius is continued through a hole of 64 pixels, much better than by Laplace's equation."""
    truth = streamers(across=True)
    frame = frame_of(truth + noise(SHAPE), HOLE, center=CENTER)
    error = {m: np.sqrt(np.mean((fill(m, frame).values - truth[HOLE]) ** 2)) for m in ("kriging", "harmonic")}
    assert error["kriging"] < 0.5 * error["harmonic"]


def test_comet_is_left_out():
    """Outlying bins do not bias the fill."""
    truth = corona(SHAPE, CENTER)
    data = truth + noise(SHAPE)
    plain = fill("kriging", frame_of(data, HOLE, center=CENTER)).values
    data[60:78, 120:124] *= 4
    data[130:146, 176:190] *= 3
    bent = fill("kriging", frame_of(data, HOLE, center=CENTER)).values
    assert np.sqrt(np.mean((bent - plain) ** 2)) < 0.5 * NOISE


def test_cut_off_image():
    """Far from valid pixels the fill tends to the radial profile, with a large standard deviation."""
    center = (111.5, 111.5)
    truth = corona(SHAPE, center)
    holes = hole(SHAPE, np.s_[:, 130:])
    answer = fill("kriging", frame_of(truth + noise(SHAPE), holes, center=center))
    relative, std = np.zeros(SHAPE), np.zeros(SHAPE)
    relative[holes], std[holes] = answer.values / truth[holes], answer.std / truth[holes]
    assert np.median(np.abs(relative[40:180, 180:] - 1)) < 0.1
    assert np.median(std[:, 200:]) > 1.5 * np.median(std[:, 130:134])


@pytest.mark.parametrize("limit", [1500, 500])
def test_lattice(monkeypatch, limit):
    """What is predicted on a lattice is what is predicted pixel by pixel, to a fifth of the noise."""
    frame = frame_of(streamers(across=True) + noise(SHAPE), HOLE, center=CENTER)
    every = fill_by_kriging(frame)
    monkeypatch.setattr(sys.modules["sunpy_coronagraph_inpaint.inpaint.methods.kriging"], "_PIXELS", limit)
    lattice = fill_by_kriging(frame)
    assert np.sqrt(np.mean((lattice.values - every.values) ** 2)) < 0.2 * NOISE
    np.testing.assert_allclose(lattice.std, every.std, rtol=0.1)


def test_one_thread_of_blas_is_given_back():
    """The number of threads is as before when the fill is done."""
    from threadpoolctl import threadpool_info

    before = [pool["num_threads"] for pool in threadpool_info()]
    fill_by_kriging(frame_of(corona(SHAPE, CENTER) + noise(SHAPE), HOLE, center=CENTER))
    assert [pool["num_threads"] for pool in threadpool_info()][: len(before)] == before
