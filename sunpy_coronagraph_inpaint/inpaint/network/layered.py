"""The stack of networks that closes a hole from its rim to its middle."""

from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional

from sunpy_coronagraph_inpaint.learning.unet import PartialUNet


class InpaintOutput(NamedTuple):
    """
    What a stack of layers answers.

    Attributes
    ----------
    mean : `torch.Tensor`
        Shape ``(N, 1, H, W)``, `torch.float32`. Where the frame is known it is what the first layer answers there.
    log_std : `torch.Tensor`
        Shape ``(N, 1, H, W)``, logarithm of the standard deviation.
    masks : list of `torch.Tensor`
        ``L + 1`` boolean masks of shape ``(N, 1, H, W)``, True = known: ``M(0)`` is what was known, ``M(L)`` is full.
    weights : `torch.Tensor`
        Shape ``(N, K, H, W)``, how much of each candidate was taken, sum 1.
    means : `torch.Tensor`
        Shape ``(N, L, H, W)``, what each layer answers everywhere; ``mean`` is gathered from it.
    """

    mean: torch.Tensor
    log_std: torch.Tensor
    masks: list
    weights: torch.Tensor
    means: torch.Tensor


def closing_masks(known, n_layers):
    """
    Close holes from the rim to the middle in rings of about equal width.

    Parameters
    ----------
    known : `torch.Tensor`
        Shape ``(N, 1, H, W)``, boolean or of zeros and ones, 1 or True = known.
    n_layers : int
        Number of rings, ``L``.

    Returns
    -------
    list of `torch.Tensor`
        ``L + 1`` boolean masks of shape ``(N, 1, H, W)``. ``M(0)`` is ``known``, ``M(l)`` has the pixels at most
        ``ceil(l d / L)`` from the nearest known one, where ``d`` is the farthest of the sample, ``M(L)`` is full.

    Notes
    -----
    The distance counts pixels along rows, columns or diagonals, as a 3x3 kernel closes a hole. Where nothing at all is
    known the first layer answers for everything.

    Examples
    --------
    >>> import torch
    >>> known = torch.tensor([1, 0, 0, 0, 0, 0, 1, 1]).reshape(1, 1, 1, 8)
    >>> for mask in closing_masks(known, 3):
    ...     print(mask.int().flatten().tolist())
    [1, 0, 0, 0, 0, 0, 1, 1]
    [1, 1, 0, 0, 0, 1, 1, 1]
    [1, 1, 1, 0, 1, 1, 1, 1]
    [1, 1, 1, 1, 1, 1, 1, 1]
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
    # A sample of which nothing is known has one and the same distance everywhere.
    nothing = ~known.any((-2, -1), keepdim=True)
    distance = torch.where(nothing, 1.0, distance)
    farthest = distance.amax((-2, -1), keepdim=True)
    return [known, *(distance <= (step * farthest / n_layers).ceil() for step in range(1, n_layers + 1))]


class LayeredInpainter(nn.Module):
    r"""
    ``L`` partial-convolution U-Nets, each of which answers for one ring of a hole.

    Layer :math:`l` sees the frame under :math:`M_{l-1}` and answers for the pixels of :math:`M_l` that are not in
    :math:`M_{l-1}`, by a choice among candidate fills :math:`c_k` and a residual,

    .. math:: \mu = \sum_k \mathrm{softmax}_k(a_k + p_k)\, c_k + u r, \quad \sigma = u s,

    where the network gives the logits :math:`a_k`, the residual :math:`r` and the logarithm of :math:`s`. The unit
    :math:`u` is 1 or, from a field beside the frame, what is known of the uncertainty before. The offsets :math:`p_k`
    are learnt. All outputs of the networks start at 0: before any training the answer is the
    average of the usable candidates weighted by the softmax of ``prior``.

    Parameters
    ----------
    n_images : int, optional
        The frame itself and its neighbors in time, ``F``.
    n_extras : int
        Smooth fields such as the position, ``E``, known everywhere.
    n_candidates : int
        Candidate fills, ``K``.
    n_layers : int, optional
        ``L``.
    width, depth, blocks : int, optional
        See `~sunpy_coronagraph_inpaint.learning.unet.PartialUNet`.
    prior : sequence of float, optional
        Where the offsets :math:`p_k` start. Zeros by default.
    log_std : float, optional
        Where the logarithm of the standard deviation starts.
    norm : {None, "batch", "channel"}, optional
        Normalization inside of the networks.
    unit : int, optional
        Which of the extras is the logarithm of the unit ``u``; 1 if not given.
    squash : bool, optional
        Whether the networks see the inverse hyperbolic sine of the first candidate, and of the differences of images
        and other candidates from it, in place of images and candidates as they are.
    residual : {"always", "alone"}, optional
        Whether there is a residual also where something is known of a neighbor.

    Raises
    ------
    ValueError
        If ``prior`` does not have one number per candidate, or ``residual`` is not known.

    Notes
    -----
    **Here 1 and True mean known**; everywhere outside of the network True means bad. Each layer is also given its mask
    and those of the neighbors as plain channels, so that it knows where the rim is.

    Examples
    --------
    >>> import torch
    >>> network = LayeredInpainter(n_images=1, n_extras=0, n_candidates=2, width=4, depth=1, prior=[0, 20])
    >>> known = torch.ones(1, 1, 8, 8)
    >>> known[..., 2:6, 2:6] = 0
    >>> candidates = torch.ones(1, 2, 8, 8) * torch.tensor([3.0, 7.0]).reshape(1, 2, 1, 1)
    >>> usable = torch.ones(1, 2, 1, 1, dtype=torch.bool)
    >>> answer = network(torch.zeros(1, 1, 8, 8), known, torch.zeros(1, 0, 8, 8), candidates, usable)
    >>> answer.mean[0, 0, 4, 4].item()
    7.0
    >>> len(answer.masks)
    3
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
            Shape ``(N, F, H, W)``: the frame to be filled, then its neighbors in time.
        known : `torch.Tensor`
            Shape ``(N, F, H, W)``, 1 or True = known. A missing neighbor is a channel of zeros.
        extras : `torch.Tensor`
            Shape ``(N, E, H, W)``.
        candidates : `torch.Tensor`
            Shape ``(N, K, H, W)``.
        usable : `torch.Tensor`
            Shape ``(N, K, 1, 1)`` or ``(N, K, H, W)``, 1 or True where a candidate can be used.
        truth : `torch.Tensor`, optional
            Shape ``(N, 1, H, W)``. With it each layer sees the truth under its mask instead of what the layers before
            answered (teacher forcing), so that the layers are trained independently.

        Returns
        -------
        `InpaintOutput`

        Raises
        ------
        ValueError
            If somewhere no candidate is usable.
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
        """Return what the network sees of images and candidates."""
        if not self.squash:
            return frame, neighbors, candidates
        first, others = candidates[:, :1], candidates[:, 1:]
        return map(torch.asinh, (frame - first, neighbors - first, first, others - first))

    def _answer(self, layer, x, mask, candidates, usable, unit, own):
        """Mean, logarithm of the standard deviation, and weights of the candidates by one layer."""
        # In float32, whatever the convolutions ran in: the candidates hold more digits than bfloat16.
        output = self.layers[layer](x, mask).float()
        logits = output[:, : self.n_candidates] + self.prior[layer].reshape(1, -1, 1, 1)
        weights = logits.masked_fill(~usable, -torch.inf).softmax(1)
        mean = (weights * candidates).sum(1, keepdim=True) + own * unit.exp() * output[:, -2:-1]
        return mean, output[:, -1:] + self.log_std[layer] + unit, weights
