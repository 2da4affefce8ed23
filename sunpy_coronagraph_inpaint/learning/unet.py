"""A U-Net of partial convolutions with residual blocks."""

import torch
from torch import nn
from torch.nn import functional

from sunpy_coronagraph_inpaint.learning.layers import PartialConv2d, known_channels


class _ChannelNorm(nn.Module):
    """Normalize the channels of each pixel to mean 0 and variance 1, independently of other pixels."""

    def __init__(self, channels):
        super().__init__()
        self.norm = nn.LayerNorm(channels)

    def forward(self, x):
        return self.norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


#: Normalizations inside a network: that of CorKit, and over the channels of each pixel alone.
NORMS = {"batch": nn.BatchNorm2d, "channel": _ChannelNorm}


class _Step(nn.Module):
    """Partial convolution, normalization if any, and activation, which keep 0 where nothing is known."""

    def __init__(self, in_channels, out_channels, *, stride=1, norm=None):
        super().__init__()
        self.convolution = PartialConv2d(in_channels, out_channels, 3, stride=stride)
        self.norm = None if norm is None else NORMS[norm](out_channels)
        if norm == "channel":
            nn.init.kaiming_normal_(self.convolution.weight, nonlinearity="relu")
            nn.init.zeros_(self.convolution.bias)

    def forward(self, x, count):
        x, mask = self.convolution.convolve(x, count)
        if self.norm is not None:
            x = self.norm(x) * mask
        return functional.silu(x), mask


class ResidualBlock(nn.Module):
    """
    Two partial convolutions and a shortcut; the second starts at zero, so that the block starts as the identity.

    ``channels`` is the number of channels of input and output, ``norm`` the normalization after the first convolution:
    `None`, ``"batch"`` or ``"channel"``.
    """

    def __init__(self, channels, *, norm=None):
        super().__init__()
        self.first = _Step(channels, channels, norm=norm)
        self.second = PartialConv2d(channels, channels, 3)
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(self.second.bias)

    def forward(self, x, mask):
        """
        Add the output of the two convolutions to ``x``, shape ``(N, C, H, W)``, 0 where not known.

        ``mask`` is boolean, shape ``(N, 1, H, W)``, True = known. Both are returned; the mask has grown by two pixels.
        """
        channels = x.shape[1]
        y, mask = self.first(x, known_channels(mask, channels))
        y, mask = self.second.convolve(y, known_channels(mask, channels))
        return x + y, mask


class _Level(nn.Module):
    """A step followed by residual blocks."""

    def __init__(self, in_channels, out_channels, *, stride=1, blocks, norm):
        super().__init__()
        self.step = _Step(in_channels, out_channels, stride=stride, norm=norm)
        self.blocks = nn.ModuleList(ResidualBlock(out_channels, norm=norm) for _ in range(blocks))

    def forward(self, x, count):
        x, mask = self.step(x, count)
        for block in self.blocks:
            x, mask = block(x, mask)
        return x, mask


class PartialUNet(nn.Module):
    """
    Encoder and decoder of partial convolutions with skip connections, and residual blocks on every level of both.

    Parameters
    ----------
    in_channels, out_channels : int
        Channels of the input, each with its own mask, and of the output.
    width : int, optional
        Channels at full resolution; doubled on each level down, at most four times.
    depth : int, optional
        How many times the resolution is halved.
    blocks : int, optional
        Residual blocks per level, in the encoder and in the decoder.
    norm : {None, "batch", "channel"}, optional
        Normalization: none, that of CorKit, or over the channels of each pixel.

    Raises
    ------
    ValueError
        If ``norm`` is none of these.

    Notes
    -----
    The last convolution starts at zero, so the output is 0 until the network is trained.

    References
    ----------
    Liu et al. 2018, arXiv:1804.07723; Ronneberger et al. 2015, arXiv:1505.04597; He et al. 2016, arXiv:1512.03385.

    Examples
    --------
    >>> import torch
    >>> from sunpy_coronagraph_inpaint.learning import PartialUNet
    >>> network = PartialUNet(2, 1, width=4, depth=2)
    >>> network(torch.randn(1, 2, 21, 30), torch.ones(1, 2, 21, 30)).shape
    torch.Size([1, 1, 21, 30])
    """

    def __init__(self, in_channels, out_channels, *, width=32, depth=3, blocks=1, norm=None):
        super().__init__()
        if norm not in (None, *NORMS):
            msg = f"There is no normalization {norm!r}. Choose None or one of {', '.join(NORMS)}."
            raise ValueError(msg)
        self.in_channels, self.depth = in_channels, depth
        widths = [min(width * 2**level, 4 * width) for level in range(depth + 1)]
        inputs = [in_channels, *widths[:-1]]
        self.encoder = nn.ModuleList(
            _Level(inputs[level], widths[level], stride=min(level, 1) + 1, blocks=blocks, norm=norm)
            for level in range(depth + 1)
        )
        self.decoder = nn.ModuleList(
            _Level(widths[level + 1] + widths[level], widths[level], blocks=blocks, norm=norm)
            for level in reversed(range(depth))
        )
        self.head = nn.Conv2d(width, out_channels, 1)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, x, mask):
        """
        Apply the network.

        Parameters
        ----------
        x : `torch.Tensor`
            Shape ``(N, in_channels, H, W)``. Unknown values are ignored.
        mask : `torch.Tensor`
            Shape ``(N, in_channels, H, W)`` or ``(N, 1, H, W)``, 1 or True = known.

        Returns
        -------
        `torch.Tensor`
            Shape ``(N, out_channels, H, W)``.
        """
        height, width = x.shape[-2:]
        # Padding counts as missing. The decoder doubles sizes, so they must be multiples.
        padding = (0, -width % 2**self.depth, 0, -height % 2**self.depth)
        count = functional.pad(known_channels(mask, self.in_channels), padding)
        x = functional.pad(torch.where(mask != 0, x, 0), padding)
        skips = []
        for level in self.encoder:
            x, mask = level(x, count)
            count = known_channels(mask, x.shape[1])
            skips.append((x, count))
        skips.pop()
        for level in self.decoder:
            skip, skip_count = skips.pop()
            x = torch.cat([functional.interpolate(x, scale_factor=2, mode="nearest"), skip], 1)
            count = functional.interpolate(count, scale_factor=2, mode="nearest") + skip_count
            x, mask = level(x, count)
            count = known_channels(mask, x.shape[1])
        return self.head(x)[..., :height, :width]
