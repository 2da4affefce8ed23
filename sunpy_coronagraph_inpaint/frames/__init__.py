"""The arrays of one frame, and quantities measured on them."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach(
    __name__,
    submod_attrs={
        "dropouts": ["Dropouts", "find_dropouts"],
        "frame": ["CoronagraphFrame", "RadialProfile", "Region"],
    },
)
