"""Read the facts about a frame from its header, and keep the list of registered instruments."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sunpy_coronagraph_inpaint.instruments.blocks import BlockGrid


def zero_or_nan(data: np.ndarray) -> np.ndarray:
    """Return which pixels of an array of any type are 0 or NaN."""
    if data.dtype.kind in "iu":
        # 0 is 0 in either byte order, and FITS data compare faster in the native one.
        return data.view(data.dtype.newbyteorder("=")) == 0
    return ~(np.abs(data) > 0)


@dataclass(frozen=True, kw_only=True)
class FrameInfo:
    """
    Facts about one frame, read from its header: camera geometry, telemetry blocks, exposure and missing list.

    All pixel positions are 0-based ``(x, y)`` of the frame as delivered, row 0 at the bottom, and all lengths are in
    pixels of that frame, because header radii of LASCO are about 1 % off and its level-0.5 reference pixel is the
    occulter, not the Sun.

    Parameters
    ----------
    name : str
        Observatory or instrument and detector, ``"SOHO/LASCO C3"``.
    level : str
        Processing level: ``"0.5"`` (raw counts), ``"1"`` (brightness), ``"jp2"`` (8-bit picture).
    grid : BlockGrid
        The telemetry blocks of the frame.
    null_blocks : tuple of int
        Blocks that are never transmitted. They hold no data by design and are not missing.
    listed_blocks : tuple of int or None
        Missing blocks that the header lists, `None` if it has no such list.
    listed_count : int or None
        Number of missing blocks according to the header, which can count blocks that it does not list. `None` if it
        has no number.
    no_data : callable
        Called with an array, it returns a boolean array of that shape: `True` where a pixel value means "no data".
    absent_fraction : float
        A block holds no data when at least this fraction of its (unmasked) pixels holds none. Less than 1, because a
        stray pixel or a resampled edge can hold a value.
    smear : int
        Pixels next to a missing block that were spoiled together with it.
    bias : float
        Offset of the detector in the units of the data, 0 if it has been subtracted.
    exposure : float
        Exposure time in seconds, NaN where unknown.
    center : tuple of float
        Center of the optical pattern (occulter, vignetting), pixels.
    sun_center : tuple of float
        Center of the Sun, pixels.
    solar_radius : float
        Pixels per solar radius.
    occulter_radius : float
        Radius of the occulter's shadow, pixels.
    masked : callable or None
        Called with a shape, it returns a boolean array: `True` on pixels that a calibrated frame sets to "no data" by
        design (occulter, pylon, field corners). The array is shared: copy it before writing. `None` if the frame has
        no such mask.
    telemetry_grid : callable or None
        Called without arguments, it returns two grids: the blocks of a calibrated frame as displaced by resampling,
        and the same without the boundary pixels that resampling mixed with their neighbors. Both number the blocks
        like ``grid``. `None` if nothing was displaced.
    rotated : bool
        `True` when the frame is turned by 180 degrees from the camera's own orientation.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.instruments import identify
    >>> from sunpy_coronagraph_inpaint.simulate import plain_corona
    >>> camera = identify(plain_corona(detector="C2").meta)
    >>> camera.name, camera.level, camera.grid.shape, len(camera.null_blocks)
    ('SOHO/LASCO C2', '0.5', (32, 32), 61)
    """

    name: str
    level: str
    grid: BlockGrid
    center: tuple[float, float]
    sun_center: tuple[float, float]
    solar_radius: float
    occulter_radius: float
    null_blocks: tuple[int, ...] = field(default=(), repr=False)
    listed_blocks: tuple[int, ...] | None = None
    listed_count: int | None = None
    no_data: Callable[[np.ndarray], np.ndarray] = field(default=zero_or_nan, repr=False)
    absent_fraction: float = 1000 / 1024
    smear: int = 0
    bias: float = 0.0
    exposure: float = float("nan")
    masked: Callable[[tuple[int, int]], np.ndarray] | None = field(default=None, repr=False)
    telemetry_grid: Callable[[], tuple[BlockGrid, BlockGrid]] | None = field(default=None, repr=False)
    rotated: bool = False


_REGISTERED: dict[str, Callable[[Mapping[str, Any]], FrameInfo | None]] = {}


def register_instrument(name: str):
    """
    Register a function that reads a header and returns its `FrameInfo`, or `None` for the header of another instrument.

    The functions are called in the order of registration until one returns a `FrameInfo`. A function may raise
    `ValueError` with a sentence for the user if the header is of its instrument but the frame cannot be used.

    Parameters
    ----------
    name : str
        Name of the instrument. A second function under the same name replaces the first.

    Returns
    -------
    callable
        The decorator, which returns the function as it is.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.instruments import (
    ...     BlockGrid,
    ...     FrameInfo,
    ...     list_instruments,
    ...     register_instrument,
    ...     unregister_instrument,
    ... )
    >>> @register_instrument("TOY")
    ... def toy_camera(meta):
    ...     if meta.get("instrume") != "TOY":
    ...         return None
    ...     grid = BlockGrid(frame_shape=(meta["naxis2"], meta["naxis1"]), size=16)
    ...     middle = (meta["naxis1"] / 2 - 0.5, meta["naxis2"] / 2 - 0.5)
    ...     return FrameInfo(
    ...         name="TOY", level="0.5", grid=grid, center=middle, sun_center=middle, solar_radius=8, occulter_radius=12
    ...     )
    >>> list_instruments()
    ['LASCO', 'SECCHI', 'TOY']
    >>> unregister_instrument("TOY")
    """

    def decorator(function):
        _REGISTERED[name] = function
        return function

    return decorator


def unregister_instrument(name: str) -> None:
    """
    Remove an instrument from the list.

    Parameters
    ----------
    name : str
        Name of the instrument, as it was registered.

    Raises
    ------
    ValueError
        If no instrument has that name.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.instruments import unregister_instrument
    >>> unregister_instrument("LASKO")
    Traceback (most recent call last):
    ...
    ValueError: There is no instrument 'LASKO'. Registered are LASCO, SECCHI.
    """
    if name not in _REGISTERED:
        msg = f"There is no instrument {name!r}. Registered are {', '.join(_REGISTERED)}."
        raise ValueError(msg)
    del _REGISTERED[name]


def list_instruments() -> list[str]:
    """
    List the names of the registered instruments, in the order in which `identify` tries them.

    Returns
    -------
    list of str

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.instruments import list_instruments
    >>> list_instruments()
    ['LASCO', 'SECCHI']
    """
    return list(_REGISTERED)


def identify(meta: Mapping[str, Any]) -> FrameInfo:
    """
    Return the `FrameInfo` of a header.

    Parameters
    ----------
    meta : mapping
        The header, with lower-case keys as in ``smap.meta``.

    Raises
    ------
    TypeError
        If the header is not of a registered instrument.
    ValueError
        If the frame cannot be used: an unsupported detector or level, or a map that was cropped, resampled or
        rotated.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.instruments import identify
    >>> identify({"instrume": "AIA_3", "detector": "AIA"})
    Traceback (most recent call last):
    ...
    TypeError: This is not a frame of a registered coronagraph: INSTRUME='AIA_3', DETECTOR='AIA'. Registered are LASCO,
    SECCHI; another one can be added with register_instrument.
    """
    for function in _REGISTERED.values():
        camera = function(meta)
        if camera is not None:
            return camera
    msg = (
        f"This is not a frame of a registered coronagraph: INSTRUME={meta.get('instrume')!r}, "
        f"DETECTOR={meta.get('detector')!r}. Registered are {', '.join(_REGISTERED)}; another one can be added with "
        "register_instrument."
    )
    raise TypeError(msg)
