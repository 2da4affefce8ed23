"""Tests of the feature extractors."""

import pytest
import torch
from safetensors.torch import save_file

from sunpy_coronagraph_inpaint.learning.features import CoronaFeatures, Vgg19Features, train_features, vgg19_features


@pytest.fixture(scope="module")
def vgg_file(tmp_path_factory):
    """A file of random weights by torchvision's names, with more in it than is needed, and the weights."""
    torch.manual_seed(0)
    shapes = {0: (64, 3), 2: (64, 64), 5: (128, 64), 7: (128, 128), 10: (256, 128)}
    shapes |= dict.fromkeys((12, 14, 16), (256, 256))
    state = {f"features.{place}.weight": 0.05 * torch.randn(*shape, 3, 3) for place, shape in shapes.items()}
    state |= {f"features.{place}.bias": 0.05 * torch.randn(shape[0]) for place, shape in shapes.items()}
    path = tmp_path_factory.mktemp("vgg") / "vgg19.safetensors"
    save_file(state | {"features.19.weight": torch.zeros(512, 256, 3, 3), "classifier.0.bias": torch.zeros(4)}, path)
    return path, state


def _by_hand(x, state):
    """The stack of VGG-19 up to layer 18, written out."""
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    x = (x.expand(-1, 3, -1, -1) - mean.reshape(3, 1, 1)) / std.reshape(3, 1, 1)
    levels = []
    for block in ((0, 2), (5, 7), (10, 12, 14, 16)):
        for place in block:
            weights = (state[f"features.{place}.{name}"] for name in ("weight", "bias"))
            x = torch.nn.functional.conv2d(x, *weights, padding=1).relu()
        x = torch.nn.functional.max_pool2d(x, 2)
        levels.append(x)
    return levels


def test_vgg_is_vgg(vgg_file):
    """Layers 4, 9 and 18 of the loaded network are what the written-out stack gives; gray becomes three colors."""
    path, state = vgg_file
    features = vgg19_features(path, limits=(0.0, 1.0))
    x = torch.rand(2, 1, 24, 16)
    for level, expected in zip(features(x), _by_hand(x, state), strict=True):
        torch.testing.assert_close(level, expected)


def test_vgg_limits(vgg_file):
    """The limits are mapped to black and white."""
    x = torch.rand(1, 1, 16, 16)
    plain, scaled = (vgg19_features(vgg_file[0], limits=limits) for limits in ((0.0, 1.0), (-2.0, 6.0)))
    for one, two in zip(plain(x), scaled(8 * x - 2), strict=True):
        torch.testing.assert_close(one, two)


def test_vgg_is_frozen(vgg_file):
    """No weight is trained, while gradients flow to the image."""
    features = vgg19_features(vgg_file[0])
    assert not features.training
    assert not any(parameter.requires_grad for parameter in features.parameters())
    x = torch.zeros(1, 1, 16, 16, requires_grad=True)
    sum(level.sum() for level in features(x)).backward()
    assert x.grad.any()


def test_vgg_without_file(tmp_path):
    """A missing file is an error."""
    with pytest.raises(FileNotFoundError, match=r"There is no file .*vgg19\.safetensors"):
        vgg19_features(tmp_path / "vgg19.safetensors")


@pytest.mark.parametrize(
    ("spoil", "match"),
    [
        (lambda path, state: torch.save(state, path), "is no safetensors file"),
        (lambda path, state: path.write_bytes(b""), "is no safetensors file"),
        (lambda path, state: save_file({k: v for k, v in state.items() if "16" not in k}, path), "has no parameter"),
        (
            lambda path, state: save_file(state | {"features.5.weight": torch.zeros(3)}, path),
            r"shape \(3,\) instead of",
        ),
    ],
    ids=["pickle", "empty", "lacking", "wrong shape"],
)
def test_vgg_wrong_file(vgg_file, tmp_path, spoil, match):
    """The error says what is wrong with a file; a pickle is never opened."""
    path = tmp_path / "weights.safetensors"
    spoil(path, vgg_file[1])
    with pytest.raises(ValueError, match=match):
        vgg19_features(path)


def test_vgg_random_until_loaded():
    """The bare stack has the names of torchvision."""
    names = set(Vgg19Features().state_dict())
    places = (0, 2, 5, 7, 10, 12, 14, 16)
    assert names == {f"features.{place}.{kind}" for place in places for kind in ("weight", "bias")}


def _coronas(number=32, size=24):
    """Smooth crops: streamers of random place, width and slope."""
    generator = torch.Generator().manual_seed(1)
    x = torch.linspace(0, 1, size).reshape(1, 1, 1, size)
    y = x.transpose(-2, -1)
    place, slope, width = (torch.rand(number, 1, 1, 1, generator=generator) for _ in range(3))
    return 3 * torch.exp(-(((x - place - 0.4 * (slope - 0.5) * y) / (0.1 + 0.2 * width)) ** 2)) - 1


def test_training_takes_noise_off():
    """The trained network gives back coronas closer to the truth than they were with noise, on crops it never saw."""
    crops = _coronas(72)
    features = train_features(crops[:64], steps=250, seed=2, width=8, learning_rate=4e-3)
    clean = crops[64:]
    noisy = clean + 0.5 * torch.randn(clean.shape, generator=torch.Generator().manual_seed(3))
    with torch.inference_mode():
        error = (features.reconstruct(noisy) - clean).square().mean()
    assert error < 0.4 * (noisy - clean).square().mean()


def test_training_is_deterministic_and_quiet():
    """The same seed gives the same network, another one another; the state of the caller's generator is untouched."""
    crops = _coronas(8)
    state = torch.random.get_rng_state()
    one, two, other = (train_features(crops, steps=3, seed=seed, width=4).state_dict() for seed in (5, 5, 6))
    assert torch.equal(torch.random.get_rng_state(), state)
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert not all(torch.equal(one[name], other[name]) for name in one)


def test_trained_is_frozen():
    """No weight is trained any more, while gradients flow to the image."""
    features = train_features(_coronas(4), steps=1, width=4)
    assert not features.training
    assert not any(parameter.requires_grad for parameter in features.parameters())
    x = torch.zeros(1, 1, 16, 16, requires_grad=True)
    sum(level.sum() for level in features(x)).backward()
    assert x.grad.any()


@pytest.mark.parametrize("size", [(16, 24), (17, 9)])
def test_corona_levels(size):
    """Three levels, each half the size of the one before, and back to the size of the image."""
    network = CoronaFeatures(4)
    x = torch.randn(2, 1, *size)
    shapes, expected = [tuple(level.shape) for level in network(x)], []
    for level in range(3):
        size = tuple(-(-n // 2) for n in size)
        expected.append((2, 4 * 2**level, *size))
    assert shapes == expected
    assert network.reconstruct(x).shape == x.shape


@pytest.mark.parametrize(
    "crops",
    [torch.zeros(4, 8, 8), torch.zeros(2, 3, 8, 8), torch.zeros(0, 1, 8, 8), torch.full((1, 1, 8, 8), torch.nan)],
)
def test_bad_crops(crops):
    """Crops of a wrong shape or with NaN are refused."""
    with pytest.raises(ValueError, match="Give finite numbers of shape"):
        train_features(crops, steps=1)
