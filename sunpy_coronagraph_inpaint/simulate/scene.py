"""A scene: the sky, and the settings of the camera that observes it."""

import dataclasses
from dataclasses import dataclass

import numpy as np

import astropy.units as u
from astropy.time import Time

from sunpy.time import parse_time

from sunpy_coronagraph_inpaint.instruments.lasco_facts import DETECTORS
from sunpy_coronagraph_inpaint.simulate.bodies import Comet, next_comet
from sunpy_coronagraph_inpaint.simulate.catalog import activity as activity_of
from sunpy_coronagraph_inpaint.simulate.catalog import random_cme
from sunpy_coronagraph_inpaint.simulate.cme import Cme
from sunpy_coronagraph_inpaint.simulate.optics import brightness_per_count
from sunpy_coronagraph_inpaint.simulate.streamers import Corona, coronal_map

_EXPOSURES = {"C2": ((25.1, 0.85), (100.1, 0.15)), "C3": ((19.1, 0.8), (9.6, 0.1), (5.1, 0.1))}  # seconds, share
_FIRST, _LAST = 1996.4, 2020.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Scene:
    """
    The sky, and the settings of the camera that observes it.

    Create one with `Scene.random`, and variants of it with `Scene.replace`.

    Parameters
    ----------
    seed : int
        Seed of the random numbers of its frames.
    detector : str
        ``"C2"`` or ``"C3"``.
    start : `~astropy.time.Time`
        Start of the sequence.
    activity : float
        Solar activity from 0 to 1.
    corona : Corona
        The quiet corona of this Carrington rotation.
    cmes : tuple of Cme
        Coronal mass ejections.
    comets : tuple of Comet
        Comets.
    exposure : `~astropy.units.Quantity`
        Exposure time.
    color, polar : str
        Filter and polarizer as in the header.
    binning : int
        Pixels summed along each side by the on-board computer: 1, 2 or 4.
    roll : `~astropy.units.Quantity`
        0 or 180 degrees.
    compression : str
        ``"hcompress"``, ``"rice"`` or ``"rice-full"``.
    snow : float
        Solar energetic particles in units of the quiet rate of cosmic rays.
    """

    seed: int
    detector: str
    start: Time
    activity: float
    corona: Corona
    cmes: tuple[Cme, ...] = ()
    comets: tuple[Comet, ...] = ()
    exposure: u.Quantity
    color: str
    polar: str = "Clear"
    binning: int = 1
    roll: u.Quantity = 0.0 * u.deg
    compression: str = "hcompress"
    snow: float = 0.0

    @classmethod
    def random(cls, seed=0, detector="C3", *, cme=False, start=None, activity=None, exposure=None, color=None,
               polar="Clear", binning=1, roll=None, compression=None, snow=0.0, comet=None):  # fmt: skip
        """
        Draw a scene; parameters that are not given are drawn from their distributions for LASCO.

        Parameters
        ----------
        seed : int, optional
            The same seed gives the same scene.
        detector : str, optional
            ``"C2"`` or ``"C3"``.
        cme : bool or int, optional
            Whether there is a CME in the field at the start, or the number of CMEs.
        start : str or `~astropy.time.Time`, optional
            Start of the sequence; a date of the mission between 1996 and 2020 if not given. The date sets the
            positions of the planets and the phase of the solar cycle.
        activity : float, optional
            Solar activity from 0 to 1, instead of that of the date.
        exposure : `~astropy.units.Quantity`, optional
            Exposure time: LASCO mostly takes 25 or 100 s with C2 and 5, 10 or 19 s with C3.
        color, polar : str, optional
            Filter (``"Orange"`` for C2 and ``"Clear"`` for C3 if not given) and polarizer.
        binning : int, optional
            Pixels summed along each side by the on-board computer: 1, 2 or 4.
        roll : `~astropy.units.Quantity`, optional
            0 or 180 degrees; that of the date if not given.
        compression : str, optional
            ``"hcompress"`` (lossy), ``"rice"`` or ``"rice-full"`` (every block is transmitted).
        snow : float, optional
            Solar energetic particles in units of the quiet rate of cosmic rays: 600 to 1000 in the great events.
        comet : bool, optional
            Whether there is a comet; one scene in twelve has one if not given.

        Returns
        -------
        Scene

        Examples
        --------
        >>> from sunpy_coronagraph_inpaint.simulate import Scene
        >>> scene = Scene.random(seed=7, detector="C3", cme=True)
        >>> len(scene.cmes), scene.color
        (1, 'Clear')
        """
        if detector not in _EXPOSURES:
            msg = f"There is no detector {detector!r}. Choose 'C2' or 'C3'."
            raise ValueError(msg)
        streams = np.random.SeedSequence([seed, ord(detector[1])]).spawn(4)
        rng, rng_corona, rng_cme, rng_comet = (np.random.default_rng(stream) for stream in streams)
        drawn = Time(rng.uniform(_FIRST, _LAST), format="decimalyear")
        start = drawn if start is None else parse_time(start)
        year = float(start.decimalyear)
        level = float(np.clip(activity_of(year) + rng.normal(0, 0.08), 0, 1)) if activity is None else float(activity)
        times, weights = zip(*_EXPOSURES[detector], strict=True)
        likely = float(rng.choice(times, p=weights)) + round(float(rng.uniform(-0.01, 0.01)), 5)
        lossless = rng.random() < 0.4 or binning > 1
        return cls(
            seed=seed,
            detector=detector,
            start=start,
            activity=level,
            corona=coronal_map(level, rng=rng_corona),
            cmes=tuple(random_cme(detector, start, level, rng_cme) for _ in range(int(cme))),
            comets=(next_comet(rng_comet, start),) if _comet_is_there(comet, rng) else (),
            exposure=likely * u.s if exposure is None else exposure,
            color=DETECTORS[detector].filter if color is None else color,
            polar=polar,
            binning=binning,
            roll=_roll(year) * u.deg if roll is None else roll,
            compression=("rice" if lossless else "hcompress") if compression is None else compression,
            snow=float(snow),
        )

    def __post_init__(self):
        object.__setattr__(self, "exposure", quantity(self.exposure, u.s, "exposure"))
        object.__setattr__(self, "roll", np.round(quantity(self.roll, u.deg, "roll"), 6))
        brightness_per_count(self.detector, self.color, self.polar, self.start.mjd)
        allowed = {
            "binning": (1, 2, 4),
            "roll": (0.0 * u.deg, 180.0 * u.deg),
            "compression": ("hcompress", "rice", "rice-full"),
        }
        for name, values in allowed.items():
            if getattr(self, name) not in values:
                msg = f"{name} cannot be {getattr(self, name)}. Choose one of {', '.join(map(str, values))}."
                raise ValueError(msg)
        if not self.exposure > 0 * u.s or self.snow < 0:
            msg = f"The exposure must be longer than 0 s and snow at least 0, not {self.exposure} and {self.snow}."
            raise ValueError(msg)

    def replace(self, **changes):
        """
        Return a copy with other values of the given parameters.

        Parameters
        ----------
        **changes
            Parameters of `Scene` with their new values.

        Returns
        -------
        Scene

        Raises
        ------
        ValueError
            If the camera has no such setting.

        Examples
        --------
        >>> import astropy.units as u
        >>> from sunpy_coronagraph_inpaint.simulate import Scene
        >>> Scene.random(seed=1, detector="C2").replace(exposure=100 * u.s).exposure
        <Quantity 100. s>
        """
        return dataclasses.replace(self, **changes)

    def times(self, count, *, cadence=12 * u.min):
        """
        Return the times of consecutive exposures.

        Parameters
        ----------
        count : int
            Number of exposures.
        cadence : `~astropy.units.Quantity`, optional
            Time from the start of one exposure to the start of the next.

        Returns
        -------
        `~astropy.time.Time`
            Shape ``(count,)``, from ``start`` on.

        Examples
        --------
        >>> import astropy.units as u
        >>> from sunpy_coronagraph_inpaint.simulate import Scene
        >>> Scene.random(start="2001-04-15").times(2, cadence=1 * u.hour)[1].isot
        '2001-04-15T01:00:00.000'
        """
        return self.start + np.arange(count) * cadence


def quantity(value, unit, name):
    """Return a quantity in a unit; raise `TypeError` for anything else."""
    if isinstance(value, u.Quantity) and value.isscalar and value.unit.is_equivalent(unit):
        return value.to(unit)
    msg = f"{name} must be an astropy quantity such as {name}=25 * u.{unit}, not {value!r}."
    raise TypeError(msg)


def _comet_is_there(wanted, rng):
    drawn = rng.random() < 1 / 12
    return drawn if wanted is None else bool(wanted)


def _roll(year):
    """Return SOHO's roll: upright until July 2003, since then turned over at every keyhole of its antenna."""
    return 180.0 if year > 2003.52 and int((year - 2003.52) * 4.1) % 2 == 0 else 0.0
