"""Tests of the partial convolution, against a loop over pixels in float64."""

import ast
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sunpy_coronagraph_inpaint.learning.layers import PartialConv2d, known_channels


def _naive(x, mask, weight, bias, stride):
    """Equations 1 and 2 of Liu et al. 2018, one output at a time; what lies off the image is missing."""
    samples, channels, height, width = x.shape
    size = weight.shape[-1]
    half = size // 2
    rows, columns = range(0, height, stride), range(0, width, stride)
    output = np.zeros((samples, weight.shape[0], len(rows), len(columns)))
    new_mask = np.zeros((samples, 1, len(rows), len(columns)), bool)
    for n in range(samples):
        for i, y in enumerate(rows):
            for j, z in enumerate(columns):
                total, known = np.zeros(weight.shape[0]), 0
                for c in range(channels):
                    for dy in range(-half, half + 1):
                        for dx in range(-half, half + 1):
                            inside = 0 <= y + dy < height and 0 <= z + dx < width
                            if inside and mask[n, c, y + dy, z + dx]:
                                total += weight[:, c, dy + half, dx + half] * x[n, c, y + dy, z + dx]
                                known += 1
                if known:
                    output[n, :, i, j] = total * channels * size**2 / known + bias
                    new_mask[n, 0, i, j] = True
    return output, new_mask


def _masks(rng, shape, kind):
    """Random masks with holes larger than the kernel."""
    mask = rng.random(shape) > 0.6
    mask[..., shape[-2] // 2 :, shape[-1] // 2 :] = False
    return mask[:, :1] if kind == "one" else mask


@pytest.mark.parametrize("kind", ["one", "each"])
@pytest.mark.parametrize("size", [(9, 11), (8, 5)])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("kernel", [1, 3, 5, 7])
def test_against_loop(kernel, stride, size, kind):
    """The layer equals the naive loop to rounding, for every kernel and stride, odd sizes, and at the borders."""
    rng = np.random.default_rng(kernel * 10 + stride)
    layer = PartialConv2d(2, 3, kernel, stride=stride).double()
    x = rng.normal(size=(2, 2, *size))
    mask = _masks(rng, x.shape, kind)
    output, new_mask = layer(torch.tensor(x), torch.tensor(mask))
    weight, bias = (parameter.detach().numpy() for parameter in (layer.weight, layer.bias))
    expected, expected_mask = _naive(x, np.broadcast_to(mask, x.shape), weight, bias, stride)
    np.testing.assert_allclose(output.detach().numpy(), expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(new_mask.numpy(), expected_mask)
    assert new_mask.dtype is torch.bool


@pytest.mark.parametrize("bias", [True, False])
def test_full_mask_is_a_convolution(bias):
    """With nothing missing the inside is an ordinary convolution; the border is rescaled by what is off the image."""
    layer = PartialConv2d(3, 2, 3, bias=bias).double()
    x = torch.randn(1, 3, 6, 7, dtype=torch.float64)
    output, new_mask = layer(x, torch.ones_like(x))
    plain = torch.nn.functional.conv2d(x, layer.weight, layer.bias, padding=1)
    assert new_mask.all()
    torch.testing.assert_close(output[..., 1:-1, 1:-1], plain[..., 1:-1, 1:-1])
    offset = layer.bias if bias else torch.zeros(2, dtype=torch.float64)
    torch.testing.assert_close(output[..., 0, 0], (plain[..., 0, 0] - offset) * 9 / 4 + offset)


def test_all_missing():
    """Where nothing is known the output is 0, without the bias, and the mask stays 0."""
    layer = PartialConv2d(2, 3)
    output, new_mask = layer(torch.full((1, 2, 5, 5), torch.nan), torch.zeros(1, 2, 5, 5))
    assert (output == 0).all()
    assert not new_mask.any()


def test_gradients():
    """Gradients agree with finite differences, and none flows into what is missing, NaN or not."""
    layer = PartialConv2d(2, 2, stride=2).double()
    x = torch.randn(1, 2, 5, 5, dtype=torch.float64, requires_grad=True)
    mask = torch.rand(1, 2, 5, 5, generator=torch.Generator().manual_seed(0)) > 0.5
    assert torch.autograd.gradcheck(lambda x, *_: layer(x, mask)[0], (x, layer.weight, layer.bias))
    with_nan = torch.where(mask, x, torch.nan).detach().requires_grad_()
    layer(with_nan, mask)[0].square().sum().backward()
    assert torch.isfinite(layer.weight.grad).all()
    assert (with_nan.grad[~mask] == 0).all()
    assert (with_nan.grad[mask] != 0).any()


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**16),
    height=st.integers(1, 9),
    width=st.integers(1, 9),
    garbage=st.sampled_from([np.nan, np.inf, -1e30]),
    scale=st.floats(1e-3, 1e3),
)
def test_missing_values_do_not_matter_and_scale(seed, height, width, garbage, scale):
    """Whatever stands under mask 0 changes nothing, and without a bias the output scales as the input does."""
    generator = torch.Generator().manual_seed(seed)
    layer = PartialConv2d(2, 2, 3, bias=False).double()
    x = torch.randn(1, 2, height, width, generator=generator, dtype=torch.float64)
    mask = torch.rand(1, 2, height, width, generator=generator) > 0.5
    output, new_mask = layer(x, mask)
    other, other_mask = layer(torch.where(mask, x, garbage), mask.float())
    assert torch.equal(output, other)
    assert torch.equal(new_mask, other_mask)
    torch.testing.assert_close(layer(scale * x, mask)[0], scale * output, rtol=1e-12, atol=1e-12)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**16), kernel=st.sampled_from([3, 5]))
def test_constant_stays_constant(seed, kernel):
    """A mean filter over a constant gives that constant wherever anything is known: the rescaling is right."""
    layer = PartialConv2d(1, 1, kernel, bias=False).double()
    torch.nn.init.constant_(layer.weight, 1 / kernel**2)
    mask = torch.rand(1, 1, 12, 12, generator=torch.Generator().manual_seed(seed)) > 0.9
    output, new_mask = layer(torch.full((1, 1, 12, 12), 7.0, dtype=torch.float64), mask)
    torch.testing.assert_close(output, 7.0 * new_mask.double())


@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
def test_autocast_counts_in_float32(memory_format):
    """Under bfloat16 the sums of the mask are exact: 8 bits of mantissa would make 257 known channels 256."""
    channels = 257
    layer = PartialConv2d(channels, 1, 1, bias=False)
    torch.nn.init.constant_(layer.weight, 1 / 256)
    layer = layer.to(memory_format=memory_format)
    x = torch.ones(1, channels, 4, 4).to(memory_format=memory_format)
    mask = torch.ones_like(x)
    mask[:, 128:] = 0
    with torch.autocast("cpu", torch.bfloat16):
        output, new_mask = layer(x, mask)
        count = known_channels(mask, channels)
    assert output.dtype is torch.bfloat16
    assert count.dtype is torch.float32
    assert new_mask.all()
    torch.testing.assert_close(output.float(), torch.full((1, 1, 4, 4), 257 / 256), rtol=2**-8, atol=0)
    assert (known_channels(torch.ones(1, channels, 2, 2), channels) == channels).all()


def test_convolve_is_forward_of_what_is_masked():
    """The inner entry gives the same as the outer one."""
    layer = PartialConv2d(3, 2)
    x, mask = torch.randn(1, 3, 6, 6), torch.rand(1, 3, 6, 6) > 0.5
    for one, two in zip(layer(x, mask), layer.convolve(x * mask, known_channels(mask, 3)), strict=True):
        torch.testing.assert_close(one, two)


def test_bad_input():
    """A mask of a wrong number of channels and an even kernel are refused."""
    with pytest.raises(ValueError, match="Give it one channel, or 3"):
        PartialConv2d(3, 1)(torch.zeros(1, 3, 4, 4), torch.ones(1, 2, 4, 4))
    with pytest.raises(ValueError, match="Give an odd number"):
        PartialConv2d(1, 1, 4)


def test_repr_names_the_numbers():
    """The numbers of a layer are in its text."""
    assert repr(PartialConv2d(1, 2, 5, stride=2)) == "PartialConv2d(1, 2, kernel_size=5, stride=2)"


def test_no_torch_until_it_is_used():
    """Neither the room, nor weights and their records, nor inference bring PyTorch."""
    modules = ["learning", "learning.weights", "learning.recipe", "learning.inference", "inpaint.network.trained"]
    names = ", ".join(f"sunpy_coronagraph_inpaint.{name}" for name in modules)
    code = f"import sys, {names}; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    "module",
    ["learning.layers", "learning.unet", "learning.losses", "learning.features", "inpaint.network.layered",
     "inpaint.network.corkit"],
)  # fmt: skip
def test_networks_see_tensors_alone(module):
    """Networks and what they are made of import nothing of sunpy and astropy, and of this package only their like."""
    tree = ast.parse(Path(find_spec(f"sunpy_coronagraph_inpaint.{module}").origin).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        names = [node.module] if isinstance(node, ast.ImportFrom) else []
        names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        for imported in names:
            parts = imported.split(".")
            assert parts[0] not in ("sunpy", "astropy")
            if parts[0] == "sunpy_coronagraph_inpaint":
                assert parts[1] in ("learning", "threads") or parts[1:3] == ["inpaint", "network"]
