"""Laplace's equation."""

import sys

import numpy as np
import pytest

from sunpy_coronagraph_inpaint.frames.laplace import solve_laplace
from sunpy_coronagraph_inpaint.inpaint.methods import harmonic as package_harmonic
from tests.inpaint.artificial import hole

SHAPE = (64, 64)
Y, X = np.indices(SHAPE).astype(float)


@pytest.mark.parametrize(
    "surface", [3 + 0 * X, 2 * X - Y, X * Y / 10, (X**2 - Y**2) / 20], ids=["constant", "plane", "saddle", "quadratic"]
)
def test_discrete_harmonic_functions(surface):
    """Functions whose neighbors' mean is their value are recovered exactly from the boundary."""
    holes = hole(SHAPE, np.s_[20:40, 12:50], np.s_[50:54, 3:9])
    found = solve_laplace(np.where(holes, 0, surface), ~holes, holes)
    np.testing.assert_allclose(found, surface[holes], atol=1e-5)


def test_edges_are_insulating():
    """At the frame's edge, and at pixels without data, the gradient across is zero."""
    holes = hole(SHAPE, np.s_[:, 40:])
    found = solve_laplace(np.where(holes, 0, Y), ~holes, holes).reshape(64, 24)
    np.testing.assert_allclose(found[:, -1], found[:, -2], atol=0.2)
    holes, valid = hole(SHAPE, np.s_[20:40, 20:40]), hole(SHAPE, np.s_[20:40, :20])
    found = solve_laplace(np.where(valid, 7.0, np.nan), valid, holes)
    np.testing.assert_allclose(found, 7, atol=1e-6)


def test_parts_that_touch_nothing():
    """A part of the holes that touches no valid pixel takes the mean of those there are."""
    holes, valid = hole(SHAPE, np.s_[50:60, 50:60]), hole(SHAPE, np.s_[:10])
    np.testing.assert_allclose(solve_laplace(X, valid, holes), 31.5, atol=1e-3)


@pytest.mark.parametrize("what", ["block", "half", "island"])
def test_large_holes(monkeypatch, what):
    """What is solved on coarser grids first comes to within a fiftieth of the range of what is solved directly."""
    shape = (128, 128)
    y, x = np.indices(shape)
    surface = np.sin(x / 30) + np.cos(y / 20) + (x > 40) * (y > 100)
    part = {"block": np.s_[10:110, 10:110], "half": np.s_[:, 50:], "island": np.s_[10:110, 10:110]}[what]
    holes = hole(shape, part)
    valid = ~holes
    if what == "island":
        valid[:20] = False
    exact = solve_laplace(surface, valid, holes)
    monkeypatch.setattr(sys.modules["sunpy_coronagraph_inpaint.frames.laplace"], "_DIRECT", 500)
    assert np.abs(solve_laplace(surface, valid, holes) - exact).max() < 0.02 * np.ptp(surface)


def test_public_name():
    """The package offers the function, not the module."""
    assert callable(package_harmonic)
