"""Fixed patterns of a camera: pixel flat, vignetting, stray light."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach(
    __name__, submod_attrs={"background": ["Background"], "estimate": ["fit_background"]}
)
