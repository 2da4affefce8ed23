"""Facts about the cameras: the blocks they send, the geometry of occulter and pylon, the lists of losses in headers."""

from sunpy_coronagraph_inpaint.instruments.blocks import BlockGrid
from sunpy_coronagraph_inpaint.instruments.misslist import decode_misslist, encode_misslist
from sunpy_coronagraph_inpaint.instruments.registry import (
    FrameInfo,
    identify,
    list_instruments,
    register_instrument,
    unregister_instrument,
)
from sunpy_coronagraph_inpaint.instruments.segments import SegmentGrid, WarpedGrid

from sunpy_coronagraph_inpaint.instruments import lasco, secchi  # isort: skip  # noqa: F401 (they register themselves)

__all__ = [
    "BlockGrid",
    "FrameInfo",
    "SegmentGrid",
    "WarpedGrid",
    "decode_misslist",
    "encode_misslist",
    "identify",
    "list_instruments",
    "register_instrument",
    "unregister_instrument",
]
