"""Plots of a fill."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from sunpy_coronagraph_inpaint import inpaint_map
from sunpy_coronagraph_inpaint.inpaint.figures import plot_fill
from sunpy_coronagraph_inpaint.simulate import damage, plain_corona

pytestmark = pytest.mark.filterwarnings("ignore:Missing metadata for observer")


@pytest.fixture(scope="module")
def case():
    """An artificial frame, the same frame damaged, and filled."""
    truth = plain_corona(detector="C2", size=512, seed=4)
    damaged = damage(truth, blocks=[55, 56, 71, 200], seed=1)
    return truth, damaged, inpaint_map(damaged, method="harmonic")


@pytest.mark.mpl_image_compare(tolerance=12, savefig_kwargs={"dpi": 40})
def test_error_of_a_fill(case):
    """Three columns with the error, if the truth is known."""
    truth, damaged, filled = case
    return plot_fill(damaged, filled, truth=truth)


@pytest.mark.mpl_image_compare(tolerance=12, savefig_kwargs={"dpi": 40})
def test_uncertainty_of_a_fill(case):
    """Before, after and uncertainty, without a truth."""
    _, damaged, filled = case
    return plot_fill(damaged, filled)


def test_pyplot_is_left_alone(case):
    """Drawing opens no figure of pyplot's, so that none is left open."""
    truth, damaged, filled = case
    before = plt.get_fignums()
    plot_fill(damaged, filled, truth=truth)
    assert plt.get_fignums() == before


def test_hole_is_in_the_close_up(case):
    """The lower row shows the largest hole whole."""
    truth, damaged, filled = case
    axes = plot_fill(damaged, filled, truth=truth).axes
    closeup = next(ax for ax in axes[3:] if ax.get_images() and ax.get_title() == "missing")
    image = np.ma.filled(closeup.get_images()[0].get_array(), np.nan)
    assert np.isnan(image).sum() >= 3 * 1024


def test_nothing_filled(case):
    """Without a filled pixel there is nothing to draw."""
    truth, damaged, _ = case
    with pytest.raises(ValueError, match="No pixel of the second map was filled"):
        plot_fill(damaged, truth)
