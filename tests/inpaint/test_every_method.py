"""Requirements of every method, on small artificial frames whose truth is known."""

import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sunpy_coronagraph_inpaint.frames.frame import CoronagraphFrame
from tests.inpaint.artificial import METHODS, NOISE, corona, fill, frame_of, hole, noise

SHAPE = (192, 192)
CENTER = (95.5, 95.5)
TRUTH = corona(SHAPE, CENTER)
DATA = TRUTH + noise(SHAPE)
BLOCKS = hole(SHAPE, np.s_[128:160, 96:128], np.s_[64:96, 128:160])

every_method = pytest.mark.parametrize("method", METHODS)


def picture(frame, values):
    """Values on the holes as an image, NaN elsewhere."""
    image = np.full(frame.data.shape, np.nan)
    image[frame.holes] = values
    return image


# --------------------------------------------------------------------------------------------------- any input


@every_method
@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 2**16),
    dtype=st.sampled_from([">i2", "<i4", "u1", "u2", "f4", ">f4", "f8"]),
    density=st.sampled_from([0.0, 0.01, 0.3, 0.9]),
    boxes=st.integers(0, 4),
)
def test_any_holes_in_any_type(method, seed, dtype, density, boxes):
    """Whatever the shape of the holes and the type of the data, the fill is finite, in range, of the right shape."""
    rng = np.random.default_rng(seed)
    holes = rng.random((96, 96)) < density
    for _ in range(boxes):
        y, x = rng.integers(0, 90, 2)
        height, width = rng.integers(1, 64, 2)
        holes[y : y + height, x : x + width] = True
    holes[rng.integers(0, 96), rng.integers(0, 96)] = True
    holes[:3, :3] = False
    data = np.clip((DATA[:96, :96] / (8 if dtype == "u1" else 1)), 0, 250 if dtype == "u1" else None).astype(dtype)
    fill(method, frame_of(data, holes, center=CENTER))


SHAPES = {
    "corner": np.s_[:40, :40],
    "edge": np.s_[60:100, 150:],
    "center": np.s_[70:120, 70:120],
    "columns": np.s_[:, 64:96],
    "rows": np.s_[32:64],
    "half": np.s_[:, 96:],
    "all but a row": np.s_[1:],
    "all but two columns": np.s_[:, 2:],
    "all but four pixels": np.s_[2:, :],
    "line": np.s_[100, 10:180],
    "pixel": np.s_[100, 100],
}


@every_method
@pytest.mark.parametrize("name", SHAPES)
def test_holes_of_any_shape(method, name):
    """Corners, edges, whole columns, half a frame, and frames with hardly any valid pixel."""
    holes = hole(SHAPE, SHAPES[name])
    if name == "all but four pixels":
        holes[:2, 2:] = True
    answer = fill(method, frame_of(DATA, holes, center=CENTER))
    assert np.isfinite(answer.std).all()
    if name in ("edge", "columns", "rows", "line", "pixel"):
        assert np.median(np.abs(answer.values / TRUTH[holes] - 1)) < 0.05


@pytest.mark.parametrize("method", [name for name in METHODS if name != "temporal"])
def test_one_pixel_left(method):
    """A single valid pixel gives a level, but no standard deviation."""
    holes = ~hole(SHAPE, np.s_[40, 50])
    answer = fill(method, frame_of(DATA, holes, center=CENTER))
    np.testing.assert_allclose(answer.values, DATA[40, 50])
    assert np.isinf(answer.std).all()


@every_method
def test_pixels_without_data_around(method):
    """Holes that touch null blocks, masked and bad pixels are filled from what is valid, whatever those hold."""
    holes = hole(SHAPE, np.s_[120:152, 96:128])
    bad = hole(SHAPE, np.s_[152:184, 96:128], np.s_[120:152, 128:130], np.s_[100:120:3, :])
    bad |= np.random.default_rng(1).random(SHAPE) < 0.1
    answers = []
    for nonsense in (np.nan, np.inf, -1e30, 0.0):
        data = np.where(bad, nonsense, DATA)
        answers.append(fill(method, frame_of(data, holes, center=CENTER, valid=~bad, truth=TRUTH)))
    for answer in answers[1:]:
        np.testing.assert_array_equal(answer.values, answers[0].values)
        np.testing.assert_array_equal(answer.std, answers[0].std)
    assert np.median(np.abs(answers[0].values / TRUTH[holes] - 1)) < 0.03


@every_method
def test_hole_amid_nothing(method):
    """A hole that touches no valid pixel gets the level of the valid pixels elsewhere."""
    holes = hole(SHAPE, np.s_[120:152, 96:128])
    valid = hole(SHAPE, np.s_[:, :60])
    answer = fill(method, frame_of(DATA, holes, center=CENTER, valid=valid, truth=TRUTH))
    assert np.median(np.abs(answer.values / TRUTH[holes] - 1)) < 0.3


@every_method
@pytest.mark.parametrize("value", [0.0, 7.0, -3.0, 1e-12])
def test_constant(method, value):
    """A constant frame is filled with its constant."""
    data = np.full(SHAPE, value)
    frame = frame_of(data, BLOCKS, center=CENTER)
    frame = frame.with_neighbors(replace(n, data=data) for n in frame.neighbors)
    answer = fill(method, frame)
    np.testing.assert_allclose(answer.values, value, atol=1e-9 * abs(value))
    # A network has a least deviation, as it has seen no frame without structure.
    assert answer.std.max() <= (1e-3 if method == "partial_conv" else 1e-6) * max(abs(value), 1e-3)


@every_method
def test_difference_image(method):
    """A difference of two frames, positive and negative, is filled near its own level."""
    smooth = 40 * np.sin(np.indices(SHAPE)[1] / 40.0)
    data = smooth + noise(SHAPE)
    answer = fill(method, frame_of(data, BLOCKS, center=CENTER, truth=smooth))
    assert np.sqrt(np.mean((answer.values - smooth[BLOCKS]) ** 2)) < 1.3 * NOISE
    assert np.median(answer.std) == pytest.approx(NOISE, rel=0.5)


# ---------------------------------------------------------------------------------------------------- symmetry


@every_method
@pytest.mark.parametrize("turn", [np.flipud, np.fliplr, np.rot90, np.transpose], ids=lambda turn: turn.__name__)
def test_turned_frame(method, turn):
    """
    A turned frame is filled as the frame is, turned.

    Rays of `radial` lie elsewhere, by part of a pixel, and a network knows left from right, but not by more than noise.
    """
    frame = frame_of(DATA, BLOCKS, center=CENTER, truth=TRUTH)
    turned = CoronagraphFrame(turn(frame.data), turn(frame.valid), turn(frame.holes), CENTER, 8.0)
    turned = turned.with_neighbors(replace(n, data=turn(n.data), valid=turn(n.valid)) for n in frame.neighbors)
    straight, answer = fill(method, frame), fill(method, turned)
    tolerance = {"radial": 0.3 * NOISE, "partial_conv": NOISE}.get(method, 1e-6 * NOISE)
    for one, other in zip(straight[:2], answer[:2], strict=True):
        np.testing.assert_allclose(turn(picture(frame, one)), picture(turned, other), atol=tolerance)


@every_method
@settings(max_examples=8, deadline=None)
@given(dy=st.integers(-24, 24), dx=st.integers(-24, 24))
def test_shifted_frame(method, dy, dx):
    """A frame shifted with its center is filled as the frame is, shifted. The last digits of positions differ."""
    y, x = np.indices(SHAPE)
    valid = np.hypot(y - CENTER[1], x - CENTER[0]) < 70  # nothing is rolled over the edge
    holes = hole(SHAPE, np.s_[112:128, 96:112])
    frame = frame_of(DATA, holes, center=CENTER, valid=valid, truth=TRUTH)
    frame = frame.with_neighbors(replace(n, valid=valid) for n in frame.neighbors)
    move = {"shift": (dy, dx), "axis": (0, 1)}
    center = CENTER[0] + dx, CENTER[1] + dy
    parts = (np.roll(part, **move) for part in (frame.data, frame.valid, frame.holes))
    moved = CoronagraphFrame(*parts, center, 8.0)
    moved = moved.with_neighbors(
        replace(n, data=np.roll(n.data, **move), valid=np.roll(n.valid, **move), center=center) for n in frame.neighbors
    )
    answer, expected = fill(method, moved), fill(method, frame)
    np.testing.assert_allclose(answer.values, expected.values, atol=1e-6 * NOISE)
    np.testing.assert_allclose(answer.std, expected.std, atol=1e-6 * NOISE)


@every_method
@pytest.mark.parametrize("factor", [1e-12, 1e5])
def test_other_unit(method, factor):
    """The fill scales with the unit."""
    frame = frame_of(DATA, BLOCKS, center=CENTER, truth=TRUTH)
    scaled = replace(frame, data=factor * frame.data)
    scaled = scaled.with_neighbors(replace(n, data=factor * n.data) for n in frame.neighbors)
    for one, other in zip(fill(method, frame)[:2], fill(method, scaled)[:2], strict=True):
        np.testing.assert_allclose(other, factor * one, rtol=1e-6)


# ---------------------------------------------------------------------------------------------------- accuracy


@every_method
def test_smooth_corona(method):
    """A smooth corona is recovered to better than the noise of a pixel."""
    answer = fill(method, frame_of(DATA, BLOCKS, center=CENTER, truth=TRUTH))
    assert np.sqrt(np.mean((answer.values - TRUTH[BLOCKS]) ** 2)) < NOISE


@every_method
def test_stars_on_the_rim(method):
    """Stars and cosmic rays that touch the hole move its fill by less than the noise; they are 80 times it."""
    frame = frame_of(DATA, BLOCKS, center=CENTER, truth=TRUTH)
    starry = frame.data.copy()
    for y, x in ((126, 100), (161, 110), (140, 94), (140, 129), (62, 140), (80, 126)):
        starry[y - 1 : y + 2, x - 1 : x + 2] += 80 * NOISE
    starry[127, 116:120] += 300 * NOISE
    plain, bent = fill(method, frame), fill(method, replace(frame, data=starry))
    assert np.sqrt(np.mean((bent.values - plain.values) ** 2)) < 0.3 * NOISE
    assert np.abs(bent.values - plain.values).max() < 3 * NOISE


@every_method
def test_saturated_streak_on_the_rim(method):
    """A saturated streak along one whole side of a hole does not bias the fill: that side is treated as unknown."""
    data = DATA.copy()
    data[123:128, 20:180] = 16383
    answer = fill(method, frame_of(data, BLOCKS, center=CENTER, truth=TRUTH))
    assert np.sqrt(np.mean((answer.values - TRUTH[BLOCKS]) ** 2)) < 2 * NOISE


@every_method
def test_coverage(method):
    """
    About 68 % of the pixels lie within one standard deviation and 95 % within two.

    The frame is a piece of a corona beside its center, with the noise of photons. Of 8192 pixels with independent noise
    68.3 and 95.4 % would, to 0.5 and 0.2 %. The noise itself is estimated, from a few hundred pixels about each hole,
    to 5 %, which moves the two by 3 and 1 %; and the fill has errors of its own, for which a method allows somewhat
    too much or too little. On real frames ``coronagraph-inpaint evaluate`` gives the numbers.
    """
    center = (-120.0, 95.5)
    truth, inside = corona(SHAPE, center), []
    for seed in range(4):
        data = truth + noise(SHAPE, seed) * np.sqrt(truth / 300)
        answer = fill(method, frame_of(data, BLOCKS, center=center, truth=truth))
        inside.append(np.abs(answer.values - data[BLOCKS]) / answer.std)
    inside = np.concatenate(inside)
    # The network's deviations were made right for real frames, whose scatter has stars in it that these do not have: a
    # factor of 0.825 on the noise leaves 59 and 91 %.
    wide = 2.5 if method == "partial_conv" else 1
    assert np.mean(inside < 1) == pytest.approx(0.683, abs=0.04 * wide)
    assert np.mean(inside < 2) == pytest.approx(0.954, abs=0.02 * wide)


@pytest.mark.parametrize("method", [name for name in METHODS if name != "temporal"])
def test_larger_holes_are_less_certain(method):
    """The standard deviation grows from the boundary to the middle, and where one side alone is known."""
    structure = TRUTH * (1 + 0.2 * np.sin(np.indices(SHAPE)[0] / 15) * np.sin(np.indices(SHAPE)[1] / 15))
    data = structure + noise(SHAPE)
    large = hole(SHAPE, np.s_[104:168, 104:168])
    image = picture(frame_of(data, large, center=CENTER), fill(method, frame_of(data, large, center=CENTER)).std)
    assert image[136, 136] > (1.05 if method == "partial_conv" else 1.3) * image[136, 105]
    half = hole(SHAPE, np.s_[:, 120:])
    image = picture(frame_of(data, half, center=CENTER), fill(method, frame_of(data, half, center=CENTER)).std)
    assert np.median(image[:, 170:]) > (1.05 if method == "partial_conv" else 2) * np.median(image[:, 120:123])


# -------------------------------------------------------------------------------------------------------- time


@every_method
@pytest.mark.parametrize("name", ["half", "200 blocks", "bad pixels"])
def test_time(method, name):
    """Half an image, 200 blocks and thousands of bad pixels of a full frame take seconds, not minutes."""
    shape = (1024, 1024)
    holes = np.zeros(shape, bool)
    if name == "half":
        holes[:, 512:] = True
    elif name == "200 blocks":
        board = np.indices((32, 32)).sum(axis=0) % 2 == 0
        board.ravel()[np.flatnonzero(board)[200:]] = False
        holes = np.kron(board, np.ones((32, 32), bool)).astype(bool)
    else:
        holes[:512, :512] = np.random.default_rng(0).random((512, 512)) < 0.01
    truth = corona(shape, (511.5, 511.5))
    frame = frame_of(truth + noise(shape), holes, center=(511.5, 511.5), truth=truth)
    start = time.process_time()
    fill(method, frame)
    assert time.process_time() - start < 30  # measured: 0.3 to 4 s
