"""The network as a method, with an untrained network of small size in place of the bundled ones."""

from dataclasses import replace

import numpy as np
import pytest

from sunpy_coronagraph_inpaint import filled_mask, find_dropouts, inpaint_map
from sunpy_coronagraph_inpaint.flatfield.background import Background
from sunpy_coronagraph_inpaint.inpaint.methods import get_method, partial_conv
from sunpy_coronagraph_inpaint.inpaint.network.trained import load_network
from sunpy_coronagraph_inpaint.simulate import damage
from tests.inpaint.artificial import NOISE, corona, frame_of, hole, noise
from tests.inpaint.tiny import tiny_weights

pytestmark = pytest.mark.filterwarnings("ignore:Missing metadata for observer")

SHAPE = (224, 224)
CENTER = (30.0, 110.0)


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """An untrained network without a background."""
    return tiny_weights(tmp_path_factory.mktemp("weights") / "tiny.safetensors")


@pytest.fixture(scope="module")
def with_background(tmp_path_factory):
    """An untrained network with a background of a slope and one mode."""
    slope = np.linspace(-0.1, 0.1, 256) * np.ones((256, 1))
    background = Background(slope, 0.05 * slope.T[None], np.zeros((1024, 1024)))
    return tiny_weights(tmp_path_factory.mktemp("weights") / "background.safetensors", background=background)


def check(frame, weights):
    """Fill, and check what every fill promises; return errors relative to the data of a truth."""
    before = frame.data.tobytes(), frame.valid.tobytes(), frame.holes.tobytes()
    fill = partial_conv(frame, weights=weights, device="cpu")
    assert (frame.data.tobytes(), frame.valid.tobytes(), frame.holes.tobytes()) == before
    n = np.count_nonzero(frame.holes)
    assert fill.values.shape == fill.std.shape == (n,)
    assert np.isfinite(fill.values).all()
    assert np.isfinite(fill.std).all()
    assert (fill.std >= 0).all()
    low, high = frame.limits
    assert low <= fill.values.min() <= fill.values.max() <= high
    assert fill.weights == load_network(weights).sha256
    return fill


HOLES = {
    "one block": hole(SHAPE, np.s_[96:128, 110:142]),
    "one pixel": hole(SHAPE, np.s_[96:97, 110:111]),
    "over the edge": hole(SHAPE, np.s_[192:, 190:]),
    "over the corner of the Sun's side": hole(SHAPE, np.s_[:40, :40]),
    "next to the Sun": hole(SHAPE, np.s_[96:128, 32:64]),
    "around the Sun": hole(SHAPE, np.s_[90:130, 10:50]),
    "half of the frame": hole(SHAPE, np.s_[:, 112:]),
    "a row": hole(SHAPE, np.s_[100:102, :]),
    "two that touch by a corner": hole(SHAPE, np.s_[64:96, 100:132], np.s_[96:128, 132:164]),
}


@pytest.mark.parametrize("neighbors", [0, 1, 2])
@pytest.mark.parametrize("name", HOLES)
def test_any_hole(weights, name, neighbors):
    """Holes of all kinds are filled, with or without neighbors."""
    truth = corona(SHAPE, CENTER)
    frame = frame_of(truth + noise(SHAPE), HOLES[name], center=CENTER, truth=truth)
    fill = check(frame.with_neighbors(frame.neighbors[:neighbors]), weights)
    error = np.abs(fill.values / truth[frame.holes] - 1)
    assert np.median(error) < (0.3 if name in ("half of the frame", "around the Sun") else 0.1)


def test_scattered_pixels(weights):
    """A mask of many single pixels is filled, near to the truth."""
    truth = corona(SHAPE, CENTER)
    holes = np.random.default_rng(3).random(SHAPE) < 0.01
    fill = check(frame_of(truth + noise(SHAPE), holes, center=CENTER, truth=truth).with_neighbors(()), weights)
    assert np.median(np.abs(fill.values - truth[holes])) < 3 * NOISE


def test_next_to_the_occulter(weights):
    """Holes beside a disk without data, and between it and the edge of the frame, are filled."""
    truth = corona(SHAPE, CENTER)
    y, x = np.indices(SHAPE)
    valid = np.hypot(x - CENTER[0], y - CENTER[1]) > 60
    holes = hole(SHAPE, np.s_[96:128, 80:112], np.s_[0:32, 0:32]) & valid
    check(frame_of(truth + noise(SHAPE), holes, center=CENTER, valid=valid, truth=truth), weights)


def test_little_is_known(weights):
    """The fill is finite in a frame where only a distant strip is known."""
    truth = corona(SHAPE, CENTER)
    valid = hole(SHAPE, np.s_[:, :3])
    holes = hole(SHAPE, np.s_[80:144, 150:214])
    check(frame_of(truth + noise(SHAPE), holes, center=CENTER, valid=valid, truth=truth).with_neighbors(()), weights)


@pytest.mark.parametrize("neighbors", [0, 2])
def test_difference_image(weights, neighbors):
    """Where the profile is not positive it is subtracted."""
    data = noise(SHAPE, 5) + 30 * np.sin(np.indices(SHAPE)[0] / 20)
    holes = HOLES["one block"]
    frame = frame_of(data, holes, center=CENTER, truth=np.zeros(SHAPE))
    assert not frame.profile.relative
    fill = check(frame.with_neighbors(frame.neighbors[:neighbors]), weights)
    assert np.abs(fill.values).max() < 100


@pytest.mark.parametrize("value", [0.0, 5.0, -3.0])
def test_constant_frame(weights, value):
    """A frame without any structure or noise is filled with its value."""
    fill = check(frame_of(np.full(SHAPE, value), HOLES["one block"], center=CENTER).with_neighbors(()), weights)
    np.testing.assert_allclose(fill.values, value, atol=1e-3)


def test_neighbors_matter(weights):
    """The answer follows the frames before and after."""
    truth = corona(SHAPE, CENTER)
    frame = frame_of(truth + noise(SHAPE), HOLES["one block"], center=CENTER, truth=truth)
    alone = check(frame.with_neighbors(()), weights).values
    both = check(frame, weights).values
    assert not np.allclose(alone, both, atol=NOISE / 10)


def test_the_same_each_time(weights):
    """Two fills are equal to the bit."""
    truth = corona(SHAPE, CENTER)
    frame = frame_of(truth + noise(SHAPE), HOLES["one block"], center=CENTER)
    one, other = (check(frame, weights) for _ in range(2))
    assert one.values.tobytes() == other.values.tobytes()
    assert one.std.tobytes() == other.std.tobytes()


def test_several_frames_at_once(weights):
    """Frames filled together are filled as one by one."""
    truth = corona(SHAPE, CENTER)
    frames = [
        frame_of(truth + noise(SHAPE, seed), HOLES[name], center=CENTER, truth=truth)
        for seed, name in enumerate(("one block", "over the edge", "two that touch by a corner"))
    ]
    frames[1] = frames[1].with_neighbors(())
    together = get_method("partial_conv").batched(frames, weights=weights, device="cpu")
    for frame, fill in zip(frames, together, strict=True):
        alone = check(frame, weights)
        np.testing.assert_allclose(fill.values, alone.values, rtol=1e-5)
        np.testing.assert_allclose(fill.std, alone.std, rtol=1e-4)
        assert fill.weights == alone.weights


def test_units(weights):
    """In other units the fill is the same."""
    truth = corona(SHAPE, CENTER)
    frame = frame_of(truth + noise(SHAPE), HOLES["one block"], center=CENTER).with_neighbors(())
    one, other = check(frame, weights), check(replace(frame, data=1e-9 * frame.data), weights)
    np.testing.assert_allclose(1e9 * other.values, one.values, rtol=2e-3)
    np.testing.assert_allclose(1e9 * other.std, one.std, rtol=2e-2)


@pytest.mark.parametrize(("detector", "size"), [("C2", 1024), ("C3", 1024), ("C2", 512), ("C3", 256)])
@pytest.mark.parametrize("kind", ["weights", "with_background"])
def test_maps(request, kind, detector, size):
    """Frames of both cameras and all sizes, with and without a background; only missing pixels change."""
    path = request.getfixturevalue(kind)
    damaged = damage(request.getfixturevalue("corona")(detector, size), blocks=4, seed=3)
    holes = find_dropouts(damaged).mask
    filled = inpaint_map(damaged, method="partial_conv", weights=path, device="cpu")
    assert filled.data.dtype == damaged.data.dtype
    assert filled.data[~holes].tobytes() == damaged.data[~holes].tobytes()
    assert (filled.data[holes] > 0).all()
    assert np.isfinite(filled.uncertainty.array[holes]).all()
    assert (filled.uncertainty.array[holes] > 0).all()
    np.testing.assert_array_equal(filled_mask(filled), holes)
    assert filled.meta["fillmeth"] == "partial_conv"
    assert filled.meta["fillwgts"] == load_network(path).sha256


@pytest.mark.filterwarnings("ignore:Header and pixels disagree")
@pytest.mark.filterwarnings("ignore:Could not parse unit string")
def test_real_frames(lasco_files, real_map, with_background):
    """A real frame of each level is filled; a calibrated one without the background."""
    for level in ("level_05", "level_1"):
        path = next(path for path in lasco_files if level in path.parts)
        damaged = damage(real_map(path), blocks=3, seed=1)
        holes = find_dropouts(damaged).mask
        filled = inpaint_map(damaged, method="partial_conv", weights=with_background, device="cpu")
        assert filled.data[~holes].tobytes() == damaged.data[~holes].tobytes()
        assert np.isfinite(filled.data[holes]).all()


def test_no_weights_for_the_camera():
    """A frame of no known camera needs weights of one's own."""
    frame = frame_of(corona(SHAPE, CENTER), HOLES["one block"], center=CENTER)
    with pytest.raises(ValueError, match=r"off their telemetry grid.*or give weights"):
        partial_conv(frame)


@pytest.mark.parametrize(
    ("key", "value", "match"),
    [("weights", "nowhere.safetensors", "There are no weights"), ("device", "toaster", "torch cannot compute")],
)
def test_errors(weights, key, value, match):
    """What cannot be used is reported."""
    frame = frame_of(corona(SHAPE, CENTER) + noise(SHAPE), HOLES["one block"], center=CENTER)
    with pytest.raises(ValueError, match=match):
        partial_conv(frame, **({"weights": weights} | {key: value}))
