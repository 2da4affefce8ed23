"""Is a frame fit for training? What is measured of it, and the limits that it must keep."""

import warnings
from dataclasses import asdict, dataclass, fields

import numpy as np

from sunpy_coronagraph_inpaint.exceptions import DropoutWarning
from sunpy_coronagraph_inpaint.frames.dropouts import find_dropouts
from sunpy_coronagraph_inpaint.frames.neighbors import observation_time
from sunpy_coronagraph_inpaint.frames.spikes import find_spikes
from sunpy_coronagraph_inpaint.instruments.lasco_facts import DETECTORS, SATURATION, null_blocks
from sunpy_coronagraph_inpaint.threads import caught_warnings

__all__ = ["Limits", "Measures", "measure"]

_SPIKE = 8.0  # standard deviations
_EXPOSURES = {"C2": (10.0, 130.0), "C3": (3.0, 40.0)}  # seconds; LASCO takes 25 and 100 s with C2, 5 to 19 s with C3


@dataclass(frozen=True, kw_only=True)
class Measures:
    """
    What is measured of a frame.

    Attributes
    ----------
    date : str
        When the exposure began, UTC.
    detector, level, filter, polarizer, program : str
        As in the header.
    nx, ny : int
        Pixels.
    exposure : float
        Seconds.
    missing : int
        Blocks that were lost.
    null : int
        Blocks that hold no data because they are never transmitted.
    null_expected : int
        Blocks that the camera does not transmit in this mode.
    snow : float
        Part of the pixels of the open field that rise more than eight standard deviations above their row: stars and
        cosmic rays, and in a storm of solar energetic particles many times as many.
    saturated : float
        Part of all pixels at the largest value of the converter.
    roll : float
        Degrees.
    conflict : str
        Where header and pixels disagree on what is missing.
    """

    date: str
    detector: str
    level: str
    filter: str
    polarizer: str
    program: str
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
    """
    Measure a frame of LASCO.

    Parameters
    ----------
    smap : `~sunpy.map.sources.LASCOMap`
        A frame of level 0.5.

    Returns
    -------
    Measures

    Raises
    ------
    TypeError, ValueError
        If it is not a frame of C2 or C3 as it was delivered.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.dataset.quality import measure
    >>> from sunpy_coronagraph_inpaint.simulate import damage, plain_corona
    >>> found = measure(damage(plain_corona(detector="C3"), blocks=3))
    >>> found.missing, found.null, found.null_expected, found.snow < 0.002
    (3, 99, 99, True)
    """
    with caught_warnings(record=True) as caught:
        warnings.simplefilter("always", DropoutWarning)
        dropouts = find_dropouts(smap)
    camera, meta = dropouts.camera, smap.meta
    taken = observation_time(meta)
    expected = null_blocks(smap.detector, camera.grid, str(meta.get("comprssn", "")).strip().upper())
    return Measures(
        date="" if taken is None else taken.isot,
        detector=str(smap.detector),
        level=camera.level,
        filter=str(meta.get("filter", "")).strip(),
        polarizer=str(meta.get("polar", "")).strip(),
        program=str(meta.get("lp_num", "")).strip(),
        nx=smap.data.shape[1],
        ny=smap.data.shape[0],
        exposure=float(camera.exposure),
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
class Limits:
    """
    What a frame must be to be taken.

    Parameters
    ----------
    full_size : bool
        1024x1024 pixels.
    missing : int
        How many blocks may be lost.
    snow : float
        Largest part of the field that may be spiky. Quiet frames have 0.0003 to 0.0010; a storm that brings ten times
        the quiet rate of particles reaches 0.008 (``benchmarks/dataset_cost.py``).
    saturated : float
        Largest part of the pixels that may be saturated.
    roll : float
        How far the roll may be from 0 or 180 degrees.
    any_filter : bool
        Take other filters than Orange (C2) and Clear (C3), and polarized frames.
    """

    full_size: bool = True
    missing: int = 0
    snow: float = 0.003
    saturated: float = 0.01
    roll: float = 3.0
    any_filter: bool = False

    def reasons(self, found):
        """
        Return why a frame is not taken, an empty list if it is.

        Parameters
        ----------
        found : Measures
            What was measured of it.

        Returns
        -------
        list of str

        Examples
        --------
        >>> from sunpy_coronagraph_inpaint.dataset.quality import Limits, measure
        >>> from sunpy_coronagraph_inpaint.simulate import damage, plain_corona
        >>> Limits().reasons(measure(damage(plain_corona(size=512), blocks=3)))
        ['512x512 pixels', '3 blocks missing']
        """
        low, high = _EXPOSURES[found.detector]
        color = DETECTORS[found.detector].filter.upper()
        tests = {
            f"level {found.level}": found.level != "0.5",
            f"{found.nx}x{found.ny} pixels": self.full_size and (found.nx, found.ny) != (1024, 1024),
            f"program {found.program}": found.program.upper().startswith(("DARK", "CAL", "CONT")),
            f"filter {found.filter}": not self.any_filter and found.filter.upper() != color,
            f"polarizer {found.polarizer}": not self.any_filter and found.polarizer.upper() != "CLEAR",
            f"exposure {found.exposure:.1f} s": not low <= found.exposure <= high,
            f"{found.missing} blocks missing": found.missing > self.missing,
            f"{found.null} of {found.null_expected} null blocks": found.null != found.null_expected,
            f"snow {found.snow:.4f}": found.snow > self.snow,
            f"saturated {found.saturated:.4f}": found.saturated > self.saturated,
            f"roll {found.roll:.1f} deg": abs((found.roll + 90) % 180 - 90) > self.roll,
            found.conflict: found.conflict != "",
            "no date": not found.date,
        }
        return [reason for reason, broken in tests.items() if broken]

    def describe(self):
        """Return the limits as a dictionary."""
        return asdict(self)


NAMES = tuple(entry.name for entry in fields(Measures))
