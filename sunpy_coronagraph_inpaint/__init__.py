"""Find and fill missing telemetry blocks in coronagraph images, as SunPy maps."""

from sunpy_coronagraph_inpaint._version import version as __version__
from sunpy_coronagraph_inpaint.dropouts import Dropouts, find_dropouts
from sunpy_coronagraph_inpaint.inpaint import inpaint_map
from sunpy_coronagraph_inpaint.methods import list_methods
from sunpy_coronagraph_inpaint.provenance import filled_mask

__all__ = ["Dropouts", "__version__", "filled_mask", "find_dropouts", "inpaint_map", "list_methods"]
