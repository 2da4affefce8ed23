"""Layers, losses, weights, inference and the training loop, independent of the task."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach(
    __name__,
    submod_attrs={
        "inference": ["pick_device", "predict"],
        "layers": ["PartialConv2d"],
        "loop": ["train"],
        "recipe": ["Recipe"],
        "task": ["Task"],
        "unet": ["PartialUNet"],
        "weights": ["WeightsRecord", "read_weights", "write_weights"],
    },
)
