"""Frozen networks whose features are compared in perceptual and style losses."""

from itertools import pairwise
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional

from sunpy_coronagraph_inpaint.threads import torch_seed

#: Output channels of the first eight convolutions of VGG-19 by their index in the stack; a ReLU follows each.
_VGG_CHANNELS = {0: 64, 2: 64, 5: 128, 7: 128, 10: 256, 12: 256, 14: 256, 16: 256}
#: Indices of its first three maximum poolings, whose outputs are compared.
_VGG_LEVELS = (4, 9, 18)
#: Mean and standard deviation of the three colors of the images it was trained on.
_VGG_MEAN, _VGG_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class Vgg19Features(nn.Module):
    """
    First half of VGG-19, which extracts features on three levels.

    Its weights are random here: `vgg19_features` loads the published ones. Parameters are named as in torchvision.
    Values at ``limits`` become black and white; most pixels of a normalized frame are between -3 and 3.

    References
    ----------
    Simonyan and Zisserman 2015, *Very Deep Convolutional Networks for Large-Scale Image Recognition*, arXiv:1409.1556.
    """

    def __init__(self, *, limits=(-3.0, 3.0)):
        super().__init__()
        self.limits = limits
        self.features = nn.Sequential()
        channels = 3
        for place in range(_VGG_LEVELS[-1] + 1):
            if place in _VGG_CHANNELS:
                layer = nn.Conv2d(channels, _VGG_CHANNELS[place], 3, padding=1)
                channels = _VGG_CHANNELS[place]
            else:
                layer = nn.MaxPool2d(2) if place in _VGG_LEVELS else nn.ReLU()
            self.features.append(layer)
        self.register_buffer("mean", torch.tensor(_VGG_MEAN).reshape(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(_VGG_STD).reshape(1, 3, 1, 1), persistent=False)

    def forward(self, x):
        """
        Return the features of three levels of ``x``, shape ``(N, 1, H, W)``, repeated for the three colors.

        Their shapes are ``(N, 64, H/2, W/2)``, ``(N, 128, H/4, W/4)`` and ``(N, 256, H/8, W/8)``.
        """
        low, high = self.limits
        x = ((x - low) / (high - low) - self.mean) / self.std
        levels = []
        for place, layer in enumerate(self.features):
            x = layer(x)
            if place in _VGG_LEVELS:
                levels.append(x)
        return levels


def vgg19_features(path, *, limits=(-3.0, 3.0)):
    """
    Load published weights of VGG-19 from your own file, and freeze them.

    Parameters
    ----------
    path : path-like
        A ``.safetensors`` file with the parameters of torchvision's VGG-19 by torchvision's names,
        ``features.0.weight`` and so on. Parameters beyond the first eight convolutions are ignored.
    limits : tuple of float, optional
        See `Vgg19Features`.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is not a safetensors file, lacks a parameter, or has one of a wrong shape. Pickled weights are never read,
        because unpickling can execute arbitrary code.
    """
    path = Path(path)
    if not path.is_file():
        msg = f"There is no file {path}. Give the path of VGG-19's weights as a safetensors file."
        raise FileNotFoundError(msg)
    try:
        stored = load_file(path)
    except SafetensorError as error:
        msg = f"{path} is no safetensors file ({error}). Save the weights with safetensors; pickled ones are not read."
        raise ValueError(msg) from error
    with torch_seed():
        network = Vgg19Features(limits=limits)
    state = network.state_dict()
    for name, parameter in state.items():
        if name not in stored:
            msg = f"{path} has no parameter {name}. Give the weights of torchvision's VGG-19 by torchvision's names."
            raise ValueError(msg)
        if stored[name].shape != parameter.shape:
            shapes = tuple(stored[name].shape), tuple(parameter.shape)
            msg = f"{name} in {path} has shape {shapes[0]} instead of {shapes[1]}. Give the weights of VGG-19."
            raise ValueError(msg)
    network.load_state_dict({name: stored[name] for name in state})
    return _frozen(network)


class CoronaFeatures(nn.Module):
    """Small autoencoder with features on three levels, the first with ``width`` channels, doubled on each next."""

    def __init__(self, width=16):
        super().__init__()
        widths = [1, width, 2 * width, 4 * width]
        self.encoder = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(below, above, 3, stride=2, padding=1),
                nn.SiLU(),
                nn.Conv2d(above, above, 3, padding=1),
                nn.SiLU(),
            )
            for below, above in pairwise(widths)
        )
        self.decoder = nn.ModuleList(nn.Conv2d(above, below, 3, padding=1) for below, above in pairwise(widths))

    def forward(self, x):
        """
        Return the features of three levels of ``x``, shape ``(N, 1, H, W)``.

        Their shapes are ``(N, width, H/2, W/2)``, ``(N, 2 width, H/4, W/4)`` and ``(N, 4 width, H/8, W/8)``.
        """
        levels = []
        for level in self.encoder:
            x = level(x)
            levels.append(x)
        return levels

    def reconstruct(self, x):
        """Reconstruct the image from the coarsest features, without what they do not encode, such as noise."""
        levels = [x, *self(x)]
        y = levels.pop()
        for layer, level in zip(reversed(self.decoder), reversed(levels), strict=True):
            y = layer(functional.interpolate(y, size=level.shape[-2:], mode="bilinear", align_corners=False))
            y = y if level is x else functional.silu(y)
        return y


def train_features(crops, steps=500, seed=0, *, width=16, batch=8, noise=0.5, learning_rate=2e-3):
    """
    Train a `CoronaFeatures` to denoise artificial coronas, and freeze it.

    Parameters
    ----------
    crops : `torch.Tensor`
        Shape ``(n, 1, H, W)``, normalized and free of noise, finite (`ValueError` otherwise).
    steps : int, optional
        Number of steps.
    seed : int, optional
        The same crops and seed give the same network on the same machine.
    width : int, optional
        See `CoronaFeatures`.
    batch : int, optional
        Crops per step.
    noise : float, optional
        Standard deviation of the added noise.
    learning_rate : float, optional
        Of Adam; it falls to 0 along a half cosine.

    References
    ----------
    Vincent et al. 2008, *Extracting and composing robust features with denoising autoencoders*,
    `doi:10.1145/1390156.1390294 <https://doi.org/10.1145/1390156.1390294>`__.
    """
    if crops.ndim != 4 or crops.shape[1] != 1 or not len(crops) or not torch.isfinite(crops).all():
        msg = f"The crops have shape {tuple(crops.shape)}. Give finite numbers of shape (n, 1, H, W)."
        raise ValueError(msg)
    with torch_seed(seed), torch.enable_grad():
        network = CoronaFeatures(width).to(crops.device)
        optimizer = torch.optim.Adam(network.parameters(), learning_rate)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, max(steps, 1))
        for _ in range(steps):
            clean = crops[torch.randint(len(crops), (batch,)).to(crops.device)]
            noisy = clean + noise * torch.randn(clean.shape).to(crops.device)
            loss = functional.mse_loss(network.reconstruct(noisy), clean)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return _frozen(network)


def _frozen(network):
    """Freeze the parameters of a network; gradients still flow through it."""
    return network.eval().requires_grad_(False)
