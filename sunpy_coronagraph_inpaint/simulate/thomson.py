"""Thomson scattering, under the name by which the simulator knows it: `sunpy_coronagraph_inpaint.thomson`."""

from sunpy_coronagraph_inpaint.thomson import (
    CROSS_SECTION,
    GRAMS_PER_ELECTRON,
    LIMB_DARKENING,
    SOLAR_RADIUS_CM,
    scattering,
)

__all__ = ["CROSS_SECTION", "GRAMS_PER_ELECTRON", "LIMB_DARKENING", "SOLAR_RADIUS_CM", "scattering"]
