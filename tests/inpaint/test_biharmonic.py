"""The biharmonic equation."""

import sys

import numpy as np

from tests.inpaint.artificial import corona, fill, frame_of, hole

SHAPE = (160, 160)
FAR = (80.0, -400.0)
HOLE = hole(SHAPE, np.s_[60:92, 60:92])


def test_coarser_grid(monkeypatch):
    """A hole that is solved on a coarser grid is filled as on the fine one, to a percent."""
    truth = corona(SHAPE, FAR)
    frame = frame_of(truth, HOLE, center=FAR)
    fine = fill("biharmonic", frame).values
    for pixels in (500, 100):
        monkeypatch.setattr(sys.modules["sunpy_coronagraph_inpaint.inpaint.methods.biharmonic"], "_PIXELS", pixels)
        np.testing.assert_allclose(fill("biharmonic", frame).values, fine, rtol=0.01)


def test_pixels_without_data_do_not_bound_the_hole():
    """Beside null blocks the slope is continued as elsewhere; they are not a boundary."""
    truth = corona(SHAPE, FAR)
    null = hole(SHAPE, np.s_[60:92, 92:])
    answer = fill("biharmonic", frame_of(truth, HOLE, center=FAR, valid=~null))
    np.testing.assert_allclose(answer.values, truth[HOLE], rtol=0.02)
