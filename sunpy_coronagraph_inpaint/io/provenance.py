"""Record processing steps in a header, each with a HISTORY line and its changed pixels, and read them back."""

import base64
import copy
import re
import zlib
from textwrap import wrap
from typing import NamedTuple

import numpy as np

from sunpy_coronagraph_inpaint._version import version

#: Characters that a HISTORY card holds.
_CARD = 72
_PACKED = re.compile(r"(\d+)x(\d+):([A-Za-z0-9+/=]*)")


class Keywords(NamedTuple):
    """Header keywords of a step, at most eight characters each; `None` for those that it does not record."""

    done: str
    """Effect on a pixel, for messages."""
    method: str
    """The method; its presence shows that the step was done."""
    weights: str | None = None
    """Hash of the network's weights, ``'None'`` without a network."""
    mask: str | None = None
    """The changed pixels, packed."""
    count: str | None = None
    """Number of the changed pixels."""


#: The steps that a header can record, one for each kind of processing.
KEYWORDS = {
    "fill": Keywords("filled", "fillmeth", "fillwgts", "fillmask", "nfilled"),
    "spikes": Keywords("despiked", "spikmeth", "spikwgts", "spikmask", "nspikes"),
    "flat": Keywords("flat-fielded", "flatmeth", "flatwgts"),
    "calibration": Keywords("calibrated", "calsteps"),
}


class Step(NamedTuple):
    """
    A processing step, as a header records it.

    Attributes
    ----------
    name : str
        ``"fill"``, ``"spikes"``, ``"flat"`` or ``"calibration"``.
    method : str
        The method; of a calibration, its steps.
    weights : str or None
        Hash of the network's weights, if one was used.
    mask : `numpy.ndarray` or None
        Boolean, `True` on the changed pixels; `None` if all were changed, or if the header was cut or edited.
    """

    name: str
    method: str
    weights: str | None = None
    mask: np.ndarray | None = None


def record_step(meta, step, method, *, weights=None, mask=None, cards=None, history=None, details=()):
    r"""
    Return a copy of a header that records a step of processing.

    ``BSCALE``, ``BZERO`` and their ``BLANK`` are removed. They describe how the original file stored its numbers, and
    a file saved with them is read with a warning.

    Parameters
    ----------
    meta : `~sunpy.util.MetaDict`
        The header of the map before the step. It is not changed.
    step : {"fill", "spikes", "flat", "calibration"}
        The step. Its keywords are ``FILLMETH``, ``FILLWGTS``, ``FILLMASK`` and ``NFILLED`` for a fill, ``SPIKMETH``,
        ``SPIKWGTS``, ``SPIKMASK`` and ``NSPIKES`` for spikes, ``FLATMETH`` and ``FLATWGTS`` for a flat field, and
        ``CALSTEPS`` for a calibration.
    method : str
        The method.
    weights : str, optional
        Hash of the weights of the network.
    mask : `numpy.ndarray`, optional
        Boolean, shape ``(ny, nx)``: the changed pixels. Those of an earlier step of the same name are added.
    cards : mapping, optional
        Other keywords of the step, with their values.
    history : str, optional
        The ``HISTORY`` line after the name of the package and its version; the method and the number of pixels if not
        given. A FITS card holds 72 characters of it.
    details : iterable of str, optional
        Further lines of the ``HISTORY``, to be indented.

    Returns
    -------
    `~sunpy.util.MetaDict`

    Raises
    ------
    ValueError
        If there is no such step, or a mask is given to one that changes all pixels.

    Examples
    --------
    >>> import numpy as np
    >>> from sunpy.util import MetaDict
    >>> from sunpy_coronagraph_inpaint.io import record_step, steps
    >>> meta = record_step(MetaDict({"history": "read\tout"}), "fill", "harmonic", mask=np.eye(8, dtype=bool))
    >>> meta["nfilled"], meta["fillmask"][:4]
    (8, '8x8:')
    >>> print(meta["history"])
    read out
    sunpy_coronagraph_inpaint ...: harmonic, 8 pixels
    >>> [(step.name, step.method, int(step.mask.sum())) for step in steps(meta)]
    [('fill', 'harmonic', 8)]
    """
    keywords = _keywords(step)
    new = copy.deepcopy(meta)
    stored = [new.pop(key, None) for key in ("bscale", "bzero")]
    if stored != [None, None] or int(new.get("bitpix", 16)) < 0:
        new.pop("blank", None)
    new.update(cards or {})
    text = method
    if mask is not None:
        if keywords.mask is None:
            msg = f"The step {step!r} changes all pixels and has no keyword for a mask. Leave it out."
            raise ValueError(msg)
        before = changed_pixels(meta, step, mask.shape)
        changed = mask if before is None else mask | before
        new[keywords.count] = int(np.count_nonzero(changed))
        text = f"{method}, {np.count_nonzero(mask)} pixels"
    new[keywords.method] = method
    if keywords.weights is not None:
        new[keywords.weights] = weights or "None"
    if mask is not None:
        new[keywords.mask] = _pack(changed)
    new["history"] = add_history(meta.get("history", ""), history or text, details)
    return new


def steps(meta):
    """
    Read back the steps that `record_step` has recorded in a header.

    Parameters
    ----------
    meta : mapping
        A header, also one read back from a file.

    Returns
    -------
    list of `~sunpy_coronagraph_inpaint.io.provenance.Step`
        In the order in which they were first recorded; one for each name, with the latest method and all the pixels.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint import inpaint_map
    >>> from sunpy_coronagraph_inpaint.io import steps
    >>> from sunpy_coronagraph_inpaint.simulate import damage, plain_corona
    >>> damaged = damage(plain_corona(seed=1), blocks=5, seed=2)
    >>> steps(damaged.meta)
    []
    >>> [(step.name, step.method, int(step.mask.sum())) for step in steps(inpaint_map(damaged, method="kriging").meta)]
    [('fill', 'kriging', 5120)]
    """
    names = {keywords.method: name for name, keywords in KEYWORDS.items()}
    return [_step(meta, names[key.lower()]) for key in meta if key.lower() in names]


def _step(meta, name):
    keywords = KEYWORDS[name]
    weights = "None" if keywords.weights is None else str(meta.get(keywords.weights, "None"))
    return Step(name, str(meta[keywords.method]), None if weights == "None" else weights, changed_pixels(meta, name))


def _keywords(step):
    try:
        return KEYWORDS[step]
    except KeyError:
        msg = f"There is no step {step!r}. Choose one of {', '.join(KEYWORDS)}."
        raise ValueError(msg) from None


def is_recorded(meta, step):
    """Return whether a header records a step."""
    return KEYWORDS[step].method in meta


def is_filled(meta):
    """Return whether a header records that this package filled pixels."""
    return is_recorded(meta, "fill")


def filled_mask(smap):
    """
    Return which pixels of a map were filled, from its header alone.

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
    return changed_mask(smap, "fill")


def changed_mask(smap, step):
    """Return which pixels of a map a step has changed, as `filled_mask` does for a fill."""
    shape = smap.data.shape
    if not is_recorded(smap.meta, step):
        return np.zeros(shape, dtype=bool)
    keywords, found = KEYWORDS[step], changed_pixels(smap.meta, step)
    if found is None:
        msg = (
            f"The header says that the map was {keywords.done}, but its {keywords.mask.upper()} cannot be read: it was "
            "cut or edited."
        )
        raise ValueError(msg)
    if found.shape != shape:
        msg = (
            f"The map was {keywords.done} as {found.shape[0]} x {found.shape[1]} pixels and has "
            f"{shape[0]} x {shape[1]} now. Ask for the {keywords.done} pixels before cropping or resampling."
        )
        raise ValueError(msg)
    return found


def changed_pixels(meta, step, shape=None):
    """Return the mask that a header records for a step, `None` if none can be read or it has another shape."""
    keyword = KEYWORDS[step].mask
    found = None if keyword is None or not is_recorded(meta, step) else _unpack(str(meta.get(keyword, "")))
    return found if shape is None or found is None or found.shape == shape else None


def add_history(history, line, details=()):
    """Append a line of this package, and indented lines of details, to the ``HISTORY`` of a header."""
    # FITS cuts a longer line anywhere, so that it would read back as another one. The local version label is left out.
    title = f"sunpy_coronagraph_inpaint {version.split('+')[0]}: {line}"
    lines = [title, *(f" {detail}" for detail in details)]
    wrapped = (part for line in lines for part in wrap(line, _CARD, subsequent_indent="  ", break_on_hyphens=False))
    return "\n".join([printable(history), *wrapped]).strip("\n")


def printable(history):
    r"""
    Replace the characters that a FITS header cannot hold by blanks.

    SunPy drops the whole ``HISTORY`` if it contains a tab, and raw C3 headers have one.
    """
    return re.sub(r"[^\x20-\x7e\n]", " ", str(history)).strip("\n")


def _pack(mask):
    packed = base64.b64encode(zlib.compress(np.packbits(mask).tobytes(), 9)).decode()
    return f"{mask.shape[0]}x{mask.shape[1]}:{packed}"


def _unpack(card):
    """Return the mask packed in a card, `None` if it cannot be read."""
    found = _PACKED.fullmatch(card)
    if found is None:
        return None
    shape = int(found[1]), int(found[2])
    try:
        bits = np.frombuffer(zlib.decompress(base64.b64decode(found[3])), dtype=np.uint8)
    except (ValueError, zlib.error):
        return None
    return np.unpackbits(bits, count=shape[0] * shape[1]).reshape(shape).astype(bool) if bits.size else None
