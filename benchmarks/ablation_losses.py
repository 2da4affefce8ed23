"""
Losses that no recipe of the package uses, for ``ablation.py``.

As in `sunpy_coronagraph_inpaint.learning.losses`, **1 and True in a mask mean known**, and means are over the pixels
that a term applies to. Arrays have the shape ``(N, 1, H, W)``, and each function returns a scalar tensor.
"""

import torch
from torch.nn import functional

from sunpy_coronagraph_inpaint.learning.losses import shares, weighted_mean

#: Limits of the logarithm of a standard deviation: from 1/400 to 400 times the network's unit.
LOG_STD_LIMITS = -6.0, 6.0


def gaussian_nll(output, log_std, target, known, *, weight=None, limits=LOG_STD_LIMITS):
    r"""
    Return the Gaussian negative log-likelihood of the target in the hole, without its constant.

    .. math:: L = \frac{\sum w\, (1 - M) \left[\frac{(y - t)^2}{2 \sigma^2} + \ln \sigma\right]}{\sum w\, (1 - M)}

    The arguments are :math:`y`, :math:`\ln \sigma`, :math:`t`, :math:`M` and :math:`w`; :math:`\ln \sigma` is clamped
    to the limits, so that a single exact pixel does not dominate the mean. See Nix and Weigend 1994, *Estimating the
    mean and variance of the target probability distribution*, `doi:10.1109/ICNN.1994.374138
    <https://doi.org/10.1109/ICNN.1994.374138>`__.
    """
    share = shares(known == 0, weight)
    # Select before squaring: values outside the selection may be NaN, and so would be their gradient.
    difference = torch.where(share > 0, output - target, 0)
    log_std = log_std.clamp(*limits)
    return weighted_mean(0.5 * (difference * torch.exp(-log_std)) ** 2 + log_std, share)


def total_variation_loss(composite, known):
    r"""
    Average the differences between adjacent pixels in the hole and across its boundary, to avoid seams.

    .. math:: L = \frac{1}{N_P} \sum_{(i,j), (i,j+1) \in P} |x_{i,j+1} - x_{i,j}| +
              \frac{1}{N_P} \sum_{(i,j), (i+1,j) \in P} |x_{i+1,j} - x_{i,j}|

    Here :math:`x` is the fill in the hole and the frame around it, and :math:`P` is the hole dilated by one pixel in
    all eight directions. The means over the pairs of each direction are added. See Liu et al. 2018, arXiv:1804.07723,
    equation 7.
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
    Average the negative brightness in the hole, which a corona does not have.

    .. math:: L = \frac{\sum (1 - M) \max(0, -B)}{\sum (1 - M)}

    Here :math:`B` is the fill with the background added back.
    """
    return weighted_mean(functional.relu(-brightness), shares(known == 0, None))


def radial_decrease_loss(brightness, known, *, axis=-2):
    r"""
    Average the increase of the azimuthal mean from one radius to the next, which a corona does not have.

    .. math:: L = \frac{\sum_i h_i \max(0, \bar B_{i+1} - \bar B_i)}{\sum_i h_i}

    Here :math:`h_i` is 1 if a pixel of the hole is on radius :math:`i` or :math:`i + 1`, and :math:`B` is a polar patch
    with the background added back, whose radius increases with the index along the axis -2 or -1. A coronal mass
    ejection violates this condition, so give the term a small weight or none.
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
    Average the jump of the flux across the boundary of the hole over its sides.

    .. math:: L = \frac{1}{S} \sum_s \left| \bar x_s^{\,\mathrm{filled}} - \bar x_s^{\,\mathrm{measured}} \right|

    The sides :math:`s` face left, right, up and down in each sample; the means are over the first ``width`` pixels
    inside the boundary and over their mirror images outside. A pair of pixels counts with the smaller of both weights.
    In a frame that is normalized by its radial profile the two means agree; where the brightness falls steeply they do
    not.
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
    """Sum filled minus measured over the sides that face right, and their weights, for each sample."""
    columns = composite.shape[-1]
    total, number = composite.new_zeros(composite.shape[0]), composite.new_zeros(composite.shape[0])
    for depth in range(min(width, columns // 2)):
        # Pairs of a pixel of the hole and a known pixel at the same distance from the boundary.
        length = columns - 1 - 2 * depth
        inside, outside = slice(0, length), slice(2 * depth + 1, None)
        edge = slice(depth, depth + length), slice(depth + 1, depth + 1 + length)
        pair = ~known[..., edge[0]] & known[..., edge[1]] & ~known[..., inside] & known[..., outside]
        both = torch.minimum(share[..., inside], share[..., outside]) * pair
        step = torch.where(both > 0, composite[..., inside] - composite[..., outside], 0)
        total = total + (step * both).sum((-3, -2, -1))
        number = number + both.sum((-3, -2, -1))
    return total, number
