"""From data to weights: samples, recipes, the training loop."""

from sunpy_coronagraph_inpaint.inpaint.training.loop import build_network, network_settings, train_network
from sunpy_coronagraph_inpaint.inpaint.training.on_maps import train_on_maps
from sunpy_coronagraph_inpaint.inpaint.training.result import read_network
from sunpy_coronagraph_inpaint.inpaint.training.samples import Sample, sample_maps, sample_scene
from sunpy_coronagraph_inpaint.inpaint.training.store import (
    read_background,
    read_samples,
    write_background,
    write_samples,
)
from sunpy_coronagraph_inpaint.learning.recipe import Recipe

__all__ = [
    "Recipe",
    "Sample",
    "build_network",
    "network_settings",
    "read_background",
    "read_network",
    "read_samples",
    "sample_maps",
    "sample_scene",
    "train_network",
    "train_on_maps",
    "write_background",
    "write_samples",
]
