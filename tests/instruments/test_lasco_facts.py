"""What is known of C2 and C3: never-transmitted blocks, offset, optics."""

import numpy as np
import pytest

from sunpy_coronagraph_inpaint.instruments import BlockGrid
from sunpy_coronagraph_inpaint.instruments.lasco_facts import DETECTORS, bias, distorted, null_blocks, solar_radius
from sunpy_coronagraph_inpaint.instruments.lasco_vignetting import MULTIPLIER, THROUGHPUT

FULL = BlockGrid(frame_shape=(1024, 1024))
HALF = BlockGrid(frame_shape=(512, 512), summing=(2, 2))
QUARTER = BlockGrid(frame_shape=(256, 256), summing=(4, 4))


@pytest.mark.parametrize(
    ("detector", "grid", "compression", "count"),
    [
        ("C3", FULL, "X#", 99),
        ("C3", FULL, "XR", 99),
        ("C3", FULL, "XZR", 0),
        ("C2", FULL, "X%", 61),
        ("C2", FULL, "XR", 61),
        ("C2", HALF, "XUR", 8),
        ("C2", HALF, "XZUR", 0),
        ("C2", QUARTER, "XUR", 0),
        ("C3", HALF, "XUR", 17),
        ("C3", QUARTER, "XUR", 1),
    ],
)
def test_number_of_null_blocks(detector, grid, compression, count):
    """Every program sends what it sends."""
    assert len(null_blocks(detector, grid, compression)) == count


def test_null_blocks_of_a_summed_c3_frame_are_those_of_get_tmask():
    """The rule gives the list that get_tmask.pro has for 512x512 pixels, in blocks of the unsummed frame."""
    runs = [
        (0, 5), (26, 37), (58, 67), (94, 99), (126, 129), (158, 161), (190, 191), (896, 897), (926, 929), (958, 963),
        (988, 995), (1020, 1023),
    ]  # fmt: skip
    listed = {block for first, last in runs for block in range(first, last + 1)}
    assert {block for index in null_blocks("C3", HALF, "XUR") for block in HALF.reference(index)} == listed


def test_null_blocks_lie_in_corners_and_behind_the_occulter():
    """C3 leaves out corners; C2 leaves out corners and blocks behind its occulter, but not the four in the middle."""
    x0, y0 = DETECTORS["C2"].center
    for index in null_blocks("C2", FULL, "X%"):
        row, column = FULL.row_col(index)
        radius = np.hypot(32 * column + 15.5 - x0, 32 * row + 15.5 - y0)
        assert radius < DETECTORS["C2"].occulter_radius or radius > 650
    assert not {495, 496, 527, 528} & set(null_blocks("C2", FULL, "X%"))


def test_null_blocks_of_a_sub_field():
    """A sub-field has the null blocks of the corner it shows, in its own numbers."""
    corner = BlockGrid(frame_shape=(64, 320), origin=(0, 0))
    assert null_blocks("C3", corner, "X#") == (*range(8), *range(10, 16))
    middle = BlockGrid(frame_shape=(512, 512), origin=(256, 256))
    assert null_blocks("C3", middle, "X#") == ()


def test_null_blocks_of_a_sub_field_between_blocks():
    """A block of a sub-field that lies across blocks is null only if everything under it is."""
    shifted = BlockGrid(frame_shape=(32, 320), origin=(0, 16))
    assert null_blocks("C3", shifted, "X#") == tuple(range(7))


@pytest.mark.parametrize(
    ("detector", "mjd", "value"),
    [
        ("C3", 52282, 377.905),  # 2002-01-08; its level-1 file was made with 377.7
        ("C2", 55201, 620.917),  # 2010-01-05; header 620.909
        ("C3", 55201, 398.160),  # header 398.05
        ("C2", 55546, 2491.51 / 4),  # 2010-12-16; history of the level-1 file, summed 2x2
        ("C3", 50000, 319.0),
    ],
)
def test_bias(detector, mjd, value):
    """The polynomials give what SolarSoft's files say."""
    assert bias(detector, mjd) == pytest.approx(value, abs=0.005)


@pytest.mark.parametrize("detector", ["C2", "C3"])
def test_bias_stays_in_range(detector):
    """The offset grows slowly over thirty years: no polynomial runs away, and few do not join the one before."""
    values = np.array([bias(detector, mjd) for mjd in range(50100, 61400)])
    steps = np.abs(np.diff(values))
    assert np.count_nonzero(steps > 0.6) == 2
    assert steps.max() < 16
    assert 90 < values[-1] - values[0] < 200


@pytest.mark.parametrize(("mjd", "radius"), [(52282, 985.876147), (54890, 978.572579), (55546, 985.083581)])
def test_solar_radius(mjd, radius):
    """The radius is the RSUN of level-1 headers, and does not know the time of day."""
    assert solar_radius(mjd) == pytest.approx(radius, abs=1e-4)
    assert solar_radius(mjd + 0.9) == solar_radius(mjd)


@pytest.mark.parametrize(
    ("detector", "radius", "shift"), [("C3", 500, 1.54), ("C3", 200, -2.45), ("C2", 500, -3.51), ("C2", 0, 0)]
)
def test_distortion(detector, radius, shift):
    """The correction takes its pixels from up to 3.5 pixels away, along the radius."""
    x0, y0 = DETECTORS[detector].distortion_center
    x, y = distorted(x0 + 0.6 * radius, y0 + 0.8 * radius, detector)
    assert np.hypot(x - x0, y - y0) == pytest.approx(radius + shift, abs=0.01)
    assert (x - x0) * 0.8 == pytest.approx((y - y0) * 0.6)


@pytest.mark.parametrize("detector", ["C2", "C3"])
def test_noise_of_a_pixel(detector):
    """Photons, readout and sensitivity add in squares; a dark pixel has the noise of the readout alone."""
    constants = DETECTORS[detector]
    assert constants.noise(0.0) == constants.noise(-5.0) == constants.read_noise
    expected = 1000 / constants.gain + 4 * constants.read_noise**2 + (1000 * constants.pixel_flat) ** 2
    assert constants.noise(1000.0, pixels=4) == pytest.approx(expected**0.5)


def test_both_tables_of_vignetting_agree():
    """Artificial throughput is the inverse of the multiplier within 2.5 % in C3, and 0.7 to 0.9 of it in C2."""
    for detector, low, high, tolerance in (("C3", 75, 220, (0.975, 1.025)), ("C2", 200, 600, (0.7, 0.9))):
        radius = np.arange(low, high)
        radii, multiplier = MULTIPLIER[detector]
        product = np.exp(np.interp(radius, radii, np.log(multiplier))) * np.interp(radius, *THROUGHPUT[detector])
        assert tolerance[0] < product.min() < product.max() < tolerance[1], (detector, product.min(), product.max())
