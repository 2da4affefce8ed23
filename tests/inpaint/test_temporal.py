"""Neighbors in time, as arrays; `tests/test_neighbors.py` has them as maps."""

from dataclasses import replace

import numpy as np
import pytest

from sunpy_coronagraph_inpaint.frames.frame import CoronagraphFrame
from sunpy_coronagraph_inpaint.inpaint.methods import temporal
from tests.inpaint.artificial import NOISE, corona, fill, hole, noise

SHAPE = (160, 160)
CENTER = (-100.0, 80.0)
TRUTH = corona(SHAPE, CENTER)
HOLE = hole(SHAPE, np.s_[64:96, 64:96])


def structure():
    """Blobs that cannot be predicted from the boundary of the hole."""
    y, x = np.indices(SHAPE)
    return TRUTH * (1 + 0.3 * np.exp(-((y - 80) ** 2 + (x - 80) ** 2) / 60))


def frame(*neighbors, data=None):
    """Make a frame with a hole, and neighbors from ``(data, time)`` or ``(data, time, valid)``."""
    data = structure() + noise(SHAPE) if data is None else data
    nothing = np.zeros(SHAPE, bool)
    others = [CoronagraphFrame(d, v[0] if v else ~nothing, nothing, CENTER, 8.0, time=t) for d, t, *v in neighbors]
    return CoronagraphFrame(np.where(HOLE, 0, data), ~HOLE, HOLE, CENTER, 8.0).with_neighbors(others)


def error(answer, truth=None):
    """Root mean square deviation from the truth."""
    return np.sqrt(np.mean((answer.values - (structure() if truth is None else truth)[HOLE]) ** 2))


def test_interpolation_in_time():
    """What changes evenly is interpolated by the time that has passed; the nearest frame on each side is taken."""
    early, late = structure() * 0.9, structure() * 1.3
    odd = structure() * 5
    answer = fill("temporal", frame((late, 30.0), (odd, -90.0), (early, -10.0), (odd, 60.0)))
    assert error(answer) < 0.3 * NOISE


@pytest.mark.parametrize("time", [-60.0, 60.0])
def test_one_side(time):
    """With frames only before or only after, the nearest is used."""
    answer = fill("temporal", frame((structure() + noise(SHAPE, 1), time), (structure() * 3, 5 * time)))
    assert error(answer) < 1.3 * NOISE
    assert np.median(answer.std) == pytest.approx(np.sqrt(2) * NOISE, rel=0.25)


def test_corrected_at_the_rim():
    """Another level and another slope of the neighbor are corrected as the boundary shows them."""
    tilted = structure() + 40 + 0.5 * np.indices(SHAPE)[1]
    assert error(fill("temporal", frame((tilted, 60.0), (tilted, -60.0)))) < 0.3 * NOISE


def test_gaps_of_the_neighbors():
    """Where one frame has no data the next of its side serves; where none has, the filled pixels around do."""
    gap = ~hole(SHAPE, np.s_[60:80, 60:80])
    both = frame((structure(), 60.0, gap), (structure(), 120.0), (structure(), -60.0, gap))
    assert error(fill("temporal", both)) < 0.3 * NOISE
    blind = frame((TRUTH, 60.0, gap), (TRUTH, -60.0, gap), data=TRUTH + noise(SHAPE))
    assert error(fill("temporal", blind), TRUTH) < NOISE


def test_motion_is_uncertain():
    """Where the frames before and after differ the standard deviation is larger, by a good part of the difference."""
    x = np.indices(SHAPE)[1]
    front = [TRUTH * (1 + 0.5 * np.exp(-(((x - place) / 4) ** 2))) for place in (72, 88)]
    moving = fill("temporal", frame((front[0], -60.0), (front[1], 60.0), data=TRUTH + noise(SHAPE)))
    still = fill("temporal", frame((TRUTH, -60.0), (TRUTH, 60.0), data=TRUTH + noise(SHAPE)))
    picture = np.zeros(SHAPE)
    picture[HOLE] = moving.std
    assert picture[80, 72] > 5 * np.median(still.std)
    assert picture[80, 72] > 2 * picture[80, 80]


@pytest.mark.parametrize(
    ("neighbors", "match"),
    [
        ((), "needs neighbors"),
        (((TRUTH, 60.0, ~HOLE),), "No neighbor has data where the frame has holes"),
    ],
)
def test_no_use(neighbors, match):
    """Without a neighbor, or with none that has what is missing, the method says so."""
    with pytest.raises(ValueError, match=match):
        temporal(frame(*neighbors))


def test_neighbors_stay_as_they_are():
    """Neither the frame nor its neighbors are written to."""
    whole = frame((structure(), 60.0), (structure(), -60.0))
    before = [array.tobytes() for f in (whole, *whole.neighbors) for array in (f.data, f.valid, f.holes)]
    temporal(whole)
    temporal(replace(whole, neighbors=whole.neighbors[:1]))
    assert [array.tobytes() for f in (whole, *whole.neighbors) for array in (f.data, f.valid, f.holes)] == before
