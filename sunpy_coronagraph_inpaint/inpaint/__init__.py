"""Fill the missing blocks of coronagraph maps."""

from sunpy_coronagraph_inpaint.inpaint.maps import inpaint_map

__all__ = ["inpaint_map"]
