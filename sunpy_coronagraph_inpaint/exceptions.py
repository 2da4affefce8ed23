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
    """Base class of all warnings of this package."""


class DropoutWarning(CoronagraphInpaintWarning):
    """Header and pixels disagree about missing blocks."""


class AlreadyFilledWarning(CoronagraphInpaintWarning):
    """The map was filled before and is returned unchanged."""


class NeighborWarning(CoronagraphInpaintWarning):
    """A neighbor in time was left out, or changed before it was used."""


class NominalCalibrationWarning(CoronagraphInpaintWarning):
    """Built-in values replaced calibration files, so that the brightness is only nominal."""
