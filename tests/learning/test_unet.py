"""Tests of the U-Net of partial convolutions."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sunpy_coronagraph_inpaint.learning.unet import PartialUNet, ResidualBlock


def _network(norm=None, **options):
    """Small, with every parameter at random, so that nothing is zero by construction."""
    torch.manual_seed(0)
    network = PartialUNet(2, 3, **({"width": 4, "depth": 2, "norm": norm} | options))
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    return network.eval()


def test_starts_at_zero():
    """Before training the answer is exactly 0, so that a residual starts as nothing."""
    network = PartialUNet(2, 3, width=4, depth=2)
    assert (network(torch.randn(1, 2, 9, 9), torch.ones(1, 2, 9, 9)) == 0).all()


@pytest.mark.parametrize("norm", [None, "batch", "channel"])
def test_block_starts_as_identity(norm):
    """The second convolution starts at zero, so the block gives its input back and grows the mask by two pixels."""
    x, mask = torch.randn(1, 4, 9, 9), torch.zeros(1, 1, 9, 9, dtype=torch.bool)
    mask[..., 4, 4] = True
    x = x * mask
    y, grown = ResidualBlock(4, norm=norm)(x, mask)
    assert torch.equal(x, y)
    assert grown.sum() == 25
    assert grown[..., 2:7, 2:7].all()


@settings(max_examples=25, deadline=None)
@given(height=st.integers(1, 21), width=st.integers(1, 21), seed=st.integers(0, 99))
def test_any_size_and_missing_values_do_not_matter(height, width, seed):
    """Any size goes through, and NaN where the mask is 0 gives the same answer as any number there."""
    network = _network()
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(2, 2, height, width, generator=generator)
    mask = torch.rand(2, 2, height, width, generator=generator) > 0.5
    with torch.inference_mode():
        answer = network(x, mask)
        again = network(torch.where(mask, x, torch.nan), mask.float())
    assert answer.shape == (2, 3, height, width)
    assert torch.isfinite(answer).all()
    assert torch.equal(answer, again)


def test_padding_is_missing():
    """A size that is padded gives what the padded size with a mask of zeros gives."""
    network = _network()
    x = torch.randn(1, 2, 10, 13)
    padded, mask = torch.full((1, 2, 12, 16), torch.nan), torch.zeros(1, 2, 12, 16)
    padded[..., :10, :13], mask[..., :10, :13] = x, 1
    torch.testing.assert_close(network(x, torch.ones_like(x)), network(padded, mask)[..., :10, :13])


@pytest.mark.parametrize("norm", [None, "batch", "channel"])
def test_nothing_known(norm):
    """Where nothing at all is known the answer is that of the head's bias."""
    network = _network(norm)
    answer = network(torch.full((1, 2, 8, 8), torch.nan), torch.zeros(1, 2, 8, 8))
    torch.testing.assert_close(answer, network.head.bias.reshape(1, 3, 1, 1).expand(1, 3, 8, 8))


def test_against_layers_one_by_one():
    """Written out with whole masks, channel by channel, the network is the same: skips keep a mask of their own."""
    network = _network(depth=1, blocks=0)
    x, mask = torch.randn(2, 2, 12, 12), torch.rand(2, 2, 12, 12) > 0.5
    x[:, :, 3:11, 3:11], mask[:, :, 3:11, 3:11] = torch.nan, False
    first, down = (level.step.convolution for level in network.encoder)
    (up,) = (level.step.convolution for level in network.decoder)
    skip, skip_mask = first(x, mask)
    skip = torch.nn.functional.silu(skip)
    coarse, coarse_mask = down(skip, skip_mask.expand_as(skip))
    coarse, coarse_mask = (
        tensor.repeat_interleave(2, -2).repeat_interleave(2, -1)
        for tensor in (torch.nn.functional.silu(coarse), coarse_mask.expand_as(coarse))
    )
    assert not torch.equal(coarse_mask[:, :1], skip_mask)
    both, masks = torch.cat([coarse, skip], 1), torch.cat([coarse_mask, skip_mask.expand_as(skip)], 1)
    expected = network.head(torch.nn.functional.silu(up(both, masks)[0]))
    torch.testing.assert_close(network(x, mask), expected)


def test_shift_equivariance():
    """Shifted by the coarsest pixel, the inside of the answer shifts with it."""
    network = _network(depth=1)
    x = torch.randn(1, 2, 40, 40)
    mask = torch.ones_like(x)
    one, two = network(x, mask), network(x.roll(2, -1), mask)
    torch.testing.assert_close(one.roll(2, -1)[..., 14:-14], two[..., 14:-14])
    assert (one[..., 14:-14] - two[..., 14:-14]).abs().max() > 1e-3


@pytest.mark.parametrize("norm", [None, "batch", "channel"])
def test_autocast_and_channels_last(norm):
    """In bfloat16 and channels last the answer is the same to the digits of bfloat16."""
    network = _network(norm)
    x, mask = torch.randn(1, 2, 16, 16), torch.rand(1, 2, 16, 16) > 0.3
    expected = network(x, mask)
    network = network.to(memory_format=torch.channels_last)
    x = x.to(memory_format=torch.channels_last)
    assert (network(x, mask) - expected).abs().max() < 1e-5 * expected.abs().max()
    with torch.autocast("cpu", torch.bfloat16):
        low = network(x, mask)
    assert low.dtype is torch.bfloat16
    assert (low.float() - expected).abs().max() < 0.05 * expected.abs().max()


@pytest.mark.parametrize("norm", [None, "batch", "channel"])
def test_every_parameter_is_used(norm):
    """After one backward pass every parameter has a gradient that is not 0."""
    network = _network(norm).train()
    network(torch.randn(2, 2, 16, 16), torch.ones(2, 2, 16, 16)).square().mean().backward()
    # A bias before a batch normalization is taken out again by it.
    bare = [name for name, p in network.named_parameters() if not (p.grad.abs() > 1e-9).any()]
    assert all(norm == "batch" and name.endswith("convolution.bias") for name in bare)


def test_batch_norm_is_there():
    """CorKit's normalization is one per step, and none is there by default."""
    count = sum(isinstance(module, torch.nn.BatchNorm2d) for module in _network("batch").modules())
    assert count == 10
    assert not any(isinstance(module, torch.nn.BatchNorm2d) for module in _network().modules())


def test_widths_are_capped():
    """The channels double on the way down, at most to four times the width."""
    network = PartialUNet(2, 1, width=4, depth=4)
    assert [level.step.convolution.out_channels for level in network.encoder] == [4, 8, 16, 16, 16]
    assert [level.step.convolution.out_channels for level in network.decoder] == [16, 16, 8, 4]


def test_number_of_blocks():
    """More blocks are more parameters, none is possible."""
    sizes = [sum(p.numel() for p in _network(blocks=blocks).parameters()) for blocks in (0, 1, 2)]
    assert sizes[2] - sizes[1] == sizes[1] - sizes[0] > 0


def test_bad_norm():
    """An unknown normalization is refused."""
    with pytest.raises(ValueError, match="Choose None or one of batch, channel"):
        PartialUNet(1, 1, norm="layer")
