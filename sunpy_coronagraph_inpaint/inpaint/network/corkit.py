"""CorKit's network: a full frame of equalized brightness through a plain stack of partial-convolution U-Nets."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from sunpy_coronagraph_inpaint.inpaint.network.layered import InpaintOutput, closing_masks
from sunpy_coronagraph_inpaint.learning.unet import PartialUNet

#: Side to which frames are brought, pixels.
SIDE = 256
#: An equalized frame has levels evenly between 0 and 1, of this standard deviation about this mean.
_MEAN, _STD = 0.5, 12**-0.5


@dataclass(frozen=True, eq=False)
class HistogramEqualization:
    r"""
    Map values to their place in the distribution of all known ones.

    .. math:: z = F(x)

    with the empirical cumulative distribution :math:`F`, a table of quantiles between which is interpolated linearly.

    Parameters
    ----------
    values : `numpy.ndarray`
        Shape ``(k,)``, quantiles, growing strictly.
    levels : `numpy.ndarray`
        Shape ``(k,)``, which quantiles they are, between 0 and 1, growing strictly.

    Notes
    -----
    Within the table the inverse is exact to rounding in double precision. Lossy it is all the same:

    - What lies outside of the table comes back as its first or last value. A fill can never be brighter than the
      brightest known pixel.
    - Where few pixels have a wide range of brightness, near the occulter and in stars, a small step of level is a great
      step of brightness. For a corona that falls as the cube of the distance from 2 to 6 solar radii, an error of 0.001
      in level is up to 1.4 % of the brightness; levels rounded to bfloat16 are off by up to 2.4 %, to float16 by up to
      0.31 %, to float32 by less than 1e-6.
    """

    values: np.ndarray
    levels: np.ndarray

    @classmethod
    def fit(cls, data, valid, *, knots=1024):
        """
        Take the distribution from the valid pixels.

        Parameters
        ----------
        data : `numpy.ndarray`
            Any shape.
        valid : `numpy.ndarray`
            Boolean, same shape, `True` where a pixel is known.
        knots : int, optional
            How many quantiles are kept. Equal ones are kept once, at the middle of their levels.

        Returns
        -------
        `HistogramEqualization`

        Raises
        ------
        ValueError
            If no finite pixel is valid, or if there are fewer than two knots.
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
        """
        Map data to levels from 0 to 1.

        Parameters
        ----------
        data : `numpy.ndarray`
            Any shape.

        Returns
        -------
        `numpy.ndarray`
            `float`, same shape. NaN stays NaN.
        """
        return np.interp(np.asarray(data, float), self.values, self.levels)

    def restore(self, normalized):
        """
        Map levels back to data.

        Parameters
        ----------
        normalized : `numpy.ndarray`
            Any shape.

        Returns
        -------
        `numpy.ndarray`
            `float`, same shape.
        """
        return np.interp(np.asarray(normalized, float), self.levels, self.values)


def _known(data, valid):
    """Take the valid finite values, or say that there are none."""
    data = np.asarray(data, float)
    values = data[np.asarray(valid, bool) & np.isfinite(data)]
    if not values.size:
        msg = "No valid pixel is finite, so there is nothing to take a scale from."
        raise ValueError(msg)
    return values


class SmallFrame(NamedTuple):
    """
    A frame of cells, each the mean of ``factor`` x ``factor`` pixels.

    Attributes
    ----------
    values : `numpy.ndarray`
        Shape ``(h, w)``, 0 where not known.
    known, holes : `numpy.ndarray`
        Boolean, same shape, `True` where a value is known, and where one is to be filled. A cell may be neither.
    factor : int
        Pixels on the side of a cell.
    """

    values: np.ndarray
    known: np.ndarray
    holes: np.ndarray
    factor: int

    def levels(self):
        """
        Equalize the known cells.

        Returns
        -------
        levels : `numpy.ndarray`
            ``float32``, shape ``(h, w)``, of mean 0 and standard deviation 1; 0 where not known.
        equalization : `HistogramEqualization`
            To be undone with `brightness`.
        """
        equalization = HistogramEqualization.fit(self.values, self.known)
        return self.levels_by(equalization), equalization

    def levels_by(self, equalization):
        """Return the levels that a given equalization makes of the known cells."""
        levels = (equalization.normalize(self.values) - _MEAN) / _STD
        return np.where(self.known, levels, 0.0).astype(np.float32)


def brightness(levels, equalization):
    """
    Bring levels back to brightness.

    Parameters
    ----------
    levels : `numpy.ndarray`
        Any shape, as `SmallFrame.levels` gives them.
    equalization : `HistogramEqualization`
        What they were made with.

    Returns
    -------
    `numpy.ndarray`
        Same shape, never outside the range of the known cells.
    """
    return equalization.restore(_MEAN + _STD * np.asarray(levels, float))


def shrink(data, valid, holes, *, side=SIDE):
    """
    Average a frame on cells, so that its longer side has about so many.

    Parameters
    ----------
    data : `numpy.ndarray`
        Shape ``(ny, nx)``.
    valid, holes : `numpy.ndarray`
        Boolean, same shape, `True` where a pixel is known, and where one is to be filled.
    side : int, optional
        How many cells. A frame of fewer pixels stays as it is.

    Returns
    -------
    SmallFrame
        A cell with any pixel of a hole is a hole; it is known if at least half of its pixels are, and none is a hole.
    """
    factor = max(1, round(max(data.shape) / side))
    valid = valid & ~holes
    number = _block_sums(valid, factor)
    lost = _block_sums(holes, factor) > 0
    known = (number >= 0.5 * factor**2) & ~lost
    total = _block_sums(np.where(valid, data, 0.0), factor)
    return SmallFrame(np.where(known, total / np.maximum(number, 1), 0.0), known, lost, factor)


def _block_sums(values, factor):
    """Sum over cells; those at the far edges are padded."""
    padded = np.pad(values.astype(float), [(0, -size % factor) for size in values.shape])
    ny, nx = padded.shape
    return padded.reshape(ny // factor, factor, nx // factor, factor).sum((1, 3))


class CorKitInpainter(nn.Module):
    """
    ``L`` plain partial-convolution U-Nets with batch normalization, each of which answers for one ring of a hole.

    Nothing but the frame goes in: no candidate fills, no position, no neighbors; and nothing is added to what comes
    out, which is the fill itself rather than a residual.

    Parameters
    ----------
    n_layers : int, optional
        ``L``.
    width, depth, blocks : int, optional
        See `~sunpy_coronagraph_inpaint.learning.unet.PartialUNet`.

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
            # What answers with a residual starts at 0; what answers with the fill itself starts as convolutions do.
            layer.head.reset_parameters()

    def freeze_encoder_norm(self):
        """Keep the batch normalization of the encoders as it is from now on, as it is done for fine-tuning."""
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
            Shape ``(N, 1, H, W)``, levels. Those not known do not matter.
        known, holes : `torch.Tensor`
            Boolean, shape ``(N, 1, H, W)``, **True = known** and True = to be filled. What is neither is never seen
            and never answered for.
        truth : `torch.Tensor`, optional
            Shape ``(N, 1, H, W)``. With it each layer sees the truth under its mask (teacher forcing).

        Returns
        -------
        `~sunpy_coronagraph_inpaint.inpaint.network.layered.InpaintOutput`
            Its masks are `False` on what is still to be filled alone; its standard deviation is infinite, and it has
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
