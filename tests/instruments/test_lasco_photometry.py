"""Calibration factors, bias and the radius of the Sun, with the golden values of SolarSoft."""

import pytest

from sunpy_coronagraph_inpaint.instruments.lasco_facts import bias, solar_radius
from sunpy_coronagraph_inpaint.instruments.lasco_photometry import calibration_factor

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
    assert f"{calibration_factor(detector, color, 'Clear', day):.5e}" == printed


@pytest.mark.parametrize("color", C2_CLEAR)
@pytest.mark.parametrize(
    ("polar", "share"),
    [("Clear", 1), ("+60 Deg", 1 / 0.25256), ("0 Deg", 1 / 0.25256), ("-60 Deg", 1 / 0.25256), ("ND", 1)],
)
def test_c2_factors(color, polar, share):
    """Every cell of the table of C2; an unknown polarizer (ND) counts as clear, but as 0 with DeepRd."""
    share = 0 if (color, polar) == ("DeepRd", "ND") else share
    expected = C2_CLEAR[color] * share * 1e-10
    assert calibration_factor("C2", color, polar, 55000) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("color", C3_CLEAR)
@pytest.mark.parametrize("polar", ["Clear", "+60 Deg", "0 Deg", "-60 Deg", "H_Alpha", "ND"])
def test_c3_factors(color, polar):
    """Every cell of the table of C3."""
    zero, minus = (side / 0.25256 for side in C3_SIDES[color])
    other = {"H_Alpha": 1.541, "ND": 0} if color == "Clear" else {"H_Alpha": 1, "ND": 1}
    share = {"Clear": 1, "+60 Deg": 1 / 0.25256, "0 Deg": zero, "-60 Deg": minus, **other}[polar]
    assert calibration_factor("C3", color, polar, 55000) == pytest.approx(C3_CLEAR[color] * share * 1e-10, rel=1e-12)


def test_factor_of_unknown_filters():
    """An unknown filter has the factor 0, another detector none; summing divides."""
    assert calibration_factor("C2", "Clear", "Clear", 55000) == 0
    assert calibration_factor("C3", "Halpha", "Clear", 55000) == 0
    one, four = (calibration_factor("C3", "Clear", "Clear", 55000, summing=n) for n in (1, 4))
    assert one == 4 * four
    with pytest.raises(ValueError, match="Choose 'C2' or 'C3'"):
        calibration_factor("C1", "Clear", "Clear", 55000)


@pytest.mark.parametrize(("detector", "day", "golden"), [("C2", 54890, 618.5), ("C3", 52282, 377.7)])
def test_bias_golden(detector, day, golden):
    """The polynomial gives the biases of the exposure factor files to 0.3 DN."""
    assert abs(bias(detector, day) - golden) < 0.3


@pytest.mark.parametrize(
    ("day", "golden"), [(54890.01, 978.572578766), (52282.86, 985.876146678), (55546.4, 985.083580842)]
)
def test_solar_radius_golden(day, golden):
    """RSUN of level-1 headers comes out to 1e-4 arcsec; the time of day does not count."""
    assert abs(solar_radius(day) - golden) < 1e-4
