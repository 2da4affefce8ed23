"""The detector and its electronics: from count rates to the integers that are sent to the ground."""

from functools import cache

import numpy as np

from sunpy_coronagraph_inpaint.instruments.lasco_facts import DETECTORS, SATURATION
from sunpy_coronagraph_inpaint.simulate.particles import RATE, SOLAR_CHARGE, add_particles

_READOUT = 10.0  # seconds of exposure to particles that the readout adds: on average half of its 20 s


_NEIGHBOR = -0.45  # weight of the neighbor in the row: gives a correlation of -0.37


@cache
def _pattern(detector, year):
    rng = np.random.default_rng([1995, ord(detector[1]), year])
    white = rng.standard_normal((1024, 1025), np.float32)
    return (white[:, 1:] + _NEIGHBOR * white[:, :-1]) / np.float32(np.hypot(1, _NEIGHBOR))


def pixel_flat(detector, year):
    """
    Return the sensitivity of a detector's pixels relative to their mean, shape (1024, 1024), in a decimal year.

    Measured on six C2 frames of 2010: 0.81 % and nearly Gaussian, with a correlation of -0.37 between neighbors in a
    row, and 0.77 % of it common to 2001 and 2010. Here the lasting part is one pattern per detector, and the rest
    changes linearly from one pattern to the next every nine years. The pattern is artificial, not LASCO's own.
    """
    size = DETECTORS[detector].pixel_flat
    common = 0.95
    period, phase = divmod((year - 1990.0) / 9.0, 1)
    old, new = (_pattern(detector, int(period) + step) for step in (1, 2))
    drift = ((1 - phase) * old + phase * new) / np.hypot(1 - phase, phase)
    return 1 + np.float32(size) * (
        np.float32(common) * _pattern(detector, 0) + np.float32(np.sqrt(1 - common**2)) * drift
    )


def spill(charge, capacity):
    """Spread charge above the full well (``capacity``) along the rows, to both sides, in place."""
    for y in np.flatnonzero((charge > capacity).any(axis=1)):
        row = charge[y]
        over = row > capacity
        edges = np.flatnonzero(np.diff(np.concatenate([[False], over, [False]]).astype(np.int8)))
        for start, end in edges.reshape(-1, 2):
            excess = float(row[start:end].sum() - capacity * (end - start))
            if excess <= 0:
                continue
            row[start:end] = capacity
            _fill(row[end:], excess / 2, capacity)
            _fill(row[:start][::-1], excess / 2, capacity)


def _fill(side, amount, capacity):
    """Fill the pixels of a view from its beginning; charge that reaches its end leaves the detector."""
    room = np.maximum(capacity - side, 0)
    taken = np.clip(amount - (np.cumsum(room) - room), 0, room)
    side += taken


def expose(rate, exposure, *, bias, year, rng, snow=0.0, activity=0.5):
    """
    Expose, read out and digitize a rate of light in DN per second, shape (1024, 1024).

    ``bias`` is the offset in DN of an unsummed pixel. ``snow`` is the flux of solar energetic particles in units of the
    quiet rate of cosmic rays (600 to 1000 in the great events); ``activity``, from 0 to 1, suppresses a third of the
    cosmic rays at its maximum. Returns integers, ``exposure.shape``, before lossy compression and with all blocks, and
    the boolean mask, shape (1024, 1024), of pixels in which particles left charge.
    """
    detector = DETECTORS[exposure.detector]
    counts = rate * pixel_flat(exposure.detector, year)
    counts *= np.float32(exposure.seconds)
    variance = np.maximum(counts, 0) / np.float32(detector.gain) + np.float32(detector.read_noise**2)
    counts += np.sqrt(variance) * rng.standard_normal(counts.shape, np.float32)
    quiet = RATE * (1 - 0.35 * activity)
    exposed = exposure.seconds + _READOUT
    hits = add_particles(counts, seconds=exposed, rate=quiet, rng=rng)
    if snow:
        hits |= add_particles(counts, seconds=exposed, rate=quiet * snow, charge=SOLAR_CHARGE, rng=rng)
    spill(counts, detector.full_well)
    values = np.clip(np.rint(counts + np.float32(bias)), 1, SATURATION).astype(np.int32)
    if exposure.binning > 1:
        step = exposure.binning
        values = values.reshape(1024 // step, step, 1024 // step, step).sum(axis=(1, 3), dtype=np.int32)
    return values, hits
