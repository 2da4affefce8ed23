"""The single steps, as functions of arrays, with the golden values of SolarSoft."""

from types import SimpleNamespace

import hypothesis
import hypothesis.strategies as st
import numpy as np
import pytest

from sunpy_coronagraph_inpaint.calibrate.distortion import (
    distortion_center,
    distortion_source,
    resample,
    undistortion_source,
)
from sunpy_coronagraph_inpaint.calibrate.level_05 import embed_subfield, rebin_to_frame, unwrap_counts
from sunpy_coronagraph_inpaint.calibrate.level_1_files import scale_level_1, unscale_level_1
from sunpy_coronagraph_inpaint.calibrate.nominal import nominal_mask, nominal_pointing, nominal_vignetting
from sunpy_coronagraph_inpaint.calibrate.pointing import (
    Pointing,
    frame_pointing,
    interpolate_pointing,
    level_1_name,
    rotate_about,
)
from sunpy_coronagraph_inpaint.calibrate.statistics import level_1_statistics
from tests import solarsoft


def unwrapped(counts):
    """Return what becomes of the counts of a frame."""
    state = SimpleNamespace(data=counts)
    unwrap_counts(state)
    return state.data


def test_unwrap_counts():
    """Negative 16-bit integers get 65535 more; frames without any are the same array."""
    wrapped = np.array([[-32768, -1, 0, 500]], dtype=np.int16)
    assert unwrapped(wrapped).tolist() == [[32767, 65534, 0, 500]]
    whole = np.array([[0, 500]], dtype=np.int16)
    assert unwrapped(whole) is whole
    floats = np.array([-2.5])
    assert unwrapped(floats) is floats


@pytest.mark.parametrize("summing", [(1, 1), (2, 2), (1, 2)])
def test_embed_subfield(summing):
    """A subfield lies where its header says, and nothing is anywhere else."""
    image = np.random.default_rng(1).integers(1, 100, (64, 96)).astype(np.int16)
    full = embed_subfield(image, origin=(256, 128), summing=summing)
    assert full.shape == (1024 // summing[0], 1024 // summing[1])
    assert full.dtype == np.int16
    row, column = 256 // summing[0], 128 // summing[1]
    assert np.array_equal(full[row : row + 64, column : column + 96], image)
    assert full.sum() == image.sum()


def test_subfield_must_fit():
    """A subfield that reaches out of the frame is an error."""
    with pytest.raises(ValueError, match="reaches out of the frame"):
        embed_subfield(np.ones((64, 64)), origin=(1000, 0), summing=(1, 1))


@pytest.mark.parametrize("summing", [(2, 2), (4, 4), (2, 1)])
def test_rebin_to_frame(summing):
    """Calibration images are averaged over what was summed, 4x4 too; a number stays one."""
    image = np.random.default_rng(0).random((1024, 1024))
    sy, sx = summing
    found = rebin_to_frame(image, summing)
    assert found.shape == (1024 // sy, 1024 // sx)
    assert found[3, 5] == pytest.approx(image[3 * sy : 4 * sy, 5 * sx : 6 * sx].mean())
    assert rebin_to_frame(2.5, summing) == 2.5


def test_rebin_of_another_size():
    """A frame that is not summed takes the image as it is; an image of another size is an error."""
    image = np.ones((1024, 1024))
    assert rebin_to_frame(image, (1, 1)) is image
    with pytest.raises(ValueError, match="1024x1024"):
        rebin_to_frame(image[:512], (1, 1))


@pytest.mark.parametrize(("detector", "limit"), [("C2", 0.03), ("C3", 0.08)])
def test_control_grid_agrees_with_the_analytic_distortion(detector, limit):
    """SolarSoft's grid of control points differs from the exact distortion by no more than 0.03 and 0.08 pixels."""
    center = distortion_center(detector, 52282)
    grid, exact = (
        distortion_source(detector, (1024, 1024), center=center, method=method) for method in ("grid", "analytic")
    )
    difference = np.hypot(*(grid - exact)).max()
    assert limit / 10 < difference < limit
    assert np.abs(grid - exact)[:, ::32, ::32].max() < 1e-9


@pytest.mark.parametrize("detector", ["C2", "C3"])
def test_distortion_equals_an_independent_one(detector):
    """The warped image equals that of a second implementation up to the diagonals of the grid's cells."""
    rng = np.random.default_rng(5)
    y, x = np.mgrid[:1024, :1024]
    image = 1e3 * np.sin(x / 40 + rng.random()) * np.cos(y / 55)
    source = distortion_source(detector, (1024, 1024), center=solarsoft.CENTERS[detector])
    assert np.abs(resample(image, source) - solarsoft.warp(image, detector)).max() < 3


def test_distortion_size_and_sign():
    """C3 at 500 pixels moves by +1.5, at 200 by -2.4; C2 at 500 by -3.5."""
    for detector, distance, shift in (("C3", 500, 1.54), ("C3", 200, -2.45), ("C2", 500, -3.5)):
        center = (512.0, 512.0)
        source = distortion_source(detector, (1024, 1024), center=center, method="analytic")
        assert source[1, 512, 512 + distance] - 512 - distance == pytest.approx(shift, abs=0.1)


def test_distortion_of_summed_frames():
    """A summed frame has its control points at the same places of the detector."""
    center = distortion_center("C2", 52000)
    full = distortion_source("C2", (1024, 1024), center=center)
    half = distortion_source("C2", (512, 512), summing=(2, 2), center=center)
    assert np.abs(half[:, ::16, ::16] - full[:, ::32, ::32] / 2).max() < 1e-9
    with pytest.raises(ValueError, match="'grid' or 'analytic'"):
        distortion_source("C2", (512, 512), center=center, method="spline")


@pytest.mark.parametrize(("day", "y"), [(50000, 529.717), (50901, 529.671), (51000, 529.650), (60000, 531.132)])
def test_c3_center_of_the_nearest_date(day, y):
    """The center of the nearest measured date is taken."""
    assert distortion_center("C3", day)[1] == y


@pytest.mark.parametrize("detector", ["C2", "C3"])
def test_undistortion_inverts_the_correction(detector):
    """SolarSoft's inverse coefficients lead back to within half a pixel."""
    center = distortion_center(detector, 52282)
    there = distortion_source(detector, (1024, 1024), center=center, method="analytic")
    back = undistortion_source(detector, (1024, 1024), center=center)
    again = np.stack([resample(axis, there) for axis in back])
    middle = np.s_[:, 150:900, 150:900]
    assert np.abs(again - np.mgrid[:1024, :1024])[middle].max() < 0.5


@hypothesis.given(st.floats(1, 359), st.tuples(st.floats(20, 44), st.floats(20, 44)))
@hypothesis.settings(max_examples=20, deadline=None)
def test_rotation_equals_an_independent_one(degrees, pivot):
    """The rotation equals that of a second implementation wherever that has whole data."""
    image = 1 + np.random.default_rng(3).random((64, 64))
    expected, found = solarsoft.rot(image, degrees, pivot), rotate_about(image, degrees, pivot)
    inside = np.isfinite(found)
    assert np.allclose(found[inside], expected[inside])
    assert (expected[~inside] == 0).all()


def test_rotation_keeps_lost_pixels_lost():
    """Not-a-number does not vanish, and takes with it only what it was mixed into."""
    image = np.ones((64, 64))
    image[30, 40] = np.nan
    lost = np.isnan(rotate_about(image, 10, (32, 32))[10:54, 10:54])
    assert 1 <= lost.sum() <= 9


def test_rotation_is_clockwise():
    """A pixel on the right moves to the bottom, which is the first row."""
    image = np.array([[0.0, 0, 0], [0, 0, 5], [0, 0, 0]])
    assert rotate_about(image, 90, (1.0, 1.0)).round(6).tolist() == [[0, 5, 0], [0, 0, 0], [0, 0, 0]]


def test_pointing_between_entries_of_the_table():
    """The pointing is interpolated in ephemeris time, and stays the first or last one outside the table."""
    table = {"c_tai": [1e9, 1e9 + 100], "c_xmed": [518.0, 519.0], "c_ymed": [532.0, 532.0], "c_rmed": [0.0, -0.5]}
    assert interpolate_pointing(table, 1e9 + 50 - 32.184) == pytest.approx((518.5, 532.0, -0.25))
    assert interpolate_pointing(table, 0) == (518.0, 532.0, 0.0)
    assert interpolate_pointing(table, 2e9) == (519.0, 532.0, -0.5)


def test_pointing_golden():
    """Center and roll of a real summed frame that was upside down and rolled by 6.7 degrees."""
    found = frame_pointing(Pointing(509.966, 505.456, 173.32156), crota=173.0, summing=(2, 2))
    assert (found.upside_down, found.crota) == (True, 0.0)
    assert found.rotation == pytest.approx(6.67844, abs=1e-5)
    assert found.rectify == pytest.approx(173.32156)
    assert found.x == pytest.approx(256.517, abs=1e-3)


def test_nominal_values():
    """The interim pointing of SolarSoft; no vignetting far from the occulter; the masked pixels of C3."""
    assert nominal_pointing("C3", 180.0) == pytest.approx((518.2, 532.5, 179.77))
    assert nominal_vignetting("C3")[531, 516 + 300] == 1
    assert nominal_vignetting("C2")[505, 512] == pytest.approx(100)
    assert (nominal_mask() == 0).sum() == 190023


@pytest.mark.parametrize(
    ("name", "expected"),
    [("32082085.fts", "35082085.fts"), ("21001234.fts", "24001234.fts"), ("33001234.fts", "34001234.fts"),
     ("mine.fits", "mine.fits")],
)  # fmt: skip
def test_name_of_a_level_1_file(name, expected):
    """The second digit becomes 5 for final data and 4 for others; other names stay."""
    assert level_1_name(name) == expected


def test_pointing_of_upside_down_frames():
    """A frame at 180 degrees is rotated by 180 degrees; a roll of less than a degree stays in the header."""
    found = frame_pointing(Pointing(518.2, 532.5, 179.77), crota=180.0)
    assert (found.upside_down, found.rotation, found.rectify) == (True, 0.0, 180.0)
    assert (found.x, found.y, found.crota) == pytest.approx((504.8, 490.5, -0.23))
    below = frame_pointing(Pointing(518.2, 532.5, -179.9), crota=-179.9)
    assert below.crota == pytest.approx(0.1)


def test_scaling_goes_there_and_back():
    """Scaled brightness comes back to half a step, and pixels without data as such."""
    image = np.r_[np.nan, 0, np.geomspace(1e-12, 6.4e-9, 50)]
    again = unscale_level_1(scale_level_1(image))
    assert np.isnan(again[:2]).all()
    assert np.abs(again[2:] - image[2:]).max() < 0.51 * 6.5e-9 / 65536


def test_scaling_never_writes_a_zero_for_data():
    """The brightness that SolarSoft would write as 0, which means no data, moves by one step."""
    assert scale_level_1(np.array([32769 * 6.5e-9 / 65536])).tolist() == [1]
    assert scale_level_1(np.array([-1e-12, 7e-9])).tolist() == [-32767, 32767]


def test_statistics_golden():
    """Percentiles, saturation and pixels without data of a hundred known values."""
    found = level_1_statistics(np.r_[np.nan, np.arange(1, 101) * 1e-11])
    assert (found["DATAZER"], found["DATASAT"]) == (1, 1)
    assert (found["DATAP50"], found["DATAMAX"], found["DSATVAL"]) == pytest.approx((5.1e-10, 9.9e-10, 1e-9))


def test_statistics_of_nothing():
    """A frame without data has zeros, not errors."""
    found = level_1_statistics(np.full((4, 4), np.nan))
    assert found["DATAZER"] == 16
    assert found["DATAP50"] == found["DATAMAX"] == 0


def test_statistics_cut_off_huge_values():
    """Values above 5e-5 are set to it when one reaches 0.1."""
    image = np.r_[np.full(1000, 1e-10), 0.2]
    assert level_1_statistics(image)["DSATVAL"] == 5e-5
