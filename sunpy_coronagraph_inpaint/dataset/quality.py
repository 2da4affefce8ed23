"""Quality of a frame: measured values, and cuts that a frame for training must pass."""

import warnings
from dataclasses import asdict, dataclass, fields

import numpy as np

import astropy.units as u

from sunpy_coronagraph_inpaint.dataset.manifest import describe_header
from sunpy_coronagraph_inpaint.exceptions import DropoutWarning
from sunpy_coronagraph_inpaint.frames.dropouts import find_dropouts
from sunpy_coronagraph_inpaint.frames.spikes import find_spikes
from sunpy_coronagraph_inpaint.instruments.lasco_facts import DETECTORS, SATURATION, null_blocks
from sunpy_coronagraph_inpaint.threads import caught_warnings

_SPIKE = 8.0  # standard deviations
_EXPOSURES = {"C2": (10.0, 130.0), "C3": (3.0, 40.0)}  # seconds; LASCO takes 25 and 100 s with C2, 5 to 19 s with C3


@dataclass(frozen=True, kw_only=True)
class Measures:
    """
    Values measured on a frame.

    Attributes
    ----------
    date : str
        Start of the exposure, UTC.
    detector, level, filter, polarizer, program, compression : str
        As in the header.
    nx, ny : int
        Size in pixels.
    exposure : float
        Exposure time in seconds.
    missing : int
        Number of lost blocks.
    null : int
        Number of blocks without data that are never transmitted.
    null_expected : int
        Number of blocks that the camera does not transmit in this mode.
    snow : float
        Fraction of the pixels in the open field that exceed the median along their row by more than eight standard
        deviations: stars and cosmic rays, and many more during a solar energetic particle event.
    saturated : float
        Fraction of all pixels at the saturation value of the analog-to-digital converter.
    roll : float
        Roll angle in degrees.
    conflict : str
        Warning about a disagreement of header and pixels on the missing blocks.
    """

    date: str
    detector: str
    level: str
    filter: str
    polarizer: str
    program: str
    compression: str
    nx: int
    ny: int
    exposure: float
    missing: int
    null: int
    null_expected: int
    snow: float
    saturated: float
    roll: float
    conflict: str = ""


def measure(smap):
    """Measure a level-0.5 map of C2 or C3 as it was delivered."""
    with caught_warnings(record=True) as caught:
        warnings.simplefilter("always", DropoutWarning)
        dropouts = find_dropouts(smap)
    camera, meta = dropouts.camera, smap.meta
    expected = null_blocks(smap.detector, camera.grid, str(meta.get("comprssn", "")).strip().upper())
    return Measures(
        **describe_header(meta, camera),
        nx=smap.data.shape[1],
        ny=smap.data.shape[0],
        missing=len(dropouts),
        null=len(dropouts.null_blocks),
        null_expected=len(expected),
        snow=_snow(smap.data, dropouts, DETECTORS[smap.detector]),
        saturated=round(float(np.mean(smap.data >= SATURATION * np.prod(camera.grid.summing))), 6),
        roll=float(meta.get("crota1", meta.get("crota", 0.0))),
        conflict=" ".join(str(w.message) for w in caught if issubclass(w.category, DropoutWarning)),
    )


def _snow(data, dropouts, detector):
    camera = dropouts.camera
    pixels = int(np.prod(camera.grid.summing))
    counts = data.astype(np.float32) - np.float32(camera.bias)
    rows, columns = np.ogrid[: data.shape[0], : data.shape[1]]
    distance = np.hypot(columns - camera.center[0], rows - camera.center[1])
    field = (distance > 1.25 * camera.occulter_radius) & (distance < 0.488 * data.shape[1]) & ~dropouts.no_data
    if not field.any():
        return 1.0
    spikes, _ = find_spikes(counts, (1, 5), lambda level: _SPIKE * detector.noise(level, pixels=pixels), both=False)
    return round(float(np.mean(spikes[field])), 6)


@dataclass(frozen=True, kw_only=True)
class QualityCuts:
    """
    Cuts that a frame must pass to be accepted in a data set.

    Level, exposure time, program, and agreement of header and pixels are always checked as well.

    Parameters
    ----------
    full_size : bool
        Whether a frame must have 1024x1024 pixels.
    max_missing : int
        Largest number of lost blocks.
    max_snow : float
        Largest fraction of spikes in the field. Quiet frames have 0.0003 to 0.0009; a particle event with ten times the
        quiet rate reaches 0.008 (``benchmarks/dataset_cost.py``).
    max_saturated : float
        Largest fraction of the pixels that may be saturated.
    max_roll : `~astropy.units.Quantity`
        Largest deviation of the roll from 0 or 180 degrees.
    any_filter : bool
        Whether filters other than Orange (C2) and Clear (C3), and polarized frames, are accepted.

    Raises
    ------
    TypeError
        If the roll has no unit of angle.

    Examples
    --------
    >>> import astropy.units as u
    >>> from sunpy_coronagraph_inpaint.dataset import QualityCuts
    >>> QualityCuts(max_missing=2, max_roll=600 * u.arcmin).settings()["max_roll_deg"]
    10.0
    """

    full_size: bool = True
    max_missing: int = 0
    max_snow: float = 0.003
    max_saturated: float = 0.01
    max_roll: u.Quantity = 3 * u.deg
    any_filter: bool = False

    def __post_init__(self):
        if not (isinstance(self.max_roll, u.Quantity) and self.max_roll.unit.is_equivalent(u.deg)):
            msg = f"max_roll must be an angle with a unit, such as 3 * u.deg, not {self.max_roll!r}."
            raise TypeError(msg)

    def reasons(self, found):
        """Return the reasons to reject a frame with these ``Measures``, one text for each failed cut."""
        low, high = _EXPOSURES[found.detector]
        color = DETECTORS[found.detector].filter.upper()
        tests = {
            f"level {found.level}": found.level != "0.5",
            f"{found.nx}x{found.ny} pixels": self.full_size and (found.nx, found.ny) != (1024, 1024),
            f"program {found.program}": found.program.upper().startswith(("DARK", "CAL", "CONT")),
            f"filter {found.filter}": not self.any_filter and found.filter.upper() != color,
            f"polarizer {found.polarizer}": not self.any_filter and found.polarizer.upper() != "CLEAR",
            f"exposure {found.exposure:.1f} s": not low <= found.exposure <= high,
            f"{found.missing} blocks missing": found.missing > self.max_missing,
            f"{found.null} of {found.null_expected} null blocks": found.null != found.null_expected,
            f"snow {found.snow:.4f}": found.snow > self.max_snow,
            f"saturated {found.saturated:.4f}": found.saturated > self.max_saturated,
            f"roll {found.roll:.1f} deg": abs((found.roll + 90) % 180 - 90) > self.max_roll.to_value(u.deg),
            found.conflict: found.conflict != "",
            "no date": not found.date,
        }
        return [reason for reason, broken in tests.items() if broken]

    def settings(self):
        """Return the cuts as a dictionary that can be saved as JSON."""
        values = asdict(self)
        return values | {"max_roll_deg": float(values.pop("max_roll").to_value(u.deg))}

    @classmethod
    def from_settings(cls, values):
        """Return the cuts from a dictionary made by `settings`."""
        values = dict(values)
        return cls(max_roll=values.pop("max_roll_deg") * u.deg, **values)


NAMES = tuple(entry.name for entry in fields(Measures))
