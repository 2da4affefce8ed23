"""Find the blocks of a frame that hold no data, and compare them with the list in its header."""

from typing import NamedTuple

import numpy as np

from sunpy import log

from sunpy_coronagraph_inpaint.instruments.blocks import BlockGrid
from sunpy_coronagraph_inpaint.instruments.registry import FrameInfo


class Absent(NamedTuple):
    """Blocks without data."""

    blocks: tuple[int, ...]  # missing blocks, numbers of grid
    null_blocks: tuple[int, ...]  # never-transmitted blocks, numbers of grid
    mask: np.ndarray  # boolean image of the missing blocks
    null_mask: np.ndarray  # boolean image of the never-transmitted blocks
    visible: np.ndarray  # boolean, shape (n_blocks,): blocks whose absence would show in this frame
    grid: BlockGrid  # the blocks that were examined


def absent_blocks(no_data: np.ndarray, camera: FrameInfo) -> Absent:
    """Find the blocks that hold no data, given the boolean image of pixels whose value means "no data"."""
    if camera.masked is not None:
        return _beside_a_mask(no_data, camera)
    grid = camera.grid
    absent = grid.count(no_data) >= camera.absent_fraction * grid.sizes()
    null = np.zeros_like(absent)
    null[list(camera.null_blocks)] = True
    missing, unsent = np.nonzero(absent & ~null)[0], np.nonzero(absent & null)[0]
    return Absent(
        blocks=tuple(missing.tolist()),
        null_blocks=tuple(unsent.tolist()),
        mask=_smeared(grid, missing, camera.smear),
        null_mask=grid.mask(unsent),
        visible=~null,
        grid=grid,
    )


def listed_absent(camera: FrameInfo) -> Absent:
    """Return the missing blocks that the header lists."""
    grid = never_sent(camera)
    expected = _expected(camera)
    mask = _smeared(grid, camera.listed_blocks, camera.smear)
    if expected is not None:
        mask &= ~expected
    visible = _unmasked(grid, expected) > 0
    visible[list(camera.null_blocks)] = False
    return Absent(camera.listed_blocks, camera.null_blocks, mask, grid.mask(camera.null_blocks), visible, grid)


def never_sent(camera: FrameInfo) -> BlockGrid:
    """Return the blocks at their positions in the frame, displaced by the corrections of a calibrated frame."""
    return camera.telemetry_grid()[0] if camera.telemetry_grid is not None else camera.grid


def _expected(camera):
    return None if camera.masked is None else camera.masked(camera.grid.frame_shape)


def _beside_a_mask(no_data, camera):
    """
    Find missing blocks in a frame whose mask covers parts of blocks.

    Blocks lie either where they were transmitted, as in an artificial frame, or where the correction of distortion and
    roll has displaced them. The position that leaves the fewest pixels without data unexplained is the right one.
    """
    expected = _expected(camera)
    unexplained = no_data & ~expected
    null_grid = never_sent(camera) if camera.null_blocks else camera.grid
    null_mask = null_grid.mask(camera.null_blocks)
    ways = [(camera.grid, camera.grid)]
    if camera.telemetry_grid is not None and (camera.listed_blocks or unexplained.any()):
        ways.append(camera.telemetry_grid())
    tries = [_explain(unexplained, expected, whole, core, camera) for whole, core in ways]
    best = min(tries, key=lambda found: np.count_nonzero(unexplained) - np.count_nonzero(found.mask))
    visible = best.visible & tries[-1].visible  # a block without pixels of its own cannot show whether it is missing
    visible[list(best.blocks)] = True
    return best._replace(mask=_with_edge(best.mask, unexplained), null_mask=null_mask, visible=visible)


def _explain(unexplained, expected, whole, core, camera):
    """Return the missing blocks if they cover ``whole`` and ``core`` is the part of them not mixed with neighbors."""
    valid = _unmasked(core, expected)
    visible = valid > 0
    visible[list(camera.null_blocks)] = False
    blocks = np.nonzero(visible & (core.count(unexplained) >= camera.absent_fraction * valid))[0]
    mask = unexplained & whole.mask(blocks)
    return Absent(tuple(blocks.tolist()), camera.null_blocks, mask, mask, visible, whole)


def _unmasked(grid, expected):
    """Return the number of pixels of each block outside the mask."""
    return grid.sizes() if expected is None else grid.sizes() - grid.count(expected)


def _with_edge(mask, unexplained):
    """Add the pixels without data that touch the mask, directly or through one another."""
    if not mask.any() or np.array_equal(mask, unexplained):
        return mask
    from scipy.ndimage import binary_propagation

    return binary_propagation(mask, structure=np.ones((3, 3), dtype=bool), mask=unexplained)


def _smeared(grid, blocks, smear):
    """Return the pixels of blocks, and the adjacent pixels that a wavelet codec spoils with them."""
    mask = grid.mask(blocks)
    if smear:
        for index in blocks:
            y, x = grid.slices(index)
            mask[max(y.start - smear, 0) : y.stop + smear, max(x.start - smear, 0) : x.stop + smear] = True
    return mask


def compare(found, camera, meta, no_data) -> tuple[bool, str]:
    """
    Compare the missing blocks found in the pixels (`Absent`) with the header.

    Returns whether the header has a list that agrees, and a sentence about the difference, empty where there is none.
    """
    if "nfilled" in meta:
        log.debug("The map was filled by this package: its header lists what was missing before.")
        return False, ""
    if camera.listed_count is None:
        return False, _fewer_zeros(camera, meta, no_data)
    missing = set(found.blocks)
    if camera.listed_blocks is None:
        surplus = camera.listed_count - len(missing)
        return False, _difference(camera, max(surplus, 0), max(-surplus, 0))
    # The pixels of a completely masked block do not show whether it is missing.
    listed = {block for block in camera.listed_blocks if found.visible[block]}
    return listed == missing, _difference(camera, len(listed - missing), len(missing - listed))


def _difference(camera, only_header, only_pixels):
    parts = []
    if only_header:
        parts.append(f"{only_header} block(s) that the header counts as missing hold data, {_why_filled(camera)}")
    if only_pixels:
        parts.append(f"{only_pixels} block(s) hold no data that the header does not count as missing")
    return f"Header and pixels disagree: {'; '.join(parts)}." if parts else ""


def _why_filled(camera):
    again = "source='header' selects them to be filled again" if camera.listed_blocks else "the header has no list"
    if camera.level == "1" and camera.name.endswith("LASCO C3"):
        return f"because SolarSoft (reduce_level_1) has filled them: {again}"
    return f"so they were filled before: {again}"


def _fewer_zeros(camera, meta, no_data):
    """Return a sentence if a raw frame holds fewer pixels without data than DATAZER counted when it was written."""
    counted = meta.get("datazer")
    if camera.level != "0.5" or not isinstance(counted, int | float) or not np.isfinite(counted):
        return ""
    fewer = int(counted) - int(np.count_nonzero(no_data))
    if fewer < camera.absent_fraction * camera.grid.sizes()[0]:
        return ""
    return f"Header and pixels disagree: {fewer} of the {counted} pixels without data that DATAZER counts have a value."
