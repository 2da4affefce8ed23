"""Thomson scattering in the corona: excess brightness, electron column density, and the mass of an ejection."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "excess": ["excess_brightness", "sector"],
        "mass": ["Mass", "cme_mass", "electron_brightness", "electron_column_density"],
    },
)
