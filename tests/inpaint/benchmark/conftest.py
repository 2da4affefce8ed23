"""Fixtures of the benchmark."""

import pytest

from sunpy_coronagraph_inpaint.inpaint.benchmark.groups import load


@pytest.fixture(scope="session")
def moving():
    """A small artificial frame with an ejection and neighbors."""
    (case,) = load("C2 small")
    return case
