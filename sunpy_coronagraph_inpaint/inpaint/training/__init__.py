"""Training: samples of maps and scenes, and the two tasks of the training loop, `InpaintTask` and `CorKitTask`."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach(
    __name__,
    submod_attrs={
        "corkit": ["CorKitRecipe", "CorKitTask"],
        "on_maps": ["train_on_maps"],
        "samples": ["Sample", "sample_maps", "sample_scene"],
        "task": ["InpaintRecipe", "InpaintTask"],
    },
)
