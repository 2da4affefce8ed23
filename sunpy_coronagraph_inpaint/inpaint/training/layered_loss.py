"""The loss of networks that fill a hole layer by layer."""

import torch

from sunpy_coronagraph_inpaint.learning.losses import (
    cell_mean_loss,
    diff_loss,
    inner_loss,
    perceptual_loss,
    style_loss,
)

#: Terms that compare features.
_OF_FEATURES = {"perceptual", "style", "style_composite"}


def layered_loss(output, target, image, losses, *, features=None, weight=None, penalty=torch.abs, others=None):
    """
    Sum the weighted terms that a recipe names.

    Parameters
    ----------
    output : `~sunpy_coronagraph_inpaint.inpaint.network.layered.InpaintOutput`
        Output of the network, including its masks.
    target : `torch.Tensor`
        Shape ``(N, 1, H, W)``. It may be NaN where ``weight`` is 0, unless features are compared.
    image : `torch.Tensor`
        Shape ``(N, 1, H, W)``, the frame around the holes. Values in the holes are ignored.
    losses : dict of str to float
        Weights of the terms: ``inner`` and ``diff`` of every layer, ``cells``; ``perceptual``, the sum for the output
        and the composite; ``style`` of the output and ``style_composite`` of the composite; and those of ``others``.
    features : callable, optional
        Maps shape ``(N, 1, H, W)`` to a list of tensors, see `sunpy_coronagraph_inpaint.learning.features`.
    weight : `torch.Tensor`, optional
        Shape ``(N, 1, H, W)``, weight of each pixel, 0 for stars and cosmic rays.
    penalty : callable, optional
        Of the terms ``inner``, ``diff`` and ``cells``.
    others : dict of str to callable, optional
        Further terms, functions without arguments.

    Returns
    -------
    loss : `torch.Tensor`
        The weighted sum.
    terms : dict of str to `torch.Tensor`
        Each term by name, without weight and gradient.

    Raises
    ------
    ValueError
        If all weights are 0, or if features are needed and not given.
    """
    if not losses:
        msg = "All weights are 0, so there is nothing to train. Give at least one term a weight."
        raise ValueError(msg)
    composite = torch.where(output.masks[0], image, output.mean)
    layers = list(zip(output.means.split(1, 1), output.masks[1:], output.masks[:-1], strict=True))
    options = {"weight": weight, "penalty": penalty}
    seen = _features(features, target, output.mean, composite) if losses.keys() & _OF_FEATURES else None
    terms = {
        "inner": lambda: sum(inner_loss(mean, target, mask, **options) for mean, mask, _ in layers),
        "diff": lambda: sum(diff_loss(mean, target, mask, before, **options) for mean, mask, before in layers),
        "perceptual": lambda: perceptual_loss(seen[1], seen[0]) + perceptual_loss(seen[2], seen[0]),
        "style": lambda: style_loss(seen[1], seen[0]),
        "style_composite": lambda: style_loss(seen[2], seen[0]),
        "cells": lambda: cell_mean_loss(output.mean, target, output.masks[0], **options),
    } | (others or {})
    values = {name: terms[name]() for name in losses}
    total = sum(losses[name] * value for name, value in values.items())
    return total, {name: value.detach() for name, value in values.items()}


def _features(features, target, output, composite):
    """Return the features of the target, the output and the composite."""
    if features is None:
        msg = (
            "The recipe names perceptual or style losses, which compare features. Give weights of VGG-19, or take "
            "those losses out of the recipe."
        )
        raise ValueError(msg)
    with torch.no_grad():
        expected = features(target)
    return expected, features(output), features(composite)
