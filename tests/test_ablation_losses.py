"""Tests of the losses that only the ablation compares."""

import runpy
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

losses = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "benchmarks" / "ablation_losses.py")))


def _hole(size=12, rows=(4, 8), columns=(3, 9)):
    """A mask with one hole, 1 = known."""
    known = torch.ones(2, 1, size, size)
    known[..., rows[0] : rows[1], columns[0] : columns[1]] = 0
    return known


def _pair(seed=0, size=12):
    generator = torch.Generator().manual_seed(seed)
    return (torch.randn(2, 1, size, size, generator=generator) for _ in range(2))


def test_terms_of_nothing():
    """A term that is about no pixel is 0 and has a gradient of 0."""
    output, target = _pair()
    output.requires_grad_()
    full = torch.ones(2, 1, 12, 12)
    value = losses.ring_flux_loss(output, full) + losses.total_variation_loss(output, full)
    value = value + losses.nonnegative_loss(output, full) + losses.radial_decrease_loss(output, full)
    value = value + losses.gaussian_nll(output, target, target, full)
    value.backward()
    assert value == 0
    assert (output.grad == 0).all()


def test_total_variation_against_loop():
    """Steps count in the hole and on the rim of one pixel, corners with it, and nowhere else."""
    composite, _ = _pair()
    known = _hole()
    region = np.zeros((12, 12), bool)
    region[3:9, 2:10] = True
    x = composite[:, 0].numpy()
    expected = 0.0
    for axis in (0, 1):
        both = np.logical_and(*(np.take(region, np.arange(11) + step, axis) for step in (0, 1)))
        expected += np.abs(np.diff(x, axis=axis + 1))[:, both].mean()
    assert losses.total_variation_loss(composite, known).item() == pytest.approx(expected, rel=1e-5)
    far = composite.clone()
    far[..., 0, :], far[..., -1] = 99.0, 99.0
    assert losses.total_variation_loss(far, known) == losses.total_variation_loss(composite, known)


def test_likelihood_against_normal_distribution():
    """It is the normal distribution's, less its constant, and least at the root mean square."""
    output, target = _pair()
    known = _hole()
    scale = torch.full_like(output, 0.7)
    normal = torch.distributions.Normal(output, scale)
    expected = -(normal.log_prob(target)[known == 0] + 0.5 * np.log(2 * np.pi)).mean()
    torch.testing.assert_close(losses.gaussian_nll(output, scale.log(), target, known), expected)
    rms = (output - target)[known == 0].square().mean().sqrt().log()
    values = [
        losses.gaussian_nll(output, rms + step + torch.zeros_like(output), target, known) for step in (-0.1, 0, 0.1)
    ]
    assert values[1] < min(values[0], values[2])


def test_likelihood_is_clamped():
    """A logarithm beyond the limits counts as the limit."""
    output, target = _pair()
    known = _hole()
    low, lower = (losses.gaussian_nll(output, torch.full_like(output, x), target, known) for x in (-6.0, -60.0))
    assert torch.equal(low, lower)
    assert torch.isfinite(lower)


def test_nonnegative():
    """Only negative brightness in the hole counts."""
    known = _hole()
    brightness = torch.full((2, 1, 12, 12), -3.0)
    assert losses.nonnegative_loss(brightness, known) == 3
    assert losses.nonnegative_loss(brightness * (1 - known) * -1, known) == 0
    assert losses.nonnegative_loss(brightness * known, known) == 0


@pytest.mark.parametrize("axis", [-2, -1])
def test_radial_decrease(axis):
    """A decreasing corona costs nothing, a bump in the hole does, a bump far from it does not."""
    fall = torch.linspace(12, 1, 12).reshape(1, 1, 12, 1).expand(2, 1, 12, 12)
    known = _hole()
    bump, far = fall.clone(), fall.clone()
    bump[..., 5, 3:9] += 10
    far[..., 10, :] += 10
    if axis == -1:
        fall, known, bump, far = (x.transpose(-2, -1) for x in (fall, known, bump, far))
    assert losses.radial_decrease_loss(fall, known, axis=axis) == 0
    assert losses.radial_decrease_loss(far, known, axis=axis) == 0
    # The mean of row 5 is 10 * 6 / 12 higher, less the step of 1; five pairs of rows touch the hole.
    assert losses.radial_decrease_loss(bump, known, axis=axis).item() == pytest.approx(4 / 5)


def test_radial_decrease_axis():
    """Only the two axes of the image are radii."""
    with pytest.raises(ValueError, match="Give -2 if the radius grows with the row"):
        losses.radial_decrease_loss(torch.zeros(1, 1, 4, 4), torch.zeros(1, 1, 4, 4), axis=1)


@pytest.mark.parametrize("width", [1, 2, 3])
@pytest.mark.parametrize("side", [0, 1, 2, 3])
def test_ring_flux_of_one_side(side, width):
    """Each side is compared with what is measured beside it."""
    known = _hole(rows=(4, 8), columns=(4, 8))
    composite = torch.zeros(2, 1, 12, 12)
    composite[..., 4:8, 8 : 8 + width] = 4.0  # what is measured to the right
    known, composite = (torch.rot90(x, side, (-2, -1)) for x in (known, composite))
    # Nothing was filled: the full difference on one of four sides. Three pixels deep is more than half of the hole.
    assert losses.ring_flux_loss(composite, known, width=width).item() == pytest.approx(1.0)


def test_ring_flux_sees_means():
    """Noise of mean 0 along the rim costs nothing, and a star of weight 0 beside it neither."""
    known = _hole(rows=(4, 8), columns=(4, 8))
    noise = torch.tensor([[1.0, -1.0], [-1.0, 1.0]]).tile(6, 6).expand(2, 1, 12, 12).clone()
    assert losses.ring_flux_loss(noise, known) == 0
    weight = torch.ones(2, 1, 12, 12)
    noise[..., 4, 8], weight[..., 4, 8] = torch.nan, 0
    assert losses.ring_flux_loss(0 * noise, known, weight=weight) == 0


def test_ring_flux_at_the_edge():
    """A hole at the edge of the crop has the sides that it has."""
    known = _hole(rows=(0, 4), columns=(0, 12))
    composite = (1 - known) * 2
    assert losses.ring_flux_loss(composite, known) == 2
