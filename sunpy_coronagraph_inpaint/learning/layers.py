"""The partial convolution: a convolution with a mask of missing inputs."""

import torch
from torch import nn
from torch.nn import functional


def known_channels(mask, channels):
    """
    Count the known channels of each pixel: shape ``(N, 1, H, W)``, always `torch.float32`.

    bfloat16 has too few digits for these sums of ones. ``mask`` has shape ``(N, C, H, W)`` or ``(N, 1, H, W)``, boolean
    or of zeros and ones, where one channel represents all ``channels``; other numbers of channels raise a `ValueError`.
    **Here 1 and True mean known**, as in the literature on partial convolutions; everywhere outside the network True
    means bad.
    """
    if mask.shape[1] not in (1, channels):
        msg = f"The mask has {mask.shape[1]} channels. Give it one channel, or {channels}, as many as the image has."
        raise ValueError(msg)
    if mask.dtype is not torch.bool:
        mask = mask != 0
    if mask.shape[1] == channels:
        return mask.sum(1, keepdim=True, dtype=torch.float32)
    return mask.float() * channels


class PartialConv2d(nn.Module):
    r"""
    Convolution over known values only, rescaled by their number.

    .. math:: O = W^T (X \odot M) \frac{\sum 1}{\sum M} + b \quad \textrm{where} \sum M > 0, \textrm{ else } 0

    The sums go over all channels and the window of the kernel, :math:`\sum 1 = C k^2`. The new mask is 1 wherever
    :math:`\sum M > 0`.

    Parameters
    ----------
    in_channels, out_channels : int
        Channels of the input and of the output.
    kernel_size : int, optional
        Side of the kernel, odd.
    stride : int, optional
        Step of the kernel.
    bias : bool, optional
        Whether there is a ``b``.

    Raises
    ------
    ValueError
        If the kernel has an even side.

    Notes
    -----
    The boundary is padded by half a kernel, and padding counts as missing, so that an output next to the boundary is
    rescaled like one next to a hole. The additional cost over a convolution is one box filter on a single channel.

    References
    ----------
    Liu et al. 2018, *Image Inpainting for Irregular Holes Using Partial Convolutions*, arXiv:1804.07723, eqs. 1 and 2.

    Examples
    --------
    >>> import torch
    >>> from sunpy_coronagraph_inpaint.learning import PartialConv2d
    >>> convolution = PartialConv2d(1, 1, 3, bias=False)
    >>> _ = torch.nn.init.constant_(convolution.weight, 1 / 9)
    >>> mask = torch.ones(1, 1, 4, 4)
    >>> mask[..., :2] = 0  # the left half is missing
    >>> image = torch.where(mask == 1, 5.0, float("nan"))
    >>> output, closed = convolution(image, mask)
    >>> output[0, 0, 0].detach(), closed[0, 0, 0]
    (tensor([0., 5., 5., 5.]), tensor([False,  True,  True,  True]))
    """

    def __init__(self, in_channels, out_channels, kernel_size=3, *, stride=1, bias=True):
        super().__init__()
        if kernel_size % 2 == 0:
            msg = f"kernel_size is {kernel_size}. Give an odd number, so that the kernel has a pixel in its middle."
            raise ValueError(msg)
        self.in_channels, self.out_channels = in_channels, out_channels
        self.kernel_size, self.stride, self.padding = kernel_size, stride, kernel_size // 2
        convolution = nn.Conv2d(in_channels, out_channels, kernel_size, bias=bias)
        self.weight = convolution.weight
        self.register_parameter("bias", convolution.bias)

    def extra_repr(self):
        """Return the settings for ``repr``."""
        return f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"

    def forward(self, x, mask):
        """
        Convolve the known values.

        Parameters
        ----------
        x : `torch.Tensor`
            Shape ``(N, C, H, W)``. Unknown values are ignored, even if they are NaN.
        mask : `torch.Tensor`
            Shape ``(N, C, H, W)`` or ``(N, 1, H, W)``, 1 or True = known.

        Returns
        -------
        output : `torch.Tensor`
            Shape ``(N, out_channels, ceil(H / stride), ceil(W / stride))``.
        new_mask : `torch.Tensor`
            Boolean, shape ``(N, 1, ceil(H / stride), ceil(W / stride))``, True = known.
        """
        count = known_channels(mask, self.in_channels)
        return self.convolve(torch.where(mask != 0, x, 0), count)

    def convolve(self, masked, count):
        """
        Convolve an input that is already 0 where it is not known, which saves the masking inside a network.

        Parameters
        ----------
        masked : `torch.Tensor`
            Shape ``(N, C, H, W)``, 0 where not known.
        count : `torch.Tensor`
            Shape ``(N, 1, H, W)``, `torch.float32`, number of known channels, see ``known_channels``.

        Returns
        -------
        output, new_mask : `torch.Tensor`
            As `forward` returns them.
        """
        output = functional.conv2d(masked, self.weight, None, self.stride, self.padding)
        sums = functional.avg_pool2d(count, self.kernel_size, self.stride, self.padding, divisor_override=1)
        new_mask = sums > 0
        # In float32 at least, then in the precision of the output: the ratio has no gradient and is rounded once.
        sums = sums.to(torch.promote_types(output.dtype, torch.float32))
        ratio = torch.where(new_mask, self.in_channels * self.kernel_size**2 / sums, 0).to(output.dtype)
        if self.bias is None:
            return output * ratio, new_mask
        bias = self.bias.to(output.dtype).reshape(1, -1, 1, 1)
        return torch.addcmul(bias, output, ratio) * new_mask, new_mask
