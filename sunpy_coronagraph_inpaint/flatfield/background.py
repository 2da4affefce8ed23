"""Fixed patterns of a camera: smooth background, sensitivity of each pixel, and variation between frames."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from scipy import ndimage

from sunpy_coronagraph_inpaint.io.writing import whole_file

#: Side of the detector whose pixels the arrays cover, pixels.
DETECTOR = 1024
#: Quantization step of the flat on disk.
_STEP = 1e-3
#: Sampling step in pixels for testing whether a background fits, and smallest number of valid samples.
_EVERY, _FEWEST = 5, 1000
#: Adjacent pixels with which a pixel is compared to measure its sensitivity, and limit that excludes stars.
_DIAGONALS, _CALM = ((-1, -1), (-1, 1), (1, -1), (1, 1)), 0.06
#: Noise and lossy compression hide most of the flat of single pixels, but not of groups of pixels. If the measured
#: coefficient reaches the first limit, all of the flat is assumed present; below the second limit, none.
_WHOLE, _NONE = 0.45, 0.1
#: Deviations from the mean of a ring are clipped at this, natural logarithm.
_FAR = 0.7


@dataclass(frozen=True, eq=False)
class Background:
    """
    The pattern of a level-0.5 frame that is fixed on the detector.

    A frame without its bias, divided by its radial profile, is modeled as
    ``exp(template + sum(coefficient * mode)) * (1 + flat)``, with coefficients of standard deviation 1 that vary from
    frame to frame. Stray light, vignetting, the rings and the pylon are in the template and in the modes, dust and
    the sensitivity of single pixels in the flat. All of them are known inside a hole as well.

    Parameters
    ----------
    template : `numpy.ndarray`
        Shape ``(n, n)``, natural logarithm, on a grid that covers the detector's 1024x1024 pixels.
    modes : `numpy.ndarray`
        Shape ``(k, n, n)``, likewise.
    flat : `numpy.ndarray`
        Shape ``(1024, 1024)``, relative deviation of each pixel.

    Notes
    -----
    `~sunpy_coronagraph_inpaint.flatfield.fit_background` fits a background to frames.

    Examples
    --------
    >>> import numpy as np
    >>> from sunpy_coronagraph_inpaint.instruments import BlockGrid
    >>> from sunpy_coronagraph_inpaint.flatfield import Background
    >>> template = np.full((128, 128), np.log(1.1))
    >>> background = Background(template, np.zeros((0, 128, 128)), np.zeros((1024, 1024)))
    >>> level = background.level(BlockGrid(frame_shape=(1024, 1024)))
    >>> level.shape, round(float(level[500, 500]), 4)
    ((1024, 1024), 1.1)
    """

    template: np.ndarray
    modes: np.ndarray
    flat: np.ndarray

    def level(self, grid, *, flat=1.0):
        """
        Return the product of template and flat on the pixels of a frame.

        Parameters
        ----------
        grid : `~sunpy_coronagraph_inpaint.instruments.BlockGrid`
            Part of the detector that the frame shows, and its summing.
        flat : float, optional
            Coefficient of the flat, below 1 where lossy compression has removed part of it.

        Returns
        -------
        `numpy.ndarray`
            Shape of the frame, ``float32``.
        """
        smooth, fine = self._layers(grid)
        return smooth * (1 + np.float32(flat) * fine)

    def fit(self, data, valid, grid, center):
        """
        Measure how well the background describes a frame.

        Parameters
        ----------
        data : `numpy.ndarray`
            Shape ``(ny, nx)``, a frame without its bias.
        valid : `numpy.ndarray`
            Boolean, same shape.
        grid : `~sunpy_coronagraph_inpaint.instruments.BlockGrid`
            Of the frame.
        center : tuple of float
            ``(x, y)`` of the rings.

        Returns
        -------
        template : float
            Fraction by which dividing by the template lowers the variance of the logarithm of the brightness on rings;
            negative if it raises it.
        flat : float
            Coefficient of the flat, from 0 to 1.
        """
        smooth, fine = self._layers(grid)
        some = np.s_[1:-1:_EVERY, 1:-1:_EVERY]
        around = [
            np.s_[1 + i : data.shape[0] - 1 + i : _EVERY, 1 + j : data.shape[1] - 1 + j : _EVERY] for i, j in _DIAGONALS
        ]
        good = valid[some] & (data[some] > 0) & np.logical_and.reduce([valid[there] for there in around])
        if np.count_nonzero(good) < _FEWEST:
            return 0.0, 0.0
        middle, mean = data[some][good], np.mean([data[there][good] for there in around], axis=0)
        difference = middle / np.where(mean > 0, mean, np.inf) - 1
        expected = fine[some][good] - np.mean([fine[there][good] for there in around], axis=0)
        calm = (np.abs(difference) < _CALM) & (np.abs(expected) < _CALM)
        share = np.sum(difference[calm] * expected[calm]) / max(np.sum(expected[calm] ** 2), 1e-12)
        y, x = (1 + _EVERY * axis for axis in np.nonzero(good))
        rings = (np.hypot(x - center[0], y - center[1]) / _EVERY).astype(int)
        before, after = (_about_rings(np.log(values), rings) for values in (middle, middle / smooth[some][good]))
        flat = np.clip((share - _NONE) / (_WHOLE - _NONE), 0, 1)
        return float(1 - np.sum(after**2) / max(np.sum(before**2), 1e-12)), float(flat)

    @lru_cache(maxsize=4)  # noqa: B019 (a few backgrounds live as long as the program)
    def _layers(self, grid):
        rows, columns = (np.arange(side) for side in grid.frame_shape)
        smooth = self._read(self.template[None], *_on_detector(grid, rows[:, None], columns[None, :]))[0]
        (sy, sx), (oy, ox) = grid.summing, grid.origin
        ny, nx = grid.frame_shape
        flat = self.flat[oy : oy + ny * sy, ox : ox + nx * sx].reshape(ny, sy, nx, sx).mean(axis=(1, 3))
        layers = np.exp(smooth).astype(np.float32), flat.astype(np.float32)
        for layer in layers:
            layer.setflags(write=False)
        return layers

    def template_at(self, grid, y, x):
        """
        Interpolate the template to positions in pixels of a frame.

        Parameters
        ----------
        grid : `~sunpy_coronagraph_inpaint.instruments.BlockGrid`
            Of the frame.
        y, x : `numpy.ndarray`
            Any shape, positions.

        Returns
        -------
        `numpy.ndarray`
            Same shape, natural logarithm.
        """
        return self._read(self.template[None], *_on_detector(grid, y, x))[0]

    def modes_at(self, grid, y, x):
        """
        Interpolate the modes to positions in pixels of a frame.

        Parameters
        ----------
        grid : `~sunpy_coronagraph_inpaint.instruments.BlockGrid`
            Of the frame.
        y, x : `numpy.ndarray`
            Shape ``(n,)``, positions.

        Returns
        -------
        `numpy.ndarray`
            Shape ``(n, k)``.
        """
        return self._read(self.modes, *_on_detector(grid, y, x)).T

    def _read(self, layers, y, x):
        factor = DETECTOR / layers.shape[-1]
        where = np.broadcast_arrays((y + 0.5) / factor - 0.5, (x + 0.5) / factor - 0.5)
        read = [ndimage.map_coordinates(layer, where, order=1, mode="nearest") for layer in layers]
        return np.stack(read) if read else np.zeros((0, *where[0].shape))

    def covers(self, camera):
        """Return whether frames of this camera are raw and oriented as the detector was read out."""
        return camera is not None and camera.level == "0.5" and not camera.grid.rotated

    def arrays(self):
        """
        Return the arrays as they are stored.

        Returns
        -------
        dict of `numpy.ndarray`
            ``float16``, and the flat in steps of 0.001 as ``int16``, whose range includes the pylon's edges.
        """
        steps = np.rint(self.flat / _STEP).astype(np.int16)
        return {"template": self.template.astype(np.float16), "modes": self.modes.astype(np.float16), "flat": steps}

    @classmethod
    def from_arrays(cls, arrays):
        """Build a background from the arrays of `arrays`."""
        template, modes = (np.asarray(arrays[name], dtype=np.float32) for name in ("template", "modes"))
        return cls(template, modes, np.asarray(arrays["flat"], dtype=np.float32) * np.float32(_STEP))

    def write(self, path):
        """Write the arrays to a safetensors file."""
        from safetensors.numpy import save_file

        with whole_file(Path(path)) as part:
            save_file(self.arrays(), part)

    @classmethod
    def read(cls, path):
        """Read a file that `write` wrote."""
        from safetensors.numpy import load_file

        return cls.from_arrays(load_file(path))


def _about_rings(values, rings):
    """Return deviations from the mean of each ring, clipped."""
    count = np.maximum(np.bincount(rings), 1)
    deviation = values - (np.bincount(rings, values) / count)[rings]
    deviation = np.clip(deviation, -_FAR, _FAR)
    return deviation - (np.bincount(rings, deviation) / count)[rings]


def _on_detector(grid, y, x):
    """Return positions on the unsummed detector, where the center of its first pixel is 0."""
    return tuple(
        origin + step * (axis + 0.5) - 0.5 for axis, step, origin in zip((y, x), grid.summing, grid.origin, strict=True)
    )
