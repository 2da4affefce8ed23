"""Inputs of the network for one hole."""

from dataclasses import replace

import numpy as np
import pytest

from sunpy_coronagraph_inpaint.flatfield.background import Background
from sunpy_coronagraph_inpaint.inpaint.network.candidates import CANDIDATES
from sunpy_coronagraph_inpaint.inpaint.network.patches import AUXILIARY_CHANNELS, flatten, hole_patches
from sunpy_coronagraph_inpaint.instruments import identify
from tests.inpaint.artificial import corona, frame_of, hole, noise

SHAPE = (224, 224)
CENTER = (30.0, 110.0)
HOLE = hole(SHAPE, np.s_[96:128, 110:142])


def plain(**options):
    """A frame with one hole and both neighbors."""
    truth = corona(SHAPE, CENTER)
    return frame_of(truth + noise(SHAPE), HOLE, center=CENTER, truth=truth, **options)


def the_crop(frame, background=None):
    """Crop the only hole of a frame."""
    (crop,) = hole_patches(flatten(frame, background)[0], background)
    return crop


def test_shapes_and_types():
    """All layers have the shape of the grid and the right type, and none is NaN."""
    crop = the_crop(plain())
    layers = {
        "images": 3,
        "known": 3,
        "extras": len(AUXILIARY_CHANNELS),
        "candidates": len(CANDIDATES),
        "usable": len(CANDIDATES),
    }
    for name, number in layers.items():
        array = getattr(crop, name)
        assert array.shape == (number, *crop.grid.shape), name
        assert array.dtype == (bool if name in ("known", "usable") else np.float32), name
        assert np.isfinite(array).all(), name
    assert crop.usable[0].all()
    assert not (crop.target & crop.known[0]).any()
    assert crop.target.any()


def test_the_hole_is_not_looked_at():
    """Whatever stands in the hole, the crop is the same."""
    frame = plain()
    spoiled = replace(frame, data=np.where(HOLE, np.nan, frame.data))
    for one, other in zip(the_crop(frame)[:6], the_crop(spoiled)[:6], strict=True):
        np.testing.assert_array_equal(one, other)


def test_candidates_keep_what_is_known():
    """Where the frame is known all usable candidates but the network's own choice show it."""
    crop = the_crop(plain())
    known = crop.known[0]
    for name, candidate, usable in zip(CANDIDATES, crop.candidates, crop.usable, strict=True):
        same = known & usable
        np.testing.assert_allclose(candidate[same], crop.images[0][same], atol=1e-5, err_msg=name)


def test_candidates_are_near_the_truth():
    """Each of them fills a smooth hole."""
    truth = corona(SHAPE, CENTER)
    frame = plain()
    crop = the_crop(frame)
    relative = truth / frame.profile(np.s_[:, :]) - 1
    window = crop.region.window
    value, _ = crop.grid.average(relative[window], np.ones_like(relative[window], bool))
    for name, candidate, usable in zip(CANDIDATES, crop.candidates, crop.usable, strict=True):
        assert usable[crop.target].all(), name
        assert np.abs(crop.scale * candidate - value)[crop.target].max() < 0.08, name


def test_without_neighbors():
    """A missing neighbor is an unknown layer, and candidates that need it are not usable."""
    both = plain()
    for neighbors, known, usable in (
        (both.neighbors, (True, True), (True, True, True, True)),
        (both.neighbors[:1], (True, False), (True, False, False, False)),
        (both.neighbors[1:], (False, True), (False, True, False, False)),
        ((), (False, False), (False, False, False, False)),
    ):
        crop = the_crop(both.with_neighbors(neighbors))
        assert tuple(bool(layer.any()) for layer in crop.known[1:]) == known
        assert tuple(bool(layer[crop.target].any()) for layer in crop.usable[4:]) == usable
        lags = crop.extras[
            [AUXILIARY_CHANNELS.index("lag of the frame before"), AUXILIARY_CHANNELS.index("lag of the frame after")],
            0,
            0,
        ]
        assert tuple(lag > 0 for lag in lags) == known


def test_the_nearest_neighbor_counts():
    """The nearest of several frames before is used; a farther one fills its missing pixels."""
    frame = plain()
    before, after = frame.neighbors
    far = replace(before, data=2 * before.data, time=before.time - 600)
    crop, plain_crop = the_crop(frame.with_neighbors((far, before, after))), the_crop(frame)
    np.testing.assert_array_equal(crop.images, plain_crop.images)
    gap = hole(SHAPE, np.s_[96:128, 110:142])
    holed = replace(before, valid=before.valid & ~gap)
    crop = the_crop(frame.with_neighbors((replace(far, data=before.data), holed, after)))
    np.testing.assert_allclose(crop.images[1], plain_crop.images[1], atol=0.3)
    assert crop.known[1][crop.target].all()


def test_stars_are_not_in_the_image():
    """A star next to the hole is not counted as structure."""
    frame = plain()
    data = frame.data.copy()
    data[100, 146] += 3e3
    with_star = the_crop(replace(frame, data=data))
    assert np.abs(with_star.images[0] - the_crop(frame).images[0]).max() < 1.0


def test_background_is_taken_off():
    """A frame times a background, flattened with it, is the frame, and the level is returned."""
    from sunpy_coronagraph_inpaint.simulate import plain_corona

    camera = identify(plain_corona(detector="C2").meta)
    rng = np.random.default_rng(0)
    template = 0.2 * np.sin(np.indices((256, 256))[0] / 20)
    background = Background(template, np.zeros((0, 256, 256)), rng.normal(0, 0.01, (1024, 1024)))
    level = background.level(camera.grid)
    truth = corona((1024, 1024), camera.center)
    frame = replace(
        frame_of(truth * level + camera.bias, hole((1024, 1024), np.s_[256:288, 600:632]), center=camera.center),
        bias=camera.bias, camera=camera, neighbors=(),
    )  # fmt: skip
    flat, found = flatten(frame, background)
    np.testing.assert_array_equal(found, level)
    np.testing.assert_allclose(flat.data[flat.valid], truth[flat.valid], rtol=1e-5)
    assert flat.bias == 0
    crop = the_crop(frame, background)
    assert crop.extras[AUXILIARY_CHANNELS.index("background known")].min() == 1
    assert np.ptp(crop.extras[AUXILIARY_CHANNELS.index("background taken off")]) > 0
    assert flatten(replace(frame, camera=None), background)[1] is None


@pytest.mark.parametrize("factor", [1e-6, 1.0, 1e6])
def test_units_do_not_matter(factor):
    """The network sees the same of a frame in other units."""
    frame = plain()
    scaled = replace(
        frame,
        data=factor * frame.data,
        neighbors=tuple(replace(n, data=factor * n.data) for n in frame.neighbors),
    )
    one, other = the_crop(frame), the_crop(scaled)
    for name in ("images", "candidates", "extras"):
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), atol=2e-3, err_msg=name)
