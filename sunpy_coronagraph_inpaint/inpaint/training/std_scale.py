"""Fit the factors on the standard deviations to frames whose truth is known."""

from dataclasses import replace
from itertools import product

import numpy as np

from sunpy_coronagraph_inpaint.inpaint.methods.partial_conv import fill_with

#: Shares of Gaussian errors within one and two standard deviations.
_WITHIN = (0.6827, 0.9545)
#: Factors tried. The network is never taken to be surer of the structure than it is: noisy frames say little of that.
_STRUCTURE, _PIXELS = np.geomspace(1.0, 3.0, 19), np.linspace(0.6, 1.3, 29)


def fit_std_scale(loaded, cases):
    """
    Fit the factors on the standard deviations, so that intervals hold their shares of the errors.

    Parameters
    ----------
    loaded : `~sunpy_coronagraph_inpaint.inpaint.network.trained.TrainedNetwork`
        The network, with any factors.
    cases : iterable of tuple
        ``(frame, truth, background)``: a `~sunpy_coronagraph_inpaint.frames.CoronagraphFrame` with holes, an
        array of its shape with what was there, and a background that was not fitted to it.

    Returns
    -------
    tuple of float
        Factors on the standard deviation of the structure and on that of a pixel, for which the shares of errors within
        one and two standard deviations are nearest to those of Gaussian ones, on the average over the cases.
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
