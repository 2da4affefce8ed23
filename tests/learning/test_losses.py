"""Tests of the loss terms, against loops in NumPy and by what they must and must not reward."""

from dataclasses import fields, replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sunpy_coronagraph_inpaint.inpaint.network.layered import Answer, LayeredInpainter, closing_masks
from sunpy_coronagraph_inpaint.learning import losses
from sunpy_coronagraph_inpaint.learning.losses import LossWeights, total_loss


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


def _answer(n_layers=2, seed=0):
    generator = torch.Generator().manual_seed(seed)
    known = _hole()
    means = torch.randn(2, n_layers, 12, 12, generator=generator)
    log_std = 0.3 * torch.randn(2, 1, 12, 12, generator=generator)
    masks = closing_masks(known, n_layers)
    mean = means[:, :1]
    for layer in range(1, n_layers):
        mean = torch.where(masks[layer], mean, means[:, layer : layer + 1])
    return Answer(mean, log_std, masks, torch.ones(2, 1, 12, 12), means)


@pytest.mark.parametrize("alpha", [2, 1, 0, -2, 0.5])
def test_penalty(alpha):
    """The penalty is 0 at 0, half a square for small differences, even, grows, and follows its own equation."""
    d = torch.arange(-500, 501, dtype=torch.float64) / 10
    value = losses.robust_penalty(d, scale=2.0, alpha=alpha)
    assert value[500] == 0
    torch.testing.assert_close(value, value.flip(0))
    assert (value[501:].diff() > 0).all()
    small = torch.tensor(1e-3, dtype=torch.float64)
    assert losses.robust_penalty(small, scale=2.0, alpha=alpha).item() == pytest.approx(0.125e-6, rel=1e-5)
    x = d.numpy() / 2
    closed = {2: x**2 / 2, 1: np.sqrt(x**2 + 1) - 1, 0: np.log(x**2 / 2 + 1), -2: 2 * x**2 / (x**2 + 4)}
    if alpha in closed:
        np.testing.assert_allclose(value.numpy(), closed[alpha], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("weighted", [False, True])
def test_pixel_terms_against_loop(weighted):
    """Inner, diff and robust terms are means over the hole's middle, the ring of a layer, and the hole."""
    output, target = _pair()
    before, mask, _ = closing_masks(_hole(), 2)
    weight = torch.rand(2, 1, 12, 12) if weighted else None
    w = (torch.ones(2, 1, 12, 12) if weight is None else weight).numpy()
    error = (output - target).numpy()
    middle, ring, hole = ~mask.numpy(), (mask & ~before).numpy(), ~before.numpy()
    for value, values, chosen in (
        (losses.inner_loss(output, target, mask, weight=weight), abs(error), middle),
        (losses.diff_loss(output, target, mask, before, weight=weight), abs(error), ring),
        (losses.robust_loss(output, target, before, weight=weight), 2 * error**2 / (error**2 + 4), hole),
    ):
        assert chosen.any()
        assert value.item() == pytest.approx(np.average(values[chosen], weights=w[chosen]), rel=1e-5)


def test_pixel_terms_of_nothing():
    """A term that is about no pixel is 0 and has a gradient of 0."""
    output, target = _pair()
    output.requires_grad_()
    full = torch.ones(2, 1, 12, 12)
    value = losses.inner_loss(output, target, full) + losses.diff_loss(output, target, full, full)
    value = value + losses.cell_mean_loss(output, target, full) + losses.ring_flux_loss(output, full)
    value = value + losses.total_variation_loss(output, full) + losses.nonnegative_loss(output, full)
    value = value + losses.gaussian_nll(output, target, target, full) + losses.radial_decrease_loss(output, full)
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
        value = value + losses.cell_mean_loss(y, spoiled, known, weight=weight)
        value = value + losses.gaussian_nll(y, torch.zeros_like(y), spoiled, known, weight=weight)
        value.backward()
        assert (y.grad[..., 5, 5] == 0).all()
        assert y.grad[..., 4:8, 3:9].count_nonzero() == 2 * 23
        results.append((value.detach(), y.grad))
    assert torch.equal(results[0][0], results[1][0])
    assert torch.equal(results[0][1], results[1][1])


@pytest.mark.parametrize("size", [3, 4, 5, 50])
def test_cell_means_against_loop(size):
    """Cells of any size, cut by the hole and by the edge, weighted by their pixels."""
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


def test_published_weights():
    """The published numbers are kept in their order."""
    order = ["inner", "diff", "perceptual", "style", "style_composite"]
    assert LossWeights.pretraining().active == dict(zip(order, [6, 6, 0.05, 120, 120], strict=True))
    assert LossWeights.finetuning().active == dict(zip(order, [0.2, 0.8, 0.2, 1.2, 1.8], strict=True))


ALL = [field.name for field in fields(LossWeights)]


@pytest.mark.parametrize("name", ALL)
def test_total_is_each_term(name):
    """One term alone is its own function, times its weight, and needs no features unless it compares them."""
    answer = _answer()
    target, image = _pair(3)
    known, weight = answer.masks[0], torch.rand(2, 1, 12, 12)
    composite = torch.where(known, image, answer.mean)
    layers = [(answer.means[:, i : i + 1], answer.masks[i + 1], answer.masks[i]) for i in range(2)]
    raw, both, true = (_levels(x) for x in (answer.mean, composite, target))
    expected = {
        "inner": sum(losses.inner_loss(y, target, m, weight=weight) for y, m, _ in layers),
        "diff": sum(losses.diff_loss(y, target, m, b, weight=weight) for y, m, b in layers),
        "total_variation": losses.total_variation_loss(composite, known),
        "perceptual": losses.perceptual_loss(raw, true) + losses.perceptual_loss(both, true),
        "style": losses.style_loss(raw, true),
        "style_composite": losses.style_loss(both, true),
        "likelihood": losses.gaussian_nll(answer.mean, answer.log_std, target, known, weight=weight),
        "nonnegative": losses.nonnegative_loss(composite + 0.1, known),
        "radial": losses.radial_decrease_loss(composite + 0.1, known, axis=-1),
        "ring": losses.ring_flux_loss(composite, known, weight=weight),
        "cells": losses.cell_mean_loss(answer.mean, target, known, size=3, weight=weight),
    }[name]
    options = {"weight": weight, "background": 0.1, "axis": -1, "size": 3}
    if name in ("perceptual", "style", "style_composite"):
        options["features"] = _levels
    value, terms = total_loss(answer, target, image, weights=LossWeights(**{name: 2.5}), **options)
    assert expected > 0
    torch.testing.assert_close(value, 2.5 * expected)
    assert terms.keys() == {name}
    torch.testing.assert_close(terms[name], expected)


def test_total_of_all_terms_trains_a_network():
    """All terms together reach every parameter of a small stack; NaN in the hole of the image does not matter."""
    torch.manual_seed(0)
    network = LayeredInpainter(n_images=1, n_extras=0, n_candidates=2, width=4, depth=1)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    target, image = _pair(3)
    known = _hole()
    image = torch.where(known == 0, torch.nan, image)
    candidates, usable = torch.randn(2, 2, 12, 12), torch.ones(2, 2, 1, 1)
    answer = network(image, known, torch.zeros(2, 0, 12, 12), candidates, usable)
    weights = LossWeights(**dict.fromkeys(ALL, 1.0))
    value, terms = total_loss(answer, target, image, weights=weights, features=_levels)
    assert list(terms) == ALL
    assert value.item() == pytest.approx(sum(term.item() for term in terms.values()), rel=1e-5)
    assert not any(term.requires_grad for term in terms.values())
    value.backward()
    for parameter in network.parameters():
        assert torch.isfinite(parameter.grad).all()
        assert parameter.grad.any()


def test_total_uses_the_penalty():
    """The penalty is that of the pixel terms and of the cells."""
    answer = _answer()
    target, image = _pair(3)
    for name in ("inner", "diff", "cells"):
        weights = LossWeights(**{name: 1.0})
        plain, _ = total_loss(answer, target, image, weights=weights)
        square, _ = total_loss(answer, target, image, weights=weights, penalty=torch.square)
        assert plain != square


def test_total_needs_weights_and_features():
    """No weight at all is refused, and features are asked for where they are needed."""
    answer = _answer()
    target, image = _pair()
    with pytest.raises(ValueError, match="at least one term"):
        total_loss(answer, target, image, weights=LossWeights())
    with pytest.raises(ValueError, match="Give features="):
        total_loss(answer, target, image, weights=replace(LossWeights(), style=1.0))


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**16), layers=st.integers(1, 3))
def test_perfect_answer_costs_nothing(seed, layers):
    """The truth itself costs nothing in every term that compares with it."""
    target, _ = _pair(seed)
    known = torch.rand(2, 1, 12, 12, generator=torch.Generator().manual_seed(seed)) > 0.5
    masks = closing_masks(known, layers)
    answer = Answer(target, torch.zeros_like(target), masks, target, target.expand(-1, layers, -1, -1))
    names = ["inner", "diff", "perceptual", "style", "style_composite", "likelihood", "cells"]
    value, _ = total_loss(answer, target, target, weights=LossWeights(**dict.fromkeys(names, 1.0)), features=_levels)
    assert value == 0
