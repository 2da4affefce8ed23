"""CorKit's network: a full histogram-equalized frame through a plain stack of partial-convolution U-Nets."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from sunpy_coronagraph_inpaint.inpaint.network.layered import InpaintOutput, closing_masks
from sunpy_coronagraph_inpaint.learning.unet import PartialUNet

#: Side to which frames are reduced, bins.
SIDE = 256
#: Mean and standard deviation of the levels of an equalized frame, which are uniform between 0 and 1.
_MEAN, _STD = 0.5, 12**-0.5


@dataclass(frozen=True, eq=False)
class HistogramEqualization:
    """
    Map values to their cumulative frequency among all known ones.

    .. math:: z = F(x)

    with the empirical cumulative distribution :math:`F`, a table of quantiles with linear interpolation between them.

    Parameters
    ----------
    values : `numpy.ndarray`
        Shape ``(k,)``, quantiles, strictly increasing.
    levels : `numpy.ndarray`
        Shape ``(k,)``, their cumulative frequencies, between 0 and 1, strictly increasing.

    Notes
    -----
    Within the table the inverse is exact to rounding in double precision. The mapping is lossy nevertheless:

    - Values outside the table come back as its first or last value. A fill can never be brighter than the
      brightest known pixel.
    - Where few pixels span a wide range of brightness, near the occulter and in stars, a small step in level is a large
      step in brightness. For a corona that falls as the cube of the distance from 2 to 6 solar radii, an error of 0.001
      in level is up to 1.4 % of the brightness; rounding levels to bfloat16 costs up to 2.4 %, to float16 up to
      0.31 %, to float32 less than 1e-6.
    """

    values: np.ndarray
    levels: np.ndarray

    @classmethod
    def fit(cls, data, valid, *, knots=1024):
        """
        Take the distribution of the finite valid pixels; ``data`` and boolean ``valid`` have any one shape.

        ``knots`` is the number of quantiles. Equal quantiles are kept once, at the mean of their levels. Raises
        `ValueError` if no finite pixel is valid, or if there are fewer than two knots.
        """
        if knots < 2:
            msg = f"knots is {knots}. Give at least 2, for the least and the greatest value."
            raise ValueError(msg)
        levels = np.linspace(0, 1, knots)
        values, place, count = np.unique(
            np.quantile(_known(data, valid), levels), return_inverse=True, return_counts=True
        )
        return cls(values, np.bincount(place, levels) / count)

    def normalize(self, data):
        """Map data of any shape to levels from 0 to 1, as `float`. NaN stays NaN."""
        return np.interp(np.asarray(data, float), self.values, self.levels)

    def restore(self, normalized):
        """Map levels of any shape back to data, as `float`."""
        return np.interp(np.asarray(normalized, float), self.levels, self.values)


def _known(data, valid):
    """Return the valid finite values, or raise `ValueError` if there are none."""
    data = np.asarray(data, float)
    values = data[np.asarray(valid, bool) & np.isfinite(data)]
    if not values.size:
        msg = "No valid pixel is finite, so there is nothing to take a scale from."
        raise ValueError(msg)
    return values


class SmallFrame(NamedTuple):
    """
    A frame of bins, each the mean of ``factor`` x ``factor`` pixels.

    Attributes
    ----------
    values : `numpy.ndarray`
        Shape ``(h, w)``, 0 where not known.
    known, holes : `numpy.ndarray`
        Boolean, same shape, `True` where a value is known, and where one is to be filled. A bin may be neither.
    factor : int
        Pixels on the side of a bin.
    """

    values: np.ndarray
    known: np.ndarray
    holes: np.ndarray
    factor: int

    def levels(self):
        """
        Return the levels of the known bins and their `HistogramEqualization`.

        The levels are ``float32``, shape ``(h, w)``, of mean 0 and standard deviation 1; 0 where not known.
        `brightness` is the inverse.
        """
        equalization = HistogramEqualization.fit(self.values, self.known)
        return self.levels_by(equalization), equalization

    def levels_by(self, equalization):
        """Return the levels of the known bins by a given equalization."""
        levels = (equalization.normalize(self.values) - _MEAN) / _STD
        return np.where(self.known, levels, 0.0).astype(np.float32)


def brightness(levels, equalization):
    """Convert levels, as `SmallFrame.levels` returns them, to brightness within the range of the known bins."""
    return equalization.restore(_MEAN + _STD * np.asarray(levels, float))


def shrink(data, valid, holes, *, side=SIDE):
    """
    Average a frame of shape ``(ny, nx)`` on bins, about ``side`` of them along its longer side, to a `SmallFrame`.

    A bin with any pixel of a hole is a hole; it is known if at least half of its pixels are, and none is a hole. A
    frame of fewer pixels is not averaged.
    """
    factor = max(1, round(max(data.shape) / side))
    valid = valid & ~holes
    number = _block_sums(valid, factor)
    lost = _block_sums(holes, factor) > 0
    known = (number >= 0.5 * factor**2) & ~lost
    total = _block_sums(np.where(valid, data, 0.0), factor)
    return SmallFrame(np.where(known, total / np.maximum(number, 1), 0.0), known, lost, factor)


def _block_sums(values, factor):
    """Sum over bins; those at the far edges are padded."""
    padded = np.pad(values.astype(float), [(0, -size % factor) for size in values.shape])
    ny, nx = padded.shape
    return padded.reshape(ny // factor, factor, nx // factor, factor).sum((1, 3))


class CorKitInpainter(nn.Module):
    """
    ``L`` plain partial-convolution U-Nets with batch normalization, each of which fills one ring of a hole.

    The input is the frame alone: no candidate fills, no position, no neighbors. The output is the fill itself
    rather than a residual. ``width``, ``depth`` and ``blocks`` are those of
    `~sunpy_coronagraph_inpaint.learning.unet.PartialUNet`.

    References
    ----------
    Liu et al. 2018, arXiv:1804.07723.
    """

    def __init__(self, *, n_layers=2, width=16, depth=3, blocks=1):
        super().__init__()
        self.settings = {"n_layers": n_layers, "width": width, "depth": depth, "blocks": blocks}
        self.layers = nn.ModuleList(
            PartialUNet(1, 1, width=width, depth=depth, blocks=blocks, norm="batch") for _ in range(n_layers)
        )
        for layer in self.layers:
            # A U-Net that predicts a residual starts at 0; one that predicts the fill starts as convolutions usually
            # do.
            layer.head.reset_parameters()

    def freeze_encoder_norm(self):
        """Freeze the batch normalization of the encoders from now on, for fine-tuning."""
        for layer in self.layers:
            for module in layer.encoder.modules():
                if isinstance(module, nn.BatchNorm2d):
                    module.eval().requires_grad_(False)

    def forward(self, image, known, holes, *, truth=None):
        """
        Fill the holes.

        Parameters
        ----------
        image : `torch.Tensor`
            Shape ``(N, 1, H, W)``, levels. Unknown values are ignored.
        known, holes : `torch.Tensor`
            Boolean, shape ``(N, 1, H, W)``, **True = known** and True = to be filled. Pixels that are neither are
            neither used nor filled.
        truth : `torch.Tensor`, optional
            Shape ``(N, 1, H, W)``. With it each layer sees the truth under its mask (teacher forcing).

        Returns
        -------
        `~sunpy_coronagraph_inpaint.inpaint.network.layered.InpaintOutput`
            Its masks are `False` only on pixels still to be filled; its standard deviation is infinite, and it has
            no candidates.
        """
        masks = closing_masks(~holes, len(self.layers))
        absent = ~(known | holes)
        filled = image if truth is None else torch.where(known, image, truth)
        answers = []
        for layer, mask in zip(self.layers, masks[:-1], strict=True):
            answers.append(layer(filled, mask & ~absent).float())
            if truth is None:
                filled = torch.where(mask, filled, answers[-1].to(filled.dtype))
        mean = answers[0]
        for mask, answer in zip(masks[1:-1], answers[1:], strict=True):
            mean = torch.where(mask, mean, answer)
        nothing = mean.new_zeros(len(mean), 0, *mean.shape[2:])
        return InpaintOutput(mean, torch.full_like(mean, torch.inf), masks, nothing, torch.cat(answers, 1))
