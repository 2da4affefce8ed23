"""Cameras of COR1 and COR2: segments, their order in the picture, lists, and a real frame."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import sunpy.map

from sunpy_coronagraph_inpaint.exceptions import DropoutWarning
from sunpy_coronagraph_inpaint.frames.dropouts import find_dropouts
from sunpy_coronagraph_inpaint.instruments import SegmentGrid, identify
from sunpy_coronagraph_inpaint.instruments.secchi import icer_segments

COR1 = {
    "instrume": "SECCHI", "detector": "COR1", "obsrvtry": "STEREO_A", "naxis1": 512, "naxis2": 512, "summed": 3.0,
    "comprssn": 97, "nmissing": 0, "misslist": "", "rectify": True, "rectrota": 3, "bunit": "DN", "exptime": 1.7,
    "crpix1": 257.27, "crpix2": 257.527, "crval1": 0.0, "crval2": 0.0, "cdelt1": 15.0086, "cdelt2": 15.0086,
    "crota": 3.93, "sc_roll": 3.73, "rsun": 1002.69, "biasmean": 669.959, "offsetcr": 0.0,
    "ip_00_19": " 41 76  3 50  3 50106 97  0  0  0  0  0  0  0  0  0  0  0  0",
    "r1col": 1, "r2col": 2048, "r1row": 79, "r2row": 2126,
    "pc1_1": 0.99764876, "pc1_2": -0.068534277, "pc2_1": 0.068534277, "pc2_2": 0.99764876,
    "ctype1": "HPLN-TAN", "ctype2": "HPLT-TAN", "cunit1": "arcsec", "cunit2": "arcsec", "date-obs": "2009-06-15",
}  # fmt: skip
FULL = COR1 | {"detector": "COR2", "naxis1": 2048, "naxis2": 2048, "summed": 1.0, "rectrota": 1}


@pytest.mark.parametrize("code", [90, 93, 95, 96, 97, 99, 105])
@pytest.mark.parametrize("size", [2048, 1024, 512])
def test_segments_cover_the_frame_once(code, size):
    """Segments neither overlap nor leave a gap."""
    covered = np.zeros((size, size), int)
    for y0, y1, x0, x1 in icer_segments(size, code)[0]:
        covered[y0:y1, x0:x1] += 1
    assert np.all(covered == 1)


@pytest.mark.parametrize(
    ("number", "rectangle"),
    [
        (0, (0, 320, 0, 400)),
        (2, (0, 320, 800, 1216)),
        (19, (960, 1280, 1632, 2048)),
        (20, (1280, 1664, 0, 336)),
        (24, (1280, 1664, 1344, 1696)),
        (31, (1664, 2048, 1696, 2048)),
    ],
)
def test_thirty_two_segments(number, rectangle):
    """Four rows of five segments and two of six, as in scc_get_missing.pro."""
    assert icer_segments(2048, 93)[0][number] == rectangle


@pytest.mark.parametrize(("code", "count"), [(5, 1024), (88, 1024), (93, 32), (97, 16), (99, 1)])
def test_number_of_blocks(code, count):
    """The compression tells how a frame is divided."""
    assert identify(FULL | {"comprssn": code}).grid.n_blocks == count


@pytest.mark.parametrize("code", [89, 98])
def test_unsupported_compression(code):
    """Segments that nobody has described are refused."""
    with pytest.raises(ValueError, match=f"COMPRSSN={code} are not known"):
        identify(FULL | {"comprssn": code})


def as_read(meta):
    """Label each pixel with its segment as the detector read it, then rectify the picture as IDL does."""
    size = meta["naxis1"]
    image = np.zeros((size, size), int)
    for number, (y0, y1, x0, x1) in enumerate(icer_segments(size, meta["comprssn"])[0]):
        image[y0:y1, x0:x1] = number
    y, x = np.mgrid[:size, :size]
    new_x, new_y = {
        ("STEREO_A", "COR1"): (y, size - 1 - x),
        ("STEREO_A", "COR2"): (size - 1 - y, x),
        ("STEREO_B", "COR1"): (size - 1 - y, x),
        ("STEREO_B", "COR2"): (y, size - 1 - x),
    }[meta["obsrvtry"], meta["detector"]]
    picture = np.empty_like(image)
    picture[new_y, new_x] = image
    return picture


@pytest.mark.parametrize("code", [93, 97])
@pytest.mark.parametrize("spacecraft", ["STEREO_A", "STEREO_B"])
@pytest.mark.parametrize("detector", ["COR1", "COR2"])
def test_rectified_segments(code, spacecraft, detector):
    """In the picture, segments lie where rectification has turned them (scc_get_missing.pro's table)."""
    meta = COR1 | {"comprssn": code, "obsrvtry": spacecraft, "detector": detector}
    del meta["rectrota"]
    grid = identify(meta).grid
    picture = as_read(meta)
    for index in range(grid.n_blocks):
        assert np.all(picture[grid.slices(index)] == index)
        row, column = grid.row_col(index)
        assert 0 <= row < grid.shape[0]
        assert 0 <= column < grid.shape[1]
    assert grid.sizes().sum() == picture.size


def test_the_header_knows_the_rectification():
    """RECTROTA agrees with the table, and goes before it."""
    assert identify(COR1).grid == identify(COR1 | {"rectrota": 3}).grid
    assert identify(COR1 | {"rectrota": 1}).grid.slices(0) == (slice(0, 128), slice(384, 512))
    assert identify(COR1 | {"rectify": False}).grid.slices(0) == (slice(0, 128), slice(0, 128))
    with pytest.raises(ValueError, match="RECTROTA=7 is not a rectification"):
        identify(COR1 | {"rectrota": 7})


@pytest.mark.parametrize(
    ("change", "blocks", "count"),
    [
        ({}, (), 0),
        ({"misslist": " "}, (), 0),
        ({"nmissing": 1, "misslist": "05"}, (5,), 1),
        ({"nmissing": 1, "misslist": "5"}, (5,), 1),
        ({"nmissing": 3, "misslist": "000A0F"}, (0, 10, 15), 3),
        ({"nmissing": 2, "misslist": "0V1X", "comprssn": 5, "naxis1": 2048, "naxis2": 2048, "summed": 1}, (31, 67), 2),
        ({"nmissing": 1, "misslist": "00", "comprssn": 99}, (0,), 1),
        ({"nmissing": ""}, None, None),
    ],
)
def test_lists(change, blocks, count):
    """Lists of base-34 numbers are read."""
    camera = identify(COR1 | change)
    assert (camera.listed_blocks, camera.listed_count) == (blocks, count)


def test_unreadable_list_is_a_warning():
    """A list that cannot be read does not keep anybody from looking at the pixels."""
    with pytest.warns(DropoutWarning, match="MISSLIST='0505' cannot be read as NMISSING=3"):
        assert identify(COR1 | {"nmissing": 3, "misslist": "0505"}).listed_blocks is None


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"detector": "HI1"}, "'HI1' is not a supported coronagraph"),
        ({"detector": "EUVI"}, "'EUVI' is not a supported coronagraph"),
        ({"naxis1": 256, "naxis2": 256}, "256x256 pixels is no longer as it was delivered"),
        ({"naxis1": 500}, "500x512 pixels is no longer"),
        ({"crota": 10.0}, "no longer as it was delivered"),
        ({"pc1_1": 1.0, "pc2_1": 0.0}, "no longer as it was delivered"),
        ({"crota": 0.0, "pc1_1": 1.0, "pc2_1": 0.0}, "no longer as it was delivered"),
        ({"helioviewer": True}, "no longer as it was delivered"),
        ({"comprssn": 5, "bunit": "MSB"}, "calibrated COR frame is masked outside its field"),
    ],
)
def test_refused(change, match):
    """What cannot be told is refused, with what to do instead."""
    with pytest.raises(ValueError, match=match):
        identify(COR1 | change)


def test_geometry():
    """The occulter lies on the boresight, the Sun where the pointing says."""
    camera = identify(COR1 | {"crval1": -38.955505, "crval2": 93.082016})
    assert camera.center == pytest.approx((256.27, 256.527))
    assert camera.sun_center == pytest.approx((258.43, 250.16), abs=0.01)
    assert camera.solar_radius == pytest.approx(66.81, abs=0.01)
    assert camera.occulter_radius == 100
    assert camera.exposure == 1.7


@pytest.mark.parametrize(
    ("change", "value"),
    [
        ({}, 669.959),
        ({"offsetcr": 669.959}, 0.0),
        ({"ip_00_19": " 41 76  3  3106 97"}, 669.959 * 16),
        ({"bunit": "DN/s"}, 0.0),
    ],
)
def test_bias(change, value):
    """Every on-board sum multiplies the offset, every division undoes that, and it may have been taken off."""
    assert identify(COR1 | change).bias == pytest.approx(value)


def cor_map(**change):
    """Make a plain frame with some segments lost."""
    meta = COR1 | change
    data = np.full((meta["naxis2"], meta["naxis1"]), 2000, np.uint16)
    return data, meta


@given(lost=st.sets(st.integers(0, 15), max_size=16))
def test_lost_segments_are_found_exactly(lost):
    """Lost segments are found from the pixels, in any number."""
    data, meta = cor_map()
    grid = identify(meta).grid
    data[grid.mask(lost)] = 0
    dropouts = find_dropouts(sunpy.map.Map(data, meta), source="pixels")
    assert dropouts.indices == tuple(sorted(lost))
    assert not (grid.mask(lost) & ~dropouts.mask).any()


def test_a_lost_segment_spoils_its_neighbors():
    """Twenty pixels around a lost ICER segment are part of what is missing; the frame's edge is respected."""
    data, meta = cor_map(nmissing=1, misslist="05")
    data[256:384, 128:256] = 0
    dropouts = find_dropouts(sunpy.map.Map(data, meta))
    assert dropouts.source == "header and pixels"
    expected = np.zeros((512, 512), bool)
    expected[236:404, 108:276] = True
    np.testing.assert_array_equal(dropouts.mask, expected)
    np.testing.assert_array_equal(find_dropouts(sunpy.map.Map(data, meta), source="header").mask, expected)


def test_rice_blocks_do_not_spoil_theirs():
    """Blocks of 64x64 pixels are lost without harm to others."""
    data, meta = cor_map(comprssn=5, nmissing=1, misslist="0A")
    data[64:128, 128:192] = 0
    dropouts = find_dropouts(sunpy.map.Map(data, meta))
    assert dropouts.indices == (10,)
    assert dropouts.mask.sum() == 64 * 64
    assert dropouts.source == "header and pixels"


def test_whole_image_in_one_segment():
    """A frame of one segment is there or it is not."""
    data, meta = cor_map(comprssn=99, nmissing=1, misslist="00")
    dropouts = find_dropouts(sunpy.map.Map(data * 0, meta))
    assert dropouts.indices == (0,)
    assert dropouts.mask.all()


def test_real_frame(data_dir, real_map):
    """The real COR1 frame has nothing missing, and its header says so."""
    smap = real_map(data_dir / "secchi" / "cor1_20090615_000500_s4c1A.fts")
    dropouts = find_dropouts(smap)
    assert len(dropouts) == 0
    assert dropouts.source == "header and pixels"
    assert dropouts.camera.name == "STEREO-A/SECCHI COR1"
    assert isinstance(dropouts.grid, SegmentGrid)
    assert not dropouts.no_data.any()
    # The occulter's shadow is dark and the ring about it is not.
    x, y = (round(value) for value in dropouts.camera.center)
    radius = round(dropouts.camera.occulter_radius)
    assert smap.data[y, x + radius - 20] < 1000 < smap.data[y, x + radius + 25]
