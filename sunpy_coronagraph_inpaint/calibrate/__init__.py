"""Calibrate LASCO frames from level 0.5 to level 1, in mean solar brightness, as SolarSoft does."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "level_1": ["calibrate_map"],
        "level_1_files": ["read_level_1", "write_level_1"],
        "many_files": ["Calibrate", "calibrate_files"],
        "store": ["CalibrationStore"],
        "uncalibrate": ["uncalibrate_map"],
    },
)
