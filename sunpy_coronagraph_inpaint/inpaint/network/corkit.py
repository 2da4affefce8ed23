"""The published recipe: a full frame of equalized brightness through a plain stack of partial-convolution U-Nets."""

import json
from typing import NamedTuple

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import nn

from sunpy_coronagraph_inpaint.inpaint.network.layered import Answer, closing_masks
from sunpy_coronagraph_inpaint.io.writing import whole_file
from sunpy_coronagraph_inpaint.learning.normalization import HistogramEqualization
from sunpy_coronagraph_inpaint.learning.unet import PartialUNet
from sunpy_coronagraph_inpaint.threads import torch_seed

__all__ = ["PublishedInpainter", "SmallFrame", "brightness", "load_published", "save_published", "shrink"]

#: Side to which frames are brought, pixels.
SIDE = 256
#: An equalized frame has levels evenly between 0 and 1, of this standard deviation about this mean.
_MEAN, _STD = 0.5, 12**-0.5


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
        equalization : `~sunpy_coronagraph_inpaint.learning.normalization.HistogramEqualization`
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
    equalization : `~sunpy_coronagraph_inpaint.learning.normalization.HistogramEqualization`
        What they were made with.

    Returns
    -------
    `numpy.ndarray`
        Same shape, never outside the range of the known cells.

    Examples
    --------
    >>> import numpy as np
    >>> from sunpy_coronagraph_inpaint.inpaint.network.corkit import brightness, shrink
    >>> small = shrink(np.arange(64.0).reshape(8, 8), np.ones((8, 8), bool), np.zeros((8, 8), bool))
    >>> bool(np.allclose(brightness(*small.levels()), small.values, atol=1e-4))
    True
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

    Examples
    --------
    >>> import numpy as np
    >>> from sunpy_coronagraph_inpaint.inpaint.network.corkit import shrink
    >>> data, holes = np.ones((1024, 1024)), np.zeros((1024, 1024), bool)
    >>> holes[64:96, 32:64] = True
    >>> small = shrink(data, ~holes, holes)
    >>> small.values.shape, small.factor, int(small.holes.sum())
    ((256, 256), 4, 64)
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


class PublishedInpainter(nn.Module):
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

    Examples
    --------
    >>> import torch
    >>> network = PublishedInpainter(width=4, depth=1)
    >>> holes = torch.zeros(1, 1, 16, 16, dtype=torch.bool)
    >>> holes[..., 4:12, 4:12] = True
    >>> answer = network(torch.randn(1, 1, 16, 16), ~holes, holes)
    >>> tuple(answer.means.shape), len(answer.masks)
    ((1, 2, 16, 16), 3)
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
        `~sunpy_coronagraph_inpaint.inpaint.network.layered.Answer`
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
        return Answer(mean, torch.full_like(mean, torch.inf), masks, nothing, torch.cat(answers, 1))


def save_published(path, network):
    """
    Write a network to a safetensors file, its kernels as ``float16``.

    Parameters
    ----------
    path : path
        The file.
    network : PublishedInpainter
        The network.
    """
    tensors = {name: t.detach().cpu().contiguous() for name, t in network.state_dict().items()}
    tensors = {name: t.half() if t.ndim > 1 else t for name, t in tensors.items()}
    with whole_file(path) as part:
        part.write_bytes(save(tensors, {"published": json.dumps(network.settings)}))


def load_published(content):
    """
    Read a network that `save_published` wrote.

    Parameters
    ----------
    content : bytes
        Of the file.

    Returns
    -------
    PublishedInpainter
        Ready to be used.

    Raises
    ------
    ValueError
        If that is not such a file.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     save_published(Path(folder) / "tiny.safetensors", PublishedInpainter(width=4, depth=1))
    ...     load_published((Path(folder) / "tiny.safetensors").read_bytes()).settings["width"]
    4
    """
    try:
        tensors = load(content)
        size = int.from_bytes(content[:8], "little")
        settings = json.loads(json.loads(content[8 : 8 + size])["__metadata__"]["published"])
    except (SafetensorError, KeyError) as error:
        msg = f"This is not a network of the published recipe ({error}). Give a file that save_published has written."
        raise ValueError(msg) from error
    with torch_seed():  # parameters are drawn before they are read
        network = PublishedInpainter(**settings)
    tensors = {name: t.float() if t.is_floating_point() else t for name, t in tensors.items()}
    network.load_state_dict(tensors)
    return network.eval()
