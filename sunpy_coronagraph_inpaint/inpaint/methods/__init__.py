"""Methods that fill holes in a frame: arrays in, arrays out, behind one registry."""

from sunpy_coronagraph_inpaint.inpaint.methods.registry import (  # noqa: F401
    Fill,
    Method,
    get_method,
    list_methods,
    register_method,
)

# The order of the imports is the order of the list.
from sunpy_coronagraph_inpaint.inpaint.methods.harmonic import harmonic  # isort: skip
from sunpy_coronagraph_inpaint.inpaint.methods.biharmonic import biharmonic  # isort: skip
from sunpy_coronagraph_inpaint.inpaint.methods.kriging import kriging  # isort: skip
from sunpy_coronagraph_inpaint.inpaint.methods.radial import radial  # isort: skip
from sunpy_coronagraph_inpaint.inpaint.methods.temporal import temporal  # isort: skip
from sunpy_coronagraph_inpaint.inpaint.methods.partial_conv import partial_conv  # isort: skip

__all__ = ["biharmonic", "harmonic", "kriging", "partial_conv", "radial", "temporal"]
