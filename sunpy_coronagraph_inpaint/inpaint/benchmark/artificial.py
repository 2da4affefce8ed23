"""Artificial frames of the benchmark, whose truth without noise is known."""

from functools import cache

import numpy as np

import astropy.units as u

from sunpy_coronagraph_inpaint.dataset.split import ARTIFICIAL_SEED
from sunpy_coronagraph_inpaint.frames.statistics import block_mean
from sunpy_coronagraph_inpaint.inpaint.benchmark.frame import BenchmarkFrame
from sunpy_coronagraph_inpaint.simulate import Scene, observe
from sunpy_coronagraph_inpaint.simulate.observation import layers

#: Time between the frames of a sequence, LASCO's cadence.
_CADENCE = 12 * u.min
#: Smallest relative brightening of a block by the ejection, and smallest change of one between two frames.
_BRIGHT, _MOVED = 0.03, 0.015
#: Side of those blocks, pixels.
_BLOCK = 32
#: Number of seeds tried for each scene.
_TRIES = 20


def quiet_frames(detector, number):
    """Return ``number`` artificial `BenchmarkFrame` without a coronal mass ejection: the seeds from 900000 on."""
    return [artificial_frame(ARTIFICIAL_SEED + i, detector, cme=False) for i in range(number)]


@cache
def _seeds(detector, number):
    """Return seeds from 900000 on whose ejection is visible and moves, according to the truth."""
    found = []
    for seed in range(ARTIFICIAL_SEED, ARTIFICIAL_SEED + _TRIES * number):
        scene = Scene.random(seed, detector, cme=True)
        truth, before, quiet = _truths(scene)
        level = np.maximum(truth, 1.0)
        bright, moved = (_largest(np.abs(truth - other) / level) for other in (quiet, before))
        if bright > _BRIGHT and moved > _MOVED:
            found.append(seed)
        if len(found) == number:
            break
    return tuple(found)


def ejection_frames(detector, number):
    """
    Return ``number`` artificial `BenchmarkFrame` with a coronal mass ejection, and the frames before and after.

    The frames are 12 minutes apart. Their scenes are the first seeds from 900000 on for which the ejection brightens
    some block of 32 pixels by more than 3 % of the frame, and changes one by more than 1.5 % between two frames. Holes
    are placed where the ejection is brightest and where it moves.
    """
    return [artificial_frame(seed, detector, cme=True) for seed in _seeds(detector, number)]


def artificial_frame(seed, detector, *, cme, binning=1):
    """
    Return the second frame of an artificial sequence of three as a `BenchmarkFrame` with its truth.

    With ``cme`` there is a coronal mass ejection; the frame then has neighbors, the truth of the frame before, and a
    map of where the ejection is visible and moves. ``binning`` is the summing along each side: 1, 2 or 4.
    """
    scene = Scene.random(seed, detector, cme=cme, binning=binning)
    times = scene.times(3, cadence=_CADENCE)
    if not cme:
        (taken,) = observe(scene, times[1], truth="clean")
        return BenchmarkFrame(f"seed {seed}", taken.map, seed, clean=taken.truth["clean"])
    first, smap, last = observe(scene, times)
    truth, before, quiet = _truths(scene)
    level = np.maximum(truth, 1.0)
    signal = sum(
        part / max(_largest(part), 1e-9) for part in (np.abs(truth - quiet) / level, np.abs(truth - before) / level)
    )
    return BenchmarkFrame(f"seed {seed}", smap, seed, (first, last), clean=truth, before=before, signal=signal)


def _truths(scene):
    """Return the truth of the second frame, of the first one, and of the second one without the ejection."""
    first, second = scene.times(2, cadence=_CADENCE)
    taken = ((scene, second), (scene, first), (scene.replace(cmes=()), second))
    return tuple(layers(*one, ("clean",))["clean"] for one in taken)


def _largest(image):
    """Return the largest block mean."""
    return float(block_mean(image, _BLOCK).max())
