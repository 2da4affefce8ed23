"""Ways to fill a hole: arrays in, arrays out, behind one registry."""

from sunpy_coronagraph_inpaint.inpaint.methods.registry import Fill, Method, get_method, list_methods, register_method

# The order of the imports is the order of the list.
from sunpy_coronagraph_inpaint.inpaint.methods.harmonic import harmonic  # isort: skip
from sunpy_coronagraph_inpaint.inpaint.methods.biharmonic import biharmonic  # isort: skip
from sunpy_coronagraph_inpaint.inpaint.methods.kriging import kriging  # isort: skip
from sunpy_coronagraph_inpaint.inpaint.methods.radial import radial  # isort: skip
from sunpy_coronagraph_inpaint.inpaint.methods.temporal import temporal  # isort: skip
from sunpy_coronagraph_inpaint.inpaint.methods.partial_conv import partial_conv  # isort: skip

__all__ = [
    "Fill",
    "Method",
    "biharmonic",
    "get_method",
    "harmonic",
    "kriging",
    "list_methods",
    "partial_conv",
    "radial",
    "register_method",
    "temporal",
]
