"""Tests of the loss terms, against loops in NumPy and by their properties."""

import numpy as np
import pytest
import torch

from sunpy_coronagraph_inpaint.inpaint.network.layered import closing_masks
from sunpy_coronagraph_inpaint.learning import losses


def _hole(size=12, rows=(4, 8), columns=(3, 9)):
    """A mask with one hole, 1 = known."""
    known = torch.ones(2, 1, size, size)
    known[..., rows[0] : rows[1], columns[0] : columns[1]] = 0
    return known


def _pair(seed=0, size=12):
    generator = torch.Generator().manual_seed(seed)
    return (torch.randn(2, 1, size, size, generator=generator) for _ in range(2))


def _levels(x):
    """Features of three levels without parameters."""
    return [torch.cat([x, x.square()], 1), torch.nn.functional.avg_pool2d(x, 2), torch.nn.functional.max_pool2d(x, 4)]


def test_penalty():
    """The penalty is 0 at 0, half a square for small differences, even, and grows in proportion to large ones."""
    d = torch.arange(-500, 501, dtype=torch.float64) / 10
    value = losses.charbonnier_penalty(d, scale=2.0)
    assert value[500] == 0
    torch.testing.assert_close(value, value.flip(0))
    assert (value[501:].diff() > 0).all()
    small = torch.tensor(1e-3, dtype=torch.float64)
    assert losses.charbonnier_penalty(small, scale=2.0).item() == pytest.approx(0.125e-6, rel=1e-5)
    assert value[-1].item() == pytest.approx(50 / 2 - 1, rel=1e-3)


@pytest.mark.parametrize("weighted", [False, True])
def test_pixel_terms_against_loop(weighted):
    """Inner and diff terms are means over the hole's middle and the ring of a layer."""
    output, target = _pair()
    before, mask, _ = closing_masks(_hole(), 2)
    weight = torch.rand(2, 1, 12, 12) if weighted else None
    w = (torch.ones(2, 1, 12, 12) if weight is None else weight).numpy()
    error = (output - target).numpy()
    middle, ring = ~mask.numpy(), (mask & ~before).numpy()
    for value, values, chosen in (
        (losses.inner_loss(output, target, mask, weight=weight), abs(error), middle),
        (losses.diff_loss(output, target, mask, before, weight=weight), abs(error), ring),
    ):
        assert chosen.any()
        assert value.item() == pytest.approx(np.average(values[chosen], weights=w[chosen]), rel=1e-5)


def test_terms_of_nothing():
    """A term without any pixel is 0 and has a gradient of 0."""
    output, target = _pair()
    output.requires_grad_()
    full = torch.ones(2, 1, 12, 12)
    value = losses.inner_loss(output, target, full) + losses.diff_loss(output, target, full, full)
    value = value + losses.cell_mean_loss(output, target, full)
    value = value + losses.student_likelihood(output, output, target, full == 0)
    value.backward()
    assert value == 0
    assert (output.grad == 0).all()


def test_unrewarded_pixels_do_not_matter():
    """Where the weight is 0 the target may be NaN; value and gradient stay as they are."""
    output, target = _pair()
    known, weight = _hole(), torch.ones(2, 1, 12, 12)
    weight[..., 5, 5] = 0
    results = []
    for star in (1e6, torch.nan):
        spoiled = target.clone()
        spoiled[..., 5, 5] = star
        y = output.clone().requires_grad_()
        value = losses.inner_loss(y, spoiled, known, weight=weight)
        value = value + losses.cell_mean_loss(y, spoiled, known, weight=weight, penalty=torch.square)
        value.backward()
        assert (y.grad[..., 5, 5] == 0).all()
        assert y.grad[..., 4:8, 3:9].count_nonzero() == 2 * 23
        results.append((value.detach(), y.grad))
    assert torch.equal(results[0][0], results[1][0])
    assert torch.equal(results[0][1], results[1][1])


@pytest.mark.parametrize("size", [3, 4, 5, 50])
def test_cell_means_against_loop(size):
    """Bins of any size, cut by the hole and by the edge, weighted by their pixels."""
    output, target = _pair()
    known = _hole()
    weight = torch.rand(2, 1, 12, 12)
    total, number = 0.0, 0.0
    for n in range(2):
        for y in range(0, 12, size):
            for x in range(0, 12, size):
                cell = np.s_[n, 0, y : y + size, x : x + size]
                w = (weight[cell] * (known[cell] == 0)).numpy()
                if w.sum():
                    total += w.sum() * abs(np.average((output - target)[cell].numpy(), weights=w))
                    number += w.sum()
    value = losses.cell_mean_loss(output, target, known, size=size, weight=weight)
    assert value.item() == pytest.approx(total / number, rel=1e-4)


def test_features_terms_against_numpy():
    """Perceptual is the mean difference per level; style that of the Gram matrices, per C H W and C squared."""
    output, target = _pair()
    one, two = _levels(output), _levels(target)
    perceptual = sum(np.abs((a - b).numpy()).mean() for a, b in zip(one, two, strict=True))
    assert losses.perceptual_loss(one, two).item() == pytest.approx(perceptual, rel=1e-5)
    style = 0.0
    for a, b in zip(one, two, strict=True):
        _, channels, height, width = a.shape
        for n in range(2):
            gram = [f[n].reshape(channels, -1).numpy() for f in (a, b)]
            gram = [g @ g.T / (channels * height * width) for g in gram]
            style += np.abs(gram[0] - gram[1]).sum() / channels**2 / 2
    assert losses.style_loss(one, two).item() == pytest.approx(style, rel=1e-5)


def test_style_is_float32_under_autocast():
    """Gram matrices are sums over many pixels and are not made in bfloat16."""
    output, target = _pair()
    expected = losses.style_loss(_levels(output), _levels(target))
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(losses.style_loss(_levels(output), _levels(target)), expected)


def test_style_does_not_know_places():
    """Shuffled pixels have the same style and other content."""
    output, _ = _pair()
    shuffled = output.flatten()[torch.randperm(output[0].numel())].reshape(1, 1, 12, 12)
    assert losses.style_loss([output[:1]], [shuffled]) < 1e-6
    assert losses.perceptual_loss([output[:1]], [shuffled]) > 0.1


def test_likelihood_against_student_distribution():
    """It is Student's, less its constant, with the noise of the target; the answer is not learned by it."""
    output, target = _pair()
    chosen = _hole() == 0
    log_std = torch.full_like(output, -0.4, requires_grad=True)
    width = torch.hypot(log_std.detach().exp(), torch.tensor(0.3))
    student = torch.distributions.StudentT(4.0, output, width)
    constant = torch.distributions.StudentT(4.0).log_prob(torch.tensor(0.0))
    weight = torch.rand(2, 1, 12, 12)
    expected = -np.average((student.log_prob(target) - constant)[chosen], weights=weight[chosen])
    output.requires_grad_()
    value = losses.student_likelihood(output, log_std, target, chosen, noise=0.3, weight=weight)
    assert value.item() == pytest.approx(expected, rel=1e-4)
    value.backward()
    assert output.grad is None
    assert log_std.grad[chosen].all()
    assert not log_std.grad[~chosen].any()
