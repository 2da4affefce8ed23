"""Images that surround a frame: AIA from JSOC, C2 from the archives."""

import io

import numpy as np
import pytest

import astropy.units as u
from astropy.io import fits

from sunpy_coronagraph_inpaint.fetch import (
    ChangedAnswerError,
    DamagedFileError,
    NoFramesError,
    OutageError,
    StaleFileError,
    aia_image,
    context_images,
)

TIME = "2012-07-23 03:00"
INFO = "cgi-bin/ajax/jsoc_info"
FILE = "SUM1/D1/S00000/image_lev1.fits"


def _keys(clock, quality="0x00000000"):
    return {
        "T_REC": f"2012-07-23T{clock}Z", "T_OBS": f"2012-07-23T{clock}.84Z", "DATE-OBS": f"2012-07-23T{clock}.84",
        "TELESCOP": "SDO/AIA", "INSTRUME": "AIA_2", "WAVELNTH": 193.0, "WAVEUNIT": "angstrom", "QUALITY": quality,
        "CTYPE1": "HPLN-TAN", "CTYPE2": "HPLT-TAN", "CUNIT1": "arcsec", "CUNIT2": "arcsec", "CDELT1": 38.4,
        "CDELT2": 38.4, "CRPIX1": 32.5, "CRPIX2": 32.5, "CRVAL1": 0.0, "CRVAL2": 0.0, "CROTA2": 0.0, "EXPTIME": 2.0,
        "HGLN_OBS": 0.0, "CRLT_OBS": 5.1, "CRLN_OBS": 100.0, "DSUN_OBS": 1.52e11, "RSUN_REF": 6.96e8, "LVL_NUM": 1.0,
        "HAEX_OBS": -1e11, "HAEY_OBS": 1e11, "HAEZ_OBS": 1e7,
    }  # fmt: skip


@pytest.fixture
def aia(jsoc_server):
    """Let JSOC have three images, the nearest of bad quality."""
    image = fits.CompImageHDU(np.arange(64 * 64, dtype=np.int16).reshape(64, 64), compression_type="RICE_1")
    stream = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), image]).writeto(stream)
    jsoc_server.files[FILE] = stream.getvalue()
    jsoc_server.records = [
        (_keys("02:58:31"), "/other.fits"),
        (_keys("03:00:07", "0x40000000"), "/bad.fits"),
        (_keys("03:00:19"), f"/{FILE}"),
    ]
    return jsoc_server


def test_the_nearest_good_image(aia, kept, options):
    """The image of good quality that is nearest in time comes as a map, with the keywords of the database."""
    smap = aia_image(TIME, cache=kept, options=options)
    assert type(smap).__name__ == "AIAMap"
    assert smap.wavelength == 193 * u.angstrom
    assert smap.date.isot.startswith("2012-07-23T03:00:19")
    assert smap.data.shape == (64, 64)
    assert smap.data[1, 0] == 64
    aia_image(TIME, cache=kept, options=options)
    assert aia.count(FILE) == 1


def test_what_jsoc_is_asked(aia, kept, options, monkeypatch):
    """The query names series, time and channel."""
    asked = []
    original = aia.content
    monkeypatch.setattr(aia, "content", lambda path, query: asked.append(query) or original(path, query))
    aia_image(TIME, wavelength=171 * u.angstrom, within=2 * u.min, cache=kept, options=options)
    assert {query["ds"][0] for query in asked if query.get("op") == ["rs_list"]} == {
        "aia.lev1_euv_12s[2012-07-23T02:58:00Z/240s][171]"
    }


@pytest.mark.parametrize(
    ("moods", "error", "match"),
    [
        ({INFO: [500]}, OutageError, "the server returns status 500"),
        ({INFO: [404]}, StaleFileError, "There is no file"),
        ({INFO: ["page"]}, ChangedAnswerError, "has an unknown format"),
        ({INFO: ["slow"]}, OutageError, "the server does not respond in time"),
        ({FILE: [404]}, StaleFileError, "There is no file"),
        ({FILE: [500]}, OutageError, "the server returns status 500"),
        ({FILE: ["short"]}, DamagedFileError, "not a complete image"),
        ({FILE: ["cut"]}, DamagedFileError, "cut before the file was complete"),
    ],
)
def test_failures_of_jsoc(aia, kept, options, moods, error, match):
    """Each failure has its name."""
    aia.moods.update(moods)
    with pytest.raises(error, match=match):
        aia_image(TIME, cache=kept, options=options)


@pytest.mark.parametrize(
    ("records", "error", "match"),
    [
        ([], NoFramesError, "JSOC has no image"),
        ([(_keys("03:00:07", "0x40000000"), "/x")], NoFramesError, "none of good quality"),
        ([({"T_REC": "2012"}, "/x")], ChangedAnswerError, "have no time or no image"),
    ],
)
def test_answers_without_an_image(aia, kept, options, records, error, match):
    """An answer without a usable image is told."""
    aia.records = records
    with pytest.raises(error, match=match):
        aia_image(TIME, cache=kept, options=options)


def test_an_answer_with_an_error(aia, kept, options):
    """JSOC's own error is passed on."""
    aia.fault = b'{"status": 4, "error": "Cannot export series"}'
    with pytest.raises(ChangedAnswerError, match="Cannot export series"):
        aia_image(TIME, cache=kept, options=options)


def test_context(aia, store, nrl_server, kept, options):
    """AIA and the nearest C2 frame that can be had."""
    for minute, name in ((36, "22408001.fts"), (48, "22408002.fts"), (58, "22408003.fts")):
        store(name, day="2012/07/23", clock=f"02:{minute}:00.000", detector="C2")
    for path in ("vso/22408003.fts", "120723/c2/22408003.fts"):
        nrl_server.moods[path] = ["cut"]
    found = context_images(TIME, cache=kept, options=options)
    assert found.aia.observatory == "SDO"
    assert (found.c2.detector, found.c2.meta["time-obs"]) == ("C2", "02:48:00.000")


def test_context_without_c2(aia, store, nrl_server, kept, options):
    """When no C2 frame can be had, the reason of the last is told."""
    store("22408003.fts", day="2012/07/23", clock="02:58:00.000", detector="C2")
    for path in ("vso/22408003.fts", "120723/c2/22408003.fts"):
        nrl_server.moods[path] = [503]
    with pytest.raises(OutageError, match="the server returns status 503"):
        context_images(TIME, cache=kept, options=options)


@pytest.mark.remote_data
def test_context_from_the_real_services():
    """JSOC and the archives have the great CME of July 2012."""
    found = context_images(TIME)
    assert found.aia.data.shape == (4096, 4096)
    assert found.c2.data.shape == (1024, 1024)
