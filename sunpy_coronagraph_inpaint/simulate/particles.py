"""Cosmic rays and the snow of solar energetic particles."""

import numpy as np

RATE = 22.0  # hits per second on the whole detector at solar minimum; 7 to 9 of them exceed 8 sigma in C2
SOLAR_CHARGE = 2.5  # charge of the slower solar protons relative to cosmic rays; C2 frames of July and November 2000
_LOG_CHARGE, _SCATTER = np.log(130.0), 1.3  # DN of a perpendicular hit, log-normal
_THICKNESS = 1.25  # sensitive depth in units of the pixel
_STEP = 0.3  # pixels


def add_particles(image, *, seconds, rate=RATE, charge=1.0, rng):
    """
    Add the charge of particles to an image in DN, in place, and return the boolean mask of the pixels that were hit.

    The detector is exposed for ``seconds`` (the exposure and part of the readout) to ``rate`` hits per second; each
    leaves ``charge`` times as much as a cosmic ray. Isotropic particles cross a flat sensitive layer 1.25 pixels deep.
    The length of a track in the image is that depth times the tangent of the zenith angle, which exceeds t with the
    probability 1 / (1 + t**2), and its charge grows with the path length. This gives the sizes seen in quiet C2 frames
    (median 1, 95th percentile 4 to 7, 99th 9 to 13 pixels). The charge per path is log-normal, with the measured
    amplitudes.
    """
    ny, nx = image.shape
    hits = np.zeros(image.shape, bool)
    count = int(rng.poisson(rate * seconds))
    if count == 0:
        return hits
    tangent = np.sqrt(1 / rng.uniform(1e-4, 1, count) - 1)
    charges = charge * np.exp(_LOG_CHARGE + _SCATTER * rng.standard_normal(count)) * np.sqrt(1 + tangent**2)
    heading = rng.uniform(0, 2 * np.pi, count)
    x, y = rng.uniform(-0.5, nx - 0.5, count), rng.uniform(-0.5, ny - 0.5, count)
    samples = np.ceil(tangent * _THICKNESS / _STEP).astype(int) + 1
    owner = np.repeat(np.arange(count), samples)
    place = np.arange(owner.size) - np.repeat(np.cumsum(samples) - samples, samples)
    along = place / np.maximum(samples[owner] - 1, 1) * tangent[owner] * _THICKNESS
    column = np.rint(x[owner] + along * np.cos(heading[owner])).astype(int)
    row = np.rint(y[owner] + along * np.sin(heading[owner])).astype(int)
    inside = (column >= 0) & (row >= 0) & (column < nx) & (row < ny)
    share = (charges / samples)[owner] * rng.gamma(4, 0.25, owner.size)
    index = (row * nx + column)[inside]
    image += np.bincount(index, share[inside], minlength=image.size).reshape(image.shape)
    hits.flat[index] = True
    return hits
