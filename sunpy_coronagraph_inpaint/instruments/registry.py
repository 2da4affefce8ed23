"""What is known of a camera, read from a header, and the list of cameras known."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sunpy_coronagraph_inpaint.instruments.blocks import BlockGrid

__all__ = ["Camera", "identify", "list_instruments", "register_instrument"]


def _zero_or_nan(data):
    return ~(np.abs(data) > 0)


@dataclass(frozen=True, kw_only=True)
class Camera:
    """
    One camera as it took one frame: everything the rest of the package asks of an instrument.

    All pixel positions are 0-based ``(x, y)`` of the frame as delivered, row 0 at the bottom, and all lengths are
    in pixels of that frame, because header radii of LASCO are about 1 % off and its level-0.5 reference pixel is
    the occulter, not the Sun.

    Parameters
    ----------
    name : str
        Observatory or instrument and detector, ``"LASCO C3"``.
    level : str
        Processing level, ``"0.5"`` (raw counts) or ``"1"`` (brightness).
    grid : BlockGrid
        The telemetry blocks of the frame.
    null_blocks : tuple of int
        Blocks that are never transmitted. They hold no data by design and are not missing.
    listed_blocks : tuple of int or None
        Missing blocks that the header lists, `None` where it lists none because it has no such list.
    no_data : callable
        Array in, boolean array of the same shape out: `True` where a pixel value means "no data".
    bias : float
        Offset of the detector in the units of the data, 0 where it has been taken off.
    exposure : float
        Exposure time in seconds, `nan` where unknown.
    center : tuple of float
        Center of the optical pattern (occulter, vignetting), pixels.
    sun_center : tuple of float
        Center of the Sun, pixels.
    solar_radius : float
        Pixels per solar radius.
    occulter_radius : float
        Radius of the occulter's shadow, pixels.
    masked : callable or None
        Shape in, boolean array out: `True` on pixels that a calibrated frame sets to "no data" by design (occulter,
        pylon, field corners). `None` where the frame has no such mask.
    rotated : bool
        `True` when the frame is turned by 180 degrees from the camera's own orientation.
    """

    name: str
    level: str
    grid: BlockGrid
    center: tuple[float, float]
    sun_center: tuple[float, float]
    solar_radius: float
    occulter_radius: float
    null_blocks: tuple[int, ...] = ()
    listed_blocks: tuple[int, ...] | None = None
    no_data: Callable[[np.ndarray], np.ndarray] = field(default=_zero_or_nan, repr=False)
    bias: float = 0.0
    exposure: float = float("nan")
    masked: Callable[[tuple[int, int]], np.ndarray] | None = field(default=None, repr=False)
    rotated: bool = False


_REGISTERED: dict[str, Callable[[Mapping[str, Any]], Camera | None]] = {}


def register_instrument(name: str):
    """Register a function that reads a header and returns its `Camera`, or `None` for somebody else's header."""

    def decorator(function):
        _REGISTERED[name] = function
        return function

    return decorator


def list_instruments() -> list[str]:
    """Names of the registered instruments, in the order they are asked."""
    return list(_REGISTERED)


def identify(meta: Mapping[str, Any]) -> Camera:
    """Return the `Camera` of a header."""
    for function in _REGISTERED.values():
        camera = function(meta)
        if camera is not None:
            return camera
    msg = (
        f"No registered instrument knows this header (INSTRUME={meta.get('instrume')!r}, "
        f"DETECTOR={meta.get('detector')!r}). Known are {', '.join(_REGISTERED)}."
    )
    raise TypeError(msg)
