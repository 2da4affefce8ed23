"""How far what a network of features sees is off."""

import torch

__all__ = ["perceptual_loss", "style_loss"]


def perceptual_loss(output_features, target_features):
    r"""
    Compare features.

    .. math:: L = \sum_p \frac{\lVert \psi_p(y) - \psi_p(t) \rVert_1}{N_{\psi_p}}

    Parameters
    ----------
    output_features, target_features : list of `torch.Tensor`
        One of shape ``(N, C_p, H_p, W_p)`` per level :math:`p`.

    Returns
    -------
    `torch.Tensor`
        A number.

    References
    ----------
    Gatys et al. 2015, arXiv:1508.06576; Liu et al. 2018, arXiv:1804.07723, equation 4.

    Examples
    --------
    >>> import torch
    >>> perceptual_loss([torch.zeros(1, 2, 4, 4)] * 3, [torch.ones(1, 2, 4, 4)] * 3)
    tensor(3.)
    """
    pairs = zip(output_features, target_features, strict=True)
    return sum((one.float() - two.float()).abs().mean() for one, two in pairs)


def style_loss(output_features, target_features):
    r"""
    Compare the Gram matrices of features: which features occur together, wherever that is.

    .. math:: L = \sum_p \frac{1}{C_p^2} \left\lVert \frac{\psi_p(y)^T \psi_p(y) - \psi_p(t)^T \psi_p(t)}{C_p H_p W_p}
              \right\rVert_1

    Parameters
    ----------
    output_features, target_features : list of `torch.Tensor`
        One of shape ``(N, C_p, H_p, W_p)`` per level :math:`p`.

    Returns
    -------
    `torch.Tensor`
        A number, the mean over the samples.

    References
    ----------
    Gatys et al. 2015, arXiv:1508.06576; Liu et al. 2018, arXiv:1804.07723, equations 5 and 6.

    Examples
    --------
    >>> import torch
    >>> features = [torch.arange(16.0).reshape(1, 1, 4, 4)]
    >>> style_loss(features, [features[0].flip(-1)])  # turned around, but of the same style
    tensor(0.)
    """
    pairs = zip(output_features, target_features, strict=True)
    return sum((_gram(one) - _gram(two)).abs().mean() for one, two in pairs)


def _gram(features):
    """Gram matrices, shape (N, C, C), in float32: sums over many pixels do not bear bfloat16."""
    samples, channels, height, width = features.shape
    with torch.autocast(features.device.type, enabled=False):
        flat = features.float().reshape(samples, channels, height * width)
        return flat @ flat.transpose(1, 2) / (channels * height * width)
