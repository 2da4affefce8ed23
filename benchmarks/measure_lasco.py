"""
Measure the camera constants of ``simulate/`` on real level-0.5 frames.

Needs the directory of real frames in the environment variable ``CORONAGRAPH_INPAINT_DATA``.
Run as ``python benchmarks/measure_lasco.py``.
"""

import numpy as np
from _common import rate
from _common import read as read_frame
from lasco_statistics import radial_profile
from scipy.ndimage import gaussian_filter, map_coordinates, median_filter
from scipy.optimize import least_squares

from sunpy_coronagraph_inpaint.instruments import identify
from sunpy_coronagraph_inpaint.simulate.corona import Aspect, f_corona
from sunpy_coronagraph_inpaint.simulate.geometry import View
from sunpy_coronagraph_inpaint.simulate.optics import brightness_per_count

C2_100S = ("22322544", "22322625", "22322749", "22322784", "22323065", "22323230")


def read(number):
    """Open a real frame by the number of its file."""
    return read_frame(f"level_05/c{number[0]}/{number}.fts")


def profiles():
    """Print rates on circles around the occulter."""
    for number, radii in (
        ("32130223", (20, 40, 60, 64, 66, 68, 72, 78, 82, 90, 100, 120, 140, 170, 200, 250, 300, 360, 440, 500, 530)),
        ("32082084", (72, 82, 90, 100, 120, 140, 170, 200, 250, 300, 360, 440, 500, 530)),
        ("22321894", (111, 120, 129, 141, 150, 159, 168, 177, 190, 200, 215, 250, 300, 360, 440, 500, 560, 600, 640)),
    ):
        values = radial_profile(read(number), radii)
        print(f"{number}, DN/s:", ", ".join(f"{r} px {v:.1f}" for r, v in zip(radii, values, strict=True)))


def field_stop():
    """Print center and radius of the field stop of C3."""
    image = gaussian_filter(np.minimum(rate(read("32130223")), 60), 1)
    points = []
    for angle in np.deg2rad(np.arange(0, 360, 2)):
        along = np.arange(500, 640, 0.5)
        x, y = 516.4 + along * np.cos(angle), 531.1 + along * np.sin(angle)
        inside = (x > 3) & (x < 1020) & (y > 3) & (y < 1020)
        values = map_coordinates(image, [y[inside], x[inside]], order=1)
        edge = np.flatnonzero(values < 0.45 * np.median(values[:20])) if inside.sum() > 60 else []
        if len(edge) and np.median(values[:20]) > 12:
            points.append((x[inside][edge[0]], y[inside][edge[0]]))
    x, y = np.array(points).T
    fit = least_squares(lambda p: np.hypot(x - p[0], y - p[1]) - p[2], [516, 531, 555], loss="soft_l1")
    print(f"field stop of C3: center {fit.x[0]:.1f}, {fit.x[1]:.1f}, radius {fit.x[2]:.1f} pixels")


def pylon():
    """Print the profile of the shadow of the C3 pylon across its axis, relative to the mirrored position."""
    image = median_filter(rate(read("32130223")), 5)
    for radius in (160, 320, 480):
        across = np.array([-96, -76, -55, -42, -31, -21, -14, -7, 0, 7, 14, 21, 31, 42, 55, 76, 96])
        angle = np.deg2rad(225) + across / radius
        places = [(531.1 + radius * np.sin(a), 516.4 + radius * np.cos(a)) for a in (angle, np.pi - angle)]
        shadow, mirrored = (map_coordinates(image, place, order=1) for place in places)
        print(f"C3 pylon at {radius} px, pixels across and throughput:",
              ", ".join(f"{s} {t:.3f}" for s, t in zip(across, shadow / mirrored, strict=True)))  # fmt: skip


def pattern():
    """Print the pixel-to-pixel sensitivity of C2: its size, and its correlation along rows and columns."""
    relative = []
    for number in C2_100S:
        light = rate(read(number))
        relative.append((light / np.maximum(median_filter(light, 7), 1e-3) - 1)[100:924, 100:924])
    flat = np.median(relative, axis=0)
    y, x = np.mgrid[100:924, 100:924]
    radius = np.hypot(x - 511.6, y - 504.3)
    good = (radius > 230) & (radius < 480) & (np.abs(flat) < 0.05)
    along = np.mean((flat[:, 1:] * flat[:, :-1])[good[:, 1:] & good[:, :-1]]) / flat[good].var()
    upward = np.mean((flat[1:] * flat[:-1])[good[1:] & good[:-1]]) / flat[good].var()
    print(f"C2 pixels: {100 * flat[good].std():.2f} %, correlation along rows {along:.2f}, along columns {upward:.2f}")


def gain():
    """Print electrons per DN of C3 from the noise at low levels, where pixel-to-pixel sensitivity is negligible."""
    smap = read("32130223")
    data = smap.data.astype(float)
    difference = (data[:, 1:-1] - (data[:, :-2] + data[:, 2:]) / 2) / np.sqrt(1.5)
    level = median_filter(data, 5)[:, 1:-1] - identify(smap.meta).bias
    for low, high in ((60, 90), (90, 140), (140, 200), (200, 300)):
        inside = (level > low) & (level < high)
        noise = np.diff(np.percentile(difference[inside], (15.865, 84.135)))[0] / 2
        print(f"C3 at {low} to {high} DN: noise {noise:.2f} DN, {np.median(level[inside]) / noise**2:.1f} e per DN")


def dust():
    """Print the brightness of C3 at the equator and the poles relative to the unscaled F corona of this package."""
    for number in ("32130223", "32219521", "32180009"):
        smap = read(number)
        time, roll = smap.reference_date, smap.meta["crota1"]
        view, aspect = View("C3", time.mjd, roll), Aspect.at(time)
        image = median_filter(rate(smap), 5) * brightness_per_count("C3", "Clear", "Clear", time.mjd)
        for radius in (12, 16, 20, 25):
            text = []
            for name, angles in (
                ("equator", np.deg2rad((88, 90, 92, 268, 270, 272))),
                ("pole", np.deg2rad((-10, 0, 10))),
            ):
                x, y = view.place(-radius * np.sin(angles), radius * np.cos(angles))
                seen = np.median(map_coordinates(image, (y, x), order=1))
                text.append(f"{name} {seen / np.median(f_corona(radius, angles, aspect)):.2f}")
            print(f"{number} at {radius} solar radii, all light / F corona:", ", ".join(text))


if __name__ == "__main__":
    for measure in (profiles, field_stop, pylon, pattern, gain, dust):
        measure()
