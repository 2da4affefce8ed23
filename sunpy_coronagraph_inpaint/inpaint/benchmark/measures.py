"""How far a fill is from what was behind the holes."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from sunpy_coronagraph_inpaint.frames.spikes import find_spikes
from sunpy_coronagraph_inpaint.inpaint.benchmark.structure import front_error, power_ratios, similarity, windows

__all__ = ["MEASURES", "Measure", "Reference", "block_errors", "score"]

#: Pixels this far off, in % of the profile, are stars and cosmic rays, which no method can know.
_SPIKE = 10.0
#: What differs by so much from the median of this many pixels around it is such a spike.
_AROUND = 11
#: Pixels on the side of a cell whose mean is compared.
_CELL = 4


class Measure(NamedTuple):
    """A column of the table: unit, what it is, the value of a perfect fill, and the digits after the point."""

    unit: str
    text: str
    goal: float
    digits: int = 2


#: The columns of the table, in their order.
MEASURES = {
    "mae": Measure("%", "mean absolute error of a pixel, in % of the radial profile", 0),
    "mae10": Measure("%", "the same without pixels off by more than 10 % (stars, cosmic rays)", 0),
    "bin4": Measure("%", "mean absolute error of 4x4-pixel means, without spikes of the frame", 0),
    "bias": Measure("%", "mean absolute error of a block's flux, without spikes of the frame", 0),
    "offset": Measure("%", "mean error of a block's flux with its sign", 0),
    "rmse": Measure("%", "root mean square error of a pixel against the truth without noise", 0),
    "clean4": Measure("%", "mean absolute error of 4x4-pixel means against the truth without noise", 0),
    "ssim": Measure("", "structural similarity of 4x4-pixel means in the holes", 1, 3),
    "low": Measure("", "power of the fill over that of the truth at 9 to 32 pixels per cycle", 1),
    "high": Measure("", "power of the fill over that of the truth at 2 to 7 pixels per cycle", 1, 3),
    "in1": Measure("%", "pixels with an error below one standard deviation of the fill", 68.27, 1),
    "in2": Measure("%", "pixels with an error below two standard deviations of the fill", 95.45, 1),
    "front": Measure("pix", "mean absolute error of a front's radius in the running difference", 0, 1),
    "seconds": Measure("s", "median time of a frame", 0, 3),
    "memory": Measure("MB", "largest growth of the resident memory while a frame is filled", 0, 0),
}


@dataclass(frozen=True, eq=False)
class Reference:
    """
    What was behind the holes of one frame.

    Parameters
    ----------
    data : `numpy.ndarray`
        Shape ``(ny, nx)``, the frame before blocks were knocked out.
    holes : `numpy.ndarray`
        Boolean, same shape; whole blocks.
    profile : `numpy.ndarray`
        Same shape, positive: 100 % of every error.
    size : int
        Side of a block in pixels, a multiple of 4.
    center : tuple of float
        ``(x, y)`` from which radii are counted, 0-based pixels.
    clean : `numpy.ndarray`, optional
        Same shape, the truth without noise, stars and particles.
    before : `numpy.ndarray`, optional
        Same shape, the truth of the frame before.

    Examples
    --------
    >>> import numpy as np
    >>> from sunpy_coronagraph_inpaint.inpaint.benchmark.measures import Reference, score
    >>> from sunpy_coronagraph_inpaint.inpaint.methods import Fill
    >>> data, holes = np.full((96, 96), 50.0), np.zeros((96, 96), bool)
    >>> holes[32:64, 32:64] = True
    >>> reference = Reference(data, holes, profile=data, size=32, center=(0.0, 0.0))
    >>> found = score(Fill(np.full(1024, 51.0), np.full(1024, 1.5)), reference)
    >>> round(found["mae"], 6), round(found["bias"], 6), found["in1"]
    (2.0, 2.0, 100.0)
    """

    data: np.ndarray
    holes: np.ndarray
    profile: np.ndarray
    size: int
    center: tuple[float, float]
    clean: np.ndarray | None = None
    before: np.ndarray | None = None

    @cached_property
    def relative(self):
        """The frame in % of its profile."""
        return 100 * np.asarray(self.data, dtype=float) / self.profile

    @cached_property
    def spikes(self):
        """Pixels of the holes that stick out of their surroundings by more than 10 % of the profile, in the frame."""
        spikes = np.zeros(self.holes.shape, bool)
        for box in windows(self.holes, _AROUND):
            image = self.relative[box]
            spikes[box] |= find_spikes(image, _AROUND, _SPIKE, mode="nearest")[0]
        return spikes & self.holes

    @cached_property
    def best(self):
        """The truth without noise where it is known, else the frame, in % of the profile."""
        return self.relative if self.clean is None else 100 * self.clean / self.profile


def score(fill, reference):
    """
    Compare a fill with what was behind the holes.

    Parameters
    ----------
    fill : `~sunpy_coronagraph_inpaint.inpaint.methods.Fill`
        Values and standard deviations on ``data[holes]``.
    reference : Reference
        What was there.

    Returns
    -------
    dict
        The measures of ``MEASURES`` but time and memory, not a number where one does not apply: without a truth
        without noise, without standard deviations, without a front in a hole.
    """
    holes = reference.holes
    filled = reference.relative.copy()
    filled[holes] = 100 * np.asarray(fill.values, dtype=float) / reference.profile[holes]
    error = filled - reference.relative
    inside = np.abs(error[holes])
    small = inside[inside <= _SPIKE]
    blocks = block_errors(error, reference.spikes, holes, reference.size)
    low, high = power_ratios(filled, reference.best, holes, reference.size)
    found = {
        "mae": inside.mean(),
        "mae10": small.mean() if small.size else np.nan,
        "bin4": np.abs(block_errors(error, reference.spikes, holes, _CELL)).mean(),
        "bias": np.abs(blocks).mean(),
        "offset": blocks.mean(),
        **_against_truth(filled, reference),
        "ssim": similarity(filled, reference.best, holes),
        "low": low,
        "high": high,
        **_coverage(fill, inside * reference.profile[holes] / 100),
        "front": _front(filled, reference),
    }
    return {name: float(value) for name, value in found.items()}


def block_errors(error, spikes, holes, size):
    """
    Return the mean error of every square of ``size`` pixels that lies in the holes, without its spikes.

    Squares that are spikes to more than a half are left out.

    Examples
    --------
    >>> import numpy as np
    >>> from sunpy_coronagraph_inpaint.inpaint.benchmark.measures import block_errors
    >>> error, spikes = np.ones((4, 8)), np.zeros((4, 8), bool)
    >>> error[0, 0], spikes[0, 0] = 99.0, True
    >>> block_errors(error, spikes, np.ones((4, 8), bool), 4)
    array([1., 1.])
    """
    cut = error.shape[0] // size, size, error.shape[1] // size, size
    inside = holes.reshape(cut).all(axis=(1, 3))
    kept = (~spikes).reshape(cut).sum(axis=(1, 3))
    total = np.where(spikes, 0.0, error).reshape(cut).sum(axis=(1, 3))
    inside &= kept > size**2 / 2
    return total[inside] / kept[inside]


def _against_truth(filled, reference):
    if reference.clean is None:
        return {"rmse": np.nan, "clean4": np.nan}
    error = filled - reference.best
    cells = block_errors(error, np.zeros_like(reference.holes), reference.holes, _CELL)
    return {"rmse": np.sqrt(np.mean(error[reference.holes] ** 2)), "clean4": np.abs(cells).mean()}


def _front(filled, reference):
    if reference.before is None:
        return np.nan
    y, x = np.indices(filled.shape)
    radius = np.hypot(x - reference.center[0], y - reference.center[1])
    before = 100 * reference.before / reference.profile
    return front_error(filled - before, reference.best - before, reference.holes, radius)


def _coverage(fill, error):
    std = np.asarray(fill.std, dtype=float)
    if not np.isfinite(std).all():
        return {"in1": np.nan, "in2": np.nan}
    return {"in1": 100 * np.mean(error < std), "in2": 100 * np.mean(error < 2 * std)}
