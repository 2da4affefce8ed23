"""Maps in mean solar brightness, a unit that SunPy keeps in the header but cannot parse."""

import warnings
from contextlib import contextmanager

import astropy.units as u
from astropy.nddata import StdDevUncertainty

from sunpy.util.exceptions import SunpyMetadataWarning

from sunpy_coronagraph_inpaint.threads import caught_warnings

MSB = u.def_unit("MSB", doc="Mean solar brightness: the mean radiance of the disk of the Sun.")
"""Mean solar brightness, the unit of LASCO's level-1 frames (``BUNIT``)."""


@contextmanager
def unit_unknown():
    """Silence SunPy's warning about ``BUNIT`` ``MSB``, which is not a unit of the FITS standard."""
    with caught_warnings():
        warnings.filterwarnings("ignore", 'Could not parse unit string "', SunpyMetadataWarning)
        yield


def new_map(smap, data, meta, **attributes):
    """Return a map of the same class with other data and header."""
    with unit_unknown():
        return smap._new_instance(data, meta, **attributes)


def standard_deviation(smap):
    """Return the standard deviation of the pixels of a map as an array of floats, `None` if it has no uncertainty."""
    if smap.uncertainty is None:
        return None
    return smap.uncertainty.represent_as(StdDevUncertainty).array.astype(float)
