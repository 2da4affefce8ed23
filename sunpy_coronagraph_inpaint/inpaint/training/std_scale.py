"""Calibrate the standard deviations on frames whose truth is known."""

from dataclasses import replace
from itertools import product

import numpy as np

from sunpy_coronagraph_inpaint.inpaint.methods.partial_conv import fill_with

#: Fractions of Gaussian errors within one and two standard deviations.
_WITHIN = (0.6827, 0.9545)
#: Factors tried. That of the structure is at least 1, since noisy frames hardly constrain it.
_STRUCTURE, _PIXELS = np.geomspace(1.0, 3.0, 19), np.linspace(0.6, 1.3, 29)


def fit_std_scale(loaded, cases):
    """
    Fit the factors on the standard deviations of the structure and of a pixel.

    They minimize the differences between the fractions of errors within one and two standard deviations and those of a
    Gaussian, averaged over ``cases``: tuples ``(frame, truth, background)`` of a `CoronagraphFrame` with holes, an
    array of its shape, and a background that was not fitted to it. ``loaded`` is a `TrainedNetwork` with any factors.
    """
    found = []
    for frame, truth, background in cases:
        parts = [
            fill_with(frame, replace(loaded, background=background, std_scale=scale))
            for scale in ((1.0, 0.0), (0.0, 1.0))
        ]
        found.append((np.abs(parts[0].values - truth[frame.holes]), parts[0].std, parts[1].std))

    def miss(factors):
        shares = [
            [np.mean(error < n * np.hypot(factors[0] * structure, factors[1] * pixels)) for n in (1, 2)]
            for error, structure, pixels in found
        ]
        return float(
            np.sum((np.mean(shares, axis=0) - _WITHIN) ** 2) + 0.1 * np.mean((np.array(shares) - _WITHIN) ** 2)
        )

    return tuple(float(factor) for factor in min(product(_STRUCTURE, _PIXELS), key=miss))
