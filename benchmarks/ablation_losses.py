"""
Losses that no recipe of the package names, for ``ablation.py``.

As in `sunpy_coronagraph_inpaint.learning.losses`, **1 and True in a mask mean known**, and means go over the pixels
that a term is about.
"""

import torch
from torch.nn import functional

from sunpy_coronagraph_inpaint.learning.losses import shares, weighted_mean

#: The logarithm of a standard deviation is kept within these limits: from 1/400 to 400 of the network's unit.
LOG_STD_LIMITS = -6.0, 6.0


def gaussian_nll(output, log_std, target, known, *, weight=None, limits=LOG_STD_LIMITS):
    r"""
    Take the negative logarithm of the likelihood of the target in the hole, without its constant.

    .. math:: L = \frac{\sum w\, (1 - M) \left[\frac{(y - t)^2}{2 \sigma^2} + \ln \sigma\right]}{\sum w\, (1 - M)}

    Parameters
    ----------
    output, log_std, target, known : `torch.Tensor`
        Shape ``(N, 1, H, W)``: :math:`y`, :math:`\ln \sigma`, :math:`t`, :math:`M`.
    weight : `torch.Tensor`, optional
        See `~sunpy_coronagraph_inpaint.learning.losses.inner_loss`.
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
    """
    share = shares(known == 0, weight)
    # Choosing before squaring: what is not chosen may be NaN, and would be NaN in the gradient.
    difference = torch.where(share > 0, output - target, 0)
    log_std = log_std.clamp(*limits)
    return weighted_mean(0.5 * (difference * torch.exp(-log_std)) ** 2 + log_std, share)


def total_variation_loss(composite, known):
    r"""
    Average the steps between neighboring pixels in the hole and on its rim of one pixel, so that no seam shows.

    .. math:: L = \frac{1}{N_P} \sum_{(i,j), (i,j+1) \in P} |x_{i,j+1} - x_{i,j}| +
              \frac{1}{N_P} \sum_{(i,j), (i+1,j) \in P} |x_{i+1,j} - x_{i,j}|

    Parameters
    ----------
    composite : `torch.Tensor`
        Shape ``(N, 1, H, W)``, :math:`x`: the fill in the hole, the frame around it.
    known : `torch.Tensor`
        Shape ``(N, 1, H, W)``. :math:`P` is what is not known, dilated by one pixel in all eight directions.

    Returns
    -------
    `torch.Tensor`
        A number: the mean over the pairs of each direction, added.

    References
    ----------
    Liu et al. 2018, arXiv:1804.07723, equation 7.
    """
    region = functional.max_pool2d((known == 0).float(), 3, 1, 1)
    return sum(
        weighted_mean(
            (_after(composite, axis) - _before(composite, axis)).abs(), _after(region, axis) * _before(region, axis)
        )
        for axis in (-2, -1)
    )


def nonnegative_loss(brightness, known):
    r"""
    Average the negative brightness in the hole, which no corona has.

    .. math:: L = \frac{\sum (1 - M) \max(0, -B)}{\sum (1 - M)}

    Parameters
    ----------
    brightness : `torch.Tensor`
        Shape ``(N, 1, H, W)``, :math:`B`: the fill after the background was added back.
    known : `torch.Tensor`
        Shape ``(N, 1, H, W)``.

    Returns
    -------
    `torch.Tensor`
        A number.
    """
    return weighted_mean(functional.relu(-brightness), shares(known == 0, None))


def radial_decrease_loss(brightness, known, *, axis=-2):
    r"""
    Average the increase of the azimuthal mean from one radius to the next, which a corona does not have.

    .. math:: L = \frac{\sum_i h_i \max(0, \bar B_{i+1} - \bar B_i)}{\sum_i h_i}

    where :math:`h_i` is 1 if a pixel of the hole lies on radius :math:`i` or :math:`i + 1`.

    Parameters
    ----------
    brightness : `torch.Tensor`
        Shape ``(N, 1, H, W)`` of a polar crop, background added back, the frame around the fill.
    known : `torch.Tensor`
        Shape ``(N, 1, H, W)``.
    axis : {-2, -1}, optional
        Axis along which the radius grows with the index.

    Returns
    -------
    `torch.Tensor`
        A number.

    Raises
    ------
    ValueError
        If the axis is neither.

    Notes
    -----
    A coronal mass ejection does not keep to this: give the term a small weight or none.
    """
    if axis not in (-2, -1):
        msg = f"axis is {axis}. Give -2 if the radius grows with the row, -1 if it grows with the column."
        raise ValueError(msg)
    other = -3 - axis
    mean = brightness.mean(other, keepdim=True)
    touched = (known == 0).any(other, keepdim=True)
    chosen = _after(touched, axis) | _before(touched, axis)
    return weighted_mean(functional.relu(_after(mean, axis) - _before(mean, axis)), shares(chosen, None))


def ring_flux_loss(composite, known, *, width=2, weight=None):
    r"""
    Measure the jump of the flux across the rim of the hole, side by side.

    .. math:: L = \frac{1}{S} \sum_s \left| \bar x_s^{\,\mathrm{filled}} - \bar x_s^{\,\mathrm{measured}} \right|

    The sides :math:`s` are those that look left, right, up and down, of each sample; the means go over the first
    ``width`` pixels inside of the rim and over their mirror images outside.

    Parameters
    ----------
    composite : `torch.Tensor`
        Shape ``(N, 1, H, W)``, the fill in the hole, the frame around it. In a frame that is normalized by its radial
        profile the two means agree; where the brightness falls steeply they do not.
    known : `torch.Tensor`
        Shape ``(N, 1, H, W)``.
    width : int, optional
        How many pixels on either side.
    weight : `torch.Tensor`, optional
        How much a pixel counts. A pair of pixels counts by the smaller weight of the two.

    Returns
    -------
    `torch.Tensor`
        A number, the mean over all sides that there are.
    """
    known, share = known != 0, shares(torch.ones_like(known, dtype=torch.bool), weight)
    sides = [
        _jump(*(torch.rot90(tensor, turn, (-2, -1)) for tensor in (composite, known, share)), width)
        for turn in range(4)
    ]
    total, number = (torch.stack(values) for values in zip(*sides, strict=True))
    return weighted_mean(
        (total / number.clamp_min(torch.finfo(number.dtype).tiny)).abs(), (number > 0).to(number.dtype)
    )


def _after(values, axis):
    return values.narrow(axis, 1, values.shape[axis] - 1)


def _before(values, axis):
    return values.narrow(axis, 0, values.shape[axis] - 1)


def _jump(composite, known, share, width):
    """Sum of filled minus measured over the sides that look right, and the weight of it, per sample."""
    columns = composite.shape[-1]
    total, number = composite.new_zeros(composite.shape[0]), composite.new_zeros(composite.shape[0])
    for depth in range(min(width, columns // 2)):
        # A pixel of the hole beside a known one, and as far inside as the other is outside.
        length = columns - 1 - 2 * depth
        inside, outside = slice(0, length), slice(2 * depth + 1, None)
        rim = slice(depth, depth + length), slice(depth + 1, depth + 1 + length)
        pair = ~known[..., rim[0]] & known[..., rim[1]] & ~known[..., inside] & known[..., outside]
        both = torch.minimum(share[..., inside], share[..., outside]) * pair
        step = torch.where(both > 0, composite[..., inside] - composite[..., outside], 0)
        total = total + (step * both).sum((-3, -2, -1))
        number = number + both.sum((-3, -2, -1))
    return total, number
