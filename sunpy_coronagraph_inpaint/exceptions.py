"""Warnings of this package, so that they can be filtered by name."""

from astropy.utils.exceptions import AstropyWarning

__all__ = [
    "AlreadyFilledWarning",
    "CoronagraphInpaintWarning",
    "DropoutWarning",
    "NeighborWarning",
    "NominalCalibrationWarning",
]


class CoronagraphInpaintWarning(UserWarning, AstropyWarning):
    """Base class of every warning this package gives."""


class DropoutWarning(CoronagraphInpaintWarning):
    """What the header says about missing blocks and what the pixels show do not agree."""


class AlreadyFilledWarning(CoronagraphInpaintWarning):
    """The map was filled before, so it is returned as it is."""


class NeighborWarning(CoronagraphInpaintWarning):
    """A neighbor in time was left out or changed before it was used."""


class NominalCalibrationWarning(CoronagraphInpaintWarning):
    """Built-in values stood for calibration files, so that the brightness is only nominal."""
