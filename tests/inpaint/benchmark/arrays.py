"""Small frames for the tests of the benchmark."""

import numpy as np

from sunpy_coronagraph_inpaint.frames.frame import CoronagraphFrame
from sunpy_coronagraph_inpaint.inpaint.benchmark.measures import Reference


def holes_at(shape, *slices):
    """Holes that cover the given pixels."""
    holes = np.zeros(shape, bool)
    for part in slices:
        holes[part] = True
    return holes


def frame_of(data, holes):
    """A frame with 0 in its holes, its center far away, so that its radial profile is smooth."""
    return CoronagraphFrame(np.where(holes, 0.0, data), ~holes, holes, (-500.0, data.shape[0] / 2), 8.0)


def reference_of(data, holes, **more):
    """A reference whose profile is 100 everywhere, so that an error of 1 is 1 %."""
    return Reference(data, holes, np.full(data.shape, 100.0), 32, (0.0, 0.0), **more)
