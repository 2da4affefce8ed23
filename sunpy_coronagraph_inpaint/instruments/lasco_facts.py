"""LASCO C2 and C3 as data: constants of the cameras, never-transmitted blocks, detector offset."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

SATURATION = 16383
"""Largest value of the 14-bit converter, DN of an unsummed pixel."""


@dataclass(frozen=True, kw_only=True)
class Detector:
    """
    Constants of a camera.

    Lengths are in unsummed pixels of the level-0.5 orientation, positions 0-based ``(x, y)``. Level-0.5 frames keep
    the orientation of the camera at any roll of the spacecraft, so that occulter and pylon lie at the same pixels in
    all of them (checked on frames with a roll of 0 and of 180 degrees).
    """

    filter: str
    """Filter of the synoptic program."""
    scale: float
    """Arcseconds per pixel."""
    reference_pixel: tuple[float, float]
    """``CRPIX1`` and ``CRPIX2`` of level-0.5 headers, counted from 1: for C2 the occulter and not the Sun."""
    center: tuple[float, float]
    """
    Center of the occulter's shadow: for C3 that of its contour in real raw frames (the tests measure it), half a pixel
    from the value of ``c3_occltr_cntr.dat``; for C2 the value that SolarSoft uses, see ``optical_center``.
    """
    optical_center: tuple[float, float]
    """
    Center about which the radial tables of `~sunpy_coronagraph_inpaint.instruments.lasco_vignetting` and the stray
    light of artificial frames were measured. For C2 it is ``reference_pixel`` counted from 0, a pixel from ``center``,
    for which SolarSoft counts the same value from 0; the broad shadow does not decide between the two.
    """
    sun_center: tuple[float, float]
    """The nominal Sun center, from ``get_sun_center.pro``; level-1 headers have that of the frame."""
    occulter_radius: float
    """Radius of the occulter's shadow."""
    distortion: tuple[float, float, float]
    """Coefficients of ``distortion_coeffs.pro``, about the center of distortion below."""
    distortion_center: tuple[float, float]
    """From ``c2_warp.pro`` and ``c3_occltr_cntr.dat``, whose entries for C3 differ by 1.7 pixels at the most."""
    gain: float
    """Electrons per DN, from the noise of level-0.5 frames (``benchmarks/measure_lasco.py``)."""
    read_noise: float
    """Standard deviation of the readout, DN."""
    full_well: float
    """DN above the offset at which charge spills along the row."""
    pixel_flat: float
    """Standard deviation of the pixels' sensitivity."""

    def noise(self, level, *, pixels=1):
        """Return the standard deviation of a pixel, or a sum of ``pixels`` pixels, with ``level`` DN of light."""
        light = np.maximum(level, 0)
        return np.sqrt(light / self.gain + self.read_noise**2 * pixels + (self.pixel_flat * light) ** 2)


DETECTORS = {
    "C2": Detector(
        filter="Orange",
        scale=11.9,
        reference_pixel=(512.634, 505.293),
        center=(512.634, 505.293),
        optical_center=(511.634, 504.293),
        sun_center=(510.2, 506.5),
        occulter_radius=166.0,
        distortion=(0.0051344125, -0.00012233862, 1.0978595e-7),
        distortion_center=(512.634, 505.293),
        gain=11.5,
        read_noise=0.9,
        full_well=24000.0,
        pixel_flat=0.0081,
    ),
    "C3": Detector(
        filter="Clear",
        scale=56.0,
        reference_pixel=(517.95599, 532.63202),
        center=(516.8, 531.6),
        optical_center=(516.4, 531.1),
        sun_center=(518.2, 532.5),
        occulter_radius=67.0,
        distortion=(-0.0151657, 0.000165455, 0.0),
        distortion_center=(516.4, 531.1),
        gain=12.5,
        read_noise=0.7,
        full_well=11900.0,
        pixel_flat=0.0072,
    ),
}

# First and last block of every run of never-transmitted blocks, 32 * row + column of the unsummed full frame.
_NULL_RUNS = {
    "C2": (
        (0, 1), (30, 32), (63, 63), (397, 401), (429, 434), (460, 467), (492, 494), (497, 499), (524, 526), (529, 531),
        (556, 563), (589, 594), (622, 625), (960, 960), (991, 993), (1022, 1023),
    ),
    "C3": (
        (0, 7), (24, 37), (58, 68), (91, 100), (125, 132), (158, 161), (190, 192), (223, 224), (800, 800), (832, 832),
        (863, 865), (895, 898), (926, 931), (957, 964), (988, 997), (1018, 1023),
    ),
}  # fmt: skip

# Offset of the detector through readout port C, by ``offset_bias.pro``: end of validity (exclusive, MJD), day from
# which the polynomial counts, and its coefficients.
_BIAS = {
    "C2": (
        (51058, 50079, (470.97732, 0.12792513, -3.6621933e-05)),
        (51819, 51099, (551.67277, 0.091365902, -1.2637790e-04, 7.4049597e-08)),
        (51915, 51558, (574.5788, 0.019772032)),
        (54792, 51915, (581.81517, 0.019221920, -2.3110489e-06)),
        (55044, 54792, (617.70556, 0.010290491, -6.0131545e-06)),
        (56450, 55044, (619.99733, 0.0059081617, -3.3932229e-07)),
        (57388, 56450, (627.61246, 0.0049003351, -5.3812001e-07)),
        (58571, 57290, (631.20515, 0.0056815108, -1.3439596e-06)),
        (58802, 58578, (651.50189, -0.028926206, 7.8531807e-05, -5.8964538e-08)),
        (59167, 58802, (648.41904, -0.0020514176, 1.8072963e-05)),
        # The parabola above, SolarSoft's last, diverges: a year later the mean slope of 2009 to 2019 replaces it.
        (np.inf, 59167, (650.07806, 0.0076)),
    ),
    "C3": (
        (50072, 0, (319.0,)),
        (51058, 50072, (322.21639, 0.011775379, 4.4256968e-05, -3.167423e-08)),
        (51697, 51099, (354.50857, 0.062196067, -8.8114799e-05, 5.0505447e-08)),
        (51915, 51558, (369.02719, 0.014994955, -4.0873204e-06)),
        (54792, 51915, (374.11139, 0.010731823, -1.0726207e-06)),
        (55044, 54792, (395.85091, 0.0079344115, -6.2530780e-06)),
        (56170, 55044, (397.52040, 0.0040765192)),
        (56360, 56170, (407.04606, -0.024819780, 1.1694347e-04)),
        (56478, 56360, (406.01009, 0.0046765547, -9.912626e-07)),
        (56597, 56478, (406.72179, 0.0045780623, -2.3134855e-06)),
        (57024, 56478, (406.77706, 0.0040538719, -1.6571028e-06)),
        (np.inf, 57024, (408.38117, 0.0027558157, -1.3694218e-07)),
    ),
}


@lru_cache(maxsize=32)
def null_blocks(detector: str, grid, compression: str) -> tuple[int, ...]:
    """
    Return the numbers of the blocks of a frame that are never transmitted, ascending.

    They are the corners outside the field of C2 and C3 and most of the blocks behind the occulter of C2. A block of a
    summed frame is never transmitted when none of the blocks it covers is: this rule gives the eight blocks without
    data in C2 frames of 512x512 pixels, and for C3 the lists of ``get_tmask.pro`` at 512x512 and 256x256 pixels. An
    on-board program with a ``Z`` in its code (``COMPRSSN`` ``XZR``, ``XZUR``) transmits every block.

    SolarSoft's ``get_tmask.pro`` lists seven blocks of C3 and four of C2 too many: they lie behind the occulter and
    hold data in real frames.
    """
    if "Z" in compression.upper():
        return ()
    null = {block for first, last in _NULL_RUNS[detector] for block in range(first, last + 1)}
    return tuple(index for index in range(grid.n_blocks) if null.issuperset(grid.reference(index)))


def bias(detector: str, mjd: float) -> float:
    """
    Return the detector offset on a day (MJD), in DN of an unsummed pixel (readout port C).

    From SolarSoft's ``offset_bias.pro``. The ``OFFSET`` of level-0.5 headers was computed with the version of it that
    was current at the time, and is off by up to 11 DN.
    """
    _, start, coefficients = next(entry for entry in _BIAS[detector] if mjd < entry[0])
    return float(np.polynomial.polynomial.polyval(mjd - start, coefficients))


def solar_radius(mjd: float) -> float:
    """
    Return the radius of the Sun in arcseconds as seen from SOHO on a day (MJD).

    From SolarSoft's ``get_solar_radius.pro``, which drops the time of day; reproduces ``RSUN`` of level-1 headers to
    1e-4 arcsec.
    """
    days = int(mjd) - 51544
    anomaly = np.radians(357.528 + 0.9856003 * days)
    distance = (1.00014 - 0.01672 * np.cos(anomaly) - 0.00014 * np.cos(2 * anomaly)) * 0.99
    return float(0.2666 * 3600 / distance)


def distorted(x, y, detector: str):
    """
    Return the positions ``x, y`` in the distorted image of positions in the corrected one.

    Positions are in unsummed pixels of the camera's orientation. SolarSoft (``distortion_coeffs.pro``, ``c2_warp.pro``,
    ``c3_warp.pro``) interpolates between control points 32 pixels apart and differs from this by at most 0.08 pixels.
    """
    center, coefficients = DETECTORS[detector].distortion_center, DETECTORS[detector].distortion
    x, y = x - center[0], y - center[1]
    square = (0.021 * np.hypot(x, y)) ** 2  # of the radius in millimeters on the detector
    stretch = 1 + np.polynomial.polynomial.polyval(square, coefficients)
    return center[0] + stretch * x, center[1] + stretch * y
