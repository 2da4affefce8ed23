"""Trained networks: their files, the choice for a camera, and their output."""

import json
import os
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from safetensors.numpy import load, save

from sunpy_coronagraph_inpaint import inpaint_map
from sunpy_coronagraph_inpaint.flatfield.background import Background
from sunpy_coronagraph_inpaint.inpaint.benchmark.corkit import corkit
from sunpy_coronagraph_inpaint.inpaint.network.candidates import CANDIDATES
from sunpy_coronagraph_inpaint.inpaint.network.patches import AUXILIARY_CHANNELS
from sunpy_coronagraph_inpaint.inpaint.network.trained import (
    fill_patches,
    find_weights,
    list_weights,
    load_network,
    save_network,
)
from sunpy_coronagraph_inpaint.inpaint.training import CorKitRecipe, InpaintRecipe
from sunpy_coronagraph_inpaint.instruments import identify
from sunpy_coronagraph_inpaint.learning import weights
from sunpy_coronagraph_inpaint.simulate import damage, plain_corona
from tests.inpaint.tiny import SETTINGS, tiny_network, tiny_weights


@pytest.fixture
def path(tmp_path):
    """A file of weights without a background."""
    return tiny_weights(tmp_path / "tiny.safetensors")


def test_background_and_scale_travel(tmp_path, path):
    """The background of the camera and the factors on the standard deviations are in the same file."""
    rng = np.random.default_rng(0)
    background = Background(rng.normal(size=(32, 32)), rng.normal(size=(2, 32, 32)), rng.normal(0, 0.01, (1024, 1024)))
    loaded = load_network(tiny_weights(tmp_path / "all.safetensors", background=background, std_scale=(1.2, 0.9)))
    assert loaded.std_scale == (1.2, 0.9)
    for name, array in background.arrays().items():
        np.testing.assert_array_equal(loaded.background.arrays()[name], array)
    assert load_network(path).background is None
    assert load_network(path).std_scale == (1.0, 1.0)


def test_files_of_the_first_layout(path):
    """A file with only settings and factors is of this task, like the bundled ones."""
    network = load_network(path).network
    old = path.with_name("old.safetensors")
    old.write_bytes(save(load(path.read_bytes()), {"network": json.dumps(SETTINGS | {"spread": [1.5, 0.7]})}))
    loaded = load_network(old)
    assert loaded.std_scale == (1.5, 0.7)
    for name, tensor in network.state_dict().items():
        assert (tensor == loaded.network.state_dict()[name]).all()


def test_loaded_once_for_the_same_file(path):
    """The second call gives the same network; after the file has changed it gives another."""
    first = load_network(path)
    assert load_network(str(path)) is first
    save_network(path, tiny_network(seed=1), settings=SETTINGS)
    os.utime(path, ns=(1, 1))
    assert load_network(path).sha256 != first.sha256


@pytest.mark.parametrize("settings", [{"width": 8}, {"heads": 8}])
def test_other_settings(path, settings):
    """Tensors that do not fit, and settings that this version does not know, are reported."""
    save_network(path, tiny_network(), settings=SETTINGS | settings)
    with pytest.raises(ValueError, match="is not a file of weights"):
        load_network(path)


@pytest.mark.parametrize("name", ["lasco_c9", "nowhere/weights.safetensors", ""])
def test_unknown_name(name):
    """The error for an unknown name lists the known ones."""
    with pytest.raises(ValueError, match=r"There are no weights .*Give the path of a file, or one of .*lasco_c2"):
        load_network(name)


@pytest.mark.parametrize("detector", ["C2", "C3"])
def test_weights_of_a_camera(detector):
    """Frames of both detectors have weights of this task; a map off its telemetry grid has none."""
    camera = identify(plain_corona(detector=detector, size=256).meta)
    assert find_weights(camera).name == f"lasco_{detector.lower()}"
    assert find_weights(None) is None


@pytest.mark.parametrize("name", ["corkit", "lasco_c2", "lasco_c3"])
def test_bundled_weights(name):
    """Each record has its file, at most 8 MB, its model card, and loads as the network that it says."""
    record = list_weights()[name]
    assert record.path.stat().st_size <= 8e6
    loaded = load_network(record, task=record.task)
    assert loaded.sha256 == record.sha256
    assert type(loaded.network).__name__ == record.architecture
    assert record.sha256 in record.card


@pytest.fixture
def incomplete(monkeypatch, tmp_path):
    """Look for bundled files in an empty directory."""
    monkeypatch.setattr(weights.resources, "files", lambda _: tmp_path)
    list_weights.cache_clear()
    yield
    list_weights.cache_clear()


_INCOMPLETE = r"installation of sunpy_coronagraph_inpaint is incomplete: it lacks .*Install the package again"


@pytest.mark.usefixtures("incomplete")
@pytest.mark.filterwarnings("ignore:Missing metadata for observer")
def test_fill_without_records_fails():
    """A fill does not step down to another method where the records of the weights are missing."""
    smap = damage(plain_corona(detector="C2", size=256), blocks=1, seed=1)
    with pytest.raises(FileNotFoundError, match=_INCOMPLETE):
        inpaint_map(smap)
    assert inpaint_map(smap, method="kriging").meta["fillmeth"] == "kriging"


@pytest.mark.usefixtures("incomplete")
@pytest.mark.parametrize(
    "look",
    [
        list_weights,
        lambda: load_network("lasco_c2"),
        lambda: InpaintRecipe.named("lasco"),
        lambda: CorKitRecipe.named("corkit"),
        lambda: corkit(None),
    ],
    ids=["records", "weights by name", "recipe", "recipe of CorKit", "weights of CorKit"],
)
def test_incomplete_installation(look):
    """A missing bundled file is an error that says what to do."""
    with pytest.raises(FileNotFoundError, match=_INCOMPLETE):
        look()


def test_missing_file(tmp_path):
    """A record whose file is missing is reported as an incomplete installation."""
    record = replace(list_weights()["lasco_c2"], folder=tmp_path)
    for look in (lambda: load_network(record), lambda: record.card):
        with pytest.raises(FileNotFoundError, match=_INCOMPLETE):
            look()


SIZES = [(30, 30), (31, 29), (24, 24), (40, 17), (32, 32), (30, 30), (9, 50)]


def patch_of(shape, seed):
    """A patch of random numbers with a hole in the middle."""
    rng = np.random.default_rng(seed)
    images, extras, candidates = (
        rng.normal(size=(n, *shape)).astype(np.float32) for n in (3, len(AUXILIARY_CHANNELS), len(CANDIDATES))
    )
    known = np.ones((3, *shape), bool)
    known[0, shape[0] // 3 : 2 * shape[0] // 3, shape[1] // 3 : 2 * shape[1] // 3] = False
    known[2] = seed % 2 == 0
    usable = np.ones((len(CANDIDATES), *shape), bool)
    usable[5:] = seed % 2 == 0
    return SimpleNamespace(images=images, known=known, extras=extras, candidates=candidates, usable=usable)


@pytest.fixture(scope="module")
def patchs():
    """Crops of several sizes, some of which are rounded up to the same."""
    return [patch_of(shape, seed) for seed, shape in enumerate(SIZES)]


@pytest.fixture(scope="module")
def network():
    """An untrained network whose parameters are all at random."""
    return tiny_network()


def test_many_are_filled_as_one_by_one(network, patchs):
    """What a patch gets does not depend on those it goes with."""
    together = fill_patches(network, patchs, device="cpu")
    for patch, (mean, std) in zip(patchs, together, strict=True):
        ((alone, alone_std),) = fill_patches(network, [patch], device="cpu")
        assert mean.shape == std.shape == patch.known.shape[1:]
        np.testing.assert_allclose(mean, alone, rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(std, alone_std, rtol=1e-5, atol=1e-5)
        assert (std > 0).all()


def test_order_does_not_matter(network, patchs):
    """Results are in the order of the patches."""
    forth, back = fill_patches(network, patchs, device="cpu"), fill_patches(network, patchs[::-1], device="cpu")
    for one, other in zip(forth, back[::-1], strict=True):
        np.testing.assert_allclose(one[0], other[0], rtol=1e-5, atol=1e-5)


def test_what_is_not_known_does_not_matter(network, patchs):
    """Values of the frame in its hole, and of a neighbor that is missing, change nothing."""
    patch = patchs[1]
    changed = SimpleNamespace(**vars(patch))
    changed.images = np.where(patch.known, patch.images, 1e6).astype(np.float32)
    ((mean, std),), ((other, other_std),) = (fill_patches(network, [c], device="cpu") for c in (patch, changed))
    np.testing.assert_array_equal(mean, other)
    np.testing.assert_array_equal(std, other_std)


def test_patchs_are_not_written_to(network, patchs):
    """The arrays stay as they were."""
    before = {name: array.tobytes() for name, array in vars(patchs[0]).items()}
    fill_patches(network, patchs[:1], device="cpu")
    assert {name: array.tobytes() for name, array in vars(patchs[0]).items()} == before


def test_bfloat16_is_near(network, patchs):
    """Half of the digits in the convolutions change little, since candidates keep all of theirs."""
    full, half = (fill_patches(network, patchs[:1], device="cpu", precision=p)[0][0] for p in ("float32", "bfloat16"))
    assert not np.array_equal(full, half)
    assert np.abs(full - half).max() < 0.02
