"""The shape of a CME: points that fill a graduated cylindrical shell, and the threads of its core."""

from functools import lru_cache

import numpy as np
from scipy.ndimage import gaussian_filter


@lru_cache(maxsize=4)
def _lattice(seed):
    """Return points of the shell in its own coordinates, on a jittered lattice, and the texture of its density."""
    rng = np.random.default_rng([seed, 2011])
    n_along, n_around, n_layers = 220, 200, 5
    texture = gaussian_filter(rng.standard_normal((2 * n_along, n_around)), (2.5, 5), mode="wrap")
    ropes = gaussian_filter(rng.standard_normal((2 * n_along, n_around)), (14, 1.2), mode="wrap")
    texture = np.exp(0.55 * texture / texture.std() + 0.4 * ropes / ropes.std())
    shape = (2 * n_along, n_around, n_layers)
    along = (np.arange(2 * n_along)[:, None, None] + rng.random(shape)) / n_along - 1
    around = (np.arange(n_around)[None, :, None] + rng.random(shape)) / n_around * 2 * np.pi
    layer = (np.arange(n_layers)[None, None] + rng.random(shape)) / n_layers
    weight = np.broadcast_to(texture[:, :, None], shape)
    return tuple(a.astype(np.float32).ravel() for a in (along, around, layer, weight))


def croissant(cme, height, *, swell=1.0, thickness=(0.16, 0.045), piled=1.0):
    """
    Return points that fill a graduated cylindrical shell whose front is at a height in solar radii, and their weights.

    Points have shape ``(3, n)``, in solar radii in the plane of the legs, along the axis, and across; weights, shape
    ``(n,)``, are relative numbers of electrons. ``swell`` multiplies the ratio of radii (a sheath is wider than the
    shell inside it), ``thickness`` is that toward the inside and the outside relative to the tube's radius, and
    ``piled`` is the density enhancement of the leading part. Thernisien 2011, ApJS 194, 33,
    https://doi.org/10.1088/0067-0049/194/2/33, equations 18 to 27.
    """
    along, around, layer, texture = _lattice(cme.seed)
    ratio, half = min(cme.ratio * swell, 0.8), cme.half_angle
    leg = height * (1 - ratio) * np.cos(half) / (1 + np.sin(half))
    top, rho = leg / np.cos(half), leg * np.tan(half)
    side = np.sign(along)
    # From the middle of the front (0) down to where the legs begin (at 0.75) and on along them.
    place = np.abs(along)
    beta = np.pi / 2 - np.minimum(place / 0.75, 1) * (np.pi / 2 + half)
    sine = np.sin(beta)
    center = (rho + top * ratio**2 * sine) / (1 - ratio**2)
    radius = np.sqrt(np.maximum(center**2 + (top**2 * ratio**2 - rho**2) / (1 - ratio**2), 0))
    down = np.maximum(place - 0.75, 0) / 0.25
    shrink = 1 - 0.75 * down
    depth = np.where(layer < 0.7, -thickness[0] * (1 - layer / 0.7), thickness[1] * (layer - 0.7) / 0.3)
    reach = radius * (1 + depth * 2)
    out = center + reach * np.cos(around)
    x = side * np.cos(beta) * out * shrink
    y = (top + sine * out) * shrink
    z = reach * np.sin(around) * shrink
    area = radius * (1 + radius / np.maximum(height, 1e-3)) * (out + 0.3 * radius)
    profile = np.exp(-((depth / np.where(depth < 0, thickness[0], thickness[1]) * 1.3) ** 2))
    facing = np.maximum(np.cos(around) * np.maximum(sine, 0), 0)
    weight = texture * np.maximum(area, 0) * profile * (0.25 + piled * facing**1.5) * (1 - 0.8 * down)
    return np.stack([x, y, z]), weight


def core_threads(cme, height, rng):
    """Return points and weights, as `croissant`, of a filament in the rear of the cavity: twisted, clumpy threads."""
    count, strands = 900, 26
    place = np.linspace(-1, 1, count)[None] * rng.uniform(0.35, 1.0, (strands, 1))
    bend = np.cumsum(rng.normal(0, 1, (3, strands, count)), axis=2) / np.sqrt(count)
    size = 0.11 * height * (0.4 + cme.ratio)
    offset = rng.normal(0, 0.6, (3, strands, 1)) * size
    x = place * height * 0.45 * np.sin(cme.half_angle + 0.15)
    y = height * (0.58 - 0.22 * place**2) + np.zeros_like(x)
    points = np.stack([x, y, np.zeros_like(x)]) + offset + size * bend
    clumps = np.exp(gaussian_filter(rng.standard_normal((strands, count)), (0, 25)) * 6)
    return points.reshape(3, -1), (clumps * rng.exponential(1, (strands, 1))).ravel()
