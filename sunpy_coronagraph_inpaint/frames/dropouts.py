"""Find the missing telemetry blocks of a coronagraph map."""

import warnings
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from sunpy_coronagraph_inpaint.exceptions import DropoutWarning
from sunpy_coronagraph_inpaint.instruments import BlockGrid, FrameInfo, identify
from sunpy_coronagraph_inpaint.instruments.absent import absent_blocks, compare, listed_absent

if TYPE_CHECKING:
    from astropy.table import QTable

_SOURCES = ("auto", "pixels", "header")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Dropouts:
    """
    The missing telemetry blocks of one frame.

    Missing blocks, never-transmitted blocks and pixels masked by design are kept apart. ``len()`` gives the number of
    missing blocks, ``print()`` a summary.

    Attributes
    ----------
    mask : `numpy.ndarray`
        Boolean image, `True` on pixels of missing blocks.
    null_mask : `numpy.ndarray`
        Boolean image, `True` on pixels of blocks that are never transmitted.
    no_data : `numpy.ndarray`
        Boolean image, `True` on every pixel without data for any reason: missing, never transmitted, masked by the
        calibration (occulter, pylon, field corners), NaN.
    indices : tuple of int
        Numbers of the missing blocks, ascending.
    null_blocks : tuple of int
        Numbers of the blocks that are never transmitted.
    source : str
        Where the missing blocks were found: ``"pixels"``, ``"header"``, or ``"header and pixels"`` if both agree.
    truncated : bool
        Whether the missing blocks are one run to the end of the telemetry: the image was cut off.
    camera : `~sunpy_coronagraph_inpaint.instruments.FrameInfo`
        Facts about the frame from its header.
    grid : `~sunpy_coronagraph_inpaint.instruments.BlockGrid`
        The numbered blocks. In a level-1 frame the correction of distortion and roll can have displaced them.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.frames.dropouts import find_dropouts
    >>> from sunpy_coronagraph_inpaint.simulate import damage, plain_corona
    >>> dropouts = find_dropouts(damage(plain_corona(), blocks=[163, 164]))
    >>> dropouts
    <Dropouts: 2 of 1024 blocks missing, 99 never transmitted; SOHO/LASCO C3, level 0.5, from the pixels>
    >>> dropouts.indices, len(dropouts), int(dropouts.mask.sum()), dropouts.truncated
    ((163, 164), 2, 2048, False)
    """

    mask: np.ndarray
    null_mask: np.ndarray
    no_data: np.ndarray
    indices: tuple[int, ...]
    null_blocks: tuple[int, ...]
    source: str
    truncated: bool
    camera: FrameInfo
    grid: BlockGrid = field(repr=False)

    @cached_property
    def blocks(self) -> "QTable":
        """
        Table of the missing blocks.

        ``index``, ``row`` and ``col`` of each block, row 0 at the bottom, and the pixels it covers, as
        ``data[y0:y1, x0:x1]``; for a block that was warped or rotated this is its bounding box.
        """
        from astropy.table import QTable

        rows = []
        for index in self.indices:
            y, x = self.grid.slices(index)
            rows.append((index, *self.grid.row_col(index), y.start, y.stop, x.start, x.stop))
        names = ("index", "row", "col", "y0", "y1", "x0", "x1")
        return QTable(rows=rows or None, names=names, dtype=[int] * len(names))

    def __len__(self):
        return len(self.indices)

    def __repr__(self):
        return (
            f"<Dropouts: {len(self)} of {self.grid.n_blocks} blocks missing, {len(self.null_blocks)} never "
            f"transmitted; {self.camera.name}, level {self.camera.level}, from the {self.source}>"
        )

    def __str__(self):
        ny, nx = self.grid.frame_shape
        sent = self.grid.n_blocks - len(self.null_blocks)
        what = f"{self.camera.name}, level {self.camera.level}, {nx}x{ny} pixels"
        parts = [f"{what}: {self._count(sent)}, by the {self.source}."]
        if len(self) == sent:
            parts.append("Nothing of the image arrived.")
        elif self.truncated:
            parts.append("They are the last of the telemetry: the image was cut off.")
        if self.null_blocks:
            never = "1 block is" if len(self.null_blocks) == 1 else f"{len(self.null_blocks)} blocks are"
            parts.append(f"{never} never transmitted, by design.")
        return " ".join(parts)

    def _count(self, sent):
        if len(self) == 0:
            return f"none of the {sent} transmitted blocks is missing"
        blocks, verb = ("1 block", "is") if len(self) == 1 else (f"{len(self)} blocks", "are")
        share = f"{self.mask.sum()} pixels, {100 * self.mask.mean():.1f} %"
        return f"{blocks} of the {sent} transmitted {verb} missing ({share})"


def find_dropouts(smap, *, source: str = "auto") -> Dropouts:
    """
    Find the missing telemetry blocks of a coronagraph map.

    A block is missing if it holds no data although its camera transmits it. Never-transmitted blocks, the occulter, its
    pylon and the dark corners of the field are not missing.

    Parameters
    ----------
    smap : `~sunpy.map.GenericMap`
        A frame of a registered coronagraph (`~sunpy_coronagraph_inpaint.instruments.list_instruments`) as it was
        delivered, neither cropped nor resampled nor rotated.
    source : {"auto", "pixels", "header"}, optional
        ``"pixels"`` uses the data only. ``"header"`` uses the list of the header (``NMISSING``, ``MISSLIST``) only,
        whatever the pixels hold. ``"auto"`` uses the data, compares the result with the header's list if there is
        one, and warns if the two disagree.

    Returns
    -------
    `Dropouts`

    Raises
    ------
    TypeError
        If ``smap`` is not a map, or not one of a registered coronagraph.
    ValueError
        If the frame is not as it was delivered, its detector or level is not supported, ``source`` is unknown, or
        the header has no list and ``source="header"``.

    Warns
    -----
    DropoutWarning
        If header and pixels disagree (``source="auto"``).

    Notes
    -----
    In a raw (level 0.5) LASCO frame a block counts as absent if at least 1000 of its 1024 pixels are 0, because files
    of 2001 to 2004 have a stray pixel inside a block that was never sent. In a calibrated (level 1) frame a block
    counts as absent if 97 % of the pixels that the calibration does not mask hold no data; SolarSoft's interpolation
    leaves darkened pixels along its boundary, which hold data and are not part of the mask.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.frames.dropouts import find_dropouts
    >>> from sunpy_coronagraph_inpaint.simulate import damage, plain_corona
    >>> dropouts = find_dropouts(damage(plain_corona(detector="C3"), blocks=12, seed=0))
    >>> len(dropouts)
    12
    >>> print(dropouts)
    SOHO/LASCO C3, level 0.5, 1024x1024 pixels: 12 blocks of the 925 transmitted are missing (12288 pixels, 1.2 %), by
    the pixels. 99 blocks are never transmitted, by design.
    >>> dropouts.blocks.colnames
    ['index', 'row', 'col', 'y0', 'y1', 'x0', 'x1']
    """
    from sunpy.map import GenericMap

    if not isinstance(smap, GenericMap):
        msg = f"find_dropouts takes a sunpy map, but was given {_kind(smap)}. Read the file with sunpy.map.Map first."
        raise TypeError(msg)
    return dropouts_in(smap.data, smap.meta, source=source, level=3)


def dropouts_in(data, meta, *, source: str = "auto", level: int = 2) -> Dropouts:
    """
    Find the missing telemetry blocks in an array and its header (lower-case keys), as `find_dropouts` does in a map.

    Without a map ``sunpy.map`` need not be imported, which takes most of the time of ``coronagraph-inpaint find``.
    Warnings are attributed to the caller ``level`` calls up.
    """
    if source not in _SOURCES:
        msg = f"source={source!r} is not known. Choose one of {', '.join(map(repr, _SOURCES))}."
        raise ValueError(msg)
    camera = identify(meta)
    data = np.asarray(data)
    if data.shape != tuple(camera.grid.frame_shape):
        msg = (
            f"The data have the shape {data.shape}, but the header describes a frame of {camera.grid.frame_shape}. "
            "Give one frame as it was delivered."
        )
        raise ValueError(msg)
    no_data = camera.no_data(data)
    if source == "header":
        found, said = _from_header(camera), "header"
    else:
        found, said = absent_blocks(no_data, camera), "pixels"
    if source == "auto":
        agree, difference = compare(found, camera, meta, no_data)
        said = "header and pixels" if agree else "pixels"
        if difference:
            warnings.warn(f"{difference} The pixels are used.", DropoutWarning, stacklevel=level)
    return Dropouts(
        mask=found.mask,
        null_mask=found.null_mask,
        no_data=no_data | found.mask | found.null_mask,
        indices=found.blocks,
        null_blocks=found.null_blocks,
        source=said,
        truncated=_is_truncated(found),
        camera=camera,
        grid=found.grid,
    )


def _kind(thing):
    return f"{type(thing).__module__}.{type(thing).__qualname__}".removeprefix("builtins.")


def _from_header(camera):
    if camera.listed_blocks is not None:
        return listed_absent(camera)
    which = "missing blocks" if not camera.listed_count else f"its {camera.listed_count} missing blocks"
    msg = (
        f"The header of this {camera.name} frame has no list of {which}. Look for them in the pixels: source='pixels'."
    )
    raise ValueError(msg)


def _is_truncated(found):
    """Return whether the missing blocks are the last of the transmitted blocks whose absence would show."""
    sent = np.nonzero(found.visible)[0]
    if not found.blocks or not sent.size:
        return False
    last = sent[np.argsort(found.grid.to_telemetry(sent))][-len(found.blocks) :]
    return set(last.tolist()) == set(found.blocks)
