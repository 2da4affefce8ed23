"""How far single pixels and small cells are off."""

import torch
from torch.nn import functional

from sunpy_coronagraph_inpaint.learning.losses.means import mean_penalty, shares, weighted_mean

__all__ = ["cell_mean_loss", "diff_loss", "inner_loss", "robust_loss", "robust_penalty"]


def robust_penalty(difference, *, scale=1.0, alpha=1.0):
    r"""
    Penalize differences so that outliers such as stars count for little.

    .. math:: \rho(d) = \frac{|\alpha - 2|}{\alpha}
              \left[\left(\frac{(d/c)^2}{|\alpha - 2|} + 1\right)^{\alpha/2} - 1\right]

    Parameters
    ----------
    difference : `torch.Tensor`
        Any shape, :math:`d`.
    scale : float, optional
        :math:`c`: differences below it are noise and squared.
    alpha : float, optional
        2 is the square, 1 the Charbonnier penalty that grows like \|d\|, 0 grows like a logarithm, and -2 is that of
        Geman and McClure, which grows no further than 2.

    Returns
    -------
    `torch.Tensor`
        Same shape.

    References
    ----------
    Barron 2019, *A General and Adaptive Robust Loss Function*, arXiv:1701.03077, equation 8.

    Examples
    --------
    >>> import torch
    >>> robust_penalty(torch.tensor([0.0, 1.0, 1000.0]), alpha=-2)
    tensor([0.0000, 0.4000, 2.0000])
    """
    square = (difference / scale) ** 2
    if alpha == 2:
        return 0.5 * square
    if alpha == 0:
        return torch.log1p(0.5 * square)
    spread = abs(alpha - 2)
    return spread / alpha * ((square / spread + 1) ** (alpha / 2) - 1)


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
        :math:`\rho`, the absolute value by default; see `robust_penalty`.

    Returns
    -------
    `torch.Tensor`
        A number, 0 if there is no such pixel.

    References
    ----------
    Liu et al. 2018, arXiv:1804.07723, equation 3.

    Examples
    --------
    >>> import torch
    >>> known = torch.tensor([1.0, 0.0, 0.0]).reshape(1, 1, 1, 3)
    >>> inner_loss(torch.tensor([9.0, 1.0, 2.0]).reshape(1, 1, 1, 3), torch.zeros(1, 1, 1, 3), known)
    tensor(1.5000)
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

    Examples
    --------
    >>> import torch
    >>> before, mask = torch.tensor([1, 0, 0]).reshape(1, 1, 1, 3), torch.tensor([1, 1, 0]).reshape(1, 1, 1, 3)
    >>> diff_loss(torch.tensor([9.0, 1.0, 2.0]).reshape(1, 1, 1, 3), torch.zeros(1, 1, 1, 3), mask, before)
    tensor(1.)
    """
    return mean_penalty(output, target, (mask != 0) ^ (before != 0), weight, penalty)


def robust_loss(output, target, known, *, scale=1.0, alpha=-2.0, weight=None):
    r"""
    Measure the error in the hole so that stars and cosmic rays of the target count for little, see `robust_penalty`.

    .. math:: L = \frac{\sum w\, (1 - M)\, \rho_{\alpha,c}(y - t)}{\sum w\, (1 - M)}

    Parameters
    ----------
    output, target, known : `torch.Tensor`
        Shape ``(N, 1, H, W)``.
    scale, alpha : float, optional
        See `robust_penalty`; Geman and McClure's by default.
    weight : `torch.Tensor`, optional
        See `inner_loss`.

    Returns
    -------
    `torch.Tensor`
        A number.

    References
    ----------
    Barron 2019, arXiv:1701.03077; Geman and McClure 1985, *Bayesian image analysis: an application to single photon
    emission tomography*, Proceedings of the American Statistical Association.

    Examples
    --------
    >>> import torch
    >>> star = torch.zeros(1, 1, 2, 2)
    >>> star[..., 0, 0] = 1e6
    >>> robust_loss(torch.zeros(1, 1, 2, 2), star, torch.zeros(1, 1, 2, 2))
    tensor(0.5000)
    """
    return mean_penalty(output, target, known == 0, weight, lambda d: robust_penalty(d, scale=scale, alpha=alpha))


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

    Examples
    --------
    >>> import torch
    >>> noise = torch.tensor([[1.0, -1.0], [-1.0, 1.0]]).tile(2, 2).reshape(1, 1, 4, 4)
    >>> cell_mean_loss(noise, torch.zeros(1, 1, 4, 4), torch.zeros(1, 1, 4, 4))
    tensor(0.)
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
