"""Each step as a function of arrays, with the golden values of SolarSoft."""

import hypothesis
import hypothesis.strategies as st
import numpy as np
import pytest

from sunpy_coronagraph_inpaint import calibrate as cal
from sunpy_coronagraph_inpaint.calibrate.undistortion import undistortion_source
from tests import solarsoft

C2_CLEAR = {
    "Orange": 4.60403e-7 * 55000 + 0.0374116,
    "Blue": 0.1033,
    "DeepRd": 0.1033,
    "Halpha": 0.01055,
    "Lens": 0.01055,
}
C3_CLEAR = {"Clear": 7.43e-8 * 5000 + 5.96e-3, "Orange": 0.0297, "Blue": 0.0975, "DeepRd": 0.0259, "IR": 0.0887}
C3_SIDES = {
    "Clear": (0.9832, 1.0235),
    "Orange": (0.9648, 1.0798),
    "Blue": (0.9734, 1.0613),
    "DeepRd": (0.9983, 1.0300),
    "IR": (0.9833, 1.0288),
}


@pytest.mark.parametrize(
    ("detector", "color", "day", "printed"),
    [("C2", "Orange", 54890, "6.26831e-12"), ("C3", "Clear", 52282, "6.12955e-13")],
)
def test_calibration_factor_golden(detector, color, day, printed):
    """The factors in the HISTORY of real level-1 frames come out to all printed digits."""
    assert f"{cal.calibration_factor(detector, color, 'Clear', day):.5e}" == printed


@pytest.mark.parametrize("color", C2_CLEAR)
@pytest.mark.parametrize(
    ("polar", "share"),
    [("Clear", 1), ("+60 Deg", 1 / 0.25256), ("0 Deg", 1 / 0.25256), ("-60 Deg", 1 / 0.25256), ("ND", 1)],
)
def test_c2_factors(color, polar, share):
    """Every cell of the table of C2; an unknown polarizer (ND) counts as clear, but for DeepRd as nothing."""
    share = 0 if (color, polar) == ("DeepRd", "ND") else share
    expected = C2_CLEAR[color] * share * 1e-10
    assert cal.calibration_factor("C2", color, polar, 55000) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("color", C3_CLEAR)
@pytest.mark.parametrize("polar", ["Clear", "+60 Deg", "0 Deg", "-60 Deg", "H_Alpha", "ND"])
def test_c3_factors(color, polar):
    """Every cell of the table of C3."""
    zero, minus = (side / 0.25256 for side in C3_SIDES[color])
    other = {"H_Alpha": 1.541, "ND": 0} if color == "Clear" else {"H_Alpha": 1, "ND": 1}
    share = {"Clear": 1, "+60 Deg": 1 / 0.25256, "0 Deg": zero, "-60 Deg": minus, **other}[polar]
    assert cal.calibration_factor("C3", color, polar, 55000) == pytest.approx(
        C3_CLEAR[color] * share * 1e-10, rel=1e-12
    )


def test_factor_of_unknown_filters():
    """An unknown filter has the factor 0, another detector none; summing divides."""
    assert cal.calibration_factor("C2", "Clear", "Clear", 55000) == 0
    assert cal.calibration_factor("C3", "Halpha", "Clear", 55000) == 0
    one, four = (cal.calibration_factor("C3", "Clear", "Clear", 55000, summing=n) for n in (1, 4))
    assert one == 4 * four
    with pytest.raises(ValueError, match="Choose 'C2' or 'C3'"):
        cal.calibration_factor("C1", "Clear", "Clear", 55000)


@pytest.mark.parametrize(("detector", "day", "golden"), [("C2", 54890, 618.5), ("C3", 52282, 377.7)])
def test_bias_golden(detector, day, golden):
    """The polynomial gives the offsets of the exposure factor files to 0.3 DN."""
    assert abs(cal.bias(detector, day) - golden) < 0.3


@pytest.mark.parametrize(
    ("day", "golden"), [(54890.01, 978.572578766), (52282.86, 985.876146678), (55546.4, 985.083580842)]
)
def test_solar_radius_golden(day, golden):
    """RSUN of level-1 headers comes out to 1e-4 arcsec; the time of day does not count."""
    assert abs(cal.solar_radius(day) - golden) < 1e-4


def test_fix_wrap():
    """Negative 16-bit integers get 65535 more; frames without any are the same array."""
    wrapped = np.array([[-32768, -1, 0, 500]], dtype=np.int16)
    assert cal.fix_wrap(wrapped).tolist() == [[32767, 65534, 0, 500]]
    whole = np.array([[0, 500]], dtype=np.int16)
    assert cal.fix_wrap(whole) is whole
    floats = np.array([-2.5])
    assert cal.fix_wrap(floats) is floats


@pytest.mark.parametrize("summing", [(1, 1), (2, 2), (1, 2)])
def test_standard_size(summing):
    """A sub-field lies where its header says, and nothing is anywhere else."""
    image = np.random.default_rng(1).integers(1, 100, (64, 96)).astype(np.int16)
    full = cal.standard_size(image, origin=(256, 128), summing=summing)
    assert full.shape == (1024 // summing[0], 1024 // summing[1])
    assert full.dtype == np.int16
    row, column = 256 // summing[0], 128 // summing[1]
    assert np.array_equal(full[row : row + 64, column : column + 96], image)
    assert full.sum() == image.sum()


def test_standard_size_refuses_what_does_not_fit():
    """A sub-field that reaches out of the frame is an error."""
    with pytest.raises(ValueError, match="reaches out of the frame"):
        cal.standard_size(np.ones((64, 64)), origin=(1000, 0), summing=(1, 1))


def test_exposure_must_be_positive():
    """An exposure time of 0 or nan is an error, not infinite brightness."""
    for seconds in (0, float("nan"), -1):
        with pytest.raises(ValueError, match="EXPTIME"):
            cal.normalize_exposure(np.ones(3), seconds)


def test_fit_to_frame_cuts_and_averages():
    """Calibration images are cut like the frame and averaged over what was summed, 4x4 too."""
    image = np.random.default_rng(0).random((1024, 1024))
    assert np.array_equal(
        cal.fit_to_frame(image, origin=(32, 64), summing=(1, 1), shape=(96, 128)), image[32:128, 64:192]
    )
    four = cal.fit_to_frame(image, origin=(0, 0), summing=(4, 4), shape=(256, 256))
    assert four[3, 5] == pytest.approx(image[12:16, 20:24].mean())
    with pytest.raises(ValueError, match="1024x1024"):
        cal.fit_to_frame(image[:512], origin=(0, 0), summing=(1, 1), shape=(512, 512))


@pytest.mark.parametrize(("detector", "limit"), [("C2", 0.03), ("C3", 0.08)])
def test_control_grid_agrees_with_the_analytic_distortion(detector, limit):
    """SolarSoft's grid of control points differs from the exact distortion by no more than 0.03 and 0.08 pixels."""
    center = cal.distortion_center(detector, 52282)
    grid, exact = (
        cal.distortion_source(detector, (1024, 1024), center=center, method=method) for method in ("grid", "analytic")
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
    source = cal.distortion_source(detector, (1024, 1024), center=solarsoft.CENTERS[detector])
    assert np.abs(cal.correct_distortion(image, source) - solarsoft.warp(image, detector)).max() < 3


def test_distortion_size_and_sign():
    """C3 at 500 pixels moves by +1.5, at 200 by -2.4; C2 at 500 by -3.5."""
    for detector, distance, shift in (("C3", 500, 1.54), ("C3", 200, -2.45), ("C2", 500, -3.5)):
        center = (512.0, 512.0)
        source = cal.distortion_source(detector, (1024, 1024), center=center, method="analytic")
        assert source[1, 512, 512 + distance] - 512 - distance == pytest.approx(shift, abs=0.1)


def test_distortion_of_summed_frames():
    """A summed frame has its control points at the same places of the detector."""
    center = cal.distortion_center("C2", 52000)
    full = cal.distortion_source("C2", (1024, 1024), center=center)
    half = cal.distortion_source("C2", (512, 512), summing=(2, 2), center=center)
    assert np.abs(half[:, ::16, ::16] - full[:, ::32, ::32] / 2).max() < 1e-9
    with pytest.raises(ValueError, match="'grid' or 'analytic'"):
        cal.distortion_source("C2", (512, 512), center=center, method="spline")


@pytest.mark.parametrize(("day", "y"), [(50000, 529.717), (50901, 529.671), (51000, 529.650), (60000, 531.132)])
def test_c3_center_of_the_nearest_date(day, y):
    """The center of the nearest measured date is taken."""
    assert cal.distortion_center("C3", day)[1] == y


@pytest.mark.parametrize("detector", ["C2", "C3"])
def test_undistortion_is_the_way_back(detector):
    """SolarSoft's inverse coefficients lead back to within half a pixel."""
    center = cal.distortion_center(detector, 52282)
    there = cal.distortion_source(detector, (1024, 1024), center=center, method="analytic")
    back = undistortion_source(detector, (1024, 1024), center=center)
    again = np.stack([cal.correct_distortion(axis, there) for axis in back])
    middle = np.s_[:, 150:900, 150:900]
    assert np.abs(again - np.mgrid[:1024, :1024])[middle].max() < 0.5


@hypothesis.given(st.floats(1, 359), st.tuples(st.floats(20, 44), st.floats(20, 44)))
@hypothesis.settings(max_examples=20, deadline=None)
def test_rotation_equals_an_independent_one(degrees, pivot):
    """The rotation equals that of a second implementation wherever that has whole data."""
    image = 1 + np.random.default_rng(3).random((64, 64))
    expected, found = solarsoft.rot(image, degrees, pivot), cal.rotate(image, degrees, pivot)
    inside = np.isfinite(found)
    assert np.allclose(found[inside], expected[inside])
    assert (expected[~inside] == 0).all()


def test_rotation_keeps_lost_pixels_lost():
    """Not-a-number does not vanish, and takes with it only what it was mixed into."""
    image = np.ones((64, 64))
    image[30, 40] = np.nan
    lost = np.isnan(cal.rotate(image, 10, (32, 32))[10:54, 10:54])
    assert 1 <= lost.sum() <= 9


def test_pointing_of_upside_down_frames():
    """A frame at 180 degrees is turned; a roll of less than a degree stays in the header."""
    found = cal.frame_pointing(cal.Pointing(518.2, 532.5, 179.77), crota=180.0)
    assert (found.turned, found.rotated, found.rectify) == (True, 0.0, 180.0)
    assert (found.x, found.y, found.crota) == pytest.approx((504.8, 490.5, -0.23))
    below = cal.frame_pointing(cal.Pointing(518.2, 532.5, -179.9), crota=-179.9)
    assert below.crota == pytest.approx(0.1)


def test_scaling_goes_there_and_back():
    """Scaled brightness comes back to half a step, and pixels without data as such."""
    image = np.r_[np.nan, 0, np.geomspace(1e-12, 6.4e-9, 50)]
    again = cal.unscale_level_1(cal.scale_level_1(image))
    assert np.isnan(again[:2]).all()
    assert np.abs(again[2:] - image[2:]).max() < 0.51 * 6.5e-9 / 65536


def test_scaling_never_writes_a_zero_for_data():
    """The brightness that SolarSoft would write as 0, which means no data, moves by one step."""
    assert cal.scale_level_1(np.array([32769 * 6.5e-9 / 65536])).tolist() == [1]
    assert cal.scale_level_1(np.array([-1e-12, 7e-9])).tolist() == [-32767, 32767]


def test_statistics_of_nothing():
    """A frame without data has zeros, not errors."""
    found = cal.level_1_statistics(np.full((4, 4), np.nan))
    assert found["DATAZER"] == 16
    assert found["DATAP50"] == found["DATAMAX"] == 0


def test_statistics_cut_off_huge_values():
    """Values above 5e-5 are set to it when one reaches 0.1."""
    image = np.r_[np.full(1000, 1e-10), 0.2]
    assert cal.level_1_statistics(image)["DSATVAL"] == 5e-5
