"""Find and fill missing telemetry blocks in coronagraph images, as SunPy maps."""

from importlib import import_module
from typing import TYPE_CHECKING

from sunpy_coronagraph_inpaint._version import version as __version__

if TYPE_CHECKING:
    from sunpy_coronagraph_inpaint.batch import inpaint_files
    from sunpy_coronagraph_inpaint.frames.dropouts import Dropouts, find_dropouts
    from sunpy_coronagraph_inpaint.inpaint.maps import inpaint_map
    from sunpy_coronagraph_inpaint.inpaint.methods import list_methods
    from sunpy_coronagraph_inpaint.io.provenance import filled_mask

__all__ = ["Dropouts", "__version__", "filled_mask", "find_dropouts", "inpaint_files", "inpaint_map", "list_methods"]

#: Imported when they are asked for: a command that reads headers need not wait for `sunpy.map`.
_ROOMS = {
    "Dropouts": "frames.dropouts",
    "filled_mask": "io.provenance",
    "find_dropouts": "frames.dropouts",
    "inpaint_files": "batch",
    "inpaint_map": "inpaint.maps",
    "list_methods": "inpaint.methods",
}


def __getattr__(name):
    if name not in _ROOMS:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    value = globals()[name] = getattr(import_module(f"{__name__}.{_ROOMS[name]}"), name)
    return value


def __dir__():
    return sorted({*globals(), *__all__})
