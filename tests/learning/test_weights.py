"""Weights on disk and their records."""

import json
import os
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.numpy import load, save

from sunpy_coronagraph_inpaint import inpaint_files, inpaint_map
from sunpy_coronagraph_inpaint.flatfield.background import Background
from sunpy_coronagraph_inpaint.inpaint.benchmark.corkit import published_recipe
from sunpy_coronagraph_inpaint.inpaint.training.corkit_recipe import PublishedRecipe
from sunpy_coronagraph_inpaint.learning import weights
from sunpy_coronagraph_inpaint.learning.recipe import Recipe
from sunpy_coronagraph_inpaint.learning.weights import (
    Weights,
    find_weights,
    list_weights,
    load_weights,
    replace_background,
    save_weights,
)
from sunpy_coronagraph_inpaint.simulate import damage, plain_corona
from tests.learning.tiny import SETTINGS, tiny_network, tiny_weights


@pytest.fixture
def path(tmp_path):
    """A file of weights without a background."""
    return tiny_weights(tmp_path / "tiny.safetensors")


def record_of(path, sha256):
    """A record of a file that does not lie in the package."""
    return Weights(
        name="tiny", file=str(path), sha256=sha256, camera="a camera", levels=("0.5",), normalization="none",
        trained_on="nothing", license="any", metrics={},
    )  # fmt: skip


def test_round_trip(path):
    """Every tensor comes back, rounded to half precision, and so does the file's hash."""
    network, loaded = tiny_network(), load_weights(path)
    state = loaded.network.state_dict()
    assert state.keys() == network.state_dict().keys()
    for name, tensor in network.state_dict().items():
        torch.testing.assert_close(state[name], tensor.half().float(), rtol=0, atol=0)
    assert loaded.background is None
    assert loaded.spread == (1.0, 1.0)
    assert not loaded.network.training
    again = path.with_name("again.safetensors")
    assert save_weights(again, loaded.network, settings=SETTINGS) == loaded.sha256
    assert again.read_bytes() == path.read_bytes()


def test_background_and_spread_travel(tmp_path):
    """The background of the camera and the factors on the standard deviations are in the same file."""
    rng = np.random.default_rng(0)
    background = Background(rng.normal(size=(32, 32)), rng.normal(size=(2, 32, 32)), rng.normal(0, 0.01, (1024, 1024)))
    loaded = load_weights(tiny_weights(tmp_path / "all.safetensors", background=background, spread=(1.2, 0.9)))
    assert loaded.spread == (1.2, 0.9)
    for name, array in background.arrays().items():
        np.testing.assert_array_equal(loaded.background.arrays()[name], array)


def test_another_background(tmp_path):
    """The background alone is replaced: with the old one the file comes back to the bit."""
    rng = np.random.default_rng(0)
    old, new = (Background(rng.normal(size=(8, 8)), np.zeros((0, 8, 8)), rng.random((1024, 1024))) for _ in range(2))
    path = tiny_weights(tmp_path / "old.safetensors", background=old, spread=(1.2, 0.9))
    target = tmp_path / "new.safetensors"
    assert replace_background(path, new, target) == load_weights(target).sha256
    before, after = load(path.read_bytes()), load(target.read_bytes())
    for name in before:
        assert (before[name].tobytes() == after[name].tobytes()) == (name[:8] == "network." or "modes" in name), name
    assert load_weights(target).spread == (1.2, 0.9)
    replace_background(target, old, target)
    assert target.read_bytes() == path.read_bytes()
    with pytest.raises(ValueError, match="There are no weights"):
        replace_background(tmp_path / "nowhere", new, target)


def test_loaded_once_for_the_same_file(path):
    """The second call gives the same network; after the file has changed it gives another."""
    first = load_weights(path)
    assert load_weights(str(path)) is first
    save_weights(path, tiny_network(seed=1), settings=SETTINGS)
    os.utime(path, ns=(1, 1))
    assert load_weights(path).sha256 != first.sha256


def test_writing_is_whole_or_not_at_all(path, monkeypatch):
    """When writing fails, what was there stays."""
    before = path.read_bytes()
    monkeypatch.setattr(type(path), "replace", lambda *_: (_ for _ in ()).throw(OSError("no space")))
    with pytest.raises(OSError, match="no space"):
        save_weights(path, tiny_network(seed=1), settings=SETTINGS)
    assert path.read_bytes() == before


def test_wrong_hash(path):
    """A record whose hash is another one is refused, in one sentence that tells what to do."""
    right = load_weights(path).sha256
    assert load_weights(record_of(path, right)).sha256 == right
    with pytest.raises(ValueError, match=r"hash \w{12}\.\.\. instead of 000000000000.*Install the package again"):
        load_weights(record_of(path, "0" * 64))


def notes(**settings):
    """What a file says of its network."""
    return {"network": json.dumps(SETTINGS | {"spread": [1, 1]} | settings)}


def cut(content):
    """The first half of a file."""
    return content[: len(content) // 2]


def without_settings(content):
    """A file of tensors that says nothing of a network."""
    return save(load(content), {"format": "np"})


def of_another_network(content):
    """Tensors that do not fit to the settings."""
    return save(load(content), notes(width=8))


def of_unknown_settings(content):
    """Settings that this version does not know."""
    return save(load(content), notes(heads=8))


def of_too_few_tensors(content):
    """A file in which a tensor is missing."""
    tensors = load(content)
    del tensors["network.prior.0"]
    return save(tensors, notes())


def text(_):
    """No file of tensors at all."""
    return b"SIMPLE  =                    T"


@pytest.mark.parametrize(
    "damage", [cut, without_settings, of_another_network, of_unknown_settings, of_too_few_tensors, text, lambda _: b""]
)
def test_damaged_or_no_file_of_weights(path, damage):
    """Whatever is wrong with a file, it is told as such."""
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ValueError, match="is not a file of weights"):
        load_weights(path)


@pytest.mark.parametrize("name", ["lasco_c9", "nowhere/weights.safetensors", ""])
def test_unknown_name(name):
    """A name that is neither a record nor a file is told with those that there are."""
    with pytest.raises(ValueError, match=r"There are no weights .*Give the path of a file"):
        load_weights(name)


@pytest.fixture
def incomplete(monkeypatch, tmp_path):
    """Look for what comes with the package in an empty directory."""
    monkeypatch.setattr(weights.resources, "files", lambda _: tmp_path)
    list_weights.cache_clear()
    yield
    list_weights.cache_clear()


_INCOMPLETE = r"installation of sunpy_coronagraph_inpaint is incomplete: it lacks .*Install the package again"


@pytest.mark.usefixtures("incomplete")
@pytest.mark.filterwarnings("ignore:Missing metadata for observer")
def test_fill_without_records_fails(tmp_path):
    """A fill does not step down to another method where the records of the weights are missing."""
    smap = damage(plain_corona(detector="C2", size=256), blocks=1, seed=1)
    with pytest.raises(FileNotFoundError, match=_INCOMPLETE):
        inpaint_map(smap)
    with pytest.raises(FileNotFoundError, match=_INCOMPLETE):
        inpaint_files([tmp_path / "a.fts"], tmp_path / "out")
    assert inpaint_map(smap, method="kriging").meta["fillmeth"] == "kriging"


@pytest.mark.usefixtures("incomplete")
@pytest.mark.parametrize(
    "look",
    [
        list_weights,
        lambda: load_weights("lasco_c2"),
        lambda: Recipe.named("lasco"),
        PublishedRecipe.reference,
        lambda: published_recipe(None),
    ],
    ids=["records", "weights by name", "recipe", "published recipe", "published weights"],
)
def test_incomplete_installation(look):
    """Whatever should come with the package and is missing is told, with what to do about it."""
    with pytest.raises(FileNotFoundError, match=_INCOMPLETE):
        look()


def test_record_without_its_file():
    """A record of which the file or the card is missing is an incomplete installation."""
    record = replace(list_weights()["lasco_c2"], name="lost", file="lost.safetensors")
    with pytest.raises(FileNotFoundError, match=_INCOMPLETE):
        load_weights(record)
    with pytest.raises(FileNotFoundError, match=_INCOMPLETE):
        record.card  # noqa: B018 (the card is read when it is asked for)


def test_no_weights_for_no_camera():
    """A map off its telemetry grid has none."""
    assert find_weights(None) is None


@pytest.mark.parametrize("name", sorted({"lasco_c2", "lasco_c3", *list_weights()}))
def test_bundled_weights(name):
    """Each record has its file, at most 8 MB, its model card, and loads."""
    record = list_weights()[name]
    assert record.path.stat().st_size <= 8e6
    assert record.sha256 == load_weights(name).sha256
    assert record.camera in record.card or record.name in record.card
