"""A corpus of damaged files, the same for the same seed."""

import gzip
import os
from functools import partial

import numpy as np

from astropy.io import fits

from sunpy_coronagraph_inpaint.io import write_map
from sunpy_coronagraph_inpaint.simulate import damage, plain_corona

__all__ = ["KINDS", "corpus", "good_file"]

_CARD = 80
_ABSURD = ("NaN", "Inf", "-Inf", "0", "-1", "1E300", "-1E300", "1E-300", "99999999999999999999", "'abc'", "''", "T", "")
_NUMBERS = ("CDELT1", "CDELT2", "CRPIX1", "CRPIX2", "CRVAL1", "CROTA", "CROTA1", "EXPTIME", "MID_DATE", "MID_TIME")
_WINDOW = ("R1COL", "R2COL", "R1ROW", "R2ROW")
_SUMS = ("SUMCOL", "SUMROW", "LEBXSUM", "LEBYSUM")
_TEXTS = (
    "DATE-OBS",
    "TIME-OBS",
    "DETECTOR",
    "INSTRUME",
    "FILTER",
    "POLAR",
    "COMPRSSN",
    "LEVEL",
    "BUNIT",
    "CTYPE1",
    "CUNIT1",
)


def good_file(path, *, blocks=2, seed=0, size=256):
    """Write a sound file with missing blocks."""
    smap = plain_corona(detector="C2", size=size, seed=seed)
    return write_map(damage(smap, blocks=blocks, seed=seed) if blocks else smap, path)


def _with_card(content, key, value):
    """Replace the value of a card, or add one before the end, whatever FITS allows."""
    cards = [content[i : i + _CARD] for i in range(0, len(content), _CARD)]
    end = next(i for i, card in enumerate(cards) if card.startswith(b"END "))
    place = next((i for i, card in enumerate(cards[:end]) if card[:8].strip() == key.encode()), None)
    card = f"{key:<8}= {value:>20}".encode()[:_CARD].ljust(_CARD)
    if place is not None:
        cards[place] = card
    elif cards[end + 1 : end + 2] and not cards[end + 1].strip():
        cards[end : end + 2] = [card, cards[end]]
    return b"".join(cards)


def _header_length(content):
    return next(i for i in range(0, len(content), _CARD) if content[i : i + 4] == b"END ") + _CARD


def _cut(rng, good, path):
    path.write_bytes(good[: int(rng.integers(1, len(good)))])


def _zeros(rng, good, path):
    start = int(rng.integers(0, len(good)))
    stop = int(rng.integers(start, len(good))) + 1
    path.write_bytes(good[:start] + bytes(stop - start) + good[stop:])


def _flipped(rng, good, path):
    content = bytearray(good)
    for place in rng.integers(0, _header_length(good), 8):
        content[place] = rng.integers(0, 256)
    path.write_bytes(bytes(content))


def _axes(rng, good, path):
    key = rng.choice(["NAXIS", "NAXIS1", "NAXIS2", "BITPIX"])
    value = rng.choice(["0", "1", "3", "999", "-1", "255", "512", "1000000000", "'abc'", "2.5", "NaN", "8", "-32"])
    path.write_bytes(_with_card(good, key, value))


def _values(keys, values, rng, good, path):
    path.write_bytes(_with_card(good, rng.choice(keys), rng.choice(values)))


def _missing_key(rng, good, path):
    key = rng.choice([*_NUMBERS, *_WINDOW, *_SUMS, *_TEXTS, "NAXIS1", "BITPIX", "SIMPLE", "END"]).encode()
    cards = [good[i : i + _CARD] for i in range(0, len(good), _CARD)]
    path.write_bytes(b"".join(b"COMMENT".ljust(_CARD) if card[:8].strip() == key else card for card in cards))


def _unicode(rng, good, path):
    text = rng.choice(["'Übertragung'", "'日食 corona'", "'\u2028\x00\x07'", "'☉'", "'\\ud800'", "'a''b\tc'"])
    path.write_bytes(_with_card(good, rng.choice([*_TEXTS, "OBSERVER"]), text))


def _list_of_blocks(rng, good, path):
    content = _with_card(good, "NMISSING", rng.choice(["3", "-5", "1000000", "NaN", "1E300", "'x'"]))
    path.write_bytes(
        _with_card(content, "MISSLIST", rng.choice(["'ZZZZZZ'", "'1 2 99999'", "-7", "1.5", "'3Q3T7V7V'", "T"]))
    )


def _scale(rng, good, path):
    content = _with_card(good, "BSCALE", rng.choice(["0.0", "NaN", "1E300", "-1.0", "'x'"]))
    path.write_bytes(_with_card(content, "BZERO", rng.choice(["0.0", "NaN", "1E300", "32768", "'x'"])))


def _pixels(rng, good, path):
    with fits.open(path.with_suffix(".good"), memmap=False) as hdus:
        data, header = hdus[0].data, hdus[0].header
    fill = rng.choice([0, 1, 2, 3, 4])
    changed = (
        np.zeros_like(data),
        np.full_like(data, 7),
        np.full(data.shape, np.nan, ">f4"),
        np.where(rng.random(data.shape) < 0.5, np.inf, data).astype(">f4"),
        np.stack([data, data]),
    )[fill]
    fits.PrimaryHDU(changed, header).writeto(path)


def _packed(rng, good, path):
    content = gzip.compress(good)
    way = rng.integers(0, 5)
    if way == 0:
        path.write_bytes(content)
    elif way == 1:
        path.write_bytes(content[: len(content) // 2])
    elif way == 2:
        path.write_bytes(content[:200] + bytes(200) + content[400:])
    elif way == 3:
        path.write_bytes(gzip.compress(good[: len(good) // 2]))
    else:
        with fits.open(path.with_suffix(".good"), memmap=False) as hdus:
            fits.CompImageHDU(hdus[0].data, hdus[0].header).writeto(path)


def _no_file(rng, good, path):
    way = rng.integers(0, 7)
    other = path.with_name(f"{path.stem}_other.fts")
    if way == 0:
        path.mkdir()
    elif way == 1:
        path.symlink_to(other)
        other.symlink_to(path)
    elif way == 2:
        path.symlink_to(path.with_name("nowhere.fts"))
    elif way == 3:
        path.write_bytes(b"")
    elif way == 4:
        path.write_text("<!DOCTYPE html><title>404 Not Found</title>" * 50)
    elif way == 5:
        path.write_bytes(rng.bytes(5000))
    elif hasattr(os, "mkfifo"):
        os.mkfifo(path)


KINDS = {
    "cut": _cut,
    "zeros": _zeros,
    "flipped": _flipped,
    "axes": _axes,
    "numbers": partial(_values, _NUMBERS, _ABSURD),
    "window": partial(_values, _WINDOW, _ABSURD),
    "sums": partial(_values, _SUMS, _ABSURD),
    "texts": partial(_values, _TEXTS, _ABSURD),
    "missing_key": _missing_key,
    "unicode": _unicode,
    "list_of_blocks": _list_of_blocks,
    "scale": _scale,
    "pixels": _pixels,
    "packed": _packed,
    "no_file": _no_file,
}


def corpus(folder, *, number=200, seed=7):
    """Write so many damaged files into a folder, kind after kind; return their paths."""
    rng = np.random.default_rng(seed)
    whole = good_file(folder / "whole.good")
    good, names, paths = whole.read_bytes(), list(KINDS), []
    for i in range(number):
        kind = names[i % len(names)]
        path = folder / f"{i:03d}_{kind}.fts"
        if kind in ("pixels", "packed"):
            path.with_suffix(".good").write_bytes(good)
        KINDS[kind](rng, good, path)
        paths.append(path)
    return paths
