"""A grid of cells along and across the radius around one hole, in which streamers are straight lines."""

from typing import NamedTuple

import numpy as np
from scipy import ndimage

from sunpy_coronagraph_inpaint.inpaint.gaussian_process import Polar

__all__ = ["PolarGrid"]

#: Side of a cell in the middle of the hole, and how far the grid reaches beyond the hole, pixels.
_STEP, _MARGIN = 3.0, 27.0
#: A larger hole gets larger cells, so that no side has more cells than this.
_LARGEST = 96
#: A cell is known when so large a part of the pixels around it is.
_KNOWN = 0.5
#: Pixels are averaged in squares of this side before they are read between.
_BOX = 3


class PolarGrid(NamedTuple):
    """
    Square cells in conformal coordinates about a hole. Axis 0 goes outwards along the radius, axis 1 across it.

    Attributes
    ----------
    polar : Polar
        The coordinates.
    along, across : `numpy.ndarray`
        Shape ``(h,)`` and ``(w,)``, the middle of each row and column of cells, pixels from the middle of the hole.
    y, x : `numpy.ndarray`
        Shape ``(h, w)``, the middle of each cell in pixels of the window.
    step : float
        Side of a cell in the middle of the hole, pixels.

    Examples
    --------
    >>> import numpy as np
    >>> from sunpy_coronagraph_inpaint.frames.polar_grid import PolarGrid
    >>> holes = np.zeros((96, 96), bool)
    >>> holes[32:64, 32:64] = True
    >>> grid = PolarGrid.about(holes, center=(-300.0, 48.0))
    >>> grid.y.shape, grid.step
    ((30, 30), 3.0)
    """

    polar: Polar
    along: np.ndarray
    across: np.ndarray
    y: np.ndarray
    x: np.ndarray
    step: float

    @classmethod
    def about(cls, holes, center):
        """
        Lay a grid over a hole.

        Parameters
        ----------
        holes : `numpy.ndarray`
            Boolean, shape ``(ny, nx)``, a window of the frame.
        center : tuple of float
            ``(x, y)`` of the center of the corona in pixels of the window.

        Returns
        -------
        `PolarGrid`
        """
        y, x = np.nonzero(holes)
        polar = Polar.about(center, y, x)
        limits = [(axis.min() - _MARGIN, axis.max() + _MARGIN) for axis in polar(y, x)]
        limits[1] = tuple(np.clip(limits[1], -np.pi * polar.radius, np.pi * polar.radius))
        step = max(_STEP, max(high - low for low, high in limits) / _LARGEST)
        along, across = (np.arange(low, high + step, step) for low, high in limits)
        return cls(polar, along, across, *polar.inverse(along[:, None], across[None, :]), step)

    @property
    def shape(self):
        """Rows and columns of cells."""
        return self.y.shape

    def average(self, image, valid):
        """
        Average the valid pixels around the middle of each cell.

        Parameters
        ----------
        image : `numpy.ndarray`
            Shape ``(ny, nx)``, the window.
        valid : `numpy.ndarray`
            Boolean, same shape.

        Returns
        -------
        value : `numpy.ndarray`
            Shape ``(h, w)``, 0 where not known.
        known : `numpy.ndarray`
            Boolean, shape ``(h, w)``.
        """
        size = max(_BOX, 2 * round(self.step / 2) + 1)
        layers = np.where(valid, image, 0.0), valid.astype(float)
        total, weight = (
            ndimage.map_coordinates(ndimage.uniform_filter(layer, size, mode="constant"), (self.y, self.x), order=1)
            for layer in layers
        )
        known = weight >= _KNOWN
        return np.divide(total, weight, out=np.zeros(self.shape), where=known), known

    def cells_of(self, holes):
        """Return which cells are needed to read pixels of the hole from the grid."""
        inside = np.zeros(self.shape, bool)
        rows, columns = self._places(*np.nonzero(holes))
        inside[np.rint(rows).astype(int), np.rint(columns).astype(int)] = True
        return ndimage.binary_dilation(inside, np.ones((3, 3)))

    def read(self, layer, holes):
        """Read a layer of cells on the pixels of the hole: shape ``(h, w)`` in, ``(n,)`` out."""
        return ndimage.map_coordinates(layer, self._places(*np.nonzero(holes)), order=1, mode="nearest")

    def _places(self, y, x):
        along, across = self.polar(y, x)
        return (along - self.along[0]) / self.step, np.clip(
            (across - self.across[0]) / self.step, 0, self.across.size - 1
        )
