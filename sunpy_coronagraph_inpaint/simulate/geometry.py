"""Map the pixels of a frame to the sky, and the sky to the pixels."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.ndimage import map_coordinates

from sunpy_coronagraph_inpaint.instruments.lasco_facts import DETECTORS, distorted, solar_radius

N_ANGLES, N_RADII = 2048, 128
_LIMITS = {"C2": (1.55, 9.6), "C3": (3.2, 44.0)}  # solar radii that the field covers in any season


@cache
def _pixels(detector):
    """Return west and north of each pixel from Sun center, in undistorted pixels, for a roll of 0."""
    y, x = np.mgrid[:1024, :1024].astype(float)
    true_x, true_y = x, y
    for _ in range(3):  # the distortion correction moves pixels from here to there
        ahead_x, ahead_y = distorted(true_x, true_y, detector)
        true_x, true_y = true_x + x - ahead_x, true_y + y - ahead_y
    x0, y0 = DETECTORS[detector].sun_center
    return (true_x - x0).astype(np.float32), (true_y - y0).astype(np.float32)


@cache
def _polar_places(detector):
    """Return the column of the angular grid and the natural logarithm of the radius in pixels, for each pixel."""
    west, north = _pixels(detector)
    angle = np.arctan2(-west, north) % (2 * np.pi)
    return angle * np.float32(N_ANGLES / (2 * np.pi)), np.log(np.maximum(np.hypot(west, north), 1))


@dataclass(frozen=True)
class View:
    """The sky as a detector sees it on one day."""

    detector: str
    mjd: float  # Modified Julian Day, on which the apparent size of the Sun depends
    roll: float  # 0 or 180 degrees

    @property
    def pixels_per_radius(self):
        """Pixels per solar radius."""
        return solar_radius(self.mjd) / DETECTORS[self.detector].scale

    @property
    def radii(self):
        """Solar radii of the polar grid, evenly spaced in the logarithm."""
        return np.geomspace(*_LIMITS[self.detector], N_RADII)

    @property
    def angles(self):
        """Position angles of the polar grid, radians from solar north, counterclockwise."""
        return np.arange(N_ANGLES) * 2 * np.pi / N_ANGLES

    @property
    def extent(self):
        """Half the side, in solar radii, of a square that holds the whole field."""
        return {"C2": 760, "C3": 770}[self.detector] / self.pixels_per_radius

    def from_polar(self, values, *, slope=-2.5):
        """
        Interpolate values on the polar grid, shape ``(angles, radii)``, to the pixels of the frame, shape (1024, 1024).

        ``slope`` is the power of the radius that the values roughly follow; it is divided out for the interpolation.
        """
        columns, logs = _polar_places(self.detector)
        low, high = np.log(_LIMITS[self.detector])
        relative = logs - np.float32(np.log(self.pixels_per_radius))
        flat = (values * self.radii**-slope).astype(np.float32)
        turn = N_ANGLES // 2 if self.roll else 0
        flat = np.roll(flat, -turn, axis=0)
        flat = np.concatenate([flat, flat[:1]])
        places = np.clip((relative - np.float32(low)) * np.float32((N_RADII - 1) / (high - low)), 0, N_RADII - 1)
        image = map_coordinates(flat, (columns, places), order=1, mode="nearest", output=np.float32)
        return image * np.exp(np.float32(slope) * np.clip(relative, low, high))

    def from_plane(self, image):
        """Interpolate an image of the plane of the sky, ``(n, n)`` covering `extent`, to the pixels of the frame."""
        west, north = _pixels(self.detector)
        sign = -1 if self.roll else 1
        half = image.shape[0] / 2
        step = np.float32(sign * half / (self.extent * self.pixels_per_radius))
        places = (north * step + np.float32(half - 0.5), west * step + np.float32(half - 0.5))
        return map_coordinates(image.astype(np.float32), places, order=1, mode="constant", output=np.float32)

    def place(self, west, north):
        """Return the pixel ``(x, y)`` of positions in solar radii west and north of Sun center."""
        sign = -1 if self.roll else 1
        x0, y0 = DETECTORS[self.detector].sun_center
        scale = sign * self.pixels_per_radius
        return distorted(x0 + scale * np.asarray(west), y0 + scale * np.asarray(north), self.detector)

    def place_ecliptic(self, east, north, aspect):
        """Return the pixel of positions in degrees from the Sun along and across the ecliptic."""
        per_degree = 3600 / solar_radius(self.mjd)
        cos, sin = np.cos(aspect.tilt), np.sin(aspect.tilt)
        west, north = -np.asarray(east) * per_degree, np.asarray(north) * per_degree
        return self.place(west * cos - north * sin, west * sin + north * cos)
