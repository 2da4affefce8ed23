"""Means over the pixels that a term is about."""

import torch

__all__ = ["mean_penalty", "shares", "weighted_mean"]


def shares(chosen, weight):
    """Weights of the chosen pixels, 0 elsewhere."""
    return chosen.float() if weight is None else torch.where(chosen, weight, 0).float()


def weighted_mean(values, share):
    """Weighted mean, 0 if nothing is chosen."""
    return (values * share).sum() / share.sum().clamp_min(torch.finfo(share.dtype).tiny)


def mean_penalty(output, target, chosen, weight, penalty):
    """Mean penalty on the chosen pixels. What is not chosen may be NaN."""
    share = shares(chosen, weight)
    return weighted_mean(penalty(torch.where(share > 0, output - target, 0)), share)
