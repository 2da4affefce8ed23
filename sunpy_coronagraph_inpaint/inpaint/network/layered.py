"""The stack of networks that fills a hole from its boundary to its middle."""

from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional

from sunpy_coronagraph_inpaint.learning.unet import PartialUNet


class InpaintOutput(NamedTuple):
    """
    Output of a stack of layers.

    Attributes
    ----------
    mean : `torch.Tensor`
        Shape ``(N, 1, H, W)``, `torch.float32`. Where the frame is known it is the output of the first layer.
    log_std : `torch.Tensor`
        Shape ``(N, 1, H, W)``, logarithm of the standard deviation.
    masks : list of `torch.Tensor`
        ``L + 1`` boolean masks of shape ``(N, 1, H, W)``, True = known: ``M(0)`` is that of the input, ``M(L)`` full.
    weights : `torch.Tensor`
        Shape ``(N, K, H, W)``, weights of the candidates, sum 1.
    means : `torch.Tensor`
        Shape ``(N, L, H, W)``, output of each layer everywhere, from which ``mean`` is assembled.
    """

    mean: torch.Tensor
    log_std: torch.Tensor
    masks: list
    weights: torch.Tensor
    means: torch.Tensor


def closing_masks(known, n_layers):
    """
    Return masks that fill holes from the boundary to the middle in ``L`` rings of about equal width.

    ``known`` has shape ``(N, 1, H, W)``, boolean or of zeros and ones, 1 or True = known. The result is a list of
    ``L + 1`` boolean masks of the same shape: ``M(0)`` is ``known``, ``M(l)`` has the pixels at most ``ceil(l d / L)``
    from the nearest known one, where ``d`` is the largest distance in the sample, and ``M(L)`` is full. The distance
    counts pixels along rows, columns or diagonals, since a 3x3 kernel fills a hole that way. Without a known pixel the
    first layer fills everything.
    """
    known = known != 0
    if n_layers == 1:
        return [known, torch.ones_like(known)]
    reached = known.float()
    distance = torch.zeros_like(reached)
    for _ in range(max(known.shape[-2:])):
        if reached.all():
            break
        distance += 1 - reached
        reached = functional.max_pool2d(reached, 3, 1, 1)
    # In a sample without known pixels all distances are equal.
    nothing = ~known.any((-2, -1), keepdim=True)
    distance = torch.where(nothing, 1.0, distance)
    farthest = distance.amax((-2, -1), keepdim=True)
    return [known, *(distance <= (step * farthest / n_layers).ceil() for step in range(1, n_layers + 1))]


class LayeredInpainter(nn.Module):
    r"""
    ``L`` partial-convolution U-Nets, each of which fills one ring of a hole.

    Layer :math:`l` sees the frame under :math:`M_{l-1}` and fills the pixels of :math:`M_l` that are not in
    :math:`M_{l-1}`, with a weighted mean of candidate fills :math:`c_k` and a residual,

    .. math:: \mu = \sum_k \mathrm{softmax}_k(a_k + p_k)\, c_k + u r, \quad \sigma = u s,

    where the network predicts the logits :math:`a_k`, the residual :math:`r` and the logarithm of :math:`s`. The unit
    :math:`u` is 1 or a prior estimate of the uncertainty, from an extra channel. The offsets :math:`p_k`
    are learned. All outputs of the networks start at 0: before training, the fill is the
    average of the usable candidates weighted by the softmax of ``prior``.

    Parameters
    ----------
    n_images : int, optional
        Number of images, ``F``: the frame itself and its neighbors in time.
    n_extras : int
        Number of smooth fields such as the position, ``E``, known everywhere.
    n_candidates : int
        Number of candidate fills, ``K``.
    n_layers : int, optional
        ``L``.
    width, depth, blocks : int, optional
        See `~sunpy_coronagraph_inpaint.learning.unet.PartialUNet`.
    prior : sequence of float, optional
        Initial offsets :math:`p_k`; zeros by default.
    log_std : float, optional
        Initial logarithm of the standard deviation.
    norm : {None, "batch", "channel"}, optional
        Normalization inside the networks.
    unit : int, optional
        Index of the extra channel with the logarithm of the unit ``u``, which is 1 by default.
    squash : bool, optional
        Whether the networks see the inverse hyperbolic sine of the first candidate, and of the differences of images
        and other candidates from it, instead of images and candidates themselves.
    residual : {"always", "alone"}, optional
        Whether to add the residual everywhere, or only where no neighbor is known.

    Raises
    ------
    ValueError
        If ``prior`` does not have one number per candidate, or ``residual`` is not known.

    Notes
    -----
    **Here 1 and True mean known**; everywhere outside the network True means bad. Each layer also gets its mask
    and those of the neighbors as ordinary channels, so that it knows where the boundary is.
    """

    def __init__(
        self,
        *,
        n_images=3,
        n_extras,
        n_candidates,
        n_layers=2,
        width=32,
        depth=3,
        blocks=1,
        prior=None,
        log_std=0.0,
        norm=None,
        unit=None,
        squash=False,
        residual="always",
    ):
        super().__init__()
        prior = torch.zeros(n_candidates) if prior is None else torch.as_tensor(prior, dtype=torch.float32)
        if prior.shape != (n_candidates,):
            msg = f"prior has shape {tuple(prior.shape)}. Give one number for each of the {n_candidates} candidates."
            raise ValueError(msg)
        if residual not in ("always", "alone"):
            msg = f"residual is {residual!r}. Choose 'always' or 'alone'."
            raise ValueError(msg)
        self.n_images, self.n_candidates, self.unit, self.squash = n_images, n_candidates, unit, squash
        self.residual = residual
        # Images, extras, candidates, and the masks of all images.
        channels = 2 * n_images + n_extras + n_candidates
        self.layers = nn.ModuleList(
            PartialUNet(channels, n_candidates + 2, width=width, depth=depth, blocks=blocks, norm=norm)
            for _ in range(n_layers)
        )
        self.prior = nn.ParameterList(nn.Parameter(prior.clone()) for _ in range(n_layers))
        self.log_std = nn.ParameterList(nn.Parameter(torch.tensor(float(log_std))) for _ in range(n_layers))

    def forward(self, images, known, extras, candidates, usable, *, truth=None):
        """
        Fill the first image.

        Parameters
        ----------
        images : `torch.Tensor`
            Shape ``(N, F, H, W)``: the frame to fill, then its neighbors in time.
        known : `torch.Tensor`
            Shape ``(N, F, H, W)``, 1 or True = known. A missing neighbor is a channel of zeros.
        extras : `torch.Tensor`
            Shape ``(N, E, H, W)``.
        candidates : `torch.Tensor`
            Shape ``(N, K, H, W)``.
        usable : `torch.Tensor`
            Shape ``(N, K, 1, 1)`` or ``(N, K, H, W)``, 1 or True where a candidate can be used.
        truth : `torch.Tensor`, optional
            Shape ``(N, 1, H, W)``. With it each layer sees the truth under its mask instead of the output of the
            preceding layers (teacher forcing), so that the layers are trained independently.

        Returns
        -------
        `InpaintOutput`

        Raises
        ------
        ValueError
            If no candidate is usable at some pixel.
        """
        known, usable = known != 0, (usable != 0).expand_as(candidates)
        if not usable.any(1).all():
            msg = "There are pixels for which no candidate is usable. Give at least one that is, such as harmonic."
            raise ValueError(msg)
        candidates = torch.where(usable, candidates, 0).float()
        masks = closing_masks(known[:, :1], len(self.layers))
        frame, neighbors = images[:, :1], images[:, 1:]
        filled = frame if truth is None else torch.where(masks[0], frame, truth)
        full = torch.ones_like(known[:, :1])
        own = full if self.residual == "always" else ~known[:, 1:].any(1, keepdim=True)
        answers = []
        for layer, mask in enumerate(masks[:-1]):
            seen = torch.cat([mask, known[:, 1:]], 1)
            x = torch.cat([*self._shown(filled, neighbors, candidates), extras, seen.to(candidates.dtype)], 1)
            certain = [usable, full.expand(-1, extras.shape[1] + seen.shape[1], -1, -1)]
            unit = torch.zeros_like(filled) if self.unit is None else extras[:, self.unit : self.unit + 1]
            answers.append(self._answer(layer, x, torch.cat([seen, *certain], 1), candidates, usable, unit, own))
            if truth is None:
                filled = torch.where(mask, filled, answers[-1][0])
        mean, log_std, weights = answers[0]
        for mask, answer in zip(masks[1:-1], answers[1:], strict=True):
            mean, log_std, weights = (
                torch.where(mask, before, after) for before, after in zip((mean, log_std, weights), answer, strict=True)
            )
        return InpaintOutput(mean, log_std, masks, weights, torch.cat([answer[0] for answer in answers], 1))

    def _shown(self, frame, neighbors, candidates):
        """Return images and candidates as the network sees them."""
        if not self.squash:
            return frame, neighbors, candidates
        first, others = candidates[:, :1], candidates[:, 1:]
        return map(torch.asinh, (frame - first, neighbors - first, first, others - first))

    def _answer(self, layer, x, mask, candidates, usable, unit, own):
        """Return mean, logarithm of the standard deviation, and candidate weights of one layer."""
        # In float32, whatever the precision of the convolutions: the candidates need more digits than bfloat16 has.
        output = self.layers[layer](x, mask).float()
        logits = output[:, : self.n_candidates] + self.prior[layer].reshape(1, -1, 1, 1)
        weights = logits.masked_fill(~usable, -torch.inf).softmax(1)
        mean = (weights * candidates).sum(1, keepdim=True) + own * unit.exp() * output[:, -2:-1]
        return mean, output[:, -1:] + self.log_std[layer] + unit, weights
