"""
Terms of a loss: what a network is trained to make small, one function for each.

**In the masks here 1 and True mean known**, as everywhere in the networks and nowhere else. Means go over the pixels
that a term is about, so that a term weighs the same whatever the size of hole and patch. Every ``weight`` is an
optional map of shape ``(N, 1, H, W)`` by which pixels are rewarded: 0 where a star or a cosmic ray should not be.
"""

import torch
from torch.nn import functional

#: Degrees of freedom of the distribution of errors, and limits of the logarithm of its width.
_FREEDOM, _LOG_STD = 4.0, 5.0


def charbonnier_penalty(difference, *, scale=1.0):
    r"""
    Penalize small differences with their square, and large ones, of outliers such as stars, in proportion.

    .. math:: \rho(d) = \sqrt{(d / c)^2 + 1} - 1

    Parameters
    ----------
    difference : `torch.Tensor`
        Any shape, :math:`d`.
    scale : float, optional
        :math:`c`: differences below it are noise.

    Returns
    -------
    `torch.Tensor`
        Same shape.

    References
    ----------
    Barron 2019, *A General and Adaptive Robust Loss Function*, arXiv:1701.03077, equation 8 for an exponent of 1.
    """
    return ((difference / scale) ** 2 + 1) ** 0.5 - 1


def inner_loss(output, target, mask, *, weight=None, penalty=torch.abs):
    r"""
    Measure the error of what a layer leaves to the layers after it.

    .. math:: L = \frac{\sum w\, (1 - M_l)\, \rho(y - t)}{\sum w\, (1 - M_l)}

    Parameters
    ----------
    output, target : `torch.Tensor`
        Shape ``(N, 1, H, W)``: :math:`y` and :math:`t`.
    mask : `torch.Tensor`
        Shape ``(N, 1, H, W)``, :math:`M_l`, known once the layer has answered.
    weight : `torch.Tensor`, optional
        Shape ``(N, 1, H, W)``, :math:`w`.
    penalty : callable, optional
        :math:`\rho`, the absolute value by default; see `charbonnier_penalty`.

    Returns
    -------
    `torch.Tensor`
        A number, 0 if there is no such pixel.

    References
    ----------
    Liu et al. 2018, arXiv:1804.07723, equation 3.
    """
    return mean_penalty(output, target, mask == 0, weight, penalty)


def diff_loss(output, target, mask, before, *, weight=None, penalty=torch.abs):
    r"""
    Measure the error of what a layer answers for: the XOR of its masks.

    .. math:: L = \frac{\sum w\, (M_l \oplus M_{l-1})\, \rho(y - t)}{\sum w\, (M_l \oplus M_{l-1})}

    Parameters
    ----------
    output, target : `torch.Tensor`
        Shape ``(N, 1, H, W)``.
    mask, before : `torch.Tensor`
        Shape ``(N, 1, H, W)``, :math:`M_l` and :math:`M_{l-1}`.
    weight, penalty : optional
        See `inner_loss`.

    Returns
    -------
    `torch.Tensor`
        A number.
    """
    return mean_penalty(output, target, (mask != 0) ^ (before != 0), weight, penalty)


def cell_mean_loss(output, target, known, *, size=4, weight=None, penalty=torch.abs):
    r"""
    Measure the error of means over small cells, where noise no longer hides structure.

    .. math:: L = \frac{\sum_c n_c\, \rho(\bar y_c - \bar t_c)}{\sum_c n_c}, \quad n_c = \sum_{c} w\, (1 - M),

    with the weighted means over the pixels of cell :math:`c` that lie in the hole.

    Parameters
    ----------
    output, target, known : `torch.Tensor`
        Shape ``(N, 1, H, W)``.
    size : int, optional
        Side of a cell, pixels.
    weight, penalty : optional
        See `inner_loss`.

    Returns
    -------
    `torch.Tensor`
        A number.
    """
    share = shares(known == 0, weight)
    difference = torch.where(share > 0, output - target, 0) * share
    number, total = (_cells(values, size) for values in (share, difference))
    return weighted_mean(penalty(total / number.clamp_min(torch.finfo(number.dtype).tiny)), number)


def _cells(values, size):
    """Sum over cells; those at the far edges are padded."""
    height, width = values.shape[-2:]
    padded = functional.pad(values, (0, -width % size, 0, -height % size))
    return functional.avg_pool2d(padded, size, divisor_override=1)


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
    """
    pairs = zip(output_features, target_features, strict=True)
    return sum((_gram(one) - _gram(two)).abs().mean() for one, two in pairs)


def _gram(features):
    """Gram matrices, shape (N, C, C), in float32: sums over many pixels do not bear bfloat16."""
    samples, channels, height, width = features.shape
    with torch.autocast(features.device.type, enabled=False):
        flat = features.float().reshape(samples, channels, height * width)
        return flat @ flat.transpose(1, 2) / (channels * height * width)


def student_likelihood(output, log_std, target, chosen, *, noise=0.0, weight=None):
    r"""
    Take the negative logarithm of the likelihood of the target under a Student distribution, without its constant.

    .. math:: L = \frac{\sum w \left[\ln \sigma + \frac{\nu + 1}{2} \ln \left(1 + \frac{(y - t)^2}{\nu \sigma^2}\right)
              \right]}{\sum w}, \quad \sigma^2 = e^{2 s} + n^2, \quad \nu = 4

    The standard deviation is learned by it, not the answer: no gradient flows to :math:`y`. A normal distribution would
    be ruled by the few holes with a comet.

    Parameters
    ----------
    output, log_std, target : `torch.Tensor`
        Shape ``(N, 1, H, W)``: :math:`y`, :math:`s`, :math:`t`.
    chosen : `torch.Tensor`
        Boolean, same shape, the pixels that are judged.
    noise : float or `torch.Tensor`, optional
        :math:`n`, standard deviation of the noise of the target.
    weight : `torch.Tensor`, optional
        See `inner_loss`.

    Returns
    -------
    `torch.Tensor`
        A number.
    """
    error = (target - output).detach()
    variance = torch.exp(2 * log_std.clamp(-_LOG_STD, _LOG_STD)) + noise**2
    value = 0.5 * torch.log(variance) + 0.5 * (_FREEDOM + 1) * torch.log1p(error**2 / (_FREEDOM * variance))
    judged = chosen.float() if weight is None else weight * chosen
    return (value * judged).sum() / judged.sum().clamp_min(1e-6)


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
