"""
Terms of a loss, one function each.

**In the masks here 1 and True mean known**, as everywhere in the networks and nowhere else. Each mean is over the
pixels of its term only, so that the term does not depend on the size of hole and patch. Every ``weight`` is an optional
map of shape ``(N, 1, H, W)``, 0 on stars and cosmic rays. Outputs and targets have the same shape, and each loss is a
scalar tensor.
"""

import torch
from torch.nn import functional

#: Degrees of freedom of the Student distribution of errors, and limit of the absolute logarithm of its width.
_FREEDOM, _LOG_STD = 4.0, 5.0


def charbonnier_penalty(difference, *, scale=1.0):
    r"""
    Penalize small differences quadratically, and large ones (outliers such as stars) linearly.

    .. math:: \rho(d) = \sqrt{(d / c)^2 + 1} - 1

    :math:`d` is ``difference``, of any shape, and :math:`c` is ``scale``: smaller differences are noise.

    References
    ----------
    Barron 2019, *A General and Adaptive Robust Loss Function*, arXiv:1701.03077, equation 8 for an exponent of 1.
    """
    return ((difference / scale) ** 2 + 1) ** 0.5 - 1


def inner_loss(output, target, mask, *, weight=None, penalty=torch.abs):
    r"""
    Measure the error outside the mask of a layer, on the pixels left to the layers after it; 0 without any.

    .. math:: L = \frac{\sum w\, (1 - M_l)\, \rho(y - t)}{\sum w\, (1 - M_l)}

    :math:`y` is ``output``, :math:`t` is ``target``, :math:`M_l` is ``mask``, known after the layer, :math:`w` is
    ``weight``, and :math:`\rho` is ``penalty``, the absolute value by default; see `charbonnier_penalty`.

    References
    ----------
    Liu et al. 2018, arXiv:1804.07723, equation 3.
    """
    return mean_penalty(output, target, mask == 0, weight, penalty)


def diff_loss(output, target, mask, before, *, weight=None, penalty=torch.abs):
    r"""
    Measure the error on the pixels that a layer fills: the XOR of its masks.

    .. math:: L = \frac{\sum w\, (M_l \oplus M_{l-1})\, \rho(y - t)}{\sum w\, (M_l \oplus M_{l-1})}

    :math:`M_l` is ``mask`` and :math:`M_{l-1}` is ``before``; for the others see `inner_loss`.
    """
    return mean_penalty(output, target, (mask != 0) ^ (before != 0), weight, penalty)


def cell_mean_loss(output, target, known, *, size=4, weight=None, penalty=torch.abs):
    r"""
    Measure the error of means over bins of ``size`` pixels on a side, where noise no longer hides structure.

    .. math:: L = \frac{\sum_c n_c\, \rho(\bar y_c - \bar t_c)}{\sum_c n_c}, \quad n_c = \sum_{c} w\, (1 - M),

    with the weighted means over the pixels of bin :math:`c` in the hole, where ``known``, :math:`M`, is 0; for the
    others see `inner_loss`.
    """
    share = shares(known == 0, weight)
    difference = torch.where(share > 0, output - target, 0) * share
    number, total = (_cells(values, size) for values in (share, difference))
    return weighted_mean(penalty(total / number.clamp_min(torch.finfo(number.dtype).tiny)), number)


def _cells(values, size):
    """Sum over bins; those at the far edges are padded."""
    height, width = values.shape[-2:]
    padded = functional.pad(values, (0, -width % size, 0, -height % size))
    return functional.avg_pool2d(padded, size, divisor_override=1)


def perceptual_loss(output_features, target_features):
    r"""
    Compare features: lists with one tensor of shape ``(N, C_p, H_p, W_p)`` per level :math:`p`.

    .. math:: L = \sum_p \frac{\lVert \psi_p(y) - \psi_p(t) \rVert_1}{N_{\psi_p}}

    References
    ----------
    Gatys et al. 2015, arXiv:1508.06576; Liu et al. 2018, arXiv:1804.07723, equation 4.
    """
    pairs = zip(output_features, target_features, strict=True)
    return sum((one.float() - two.float()).abs().mean() for one, two in pairs)


def style_loss(output_features, target_features):
    r"""
    Compare the Gram matrices of features, which measure their co-occurrence anywhere; a mean over the samples.

    .. math:: L = \sum_p \frac{1}{C_p^2} \left\lVert \frac{\psi_p(y)^T \psi_p(y) - \psi_p(t)^T \psi_p(t)}{C_p H_p W_p}
              \right\rVert_1

    Features are lists with one tensor of shape ``(N, C_p, H_p, W_p)`` per level :math:`p`.

    References
    ----------
    Gatys et al. 2015, arXiv:1508.06576; Liu et al. 2018, arXiv:1804.07723, equations 5 and 6.
    """
    pairs = zip(output_features, target_features, strict=True)
    return sum((_gram(one) - _gram(two)).abs().mean() for one, two in pairs)


def _gram(features):
    """Return Gram matrices, shape (N, C, C), in float32: sums over many pixels exceed the precision of bfloat16."""
    samples, channels, height, width = features.shape
    with torch.autocast(features.device.type, enabled=False):
        flat = features.float().reshape(samples, channels, height * width)
        return flat @ flat.transpose(1, 2) / (channels * height * width)


def student_likelihood(output, log_std, target, chosen, *, noise=0.0, weight=None):
    r"""
    Return the negative log-likelihood of the target under a Student distribution, without its constant.

    .. math:: L = \frac{\sum w \left[\ln \sigma + \frac{\nu + 1}{2} \ln \left(1 + \frac{(y - t)^2}{\nu \sigma^2}\right)
              \right]}{\sum w}, \quad \sigma^2 = e^{2 s} + n^2, \quad \nu = 4

    It trains the standard deviation, not the mean: no gradient flows to :math:`y`. A normal distribution would be
    dominated by the few holes with a comet. :math:`y`, :math:`s` and :math:`t` are ``output``, ``log_std`` and
    ``target``, :math:`n` is ``noise``, the standard deviation of the noise of the target, and the sums are over the
    pixels ``chosen``.
    """
    error = (target - output).detach()
    variance = torch.exp(2 * log_std.clamp(-_LOG_STD, _LOG_STD)) + noise**2
    value = 0.5 * torch.log(variance) + 0.5 * (_FREEDOM + 1) * torch.log1p(error**2 / (_FREEDOM * variance))
    judged = chosen.float() if weight is None else weight * chosen
    return (value * judged).sum() / judged.sum().clamp_min(1e-6)


def shares(chosen, weight):
    """Return the weights of the chosen pixels, 0 elsewhere."""
    return chosen.float() if weight is None else torch.where(chosen, weight, 0).float()


def weighted_mean(values, share):
    """Return the weighted mean, 0 if nothing is chosen."""
    return (values * share).sum() / share.sum().clamp_min(torch.finfo(share.dtype).tiny)


def mean_penalty(output, target, chosen, weight, penalty):
    """Return the mean penalty on the chosen pixels; others may be NaN."""
    share = shares(chosen, weight)
    return weighted_mean(penalty(torch.where(share > 0, output - target, 0)), share)
