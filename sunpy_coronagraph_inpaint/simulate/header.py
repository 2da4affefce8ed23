"""The level-0.5 header of a LASCO frame, keyword by keyword as the ground system writes it."""

from dataclasses import dataclass

import numpy as np

import astropy.units as u
from astropy.time import Time

from sunpy.util.metadata import MetaDict

from sunpy_coronagraph_inpaint.instruments.lasco_facts import DETECTORS, SATURATION

_H_COMPRESS = {"C2": ("X%", 64), "C3": ("X#", 32)}
_COMMANDED = (98.0, 23.0, 17.0, 6.0, 3.0)  # seconds that the ground commands
# File numbers of real frames, between which the counter of each camera is interpolated: MJD, number.
_COUNTERS = {
    "C2": ((50080.0, 51790.12, 55201.00, 55213.85), (1, 75759, 321894, 323230)),
    "C3": ((50080.0, 52282.10, 53113.62, 53286.28, 54330.01, 55201.01), (1, 82037, 122317, 130223, 180009, 219521)),
}
_PERCENTILES = (1, 10, 25, 75, 90, 95, 98, 99)
_BIAS_VERSIONS = (
    (51800, "1.20 08/07/00"),
    (52290, "1.24 12/13/01"),
    (53500, "1.26 07/09/02"),
    (54900, "1.27 05/11/05"),
    (np.inf, "1.30, 02/19/10"),
)


@dataclass(frozen=True, kw_only=True)
class Exposure:
    """Settings of one exposure, as a header records them."""

    detector: str
    time: Time  # start of the exposure
    seconds: float
    filter: str | None = None  # by default the synoptic one: Orange for C2, Clear for C3
    polar: str = "Clear"  # "Clear", "+60 Deg", "0 Deg" or "-60 Deg"
    binning: int = 1  # pixels summed along each side on board: 1, 2 or 4
    roll: float = 0.0  # 0 or 180 degrees; level-0.5 frames keep the camera's orientation, the sky turns
    compression: str = "hcompress"  # "rice" (lossless), "hcompress", "rice-full" (lossless, every block transmitted)

    @property
    def color(self):
        """Color filter by name."""
        return self.filter or DETECTORS[self.detector].filter

    @property
    def shape(self):
        """Shape of the frame, ``(ny, nx)``."""
        return (1024 // self.binning,) * 2

    @property
    def code(self):
        """Value of ``COMPRSSN``."""
        summing = "U" if self.binning > 1 else ""
        codes = {"rice": f"X{summing}R", "rice-full": f"XZ{summing}R"}
        return codes.get(self.compression) or _H_COMPRESS[self.detector][0]


def _number(exposure, mjd):
    dates, numbers = _COUNTERS[exposure.detector]
    later = (numbers[-1] - numbers[1]) / (dates[-1] - dates[1]) * max(mjd - dates[-1], 0)
    return int(np.interp(mjd, dates, numbers) + later)


def _shutter(exposure):
    commanded = next((value for value in _COMMANDED if value + 2 <= exposure.seconds), exposure.seconds)
    extra = exposure.seconds - commanded
    return {"EXPTIME": exposure.seconds, "EXP0": commanded, "EXPCMD": commanded, "EXP1": 1.88428,
            "EXP2": 2.06152, "EXP3": float(f"{extra:.6g}")}  # fmt: skip


def _origin(exposure, number):
    start = exposure.time.to_datetime()
    readout = (exposure.time + (exposure.seconds + 36) * u.s).to_datetime()
    written = (exposure.time + 41.3 * u.day).to_datetime()
    stamp = f"{written:%Y/%m/%d %H:%M:%S}.{written.microsecond // 1000:03d}"
    letter = {"C2": "22", "C3": "32"}[exposure.detector]
    return {
        "FILENAME": f"{letter}{number:06d}.fts",
        "FILEORIG": f"{readout:%y%m%d_%H%M%S}.img",
        "DATE": stamp,
        "DATE-OBS": f"{start:%Y/%m/%d}",
        "TIME-OBS": f"{start:%H:%M:%S}.{start.microsecond // 1000:03d}",
    }


def _counters(exposure, number, offset):
    middle = exposure.time + exposure.seconds / 2 * u.s
    taken = exposure.time.unix + 378691200 + 37  # the spacecraft counts seconds from 1958-01-01 in TAI
    lossy = {"HCOMP_SF": _H_COMPRESS[exposure.detector][1]} if exposure.compression == "hcompress" else {}
    scale = DETECTORS[exposure.detector].scale
    return {
        "OS_NUM": 3390, "IMGCTR": number % 2048, "IMGSEQ": 0, "COMPRSSN": exposure.code, **lossy,
        "MID_DATE": int(middle.mjd), "MID_TIME": float(f"{middle.mjd % 1 * 86400:.6g}"), "PLATESCL": scale,
        "OFFSET": round(offset, 3), "IMAGE_CT": number % 2048, "SEQ_NUM": 0, "OBT_TIME": float(f"{taken:.8g}"),
    }  # fmt: skip


def _coordinates(exposure):
    scale = round(DETECTORS[exposure.detector].scale * exposure.binning, 6)
    x, y = (value / exposure.binning for value in DETECTORS[exposure.detector].reference_pixel)
    return {
        "CRPIX1": x, "CRPIX2": y, "CRVAL1": 0.0, "CRVAL2": 0.0, "CROTA1": exposure.roll, "CROTA2": exposure.roll,
        "CTYPE1": "SOLAR-X", "CTYPE2": "SOLAR-Y", "CUNIT1": "ARCSEC", "CUNIT2": "ARCSEC",
        "CDELT1": scale, "CDELT2": scale,
    }  # fmt: skip


def statistics(data, *, saturation=SATURATION):
    """
    Return the keywords ``DATAMIN`` to ``DATAP99`` of a frame in DN as the ground system computes them.

    Pixels that are 0 or saturated (at ``saturation``, the largest value of the converter) do not count.
    """
    values = data[(data != 0) & (data != saturation)]
    if values.size == 0:
        values = np.zeros(1)
    summed = values.max() > 2 * saturation
    saturated = 0 if summed else np.count_nonzero(data == saturation)
    result = {
        "DATAMIN": float(values.min()),
        "DATAMAX": float(values.max()),
        "DATAZER": int(np.count_nonzero(data == 0)),
        "DATASAT": float(f"{saturated / data.size:.6g}"),
        "DATAAVG": float(f"{values.mean(dtype=float):.6g}"),
        "DATASIG": float(f"{values.std(dtype=float):.6g}"),
    }
    # The reported value is the first bin of the integer histogram that exceeds the limit.
    cumulative = np.cumsum(np.bincount(values.astype(np.int64).ravel()))
    for percent in _PERCENTILES:
        result[f"DATAP{percent:02d}"] = int(np.searchsorted(cumulative, percent / 100 * values.size, side="right"))
    return result


def lasco_header(data, exposure, *, offset):
    """
    Return the header of a level-0.5 frame in DN; ``offset`` is the bias in DN, the value of ``OFFSET``.

    The order of keywords, the missing ``BUNIT`` and the TAB in ``HISTORY`` (which the FITS standard forbids) are those
    of the archive's files, because software that reads real ones must cope with them.
    """
    ny, nx = data.shape
    mjd = exposure.time.mjd
    number = _number(exposure, mjd)
    version = next(text for until, text in _BIAS_VERSIONS if mjd < until)
    window = {"COL": 20, "ROW": 1}
    ends = {"COL": 1043, "ROW": 1024}
    first = {f"P{i}{axis}": value for i, values in ((1, window), (2, ends)) for axis, value in values.items()}
    meta = {
        "SIMPLE": True, "BITPIX": 8 * data.dtype.itemsize if data.dtype.kind == "i" else -32,
        "NAXIS": 2, "NAXIS1": nx, "NAXIS2": ny,
        **_origin(exposure, number), **first, "VERSION": 2, **_shutter(exposure),
        "TELESCOP": "SOHO", "INSTRUME": "LASCO", "DETECTOR": exposure.detector, "READPORT": "C",
        "SUMROW": 0, "SUMCOL": 0, "LEBXSUM": exposure.binning, "LEBYSUM": exposure.binning, "SHUTTR": 0, "LAMP": 0,
        "FILTER": exposure.color, "POLAR": exposure.polar,
        "LP_NUM": "Normal" if exposure.polar == "Clear" else "Seq PW",
        **_counters(exposure, number, offset), **{f"R{key[1:]}": value for key, value in first.items()},
        "EFFPORT": "C", "RECTIFY": "TRUE", **statistics(data), **_coordinates(exposure),
        "HISTORY": f"offset_bias.pro\t{version}, {offset:.3f}\nV15 18 Jun 1997 MAKE_FITS_HDR\n2",
    }  # fmt: skip
    return MetaDict(meta)
