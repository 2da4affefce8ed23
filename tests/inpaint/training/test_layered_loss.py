"""Tests of the loss of networks that close a hole layer by layer."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sunpy_coronagraph_inpaint.inpaint.network.layered import InpaintOutput, LayeredInpainter, closing_masks
from sunpy_coronagraph_inpaint.inpaint.training.layered_loss import layered_loss
from sunpy_coronagraph_inpaint.learning import losses

ALL = ["inner", "diff", "perceptual", "style", "style_composite", "cells"]


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
    return InpaintOutput(mean, log_std, masks, torch.ones(2, 1, 12, 12), means)


@pytest.mark.parametrize("name", ALL)
def test_each_term(name):
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
        "perceptual": losses.perceptual_loss(raw, true) + losses.perceptual_loss(both, true),
        "style": losses.style_loss(raw, true),
        "style_composite": losses.style_loss(both, true),
        "cells": losses.cell_mean_loss(answer.mean, target, known, weight=weight),
    }[name]
    options = {"weight": weight}
    if name in ("perceptual", "style", "style_composite"):
        options["features"] = _levels
    value, terms = layered_loss(answer, target, image, {name: 2.5}, **options)
    assert expected > 0
    torch.testing.assert_close(value, 2.5 * expected)
    assert terms.keys() == {name}
    torch.testing.assert_close(terms[name], expected)


def test_of_all_terms_trains_a_network():
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
    others = {"width": lambda: answer.log_std.square().mean()}
    weights = dict.fromkeys([*ALL, "width"], 1.0)
    value, terms = layered_loss(answer, target, image, weights, features=_levels, others=others)
    assert list(terms) == [*ALL, "width"]
    assert value.item() == pytest.approx(sum(term.item() for term in terms.values()), rel=1e-5)
    assert not any(term.requires_grad for term in terms.values())
    value.backward()
    for parameter in network.parameters():
        assert torch.isfinite(parameter.grad).all()
        assert parameter.grad.any()


def test_uses_the_penalty():
    """The penalty is that of the pixel terms and of the bins."""
    answer = _answer()
    target, image = _pair(3)
    for name in ("inner", "diff", "cells"):
        plain, _ = layered_loss(answer, target, image, {name: 1.0})
        square, _ = layered_loss(answer, target, image, {name: 1.0}, penalty=torch.square)
        assert plain != square


def test_needs_weights_and_features():
    """No weight at all is refused, and features are asked for where they are needed."""
    answer = _answer()
    target, image = _pair()
    with pytest.raises(ValueError, match="at least one term"):
        layered_loss(answer, target, image, {})
    with pytest.raises(ValueError, match="Give weights of VGG-19"):
        layered_loss(answer, target, image, {"style": 1.0})


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**16), layers=st.integers(1, 3))
def test_perfect_answer_costs_nothing(seed, layers):
    """The truth itself costs nothing in every term that compares with it."""
    target, _ = _pair(seed)
    known = torch.rand(2, 1, 12, 12, generator=torch.Generator().manual_seed(seed)) > 0.5
    masks = closing_masks(known, layers)
    answer = InpaintOutput(target, torch.zeros_like(target), masks, target, target.expand(-1, layers, -1, -1))
    value, _ = layered_loss(answer, target, target, dict.fromkeys(ALL, 1.0), features=_levels)
    assert value == 0
