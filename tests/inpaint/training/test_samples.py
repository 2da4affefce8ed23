"""Samples: inputs and truth."""

import numpy as np
import pytest

from sunpy_coronagraph_inpaint.flatfield.background import Background
from sunpy_coronagraph_inpaint.inpaint.network import patches
from sunpy_coronagraph_inpaint.inpaint.network.patches import AUXILIARY_CHANNELS
from sunpy_coronagraph_inpaint.inpaint.training import sample_maps, sample_scene
from tests.inpaint.training.made import same
from tests.inpaint.training.scenes import scene

pytestmark = pytest.mark.filterwarnings("ignore:Missing metadata for observer")


@pytest.fixture(scope="module")
def of_maps(corona):
    """Samples of a frame that misses nothing."""
    return sample_maps([corona("C3")], rounds=2, holes=4, seed=3)


@pytest.fixture(scope="module")
def of_scene():
    """Samples of a scene whose truth has no noise."""
    return list(sample_scene(scene(), np.random.default_rng(0), rounds=1, holes=5))


def apart(sample):
    """Truth and image far from the hole and the frame's edges, where both are known."""
    known = sample.known[0]
    whole = known & np.roll(known, 1, 0) & np.roll(known, -1, 0) & np.roll(known, 1, 1) & np.roll(known, -1, 1)
    whole[[0, -1]] = whole[:, [0, -1]] = False
    return sample.truth[whole].astype(float), sample.images[0][whole].astype(float)


def test_truth_is_what_was_there(of_maps):
    """Where nothing is missing truth and image of a frame agree, but for stars, to half precision."""
    for sample in of_maps:
        truth, image = apart(sample)
        assert np.median(np.abs(truth - image)) <= 2e-3 * max(1.0, np.abs(truth).max())
        assert sample.noise > 0


def test_what_is_judged_is_missing(of_maps, of_scene):
    """No known bin has a weight, and some bins of each hole have."""
    for sample in [*of_maps, *of_scene]:
        assert not (sample.weight & sample.known[0]).any()
        assert sample.weight.any()
        for layer in sample[:6]:
            assert np.isfinite(layer).all()


def test_truth_without_noise(of_scene):
    """The truth of a scene has no noise, the image has that of the camera."""
    for sample in of_scene:
        assert sample.noise == 0
        truth, image = (layer.astype(float) for layer in (sample.truth, sample.images[0]))
        inside = np.zeros(truth.shape, bool)
        inside[2:-2, 2:-2] = True
        inside &= sample.known[0]
        inside &= np.roll(inside, 1, 1) & np.roll(inside, -1, 1)
        rough = [
            np.std((layer - (np.roll(layer, 1, 1) + np.roll(layer, -1, 1)) / 2)[inside]) for layer in (truth, image)
        ]
        assert rough[0] < 0.5 * rough[1]
        assert abs(np.mean((truth - image)[inside])) < 0.2 * np.std(truth[inside])


def test_neighbors_of_a_scene(of_scene):
    """Both neighbors are there, 12 minutes off, and those of a single map are not."""
    lags = [AUXILIARY_CHANNELS.index("lag of the frame before"), AUXILIARY_CHANNELS.index("lag of the frame after")]
    for sample in of_scene:
        assert sample.known[1:].any(axis=(1, 2)).all()
        np.testing.assert_allclose(sample.extras[lags].astype(float), np.log10(1 + 720 / 600), atol=1e-3)


def test_single_maps_have_no_neighbors(of_maps):
    """Nothing is known of frames that are not there."""
    assert not any(sample.known[1:].any() or sample.usable[4:].any() for sample in of_maps)


def test_deterministic(corona, of_maps):
    """A seed gives the same samples, another one others."""
    again = sample_maps([corona("C3")], rounds=1, holes=4, seed=3)
    other = sample_maps([corona("C3")], rounds=1, holes=4, seed=4)
    assert all(same(one, two) for one, two in zip(of_maps[: len(again)], again, strict=True))
    assert not all(same(one, two) for one, two in zip(again, other, strict=False))


def test_background_of_samples(corona, monkeypatch):
    """Three times of four the background is taken off a real frame; the truth is of the same frame."""
    # The frame is not behind this background, which would be refused.
    monkeypatch.setattr(patches, "_DESCRIBES", -np.inf)
    rng = np.random.default_rng(1)
    background = Background(
        0.1 * np.sin(np.indices((256, 256))[1] / 30), np.zeros((0, 256, 256)), rng.normal(0, 0.01, (1024, 1024))
    )
    samples = sample_maps([corona("C3")], rounds=4, holes=2, seed=1, backgrounds=lambda _: background)
    told = [float(sample.extras[AUXILIARY_CHANNELS.index("background known")].max()) for sample in samples]
    assert set(told) == {0.0, 1.0}
    assert np.mean(told) > 0.5
    for sample in samples:
        truth, image = apart(sample)
        assert np.median(np.abs(truth - image)) <= 2e-3 * max(1.0, np.abs(truth).max())


def test_no_map():
    """Anything but a map is refused."""
    with pytest.raises(TypeError):
        sample_maps([np.zeros((8, 8))])
