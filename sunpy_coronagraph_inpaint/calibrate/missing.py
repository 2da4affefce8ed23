"""Pixels without data: missing blocks, filled where SolarSoft fills them; occulter, pylon and field corners."""

import numpy as np

from sunpy_coronagraph_inpaint.frames.dropouts import find_dropouts
from sunpy_coronagraph_inpaint.instruments import encode_misslist
from sunpy_coronagraph_inpaint.io.msb import standard_deviation
from sunpy_coronagraph_inpaint.io.provenance import filled_mask, is_filled

_FEWEST_ZEROS = 1000  # c3_calibrate.pro fills only frames with more pixels that are 0
_LISTED = 17  # C2 headers list no more blocks than this


def missing_cards(blocks, camera, detector):
    """
    Return ``NMISSING`` and ``MISSLIST`` as SolarSoft writes them.

    Headers of C3 list runs of blocks in base 32; headers of C2 list decimal numbers, up to 17 and not for summed frames
    (``reduce_level_1.pro`` 1.68, ``find_miss_blocks.pro``, ``mb2strmap.pro``).
    """
    if detector == "C3" or not len(blocks):
        listed = encode_misslist(blocks, camera.grid)
    elif np.prod(camera.grid.summing) > 2:
        listed = "Not computed for summed images."
    elif len(blocks) > _LISTED:
        listed = f"More than {_LISTED} blocks missing"
    else:
        listed = encode_misslist(blocks, camera.grid, style="decimal")
    return {"nmissing": len(blocks), "misslist": listed}


def fill_missing_blocks(state):
    """
    Find the missing blocks, fill them if requested, and list them in the header.

    SolarSoft fills neither more than 16 adjacent missing blocks nor those at the edge of the frame: it masks all
    missing blocks of such a frame (``c3_calibrate.pro`` 1.54, ``fuzzy_image.pro`` 1.7). Our methods have no such limit.
    """
    smap = _with_data(state.smap, state.data)
    state.uncertainty = standard_deviation(smap)
    if is_filled(smap.meta):
        blocks = _take_earlier_fill(state, smap)
    else:
        dropouts = find_dropouts(smap)
        blocks = dropouts.indices
        state.no_data, state.filled = dropouts.no_data, np.zeros(smap.data.shape, dtype=bool)
        if len(dropouts) and _is_fill_wanted(state):
            _fill(state, smap, dropouts, **state.fill_options)
    cards = missing_cards(blocks, state.info.camera, state.info.detector)
    state.meta.update(cards)
    what = f"{int(state.filled.sum())} pixels filled by {state.method}" if state.filled.any() else "none filled"
    state.history.append(f"missing blocks {cards['nmissing']}, {what}")


def _with_data(smap, data):
    return smap._new_instance(data, smap.meta, mask=smap.mask, uncertainty=smap.uncertainty)


def _take_earlier_fill(state, smap):
    """Keep pixels that `inpaint_map` filled before the calibration; return the blocks that it listed."""
    camera = state.info.camera
    state.filled, state.method = filled_mask(smap), str(smap.meta["fillmeth"])
    state.no_data = (camera.no_data(smap.data) | camera.grid.mask(camera.null_blocks)) & ~state.filled
    return camera.listed_blocks or ()


def _is_fill_wanted(state):
    if state.fill == "all":
        return True
    return state.fill and state.info.is_c3_clear and (state.data <= 0).sum() > _FEWEST_ZEROS


def _fill(state, smap, dropouts, *, method=None, neighbors=(), **options):
    # Imported here, so that a frame without missing blocks does not load the inpainting.
    from sunpy_coronagraph_inpaint.inpaint.maps import choose_method, finish, prepare

    # As floats, so that filled values are not rounded to whole counts.
    task = prepare(_with_data(smap, smap.data.astype(float)), neighbors=neighbors, dropouts=dropouts)
    method = method or choose_method(task.frame)
    done = finish(task, method, method.function(task.frame, **options))
    state.data, state.uncertainty = done.data, standard_deviation(done)
    state.filled, state.method = dropouts.mask.copy(), method.name
    state.no_data = dropouts.no_data & ~dropouts.mask


def mask_no_data(state):
    """
    Set pixels without data to NaN: the fixed mask of C3, and missing blocks that were not filled.

    The fixed mask is not corrected for distortion. SolarSoft (``reduce_level_1.pro`` 1.68) multiplies by both masks,
    which leaves 0, and a darkened boundary around missing blocks where interpolation mixed in pixels without data; here
    the boundary becomes NaN, too.
    """
    no_data = state.no_data
    if state.info.detector == "C3":
        found = state.store.mask()
        no_data = no_data | (state.use_image("mask", found) <= 0)
        state.history.append(f"mask {found.source}")
    state.data = np.where(no_data, np.nan, state.data)
