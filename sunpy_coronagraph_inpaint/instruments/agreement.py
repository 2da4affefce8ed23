"""Compare the missing blocks that the pixels show with what the header says."""

import numpy as np

from sunpy import log

__all__ = ["compare"]


def compare(found, camera, meta, no_data) -> tuple[bool, str]:
    """
    Compare the missing blocks that the pixels show with what the header says.

    Parameters
    ----------
    found : `~sunpy_coronagraph_inpaint.instruments.absent.Absent`
        What the pixels show.
    camera : `~sunpy_coronagraph_inpaint.instruments.Camera`
        The camera, with the header's list.
    meta : mapping
        The header.
    no_data : `numpy.ndarray`
        Boolean image: `True` where a pixel value means "no data".

    Returns
    -------
    agree : bool
        Whether the header has a list, and it is what the pixels show.
    difference : str
        What the header says otherwise, an empty string where it does not.
    """
    if "nfilled" in meta:
        log.debug("The map was filled by this package: its header tells what was missing, not what is.")
        return False, ""
    if camera.listed_count is None:
        return False, _fewer_zeros(camera, meta, no_data)
    missing = set(found.blocks)
    if camera.listed_blocks is None:
        surplus = camera.listed_count - len(missing)
        return False, _difference(camera, max(surplus, 0), max(-surplus, 0))
    # A block that the calibration masks altogether cannot show whether it is missing.
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
    again = "source='header' gives them, so that they can be filled anew" if camera.listed_blocks else "it has no list"
    if camera.level == "1" and camera.name.endswith("LASCO C3"):
        return f"because SolarSoft (reduce_level_1) has filled them: {again}"
    return f"so they were given a value before: {again}"


def _fewer_zeros(camera, meta, no_data):
    """Tell whether a raw frame holds fewer pixels without data than DATAZER counted when it was written."""
    counted = meta.get("datazer")
    if camera.level != "0.5" or not isinstance(counted, int | float) or not np.isfinite(counted):
        return ""
    fewer = int(counted) - int(np.count_nonzero(no_data))
    if fewer < camera.absent_fraction * camera.grid.sizes()[0]:
        return ""
    return f"Header and pixels disagree: {fewer} of the {counted} pixels without data that DATAZER counts have a value."
