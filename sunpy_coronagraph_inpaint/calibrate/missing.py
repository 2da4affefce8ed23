"""The missing blocks of a frame: found, filled where SolarSoft fills them, and listed as it lists them."""

from typing import NamedTuple

import numpy as np

from astropy.nddata import StdDevUncertainty

from sunpy_coronagraph_inpaint.frames.dropouts import find_dropouts
from sunpy_coronagraph_inpaint.inpaint.maps import inpaint_map
from sunpy_coronagraph_inpaint.instruments import encode_misslist
from sunpy_coronagraph_inpaint.io.provenance import filled_mask, is_filled

__all__ = ["Counted", "fill_missing", "missing_cards"]

_FEWEST_ZEROS = 1000  # c3_calibrate.pro fills only frames with more pixels at 0
_LISTED = 17  # C2 headers list no more blocks than this


class Counted(NamedTuple):
    """Counts of a frame after its missing blocks were filled, or were not."""

    data: np.ndarray
    """DN, as floats where something was filled."""
    lost: np.ndarray
    """Boolean, `True` on pixels that hold no data still: missing or never transmitted."""
    filled: np.ndarray
    """Boolean, `True` on filled pixels."""
    spread: np.ndarray | None
    """Standard deviation of the filled pixels in DN, not a number on the others; `None` where nothing was filled."""
    method: str
    """How they were filled."""
    cards: dict
    """``NMISSING`` and ``MISSLIST``."""


def missing_cards(blocks, camera, detector):
    """
    Write ``NMISSING`` and ``MISSLIST`` as SolarSoft does.

    Parameters
    ----------
    blocks : sequence of int
        Numbers of the missing blocks.
    camera : `~sunpy_coronagraph_inpaint.instruments.Camera`
        The camera.
    detector : {"C2", "C3"}
        Headers of C2 list decimal numbers, up to 17 and not for summed frames; headers of C3 list runs.

    Returns
    -------
    dict

    References
    ----------
    * SolarSoft IDL routines ``reduce_level_1.pro`` 1.68, ``find_miss_blocks.pro`` and ``mb2strmap.pro``.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.calibrate import missing_cards
    >>> from sunpy_coronagraph_inpaint.instruments import identify
    >>> from sunpy_coronagraph_inpaint.simulate import plain_corona
    >>> missing_cards([163], identify(plain_corona(detector="C3").meta), "C3")
    {'nmissing': 1, 'misslist': '3Q3Q'}
    >>> missing_cards(range(100, 120), identify(plain_corona(detector="C2").meta), "C2")
    {'nmissing': 20, 'misslist': 'More than 17 blocks missing'}
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


def fill_missing(smap, settings, *, fill=True, **options):
    """
    Find the missing blocks of a level-0.5 frame, and fill them.

    Parameters
    ----------
    smap : `~sunpy.map.sources.LASCOMap`
        The frame.
    settings : `~sunpy_coronagraph_inpaint.calibrate.settings.Settings`
        What its header tells.
    fill : bool or {"all"}, optional
        `True` fills where SolarSoft does: C3 frames through the filter ``Clear``. ``"all"`` fills every frame. `False`
        fills none.
    **options
        For `~sunpy_coronagraph_inpaint.inpaint_map`.

    Returns
    -------
    `Counted`

    Notes
    -----
    SolarSoft gives up more than 16 missing blocks in one place, and those at the edge of the frame, and masks all
    missing blocks of such a frame. Our ways to fill have no such limit.

    References
    ----------
    * SolarSoft IDL routines ``c3_calibrate.pro`` 1.54 and ``fuzzy_image.pro`` 1.7.
    """
    if is_filled(smap.meta):
        return _filled_before(smap, settings)
    dropouts = find_dropouts(smap)
    cards = missing_cards(dropouts.indices, settings.camera, settings.detector)
    nothing = np.zeros(smap.data.shape, dtype=bool)
    wanted = fill == "all" or (fill and settings.filled_by_solarsoft and (smap.data <= 0).sum() > _FEWEST_ZEROS)
    if not len(dropouts) or not wanted:
        return Counted(smap.data, dropouts.no_data, nothing, _spread(smap), "none", cards)
    # As floats, so that filled values are not rounded to whole counts.
    exact = smap._new_instance(smap.data.astype(float), smap.meta, mask=smap.mask, uncertainty=smap.uncertainty)
    done = inpaint_map(exact, **options)
    lost = dropouts.no_data & ~dropouts.mask
    return Counted(done.data, lost, dropouts.mask.copy(), _spread(done), done.meta["fillmeth"], cards)


def _filled_before(smap, settings):
    """Take over what `inpaint_map` filled, and the list of blocks that it has put into the header."""
    filled, camera = filled_mask(smap), settings.camera
    lost = (camera.no_data(smap.data) | camera.grid.mask(camera.null_blocks)) & ~filled
    cards = missing_cards(camera.listed_blocks or (), camera, settings.detector)
    return Counted(smap.data, lost, filled, _spread(smap), str(smap.meta["fillmeth"]), cards)


def _spread(smap):
    if smap.uncertainty is None:
        return None
    return smap.uncertainty.represent_as(StdDevUncertainty).array.astype(float)
