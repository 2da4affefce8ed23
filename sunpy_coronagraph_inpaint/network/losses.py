"""
What a fill is trained to make small: one function per term, and their weighted sum.

**In the masks of this module 1 and True mean known**, as everywhere in the network and nowhere else. Means go over the
pixels that a term is about, so that a term weighs the same whatever the size of hole and crop. Every ``weight`` is an
optional map of shape ``(N, 1, H, W)`` by which pixels are rewarded: 0 where a star or a cosmic ray should not be.
"""

from dataclasses import dataclass, fields

import torch
from torch.nn import functional

__all__ = [
    "LossWeights",
    "cell_mean_loss",
    "diff_loss",
    "gaussian_nll",
    "inner_loss",
    "nonnegative_loss",
    "perceptual_loss",
    "radial_decrease_loss",
    "ring_flux_loss",
    "robust_loss",
    "robust_penalty",
    "style_loss",
    "total_loss",
    "total_variation_loss",
]

#: The logarithm of a standard deviation is kept within these limits: from 1/400 to 400 of the network's unit.
_LOG_STD_LIMITS = -6.0, 6.0


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
    return _error(output, target, mask == 0, weight, penalty)


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
    return _error(output, target, (mask != 0) ^ (before != 0), weight, penalty)


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
    return _error(output, target, known == 0, weight, lambda d: robust_penalty(d, scale=scale, alpha=alpha))


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
    share = _share(known == 0, weight)
    difference = torch.where(share > 0, output - target, 0) * share
    number, total = (_cells(values, size) for values in (share, difference))
    return _mean(penalty(total / number.clamp_min(torch.finfo(number.dtype).tiny)), number)


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
        _mean((_after(composite, axis) - _before(composite, axis)).abs(), _after(region, axis) * _before(region, axis))
        for axis in (-2, -1)
    )


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
    share = _share(known == 0, weight)
    # Choosing before squaring: what is not chosen may be NaN, and would be NaN in the gradient.
    difference = torch.where(share > 0, output - target, 0)
    log_std = log_std.clamp(*limits)
    return _mean(0.5 * (difference * torch.exp(-log_std)) ** 2 + log_std, share)


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
    return _mean(functional.relu(-brightness), _share(known == 0, None))


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
    return _mean(functional.relu(_after(mean, axis) - _before(mean, axis)), _share(chosen, None))


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
    known, share = known != 0, _share(torch.ones_like(known, dtype=torch.bool), weight)
    sides = [
        _jump(*(torch.rot90(tensor, turn, (-2, -1)) for tensor in (composite, known, share)), width)
        for turn in range(4)
    ]
    total, number = (torch.stack(values) for values in zip(*sides, strict=True))
    return _mean((total / number.clamp_min(torch.finfo(number.dtype).tiny)).abs(), (number > 0).to(number.dtype))


@dataclass(frozen=True, kw_only=True)
class LossWeights:
    """
    How much each term counts. Terms of weight 0 are not evaluated.

    Attributes
    ----------
    inner, diff : float
        See `inner_loss` and `diff_loss`, of every layer.
    total_variation : float
        See `total_variation_loss`, of the composite.
    perceptual : float
        See `perceptual_loss`, of the answer and of the composite, added.
    style, style_composite : float
        See `style_loss`, of the answer and of the composite.
    likelihood, nonnegative, radial, ring, cells : float
        See `gaussian_nll`, `nonnegative_loss`, `radial_decrease_loss`, `ring_flux_loss` and `cell_mean_loss`.

    Notes
    -----
    The published recipe gives five weights without their names. They are read here as those of Liu et al. 2018,
    arXiv:1804.07723, section 3.3 (hole 6, valid 1, perceptual 0.05, style of the output 120, style of the composite
    120), with *inner* and *diff* in place of hole and valid. That is an interpretation: 0.05 and 120 agree with no
    other order. Total variation, 0.1 with Liu et al., is then not among the five.

    Examples
    --------
    >>> LossWeights.pretraining().style
    120.0
    >>> LossWeights(likelihood=1.0, cells=2.0).active
    {'likelihood': 1.0, 'cells': 2.0}
    """

    inner: float = 0.0
    diff: float = 0.0
    total_variation: float = 0.0
    perceptual: float = 0.0
    style: float = 0.0
    style_composite: float = 0.0
    likelihood: float = 0.0
    nonnegative: float = 0.0
    radial: float = 0.0
    ring: float = 0.0
    cells: float = 0.0

    @classmethod
    def pretraining(cls):
        """Make the weights of the published recipe for training, layer by layer."""
        return cls(inner=6.0, diff=6.0, perceptual=0.05, style=120.0, style_composite=120.0)

    @classmethod
    def finetuning(cls):
        """Make the weights of the published recipe for fine-tuning, end to end."""
        return cls(inner=0.2, diff=0.8, perceptual=0.2, style=1.2, style_composite=1.8)

    @property
    def active(self):
        """Names and weights of the terms that count."""
        return {term.name: value for term in fields(self) if (value := getattr(self, term.name)) != 0}


def total_loss(
    answer,
    target,
    image,
    *,
    weights,
    features=None,
    weight=None,
    background=0.0,
    axis=-2,
    size=4,
    penalty=torch.abs,
):
    """
    Add up all terms that count.

    Parameters
    ----------
    answer : `~sunpy_coronagraph_inpaint.network.layered.Answer`
        What the network answered. Its masks say what was known.
    target : `torch.Tensor`
        Shape ``(N, 1, H, W)``. It may be NaN where ``weight`` is 0, unless features are compared.
    image : `torch.Tensor`
        Shape ``(N, 1, H, W)``, the frame around the holes. What stands in the holes does not matter.
    weights : `LossWeights`
        How much each term counts.
    features : callable, optional
        Takes shape ``(N, 1, H, W)`` and gives a list of tensors, see `~sunpy_coronagraph_inpaint.network.features`.
    weight : `torch.Tensor`, optional
        Shape ``(N, 1, H, W)``, how much a pixel is rewarded, 0 for stars and cosmic rays.
    background : float or `torch.Tensor`, optional
        What is added to a fill to make it a brightness, in the unit of the fill.
    axis : {-2, -1}, optional
        See `radial_decrease_loss`.
    size : int, optional
        See `cell_mean_loss`.
    penalty : callable, optional
        Of the terms inner, diff and cells, see `robust_penalty`.

    Returns
    -------
    loss : `torch.Tensor`
        The weighted sum.
    terms : dict of str to `torch.Tensor`
        Each term by name, not weighted and without gradient.

    Raises
    ------
    ValueError
        If no term counts, or if features are needed and not given.

    Examples
    --------
    >>> import torch
    >>> from sunpy_coronagraph_inpaint.network.layered import Answer, closing_masks
    >>> zeros, known = torch.zeros(1, 1, 4, 4), torch.ones(1, 1, 4, 4)
    >>> known[..., 1:3, 1:3] = 0
    >>> answer = Answer(zeros, zeros, closing_masks(known, 1), zeros + 1, zeros)
    >>> total_loss(answer, zeros + 2, zeros, weights=LossWeights(diff=3.0, likelihood=1.0))
    (tensor(8.), {'diff': tensor(2.), 'likelihood': tensor(2.)})
    """
    active = weights.active
    if not active:
        msg = "All weights are 0, so there is nothing to train. Give at least one term a weight."
        raise ValueError(msg)
    known = answer.masks[0]
    composite = torch.where(known, image, answer.mean)
    steps = list(zip(answer.means.split(1, 1), answer.masks[1:], answer.masks[:-1], strict=True))
    options = {"weight": weight, "penalty": penalty}
    seen = _features(features, target, answer.mean, composite, active)
    terms = {
        "inner": lambda: sum(inner_loss(mean, target, mask, **options) for mean, mask, _ in steps),
        "diff": lambda: sum(diff_loss(mean, target, mask, before, **options) for mean, mask, before in steps),
        "total_variation": lambda: total_variation_loss(composite, known),
        "perceptual": lambda: perceptual_loss(seen[1], seen[0]) + perceptual_loss(seen[2], seen[0]),
        "style": lambda: style_loss(seen[1], seen[0]),
        "style_composite": lambda: style_loss(seen[2], seen[0]),
        "likelihood": lambda: gaussian_nll(answer.mean, answer.log_std, target, known, weight=weight),
        "nonnegative": lambda: nonnegative_loss(composite + background, known),
        "radial": lambda: radial_decrease_loss(composite + background, known, axis=axis),
        "ring": lambda: ring_flux_loss(composite, known, weight=weight),
        "cells": lambda: cell_mean_loss(answer.mean, target, known, size=size, **options),
    }
    values = {name: terms[name]() for name in active}
    total = sum(active[name] * value for name, value in values.items())
    return total, {name: value.detach() for name, value in values.items()}


def _share(chosen, weight):
    """Weights of the chosen pixels, 0 elsewhere."""
    return chosen.float() if weight is None else torch.where(chosen, weight, 0).float()


def _mean(values, share):
    """Weighted mean, 0 if nothing is chosen."""
    return (values * share).sum() / share.sum().clamp_min(torch.finfo(share.dtype).tiny)


def _error(output, target, chosen, weight, penalty):
    """Mean penalty on the chosen pixels. What is not chosen may be NaN."""
    share = _share(chosen, weight)
    return _mean(penalty(torch.where(share > 0, output - target, 0)), share)


def _cells(values, size):
    """Sum over cells; those at the far edges are padded."""
    height, width = values.shape[-2:]
    padded = functional.pad(values, (0, -width % size, 0, -height % size))
    return functional.avg_pool2d(padded, size, divisor_override=1)


def _gram(features):
    """Gram matrices, shape (N, C, C), in float32: sums over many pixels do not bear bfloat16."""
    samples, channels, height, width = features.shape
    with torch.autocast(features.device.type, enabled=False):
        flat = features.float().reshape(samples, channels, height * width)
        return flat @ flat.transpose(1, 2) / (channels * height * width)


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


def _features(features, target, output, composite, active):
    """Features of target, answer and composite, if a term needs them."""
    if not active.keys() & {"perceptual", "style", "style_composite"}:
        return None
    if features is None:
        msg = (
            "The weights ask for perceptual or style terms, which compare features. Give features=, such as "
            "CoronaFeatures or vgg19_features, or set those weights to 0."
        )
        raise ValueError(msg)
    with torch.no_grad():
        expected = features(target)
    return expected, features(output), features(composite)
