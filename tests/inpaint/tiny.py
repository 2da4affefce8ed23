"""An untrained network, small, whose every parameter is at random: what comes out depends on all that goes in."""

import torch

from sunpy_coronagraph_inpaint.inpaint.network.layered import LayeredInpainter
from sunpy_coronagraph_inpaint.inpaint.network.trained import save_network
from sunpy_coronagraph_inpaint.inpaint.training import InpaintRecipe

SETTINGS = InpaintRecipe(width=4, depth=1).network_settings


def tiny_network(seed=0, *, std=0.05):
    """Make the network."""
    torch.manual_seed(seed)
    network = LayeredInpainter(**SETTINGS)
    for parameter in network.layers.parameters():
        torch.nn.init.normal_(parameter, std=std)
    return network.eval()


def tiny_weights(path, **options):
    """Write it to a file, and return the path."""
    save_network(path, tiny_network(), settings=SETTINGS, **options)
    return path
