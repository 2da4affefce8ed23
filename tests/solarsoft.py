"""What SolarSoft's reduce_level_1 does to the pixels of a frame, written anew from its description for the tests."""

import numpy as np
from scipy.interpolate import RegularGridInterpolator
from scipy.ndimage import map_coordinates

CENTERS = {"C2": (512.634, 505.293), "C3": (516.407, 531.172)}
COEFFICIENTS = {"C2": (0.0051344125, -0.00012233862, 1.0978595e-7), "C3": (-0.0151657, 0.000165455, 0.0)}


def warp(image, detector):
    """Correct the distortion: control points every 32 pixels, linear between them, bilinear in the image."""
    size = image.shape[0]
    summing = 1024 // size
    x0, y0 = (value / summing for value in CENTERS[detector])
    control = np.arange(0, size + 32, 32.0)
    y, x = np.meshgrid(control - y0, control - x0, indexing="ij")
    millimeters = 0.021 * summing * np.hypot(x, y)
    c0, c1, c2 = COEFFICIENTS[detector]
    stretch = 1 + c0 + c1 * millimeters**2 + c2 * millimeters**4
    points = np.stack(np.mgrid[:size, :size], axis=-1).reshape(-1, 2)
    source = [
        RegularGridInterpolator((control, control), start + stretch * offset)(points).reshape(size, size)
        for start, offset in ((y0, y), (x0, x))
    ]
    return map_coordinates(image.astype(float), source, order=1, mode="nearest")


def rot(image, degrees, pivot):
    """Turn the image clockwise about the pivot ``(x, y)``, with nothing outside."""
    ny, nx = image.shape
    y, x = np.mgrid[:ny, :nx].astype(float)
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    x, y = x - pivot[0], y - pivot[1]
    x, y = pivot[0] + cos * x - sin * y, pivot[1] + sin * x + cos * y
    # The real rotated frame shows it: positions from 0 up to the number of pixels are inside.
    outside = (x < 0) | (x > nx) | (y < 0) | (y > ny)
    return np.where(outside, 0, map_coordinates(image.astype(float), [y, x], order=1, mode="nearest"))
