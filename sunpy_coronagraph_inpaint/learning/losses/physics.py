"""What a corona is: smooth through the rim, not negative, fainter outwards."""

import torch
from torch.nn import functional

from sunpy_coronagraph_inpaint.learning.losses.means import shares, weighted_mean

__all__ = ["nonnegative_loss", "radial_decrease_loss", "ring_flux_loss", "total_variation_loss"]


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

    Examples
    --------
    >>> import torch
    >>> known = torch.ones(1, 1, 5, 5)
    >>> known[..., 2, 2] = 0
    >>> total_variation_loss(1 - known, known)  # a single pixel sticks out: 2 of 6 pairs in each direction
    tensor(0.6667)
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

    Examples
    --------
    >>> import torch
    >>> nonnegative_loss(torch.tensor([3.0, -1.0]).reshape(1, 1, 1, 2), torch.zeros(1, 1, 1, 2))
    tensor(0.5000)
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

    Examples
    --------
    >>> import torch
    >>> rows = torch.tensor([3.0, 1.0, 2.0]).reshape(1, 1, 3, 1).expand(1, 1, 3, 4)
    >>> radial_decrease_loss(rows, torch.zeros(1, 1, 3, 4))
    tensor(0.5000)
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
        See `inner_loss`. A pair of pixels counts by the smaller weight of the two.

    Returns
    -------
    `torch.Tensor`
        A number, the mean over all sides that there are.

    Examples
    --------
    >>> import torch
    >>> known = torch.ones(1, 1, 8, 8)
    >>> known[..., 3:5, 3:5] = 0
    >>> ring_flux_loss(1 - known, known)
    tensor(1.)
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
