"""The weighted sum of all terms."""

from dataclasses import dataclass, fields

import torch

from sunpy_coronagraph_inpaint.learning.losses.likelihood import gaussian_nll
from sunpy_coronagraph_inpaint.learning.losses.physics import (
    nonnegative_loss,
    radial_decrease_loss,
    ring_flux_loss,
    total_variation_loss,
)
from sunpy_coronagraph_inpaint.learning.losses.pixels import cell_mean_loss, diff_loss, inner_loss
from sunpy_coronagraph_inpaint.learning.losses.texture import perceptual_loss, style_loss

__all__ = ["LossWeights", "total_loss"]


@dataclass(frozen=True, kw_only=True)
class LossWeights:
    """
    How much each term counts. Terms of weight 0 are not evaluated.

    Attributes
    ----------
    inner, diff : float
        See `inner_loss` and `diff_loss`, of every layer.
    total_variation : float
        See `total_variation_loss`, of the composite.
    perceptual : float
        See `perceptual_loss`, of the answer and of the composite, added.
    style, style_composite : float
        See `style_loss`, of the answer and of the composite.
    likelihood, nonnegative, radial, ring, cells : float
        See `gaussian_nll`, `nonnegative_loss`, `radial_decrease_loss`, `ring_flux_loss` and `cell_mean_loss`.

    Notes
    -----
    The published recipe gives five weights without their names. They are read here as those of Liu et al. 2018,
    arXiv:1804.07723, section 3.3 (hole 6, valid 1, perceptual 0.05, style of the output 120, style of the composite
    120), with *inner* and *diff* in place of hole and valid. That is an interpretation: 0.05 and 120 agree with no
    other order. Total variation, 0.1 with Liu et al., is then not among the five.

    Examples
    --------
    >>> LossWeights.pretraining().style
    120.0
    >>> LossWeights(likelihood=1.0, cells=2.0).active
    {'likelihood': 1.0, 'cells': 2.0}
    """

    inner: float = 0.0
    diff: float = 0.0
    total_variation: float = 0.0
    perceptual: float = 0.0
    style: float = 0.0
    style_composite: float = 0.0
    likelihood: float = 0.0
    nonnegative: float = 0.0
    radial: float = 0.0
    ring: float = 0.0
    cells: float = 0.0

    @classmethod
    def pretraining(cls):
        """Make the weights of the published recipe for training, layer by layer."""
        return cls(inner=6.0, diff=6.0, perceptual=0.05, style=120.0, style_composite=120.0)

    @classmethod
    def finetuning(cls):
        """Make the weights of the published recipe for fine-tuning, end to end."""
        return cls(inner=0.2, diff=0.8, perceptual=0.2, style=1.2, style_composite=1.8)

    @property
    def active(self):
        """Names and weights of the terms that count."""
        return {term.name: value for term in fields(self) if (value := getattr(self, term.name)) != 0}


def total_loss(
    answer,
    target,
    image,
    *,
    weights,
    features=None,
    weight=None,
    background=0.0,
    axis=-2,
    size=4,
    penalty=torch.abs,
):
    """
    Add up all terms that count.

    Parameters
    ----------
    answer : `~sunpy_coronagraph_inpaint.inpaint.network.layered.Answer`
        What the network answered. Its masks say what was known.
    target : `torch.Tensor`
        Shape ``(N, 1, H, W)``. It may be NaN where ``weight`` is 0, unless features are compared.
    image : `torch.Tensor`
        Shape ``(N, 1, H, W)``, the frame around the holes. What stands in the holes does not matter.
    weights : `LossWeights`
        How much each term counts.
    features : callable, optional
        Takes shape ``(N, 1, H, W)`` and gives a list of tensors, see `~sunpy_coronagraph_inpaint.learning.features`.
    weight : `torch.Tensor`, optional
        Shape ``(N, 1, H, W)``, how much a pixel is rewarded, 0 for stars and cosmic rays.
    background : float or `torch.Tensor`, optional
        What is added to a fill to make it a brightness, in the unit of the fill.
    axis : {-2, -1}, optional
        See `radial_decrease_loss`.
    size : int, optional
        See `cell_mean_loss`.
    penalty : callable, optional
        Of the terms inner, diff and cells, see `robust_penalty`.

    Returns
    -------
    loss : `torch.Tensor`
        The weighted sum.
    terms : dict of str to `torch.Tensor`
        Each term by name, not weighted and without gradient.

    Raises
    ------
    ValueError
        If no term counts, or if features are needed and not given.

    Examples
    --------
    >>> import torch
    >>> from sunpy_coronagraph_inpaint.inpaint.network.layered import Answer, closing_masks
    >>> zeros, known = torch.zeros(1, 1, 4, 4), torch.ones(1, 1, 4, 4)
    >>> known[..., 1:3, 1:3] = 0
    >>> answer = Answer(zeros, zeros, closing_masks(known, 1), zeros + 1, zeros)
    >>> total_loss(answer, zeros + 2, zeros, weights=LossWeights(diff=3.0, likelihood=1.0))
    (tensor(8.), {'diff': tensor(2.), 'likelihood': tensor(2.)})
    """
    active = weights.active
    if not active:
        msg = "All weights are 0, so there is nothing to train. Give at least one term a weight."
        raise ValueError(msg)
    known = answer.masks[0]
    composite = torch.where(known, image, answer.mean)
    steps = list(zip(answer.means.split(1, 1), answer.masks[1:], answer.masks[:-1], strict=True))
    options = {"weight": weight, "penalty": penalty}
    seen = _features(features, target, answer.mean, composite, active)
    terms = {
        "inner": lambda: sum(inner_loss(mean, target, mask, **options) for mean, mask, _ in steps),
        "diff": lambda: sum(diff_loss(mean, target, mask, before, **options) for mean, mask, before in steps),
        "total_variation": lambda: total_variation_loss(composite, known),
        "perceptual": lambda: perceptual_loss(seen[1], seen[0]) + perceptual_loss(seen[2], seen[0]),
        "style": lambda: style_loss(seen[1], seen[0]),
        "style_composite": lambda: style_loss(seen[2], seen[0]),
        "likelihood": lambda: gaussian_nll(answer.mean, answer.log_std, target, known, weight=weight),
        "nonnegative": lambda: nonnegative_loss(composite + background, known),
        "radial": lambda: radial_decrease_loss(composite + background, known, axis=axis),
        "ring": lambda: ring_flux_loss(composite, known, weight=weight),
        "cells": lambda: cell_mean_loss(answer.mean, target, known, size=size, **options),
    }
    values = {name: terms[name]() for name in active}
    total = sum(active[name] * value for name, value in values.items())
    return total, {name: value.detach() for name, value in values.items()}


def _features(features, target, output, composite, active):
    """Features of target, answer and composite, if a term needs them."""
    if not active.keys() & {"perceptual", "style", "style_composite"}:
        return None
    if features is None:
        msg = (
            "The weights ask for perceptual or style terms, which compare features. Give features=, such as "
            "CoronaFeatures or vgg19_features, or set those weights to 0."
        )
        raise ValueError(msg)
    with torch.no_grad():
        expected = features(target)
    return expected, features(output), features(composite)
