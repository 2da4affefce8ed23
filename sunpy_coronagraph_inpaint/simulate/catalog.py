"""CME statistics derived from the CDAW catalog, and CMEs drawn from them."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from sunpy_coronagraph_inpaint.simulate.cme import Cme

_MINIMA = (1996.4, 2008.9, 2019.9, 2031.0)
_FIELDS = {"C2": (2.2, 6.0), "C3": (4.0, 22.0)}  # solar radii between which a front is visible
_RISE = 4.5  # years from minimum to maximum


class CatalogStatistics(NamedTuple):
    """Distributions that ``benchmarks/cme_statistics.py`` prints for the catalog of January 1996 to March 2019."""

    ln_speed: tuple[float, float] = (6.005, 0.514)  # mean and standard deviation; km/s
    ln_halo_speed: float = 6.809
    ln_width: tuple[float, float] = (4.148, 0.598)  # degrees, events of 20 degrees and more
    correlation: float = 0.151  # between the two logarithms
    halos: float = 0.051  # fraction of the events
    acceleration: tuple[float, float, float] = (6.41, -0.01364, 19.3)  # m/s^2: constant, times speed, scatter
    log_mass: tuple[float, float, float] = (12.22, 1.508, 0.497)  # grams: constant, times log10 width, scatter
    latitude: tuple[float, float] = (20.0, 43.6)  # standard deviation at minimum and maximum, degrees


CATALOG = CatalogStatistics()


def activity(year):
    """Return the solar activity of a decimal year, from 0 (minimum) to 1 (maximum)."""
    start = max((minimum for minimum in _MINIMA if minimum <= year), default=_MINIMA[0] - 11.0)
    end = min((minimum for minimum in _MINIMA if minimum > year), default=_MINIMA[-1] + 11.0)
    since = year - start
    phase = 0.5 * since / _RISE if since < _RISE else 0.5 + 0.5 * (since - _RISE) / (end - start - _RISE)
    return float(np.sin(np.pi * phase) ** 2)


def draw_cme(level, *, rng):
    """
    Draw speed, width, acceleration, mass and latitude of a CME at a solar activity ``level`` from 0 to 1.

    Returns a dictionary: ``speed`` in km/s, ``width`` in degrees on the sky (360 for a halo), ``acceleration`` in
    m/s^2, ``mass`` in grams, ``latitude`` in degrees. Speed and width follow correlated log-normal distributions,
    acceleration and mass linear regressions with scatter, fitted to the events of the SOHO LASCO CME catalog
    (Gopalswamy et al. 2009, Earth Moon Planets 104, 295, https://doi.org/10.1007/s11038-008-9282-7) that it does not
    call poor. Half of the events move at constant speed, in line with the catalog's remarks on accelerations derived
    from few points.
    """
    first = rng.standard_normal()
    second = CATALOG.correlation * first + np.sqrt(1 - CATALOG.correlation**2) * rng.standard_normal()
    halo = bool(rng.random() < CATALOG.halos)
    mean = CATALOG.ln_halo_speed if halo else CATALOG.ln_speed[0]
    speed = float(np.clip(np.exp(mean + CATALOG.ln_speed[1] * first), 80, 3000))
    width = 360.0 if halo else float(np.clip(np.exp(CATALOG.ln_width[0] + CATALOG.ln_width[1] * second), 20, 300))
    constant, slope, scatter = CATALOG.acceleration
    acceleration = constant + slope * speed + scatter * rng.standard_normal()
    constant, slope, scatter = CATALOG.log_mass
    log_mass = constant + slope * np.log10(min(width, 150.0)) + scatter * rng.standard_normal()
    spread = np.interp(level, (0, 1), CATALOG.latitude)
    return {
        "speed": speed,
        "width": width,
        "acceleration": float(np.clip(acceleration, -60, 80)) if rng.random() < 0.5 else 0.0,
        "mass": float(10 ** np.clip(log_mass, 13.5, 16.5)),
        "latitude": float(np.clip(rng.normal(0, spread), -85, 85)),
    }


def random_cme(detector, start, level, rng):
    """Draw a `Cme` whose front is in the field of a detector (``"C2"`` or ``"C3"``) at the time ``start``."""
    drawn = draw_cme(level, rng=rng)
    half_width = np.deg2rad(min(drawn["width"], 150.0)) / 2
    tilt = rng.uniform(-np.pi / 2, np.pi / 2)
    ratio = float(np.clip(np.sin(half_width * rng.uniform(0.5, 0.95)), 0.12, 0.6))
    half_angle = float(np.clip((half_width - np.arcsin(ratio)) / max(abs(np.cos(tilt)), 0.3), 0.05, 1.0))
    halo = drawn["width"] >= 360
    side = rng.choice([-1, 1])
    depth = rng.choice([-1, 1]) * rng.uniform(0.9, 1.4) if halo else rng.normal(0, 0.35)
    sheath = float(np.interp(drawn["speed"], (350, 900), (0.0, 0.25)))
    core = float(rng.uniform(0.05, 0.25)) * (rng.random() < 0.7)
    cme = Cme(
        onset=0.0,
        position_angle=float(np.pi / 2 * side - np.deg2rad(drawn["latitude"]) * side),
        depth=float(depth),
        tilt=float(tilt),
        half_angle=half_angle,
        ratio=ratio,
        speed=drawn["speed"] / max(np.cos(depth), 0.35),
        acceleration=drawn["acceleration"],
        mass=drawn["mass"],
        parts=(1 - sheath - core, core, sheath),
        seed=int(rng.integers(2**31)),
    )
    inner, outer = _FIELDS[detector]
    wanted = rng.uniform(inner, outer) / max(np.cos(depth), 0.35)
    since = np.arange(0.0, 4e5, 60.0)
    heights = np.array([cme.height(value) for value in since])
    return replace(cme, onset=float(start.unix - np.interp(wanted, heights, since)))
