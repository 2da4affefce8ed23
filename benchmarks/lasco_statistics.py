"""
Statistics for the comparison of artificial and real frames.

Run as ``python benchmarks/lasco_statistics.py FILE...`` to print the statistics of level-0.5 frames. Other scripts and
the tests of the simulation import this module.
"""

import sys
import warnings
from itertools import pairwise

import numpy as np
from _common import rate
from scipy.ndimage import label, map_coordinates, median_filter

from sunpy_coronagraph_inpaint.instruments import identify

_PYLON = np.deg2rad(225.0)  # as seen from the occulter, in the orientation of the camera
_FIELDS = {"C2": (215.0, 500.0), "C3": (90.0, 500.0)}  # pixels from the center of the occulter


def _field(smap, camera):
    """Return the distance from the occulter, and the mask of the open field without pylon and null blocks."""
    ny, nx = smap.data.shape
    y, x = np.mgrid[:ny, :nx] - np.array(camera.center[::-1])[:, None, None]
    radius = np.hypot(x, y)
    low, high = (value / camera.grid.summing[0] for value in _FIELDS[smap.detector])
    aside = np.abs(np.angle(np.exp(1j * (np.arctan2(y, x) - _PYLON)))) > np.deg2rad(40)
    return radius, (radius > low) & (radius < high) & aside & (smap.data > 0)


def radial_profile(smap, radii):
    """
    Return the median rate on circles around the occulter.

    Parameters
    ----------
    smap : `~sunpy.map.sources.LASCOMap`
        A level-0.5 frame.
    radii : array-like
        Pixels.

    Returns
    -------
    `numpy.ndarray`
        DN per second above the offset, NaN for circles without data.
    """
    camera = identify(smap.meta)
    radius, _ = _field(smap, camera)
    light = rate(smap)
    rings = ((np.abs(radius - r) < 1.5) & (smap.data > 0) for r in radii)
    return np.array([np.median(light[ring]) if ring.any() else np.nan for ring in rings])


def noise_against_level(smap, edges):
    """
    Return the noise between neighboring pixels in bins of brightness.

    Parameters
    ----------
    smap : `~sunpy.map.sources.LASCOMap`
        A level-0.5 frame.
    edges : array-like
        Edges of the bins, DN above the offset, shape ``(n + 1,)``.

    Returns
    -------
    level, noise : `numpy.ndarray`
        Shape ``(n,)``: median level, and standard deviation of a pixel from the mean of its neighbors in the row,
        scaled to one pixel and estimated from percentiles, so that stars and particles do not count; NaN for bins with
        fewer than 500 pixels.
    """
    camera = identify(smap.meta)
    _, field = _field(smap, camera)
    data = smap.data.astype(float)
    difference = (data[:, 1:-1] - (data[:, :-2] + data[:, 2:]) / 2) / np.sqrt(1.5)
    smooth = median_filter(data, 5)[:, 1:-1] - camera.bias
    level, noise = [], []
    for low, high in pairwise(edges):
        chosen = difference[field[:, 1:-1] & (smooth >= low) & (smooth < high)]
        enough = chosen.size >= 500
        level.append(np.median(smooth[field[:, 1:-1] & (smooth >= low) & (smooth < high)]) if enough else np.nan)
        noise.append(np.diff(np.percentile(chosen, (15.865, 84.135)))[0] / 2 if enough else np.nan)
    return np.array(level), np.array(noise)


def angular_spectrum(smap, solar_radii, *, bands=((2, 4), (4, 8), (8, 16), (16, 32), (32, 64), (64, 128))):
    """
    Return the amplitude of structure around the Sun in bands of angular scale.

    Parameters
    ----------
    smap : `~sunpy.map.sources.LASCOMap`
        A level-0.5 frame.
    solar_radii : float
        Radius of the circle; the result is the mean of nine circles within 3 % of it.
    bands : tuple of tuple of int, optional
        Wave numbers, in cycles around the whole circle, over which power is summed.

    Returns
    -------
    `numpy.ndarray`
        Relative standard deviation in each band, without the 80 degrees of the pylon, spikes, and saturation streaks of
        planets.
    """
    camera = identify(smap.meta)
    light = median_filter(smap.data.astype(float), 5) - camera.bias
    angle = _PYLON + np.deg2rad(np.linspace(40, 320, 2048))
    total = 0.0
    for factor in np.linspace(0.97, 1.03, 9):
        radius = solar_radii * camera.solar_radius * factor
        places = camera.sun_center[1] + radius * np.sin(angle), camera.sun_center[0] + radius * np.cos(angle)
        total = total + map_coordinates(light, places, order=1, mode="nearest")
    smooth = median_filter(total, 61)
    total = np.where(np.abs(total / smooth - 1) > 0.25, smooth, total)  # saturation streak of a planet
    relative = total / total.mean() - 1
    taper = np.hanning(relative.size)
    power = np.abs(np.fft.rfft((relative - relative.mean()) * taper)) ** 2 * 2 / relative.size / np.sum(taper**2)
    waves = np.arange(power.size) * 360 / 280
    return np.array([np.sqrt(power[(waves >= low) & (waves < high)].sum()) for low, high in bands])


def count_spikes(smap, *, threshold=8.0):
    """
    Count bright spikes, that is, stars and particles.

    Parameters
    ----------
    smap : `~sunpy.map.sources.LASCOMap`
        A level-0.5 frame.
    threshold : float, optional
        Height above the local median in standard deviations of the noise.

    Returns
    -------
    count : int
        Number of connected groups of such pixels in the open field.
    sizes : `numpy.ndarray`
        Pixels in each group.
    heights : `numpy.ndarray`
        Sum of the excess over the surroundings for each group, DN.
    """
    camera = identify(smap.meta)
    _, field = _field(smap, camera)
    data = smap.data.astype(float)
    smooth = median_filter(data, 7)
    level = np.maximum(smooth - camera.bias, 0)
    noise = np.sqrt(level / 11.5 + 2 + (0.0081 * level) ** 2)
    excess = data - smooth
    groups, count = label((excess > threshold * noise) & field, np.ones((3, 3)))
    sizes = np.bincount(groups.ravel(), minlength=count + 1)[1:]
    heights = np.bincount(groups.ravel(), excess.ravel(), minlength=count + 1)[1:]
    return count, sizes, heights


def main(paths):
    """Print the statistics of frames."""
    import sunpy.map

    np.set_printoptions(precision=3, suppress=True, linewidth=150)
    for path in paths:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # LASCO headers are not standard FITS
            smap = sunpy.map.Map(path)
        low, high = _FIELDS[smap.detector]
        count, sizes, heights = count_spikes(smap)
        print(f"{path}: {smap.detector}, {smap.meta['exptime']:.1f} s")
        print("  rate from the occulter outward, DN/s:", radial_profile(smap, np.linspace(low, high, 8)))
        print("  noise of a pixel at 60 to 12000 DN, DN:", noise_against_level(smap, np.geomspace(60, 12000, 7))[1])
        print("  relative structure at 5 solar radii, 2 to 128 cycles:", angular_spectrum(smap, 5))
        print(f"  {count} spikes, median {np.median(sizes):.0f} pixels and {np.median(heights):.0f} DN")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1:])
