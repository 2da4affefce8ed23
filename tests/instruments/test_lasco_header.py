"""Headers of LASCO: level, size, scale, orientation and lists of missing blocks."""

import numpy as np
import pytest

import astropy.units as u

from sunpy_coronagraph_inpaint.exceptions import DropoutWarning
from sunpy_coronagraph_inpaint.instruments import identify
from sunpy_coronagraph_inpaint.instruments import lasco_header as header

RAW = {
    "instrume": "LASCO", "detector": "C3", "filter": "Clear", "comprssn": "X#", "mid_date": 52282, "exptime": 19.1,
    "naxis1": 1024, "naxis2": 1024, "r1col": 20, "r1row": 1, "r2col": 1043, "r2row": 1024, "rectify": "TRUE",
    "sumrow": 0, "sumcol": 0, "lebxsum": 1, "lebysum": 1, "cdelt1": 56.0, "cdelt2": 56.0,
    "crpix1": 517.956, "crpix2": 532.632, "crota1": 0.0,
}  # fmt: skip
HALF = RAW | {"naxis1": 512, "naxis2": 512, "lebxsum": 2, "lebysum": 2, "cdelt1": 112.0, "cdelt2": 112.0}


@pytest.mark.parametrize(
    ("change", "level"),
    [
        ({}, "0.5"),
        ({"level": "0.5"}, "0.5"),
        ({"level": "1.0", "rectify": 0.0}, "1"),
        ({"level": "1", "rectify": 0.0}, "1"),
        ({"bunit": "MSB", "rectify": 0.0}, "1"),
        ({"helioviewer": True}, "jp2"),
        ({"hv_rocc_inner": 4.4}, "jp2"),
    ],
)
def test_level(change, level):
    """The level is read from whatever tells it."""
    assert identify(RAW | change).level == level


@pytest.mark.parametrize(
    ("change", "shape", "summing", "origin"),
    [
        ({}, (32, 32), (1, 1), (0, 0)),
        ({**HALF}, (16, 16), (2, 2), (0, 0)),
        ({**HALF, "lebxsum": 1, "lebysum": 1, "sumcol": 2, "sumrow": 2}, (16, 16), (2, 2), (0, 0)),
        (
            {"naxis1": 256, "naxis2": 256, "lebxsum": 4, "lebysum": 4, "cdelt1": 224.0, "cdelt2": 224.0},
            (8, 8),
            (4, 4),
            (0, 0),
        ),
        (
            {"naxis1": 640, "naxis2": 320, "r1col": 20 + 64, "r2col": 83 + 640, "r1row": 97, "r2row": 416},
            (10, 20),
            (1, 1),
            (96, 64),
        ),
        # The headers of a fortnight in 1997 do not tell that frames were summed.
        ({**HALF, "lebxsum": 1, "lebysum": 1, "mid_date": 50520}, (16, 16), (2, 2), (0, 0)),
    ],
)
def test_grid(change, shape, summing, origin):
    """Blocks of full, summed and cut-out frames."""
    grid = identify(RAW | change).grid
    assert (grid.shape, grid.summing, grid.origin) == (shape, summing, origin)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"detector": "C1"}, "'C1' is not supported: only C2 and C3 are"),
        ({"detector": "C1", "level": "1.0"}, "'C1' is not supported"),
        ({"level": "2.0"}, "level 2.0 is not supported"),
        ({"naxis1": 512, "naxis2": 512, "cdelt1": 112.0, "cdelt2": 112.0}, "512x512 pixels, but its header describes"),
        ({"naxis1": 512, "naxis2": 512}, "512x512 pixels, but its header describes 1024x1024"),
        ({"naxis1": 1000}, "1000x1024 pixels"),
        ({"naxis1": 2048, "naxis2": 2048}, "2048x2048 pixels"),
        ({"cdelt1": 112.0}, "CDELT1 is 112, but a pixel as delivered has 56 arcsec"),
        ({"cdelt2": 14.0}, "CDELT2 is 14, but"),
        ({"pc1_1": 1.0, "pc1_2": 0.0, "pc2_1": 0.0, "pc2_2": 1.0}, "rotation matrix"),
        ({"cd1_1": 56.0}, "rotation matrix"),
        ({"mid_date": 0}, "neither MID_DATE nor DATE-OBS"),
        ({"naxis1": 1000, "r2col": 1019}, "cannot be divided into blocks"),
    ],
)
def test_refused(change, match):
    """What cannot be told is refused, with what to do instead."""
    with pytest.raises(ValueError, match=match):
        identify(RAW | change)


# Turning a map, sunpy says that it has to assume an observer on Earth.
@pytest.mark.filterwarnings("ignore:Missing metadata for observer")
@pytest.mark.parametrize(
    "change",
    [
        lambda smap: smap.submap(bottom_left=(64, 64) * u.pix, width=511 * u.pix, height=511 * u.pix),
        lambda smap: smap.resample((512, 512) * u.pix),
        lambda smap: smap.superpixel((2, 2) * u.pix, func=np.mean),
        lambda smap: smap.rotate(30 * u.deg, missing=0),
        lambda smap: smap.rotate(180 * u.deg, missing=0),
    ],
    ids=["submap", "resample", "superpixel", "rotate", "half turn"],
)
def test_maps_changed_by_sunpy(corona, change):
    """A map that sunpy has cropped, resampled or rotated is refused, with what to do instead."""
    with pytest.raises(ValueError, match=r"no longer lie as they were transmitted.*mask=\.\.\."):
        identify(change(corona("C3")).meta)


@pytest.mark.parametrize(
    ("rectify", "rotated", "roll"),
    [(0.0, False, 0), (180.0, True, 0), (-180.0, True, 0), (173.322, True, 6.678), (-175, True, -5), (3.0, False, -3)],
)
def test_roll(rectify, rotated, roll):
    """RECTIFY of level 1 tells the half turn and the rest."""
    meta = RAW | {"level": "1.0", "rectify": rectify}
    assert identify(meta).rotated is rotated
    assert header.roll_taken_out(meta) == pytest.approx(roll)


@pytest.mark.parametrize(
    ("change", "blocks", "count"),
    [
        ({}, None, None),
        ({"nmissing": 0, "misslist": "None"}, (), 0),
        ({"nmissing": 0, "misslist": 0}, (), 0),
        ({"nmissing": "", "misslist": ""}, None, None),
        ({"nmissing": 2, "misslist": "3Q3R"}, (131, 163), 2),
        ({"nmissing": 1, "misslist": "1010"}, (993,), 1),
        ({"nmissing": 1, "misslist": "1010", "detector": "C2", "cdelt1": 11.9, "cdelt2": 11.9}, (1010,), 1),
        ({"nmissing": 25, "misslist": "More than 17 blocks missing"}, None, 25),
        ({"nmissing": -8, "misslist": "None"}, (), 0),
    ],
)
def test_lists(change, blocks, count):
    """Lists of missing blocks are read as the camera writes them."""
    camera = identify(RAW | {"level": "1.0", "rectify": 0.0} | change)
    assert (camera.listed_blocks, camera.listed_count) == (blocks, count)


def test_unreadable_list_is_a_warning():
    """A list that cannot be read does not keep anybody from looking at the pixels."""
    with pytest.warns(DropoutWarning, match="MISSLIST='3T3Q' cannot be read"):
        camera = identify(RAW | {"level": "1.0", "rectify": 0.0, "nmissing": 1, "misslist": "3T3Q"})
    assert (camera.listed_blocks, camera.listed_count) == (None, 1)


def test_date_without_mid_date():
    """Without MID_DATE the day is read from the date of observation, with its slashes."""
    meta = {key: value for key, value in RAW.items() if key != "mid_date"} | {"date-obs": "2002/01/08"}
    assert header.modified_julian_day(meta) == 52282
