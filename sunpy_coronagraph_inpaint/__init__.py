"""Find and fill missing telemetry blocks in coronagraph images, as SunPy maps."""

import lazy_loader as lazy

from sunpy_coronagraph_inpaint._version import version as __version__

# Imported when they are asked for: a command that reads headers need not wait for `sunpy.map`.
__getattr__, __dir__, _ = lazy.attach(
    __name__,
    submod_attrs={
        "frames": ["Dropouts", "find_dropouts"],
        "inpaint": ["inpaint_files", "inpaint_map", "list_methods"],
        "io.provenance": ["filled_mask"],
    },
)
__all__ = ["Dropouts", "__version__", "filled_mask", "find_dropouts", "inpaint_files", "inpaint_map", "list_methods"]
