"""Artificial LASCO observations with known truth."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach(
    __name__,
    submod_attrs={
        "library": ["load", "render"],
        "observation": ["Observation", "observe"],
        "plain": ["plain_corona"],
        "scene": ["Scene"],
        "telemetry": ["damage"],
    },
)
