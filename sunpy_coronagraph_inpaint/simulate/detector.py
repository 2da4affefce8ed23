"""The detector and its electronics: from a rate of counts to the integers that are sent to the ground."""

from functools import cache

import numpy as np

from sunpy_coronagraph_inpaint.instruments.lasco_facts import DETECTORS, SATURATION
from sunpy_coronagraph_inpaint.simulate.particles import RATE, SOLAR_CHARGE, add_particles

_READOUT = 10.0  # seconds of particles that the readout adds: on average half of its 20 s


_NEIGHBOR = -0.45  # what a pixel's sensitivity takes from its neighbor in the row: a correlation of -0.37


@cache
def _pattern(detector, year):
    rng = np.random.default_rng([1995, ord(detector[1]), year])
    white = rng.standard_normal((1024, 1025), np.float32)
    return (white[:, 1:] + _NEIGHBOR * white[:, :-1]) / np.float32(np.hypot(1, _NEIGHBOR))


def pixel_flat(detector, year):
    """
    Return the sensitivity of the pixels of a detector relative to their mean.

    Parameters
    ----------
    detector : str
        ``"C2"`` or ``"C3"``.
    year : float
        Date as a decimal year: the pattern changes slowly.

    Returns
    -------
    `numpy.ndarray`
        Shape (1024, 1024).

    Notes
    -----
    Measured on six C2 frames of 2010: 0.81 % and nearly Gaussian, with a correlation of -0.37 between neighbors in a
    row, and 0.77 % of it common to 2001 and 2010. Here the lasting part is one pattern per detector, and the rest
    changes linearly from one pattern to the next every nine years. It is an artificial pattern: not LASCO's own.
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
    """
    Let charge above the full well run along the rows, to both sides, until the pixels there have taken it.

    Parameters
    ----------
    charge : `numpy.ndarray`
        Shape ``(ny, nx)``; it is changed in place.
    capacity : float
        What a pixel holds.
    """
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
    """Fill the pixels of a view from its beginning; what reaches its end leaves the detector."""
    room = np.maximum(capacity - side, 0)
    taken = np.clip(amount - (np.cumsum(room) - room), 0, room)
    side += taken


def expose(rate, exposure, *, bias, year, rng, snow=0.0, activity=0.5):
    """
    Expose, read out and digitize.

    Parameters
    ----------
    rate : `numpy.ndarray`
        Shape (1024, 1024), DN per second of light.
    exposure : `~sunpy_coronagraph_inpaint.simulate.header.Exposure`
        Detector, exposure time and on-board binning.
    bias : float
        Offset in DN of an unsummed pixel.
    year : float
        Date as a decimal year.
    rng : `numpy.random.Generator`
        Random number generator.
    snow : float, optional
        Solar energetic particles, in units of the quiet rate of cosmic rays: 600 to 1000 in the great events.
    activity : float, optional
        Solar activity from 0 to 1, which holds off a third of the cosmic rays at its maximum.

    Returns
    -------
    values : `numpy.ndarray`
        Integers, ``exposure.shape``, before the loss of compression and with all blocks.
    hits : `numpy.ndarray`
        Boolean, shape (1024, 1024): pixels in which particles left charge.
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
