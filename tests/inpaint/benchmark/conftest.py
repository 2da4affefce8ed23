"""Fixtures of the benchmark."""

import pytest

from sunpy_coronagraph_inpaint.inpaint.benchmark.frame_sets import FRAME_SETS


@pytest.fixture(scope="session")
def moving():
    """A small artificial frame with an ejection and neighbors."""
    (frame,) = FRAME_SETS["C2 small"].load()
    return frame
