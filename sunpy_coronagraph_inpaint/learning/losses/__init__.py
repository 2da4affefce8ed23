"""
What a fill is trained to make small: one function per term, and their weighted sum.

**In the masks here 1 and True mean known**, as everywhere in the network and nowhere else. Means go over the pixels
that a term is about, so that a term weighs the same whatever the size of hole and crop. Every ``weight`` is an
optional map of shape ``(N, 1, H, W)`` by which pixels are rewarded: 0 where a star or a cosmic ray should not be.
"""

from sunpy_coronagraph_inpaint.learning.losses.likelihood import gaussian_nll
from sunpy_coronagraph_inpaint.learning.losses.physics import (
    nonnegative_loss,
    radial_decrease_loss,
    ring_flux_loss,
    total_variation_loss,
)
from sunpy_coronagraph_inpaint.learning.losses.pixels import (
    cell_mean_loss,
    diff_loss,
    inner_loss,
    robust_loss,
    robust_penalty,
)
from sunpy_coronagraph_inpaint.learning.losses.texture import perceptual_loss, style_loss
from sunpy_coronagraph_inpaint.learning.losses.total import LossWeights, total_loss

__all__ = [
    "LossWeights",
    "cell_mean_loss",
    "diff_loss",
    "gaussian_nll",
    "inner_loss",
    "nonnegative_loss",
    "perceptual_loss",
    "radial_decrease_loss",
    "ring_flux_loss",
    "robust_loss",
    "robust_penalty",
    "style_loss",
    "total_loss",
    "total_variation_loss",
]
