"""Cameras of LASCO, from headers and from real frames."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, map_coordinates
from scipy.optimize import least_squares

import sunpy.map
import sunpy.map.sources

from sunpy_coronagraph_inpaint.instruments import identify
from sunpy_coronagraph_inpaint.instruments.lasco_facts import DETECTORS

from .test_lasco_header import HALF, RAW

LEVEL1 = RAW | {"level": "1.0", "rectify": 0.0, "bunit": "MSB", "crpix1": 518.969, "crpix2": 533.664}


def test_raw_camera():
    """A raw C3 frame: offset by date, center of the occulter from the optics and not from the header."""
    camera = identify(RAW)
    assert camera.name == "SOHO/LASCO C3"
    assert camera.bias == pytest.approx(377.905, abs=0.001)
    assert camera.exposure == 19.1
    assert camera.center == (516.8, 531.6)
    assert camera.solar_radius == pytest.approx(985.876 / 56, abs=0.001)
    assert camera.masked is None
    assert len(camera.null_blocks) == 99


def test_geometry_of_summed_and_cut_out_frames():
    """Lengths shrink with the pixels, positions refer to pixel centers, and a sub-field starts at its own corner."""
    half = identify(HALF)
    assert half.center == pytest.approx((258.15, 265.55))
    assert half.occulter_radius == 33.5
    assert half.solar_radius == pytest.approx(985.876 / 112, abs=0.001)
    assert half.bias == pytest.approx(4 * 377.905, abs=0.01)
    sub = identify(RAW | {"naxis1": 640, "naxis2": 320, "r1col": 84, "r2col": 723, "r1row": 97, "r2row": 416})
    assert sub.center == pytest.approx((516.8 - 64, 531.6 - 96))


def test_summing_on_the_chip_does_not_multiply_the_offset():
    """The offset is added when the chip is read, after its own summing."""
    assert identify(HALF | {"lebxsum": 1, "lebysum": 1, "sumcol": 2, "sumrow": 2}).bias == pytest.approx(
        377.905, abs=0.01
    )


def test_geometry_of_level_1():
    """A level-1 frame has its Sun where its header says, its occulter where turning and rotating has put it."""
    assert identify(LEVEL1).sun_center == pytest.approx((517.969, 532.664))
    assert identify(LEVEL1).center == pytest.approx((516.8, 531.6))
    assert identify(LEVEL1).bias == 0
    turned = identify(LEVEL1 | {"rectify": 180.0})
    assert turned.center == pytest.approx((1023 - 516.8, 1023 - 531.6))
    # Rotated 90 degrees clockwise about the Sun, what was right of it is below it.
    rolled = identify(LEVEL1 | {"rectify": -90.0, "crpix1": 507.8, "crpix2": 532.6})
    assert rolled.center == pytest.approx((506.8, 531.6 - 10))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("scaling", [{"bscale": 9.91821e-14, "bzero": 3.2501e-9}, {}, {"bzero": 0.0}])
def test_stored_zero_is_no_data(dtype, scaling):
    """Stored 0 of a scaled C3 file is no data, and neither is the next lower or higher brightness, in any precision."""
    stored = np.array([[0, 1, -1, 30000]], dtype=np.int16)
    bzero, bscale = 32769 * 6.5e-9 / 65536, 6.5e-9 / 65536
    data = stored.astype(dtype) * dtype(bscale) + dtype(bzero)
    no_data = identify(LEVEL1 | scaling).no_data
    assert no_data(data).tolist() == [[True, False, False, False]]
    assert no_data(np.array([0, np.nan, 1e-11], dtype)).tolist() == [True, True, False]
    # Read as float32, then widened.
    assert no_data((stored.astype("f4") * np.float32(bscale) + np.float32(bzero)).astype("f8"))[0].tolist()[0]


def test_other_filters_are_not_scaled():
    """Only C3 Clear files are scaled; elsewhere that brightness is a brightness."""
    assert identify(LEVEL1 | {"filter": "Orange"}).no_data(np.array([3.2501e-9, 0.0])).tolist() == [False, True]


def test_mask_of_the_wrong_shape():
    """The mask is that of the frame, and no other shape can be had."""
    with pytest.raises(ValueError, match=r"has the shape \(1024, 1024\), but \(512, 512\) was asked for"):
        identify(LEVEL1).masked((512, 512))


def test_picture_of_helioviewer():
    """A picture is shown between two circles about the Sun, whose position its header counts from 0."""
    camera = identify(RAW | {"helioviewer": True, "crota1": -4.7, "crpix1": 519.2, "crpix2": 533.5, "nmissing": 0})
    assert camera.level == "jp2"
    assert camera.sun_center == camera.center == (519.2, 533.5)
    mask = camera.masked((1024, 1024))
    assert mask[533, 519]
    assert mask[0, 0]
    assert not mask[533, 719]
    assert camera.listed_blocks == ()


def test_identify_registers_no_map_source(corona):
    """Importing this package leaves sunpy's choice of map classes alone."""
    smap = corona("C3")
    assert type(sunpy.map.Map(smap.data, smap.meta)) is sunpy.map.sources.LASCOMap
    assert not [cls for cls in sunpy.map.Map.registry if cls.__module__.startswith("sunpy_coronagraph_inpaint")]


def test_real_frames_are_lasco_maps(lasco_files, real_map):
    """Every real frame stays sunpy's own LASCOMap."""
    assert {type(real_map(path)) for path in lasco_files} == {sunpy.map.sources.LASCOMap}


def test_offset_of_real_frames(lasco_files, real_map):
    """The darkest raw pixels lie a little above the offset, four times as much where 2x2 pixels were summed."""
    for path in lasco_files:
        smap = real_map(path)
        camera = identify(smap.meta)
        if camera.level == "0.5":
            data = np.asarray(smap.data)[~camera.no_data(np.asarray(smap.data))]
            summed = camera.grid.summing[0] * camera.grid.summing[1]
            assert -8 < (data.min() - camera.bias) / summed < 25, path.name


def test_solar_radius_of_real_frames(lasco_files, real_map):
    """Level-1 headers have the radius that is computed here."""
    for path in lasco_files:
        meta = real_map(path).meta
        camera = identify(meta)
        if camera.level == "1":
            assert camera.solar_radius == pytest.approx(meta["rsun"] / meta["cdelt1"], rel=1e-6)


def test_raw_frames_keep_the_orientation_of_the_camera(lasco_files, real_map):
    """The pylon points to the lower left and the occulter stays where it is, at a roll of 0 and of 180 degrees."""
    rolls = set()
    angles = np.radians([225, 45, 135, 315])
    for path in lasco_files:
        smap = real_map(path)
        camera = identify(smap.meta)
        if camera.level == "1" or not camera.name.endswith("C3"):
            continue
        rolls.add(smap.meta["crota1"])
        data = np.asarray(smap.data, dtype=float) - camera.bias
        x, y = (camera.center[i] + 200 * f(angles) for i, f in enumerate((np.cos, np.sin)))
        pylon, *others = gaussian_filter(data, 3)[y.round().astype(int), x.round().astype(int)]
        assert pylon < 0.5 * min(others), path.name
        assert occulter_center(data) == pytest.approx(DETECTORS["C3"].center, abs=1.3), path.name
    assert rolls == {0, 180}


def occulter_center(data):
    """Fit a circle to where brightness rises to half that of the ring about the occulter, away from the pylon."""
    x0, y0 = 517.0, 532.0
    radius = np.arange(45, 95, 0.1)
    angles = np.radians(np.arange(-110, 200, 2))
    places = [y0 + np.outer(np.sin(angles), radius), x0 + np.outer(np.cos(angles), radius)]
    lines = map_coordinates(gaussian_filter(data, 0.7), places, order=1)
    ring = np.median(lines[:, (radius > 72) & (radius < 90)], axis=1)
    edges = radius[np.argmax(lines > 0.5 * ring[:, None], axis=1)]
    x, y = x0 + edges * np.cos(angles), y0 + edges * np.sin(angles)
    fit = least_squares(lambda p: np.hypot(x - p[0], y - p[1]) - p[2], [x0, y0, 64], loss="soft_l1", f_scale=0.3)
    return tuple(fit.x[:2])
