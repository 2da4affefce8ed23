"""A grid of bins along and across the radius around one hole, in which streamers are straight lines."""

from typing import NamedTuple

import numpy as np
from scipy import ndimage

from sunpy_coronagraph_inpaint.frames.masked import masked_sum

#: Side of a bin at the center of the hole, and extent of the grid beyond the hole, pixels.
_STEP, _MARGIN = 3.0, 27.0
#: A larger hole gets larger bins, so that no side has more bins than this.
_LARGEST = 96
#: A bin is known if at least this fraction of the pixels around it is valid.
_KNOWN = 0.5
#: Pixels are averaged over squares of this side before they are interpolated.
_BOX = 3


class Polar(NamedTuple):
    """
    Conformal coordinates about a hole: along the radius and across it, in pixels at the center of the hole.

    Called with positions ``y`` and ``x`` it returns both coordinates, 0 at the center of the hole; `inverse` converts
    back.
    """

    center: tuple[float, float]  # (x, y) of the center of the corona
    radius: float  # of the center of the hole, pixels
    angle: float  # of the center of the hole, radians

    @classmethod
    def about(cls, center, y, x):
        """Return the coordinates about the center of the given pixels."""
        dy, dx = np.mean(y) - center[1], np.mean(x) - center[0]
        return cls(center, max(np.hypot(dx, dy), 1.0), np.arctan2(dy, dx))

    def __call__(self, y, x):
        """Return positions along and across the radius."""
        dy, dx = y - self.center[1], x - self.center[0]
        radius = np.maximum(np.hypot(dx, dy), 1.0)
        turn = (np.arctan2(dy, dx) - self.angle + np.pi) % (2 * np.pi) - np.pi
        return self.radius * np.log(radius / self.radius), self.radius * turn

    def inverse(self, along, across):
        """Return ``y`` and ``x`` of positions along and across the radius."""
        radius, angle = self.radius * np.exp(along / self.radius), self.angle + across / self.radius
        return self.center[1] + radius * np.sin(angle), self.center[0] + radius * np.cos(angle)


class LogPolarGrid(NamedTuple):
    """Square bins in log-polar coordinates about a hole. Axis 0 runs outward along the radius, axis 1 across it."""

    polar: Polar  # the coordinates
    radial: np.ndarray  # shape (h,), center of each row of bins, pixels from the center of the hole
    tangential: np.ndarray  # shape (w,), center of each column of bins, pixels from the center of the hole
    y: np.ndarray  # shape (h, w), center of each bin in pixels of the window
    x: np.ndarray  # shape (h, w), likewise
    step: float  # side of a bin at the center of the hole, pixels

    @classmethod
    def around(cls, holes, center):
        """Build a grid over the holes (boolean, ``(ny, nx)``) of a window, about the corona's ``center`` ``(x, y)``."""
        y, x = np.nonzero(holes)
        polar = Polar.about(center, y, x)
        limits = [(axis.min() - _MARGIN, axis.max() + _MARGIN) for axis in polar(y, x)]
        limits[1] = tuple(np.clip(limits[1], -np.pi * polar.radius, np.pi * polar.radius))
        step = max(_STEP, max(high - low for low, high in limits) / _LARGEST)
        radial, tangential = (np.arange(low, high + step, step) for low, high in limits)
        return cls(polar, radial, tangential, *polar.inverse(radial[:, None], tangential[None, :]), step)

    @property
    def shape(self):
        """Rows and columns of bins."""
        return self.y.shape

    def average(self, image, valid):
        """
        Return the mean of the valid pixels around each bin center, and the mask of known bins.

        Image and ``valid`` have the shape of the window, the results that of the grid; the mean is 0 where not known.
        """
        size = max(_BOX, 2 * round(self.step / 2) + 1)

        def around_bins(layer):
            return ndimage.map_coordinates(
                ndimage.uniform_filter(layer, size, mode="constant"), (self.y, self.x), order=1
            )

        total, weight = masked_sum(around_bins, image, valid)
        known = weight >= _KNOWN
        return np.divide(total, weight, out=np.zeros(self.shape), where=known), known

    def bins_of(self, holes):
        """Return which bins are needed to interpolate the pixels of the hole from the grid."""
        inside = np.zeros(self.shape, bool)
        rows, columns = self._places(*np.nonzero(holes))
        inside[np.rint(rows).astype(int), np.rint(columns).astype(int)] = True
        return ndimage.binary_dilation(inside, np.ones((3, 3)))

    def sample(self, layer, holes):
        """Interpolate a layer of bins, shape ``(h, w)``, at the pixels of the hole, shape ``(n,)``."""
        return ndimage.map_coordinates(layer, self._places(*np.nonzero(holes)), order=1, mode="nearest")

    def _places(self, y, x):
        along, across = self.polar(y, x)
        return (along - self.radial[0]) / self.step, np.clip(
            (across - self.tangential[0]) / self.step, 0, self.tangential.size - 1
        )
