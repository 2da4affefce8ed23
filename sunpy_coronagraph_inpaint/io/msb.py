"""Maps in mean solar brightness, which SunPy keeps but whose unit it cannot read."""

import warnings
from contextlib import contextmanager

import astropy.units as u

from sunpy.util.exceptions import SunpyMetadataWarning

from sunpy_coronagraph_inpaint.threads import caught_warnings

__all__ = ["MSB", "new_map", "unit_unknown"]

MSB = u.def_unit("MSB", doc="Mean solar brightness: the mean radiance of the disk of the Sun.")
"""Mean solar brightness, the unit of LASCO's level-1 frames (``BUNIT``)."""


@contextmanager
def unit_unknown():
    """Be silent about ``BUNIT`` ``MSB``, which the FITS standard does not know: SunPy warns on every use."""
    with caught_warnings():
        warnings.filterwarnings("ignore", 'Could not parse unit string "', SunpyMetadataWarning)
        yield


def new_map(smap, data, meta, **attributes):
    """Return a map like another one, with other data."""
    with unit_unknown():
        return smap._new_instance(data, meta, **attributes)
