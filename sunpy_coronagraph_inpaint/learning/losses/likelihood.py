"""How well the standard deviation tells the error."""

import torch

from sunpy_coronagraph_inpaint.learning.losses.means import shares, weighted_mean

__all__ = ["gaussian_nll"]

#: The logarithm of a standard deviation is kept within these limits: from 1/400 to 400 of the network's unit.
_LOG_STD_LIMITS = -6.0, 6.0


def gaussian_nll(output, log_std, target, known, *, weight=None, limits=_LOG_STD_LIMITS):
    r"""
    Take the negative logarithm of the likelihood of the target in the hole, without its constant.

    .. math:: L = \frac{\sum w\, (1 - M) \left[\frac{(y - t)^2}{2 \sigma^2} + \ln \sigma\right]}{\sum w\, (1 - M)}

    Parameters
    ----------
    output, log_std, target, known : `torch.Tensor`
        Shape ``(N, 1, H, W)``: :math:`y`, :math:`\ln \sigma`, :math:`t`, :math:`M`.
    weight : `torch.Tensor`, optional
        See `inner_loss`.
    limits : tuple of float, optional
        :math:`\ln \sigma` is clamped to these, so that one pixel met exactly does not rule the mean.

    Returns
    -------
    `torch.Tensor`
        A number, smallest where :math:`\sigma` is the error's root mean square.

    References
    ----------
    Nix and Weigend 1994, *Estimating the mean and variance of the target probability distribution*,
    `doi:10.1109/ICNN.1994.374138 <https://doi.org/10.1109/ICNN.1994.374138>`__.

    Examples
    --------
    >>> import torch
    >>> zeros = torch.zeros(1, 1, 2, 2)
    >>> gaussian_nll(zeros, zeros, zeros + 1, zeros)
    tensor(0.5000)
    """
    share = shares(known == 0, weight)
    # Choosing before squaring: what is not chosen may be NaN, and would be NaN in the gradient.
    difference = torch.where(share > 0, output - target, 0)
    log_std = log_std.clamp(*limits)
    return weighted_mean(0.5 * (difference * torch.exp(-log_std)) ** 2 + log_std, share)
