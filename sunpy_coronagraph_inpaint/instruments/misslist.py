"""Read and write the lists of missing blocks in LASCO and SECCHI headers (``NMISSING``, ``MISSLIST``)."""

import re
from collections.abc import Iterable
from itertools import pairwise

import numpy as np

from sunpy_coronagraph_inpaint.instruments.blocks import BlockGrid

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWX"
_NO_BLOCKS = {"", "NONE", "0"}
_NOT_LISTED = ("MORE THAN", "NOT COMPUTED")


def encode_misslist(blocks: Iterable[int], grid: BlockGrid, *, style: str = "runs") -> str:
    """
    Write block numbers as a ``MISSLIST``, in the styles of LASCO level-1 and SECCHI headers.

    Parameters
    ----------
    blocks : iterable of int
        Block numbers of ``grid``, in any order.
    grid : `~sunpy_coronagraph_inpaint.instruments.BlockGrid`
        The blocks of the frame. If the frame was turned by 180 degrees (``grid.rotated``) the numbers are turned
        back, because the header counts in the orientation of the camera.
    style : {"runs", "decimal", "base34"}, optional
        ``"runs"``, as in headers of LASCO C3: two base-32 digits for the first block of every run in telemetry order
        and two for the block after its last (for the very last run: for its last). ``"decimal"``, as in headers of
        LASCO C2: ``row * n_columns + column``, separated by blanks. ``"base34"``, as in headers of STEREO/SECCHI: two
        base-34 digits per block, in telemetry order.

    Returns
    -------
    `str`
        The list; when there are no blocks ``"None"``, in SECCHI headers an empty string.

    Raises
    ------
    ValueError
        If a block is not one of ``grid``, the style is unknown, or the grid has more blocks than two digits can count.

    See Also
    --------
    decode_misslist : The inverse.

    References
    ----------
    * SolarSoft IDL routines ``mb2strmap.pro`` and ``inttob32.pro`` (runs), ``reduce_level_1.pro`` (decimal).

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.instruments import BlockGrid, encode_misslist
    >>> grid = BlockGrid(frame_shape=(1024, 1024))
    >>> encode_misslist([163], grid)
    '3Q3Q'
    >>> encode_misslist([163, 131, 99, 7], grid)
    '3Q3T7V7V'
    >>> encode_misslist([163, 7], grid, style="decimal")
    '7 163'
    >>> encode_misslist([], grid)
    'None'
    """
    _check_style(style, ("runs", "decimal", "base34"))
    numbers = np.unique(grid.to_telemetry(blocks))
    if not numbers.size:
        return "" if style == "base34" else "None"
    if style == "decimal":
        camera_side = grid.from_telemetry(numbers)
        camera_side = grid.n_blocks - 1 - camera_side if grid.rotated else camera_side
        return " ".join(str(number) for number in np.sort(camera_side))
    base = 34 if style == "base34" else 32
    if grid.n_blocks > base**2:
        msg = f"Two base-{base} digits count {base**2} blocks, but the frame has {grid.n_blocks}."
        raise ValueError(msg)
    if style == "base34":
        return _pairs(numbers, base)
    breaks = np.nonzero(np.diff(numbers) > 1)[0]
    starts = numbers[np.r_[0, breaks + 1]]
    ends = numbers[np.r_[breaks, numbers.size - 1]] + 1
    ends[-1] -= 1
    return _pairs(np.stack([starts, ends], axis=1).ravel(), base)


def _pairs(numbers, base):
    """Write each number with two digits."""
    return "".join(_DIGITS[n // base] + _DIGITS[n % base] for n in numbers)


def decode_misslist(text, nmissing: int, grid: BlockGrid, *, style: str = "auto") -> tuple[int, ...] | None:
    """
    Read a ``MISSLIST`` in any of its styles.

    Parameters
    ----------
    text : str, int or None
        The value of ``MISSLIST``: ``'None'``, ``''`` or ``0``; a list of decimal numbers; a base-32 run string; or one
        of the sentences ``'More than 17 blocks missing'`` and ``'Not computed for summed images.'``.
    nmissing : int
        The value of ``NMISSING``. It decides between the two styles of LASCO.
    grid : `~sunpy_coronagraph_inpaint.instruments.BlockGrid`
        The blocks of the frame. If the frame was turned by 180 degrees (``grid.rotated``) the numbers are turned with
        it, because the header counts in the orientation of the camera.
    style : {"auto", "runs", "decimal", "base34"}, optional
        How the list is written, see `encode_misslist`. ``"auto"`` is for LASCO and chooses the style that gives
        ``nmissing`` blocks, ``"runs"`` if both do. With ``"runs"`` or ``"decimal"`` the other one is still used if it
        alone gives ``nmissing`` blocks.

    Returns
    -------
    `tuple` of `int` or `None`
        Block numbers of ``grid``, ascending; `None` where the header gives the number of missing blocks but not which.

    Raises
    ------
    ValueError
        If the text cannot be read as ``nmissing`` blocks of this grid.

    See Also
    --------
    encode_misslist : The inverse.

    References
    ----------
    * SolarSoft IDL routines ``strmap2mb.pro`` and ``b32toint.pro`` (LASCO), ``scc_get_missing.pro`` (SECCHI).

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.instruments import BlockGrid, decode_misslist
    >>> grid = BlockGrid(frame_shape=(1024, 1024))
    >>> decode_misslist("3Q3T7V7V", 4, grid)
    (7, 99, 131, 163)
    >>> decode_misslist("7 163", 2, grid)
    (7, 163)
    >>> decode_misslist("None", 0, grid)
    ()
    >>> decode_misslist("More than 17 blocks missing", 25, grid) is None
    True
    """
    _check_style(style, ("auto", *_READERS))
    text = int(text) if isinstance(text, float) else text  # some readers of headers return numbers as text
    text = "" if text is None else str(text).strip()
    nmissing = int(nmissing)
    if nmissing <= 0 and text.upper() in _NO_BLOCKS:
        return ()
    if text.upper().startswith(_NOT_LISTED) or (nmissing > 0 and text.upper() in _NO_BLOCKS - {"0"}):
        return None
    order = {"base34": ("base34",), "decimal": ("decimal", "runs")}.get(style, ("runs", "decimal"))
    for name in order:
        blocks = _READERS[name](text, grid)
        if blocks is not None and len(blocks) == nmissing:
            return blocks
    msg = (
        f"MISSLIST={text!r} cannot be read as NMISSING={nmissing} of the {grid.n_blocks} blocks of this frame. "
        "Look for the missing blocks in the pixels instead (source='pixels')."
    )
    raise ValueError(msg)


def _read_runs(text, grid):
    """Return the blocks of a base-32 run string, or `None` if the text is not one."""
    if len(text) % 4 or not set(text.upper()) <= set(_DIGITS[:32]):
        return None
    values = [int(text[i : i + 2], 32) for i in range(0, len(text), 2)]
    values[-1] += 1  # the end of the last run is inclusive
    runs = list(zip(values[::2], values[1::2], strict=True))
    ascending = all(a < b for a, b in pairwise(values))
    if not ascending or values[-1] > grid.n_blocks:
        return None
    numbers = np.concatenate([np.arange(start, end) for start, end in runs])
    return tuple(int(block) for block in np.sort(grid.from_telemetry(numbers)))


def _read_decimal(text, grid):
    """Return the blocks of a list of decimal numbers, or `None` if the text is not one."""
    words = [word for word in re.split(r"[\s,;]+", text) if word]
    if not words or not all(word.isdecimal() for word in words):
        return None
    numbers = {int(word) for word in words}
    if max(numbers) >= grid.n_blocks:
        return None
    return tuple(sorted(grid.n_blocks - 1 - n if grid.rotated else n for n in numbers))


def _read_base34(text, grid):
    """Return the blocks of a list of two-digit base-34 numbers, or `None` if the text is not one."""
    text = text.upper().rjust(len(text) + len(text) % 2)
    words = [text[i : i + 2].strip() for i in range(0, len(text), 2)]
    if not all(words) or not set("".join(words)) <= set(_DIGITS):
        return None
    numbers = np.unique([int(word, 34) for word in words])
    if numbers[-1] >= grid.n_blocks:
        return None
    return tuple(np.sort(grid.from_telemetry(numbers)).tolist())


_READERS = {"runs": _read_runs, "decimal": _read_decimal, "base34": _read_base34}


def _check_style(style, known):
    if style not in known:
        msg = f"style={style!r} is not known. Choose one of {', '.join(map(repr, known))}."
        raise ValueError(msg)
