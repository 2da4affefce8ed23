"""What was filled, and how, written into a header and read from it."""

import base64
import copy
import re
import zlib

import numpy as np

from sunpy_coronagraph_inpaint._version import version
from sunpy_coronagraph_inpaint.instruments import encode_misslist

__all__ = ["filled_mask", "is_filled", "printable", "record"]

_PACKED = re.compile(r"(\d+)x(\d+):([A-Za-z0-9+/=]*)")


def is_filled(meta):
    """
    Tell whether a header says that pixels were filled by this package.

    Parameters
    ----------
    meta : mapping
        A header.

    Returns
    -------
    bool

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.io.provenance import is_filled
    >>> is_filled({"fillmeth": "kriging"}), is_filled({"detector": "C3"})
    (True, False)
    """
    return "fillmeth" in meta


def filled_mask(smap):
    """
    Tell which pixels of a map were filled, from its header alone.

    Parameters
    ----------
    smap : `~sunpy.map.GenericMap`
        A map, also one read back from a file.

    Returns
    -------
    `numpy.ndarray`
        Boolean, shape of ``smap.data``, `True` on filled pixels; `False` everywhere for a map that was not filled.

    Raises
    ------
    ValueError
        If the map has been cropped or resampled since it was filled.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint import filled_mask, inpaint_map
    >>> from sunpy_coronagraph_inpaint.simulate import damage, plain_corona
    >>> filled = inpaint_map(damage(plain_corona(seed=1), blocks=5, seed=2))
    >>> int(filled_mask(filled).sum())
    5120
    """
    shape = smap.data.shape
    if not is_filled(smap.meta):
        return np.zeros(shape, dtype=bool)
    found = _unpack(smap.meta)
    if found is None:
        msg = "The header says that the map was filled, but its FILLMASK cannot be read: it was cut or edited."
        raise ValueError(msg)
    if found.shape != shape:
        msg = (
            f"The map was filled as {found.shape[0]} x {found.shape[1]} pixels and has {shape[0]} x {shape[1]} now. "
            "Ask for the filled pixels before cropping or resampling."
        )
        raise ValueError(msg)
    return found


def record(meta, dropouts, holes, method, *, weights="None"):
    r"""
    Return a copy of a header that tells what was filled.

    ``BSCALE``, ``BZERO`` and their ``BLANK``, which level-1 frames of C3 have, are left out: they tell how the numbers
    of the original file were stored, no longer hold for data that have been scaled, and a file that is saved with them
    is read with a warning.

    Parameters
    ----------
    meta : `~sunpy.util.MetaDict`
        The header of the map that was filled.
    dropouts : `~sunpy_coronagraph_inpaint.Dropouts` or None
        Its missing blocks, `None` where the map is not on its telemetry grid.
    holes : `numpy.ndarray`
        Boolean, the pixels that were filled. Those of an earlier fill, which the header tells of, are added.
    method : str
        How.
    weights : str, optional
        Hash of a network's weights.

    Returns
    -------
    `~sunpy.util.MetaDict`

    Examples
    --------
    >>> import numpy as np
    >>> from sunpy.util import MetaDict
    >>> from sunpy_coronagraph_inpaint.io.provenance import record
    >>> meta = record(MetaDict({"history": "read\tout"}), None, np.eye(8, dtype=bool), "harmonic")
    >>> meta["nfilled"], meta["fillmask"][:4]
    (8, '8x8:')
    >>> print(meta["history"])
    read out
    sunpy_coronagraph_inpaint ...: harmonic, 8 pixels
    """
    new = copy.deepcopy(meta)
    stored = [new.pop(key, None) for key in ("bscale", "bzero")]
    if stored != [None, None] or int(new.get("bitpix", 16)) < 0:
        new.pop("blank", None)
    blocks = ""
    before = _unpack(meta) if is_filled(meta) else None
    if before is not None and before.shape != holes.shape:
        before = None
    if dropouts is not None and before is None:
        new["nmissing"] = len(dropouts)
        new["misslist"] = encode_misslist(dropouts.indices, dropouts.camera.grid, style=_style(dropouts.camera))
        blocks = f", {len(dropouts)} blocks"
    filled = holes if before is None else holes | before
    new["nfilled"] = int(np.count_nonzero(filled))
    new["fillmeth"] = method
    new["fillwgts"] = weights
    new["fillmask"] = _pack(filled)
    # A HISTORY card holds 72 characters, too few for the local part of a version.
    line = f"sunpy_coronagraph_inpaint {version.split('+')[0]}: {method}, {np.count_nonzero(holes)} pixels{blocks}"
    history = printable(meta.get("history", ""))
    new["history"] = f"{history}\n{line}" if history else line
    return new


def _style(camera):
    """Return how the headers of a camera write their list of missing blocks."""
    if "/SECCHI" in camera.name:
        return "base34"
    return "runs" if camera.name == "SOHO/LASCO C3" else "decimal"


def printable(history):
    r"""
    Replace what a FITS file cannot hold by blanks.

    SunPy leaves out the whole ``HISTORY`` for one tab, and raw C3 headers have one.

    Parameters
    ----------
    history : str
        Lines of ``HISTORY``.

    Returns
    -------
    str

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.io.provenance import printable
    >>> printable("offset_bias.pro\t1.24\nV15\n")
    'offset_bias.pro 1.24\nV15'
    """
    return re.sub(r"[^\x20-\x7e\n]", " ", str(history)).strip("\n")


def _pack(mask):
    packed = base64.b64encode(zlib.compress(np.packbits(mask).tobytes(), 9)).decode()
    return f"{mask.shape[0]}x{mask.shape[1]}:{packed}"


def _unpack(meta):
    """Return the filled pixels that a header tells of, `None` where it cannot be read."""
    found = _PACKED.fullmatch(str(meta.get("fillmask", "")))
    if found is None:
        return None
    shape = int(found[1]), int(found[2])
    try:
        bits = np.frombuffer(zlib.decompress(base64.b64decode(found[3])), dtype=np.uint8)
    except (ValueError, zlib.error):
        return None
    return np.unpackbits(bits, count=shape[0] * shape[1]).reshape(shape).astype(bool) if bits.size else None
