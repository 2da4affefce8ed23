"""Calibration factors of the LASCO cameras, from count rates to brightness."""

_POLARIZER = 0.25256  # of unpolarized light passes a polarizer
# 1e-10 MSB per DN/s: slope per day, constant, and the MJD from which the days count.
_CLEAR = {
    ("C2", "ORANGE"): (4.60403e-7, 0.0374116, 0),
    ("C2", "BLUE"): (0.0, 0.1033, 0),
    ("C2", "DEEPRD"): (0.0, 0.1033, 0),
    ("C2", "HALPHA"): (0.0, 0.01055, 0),
    ("C2", "LENS"): (0.0, 0.01055, 0),
    ("C3", "CLEAR"): (7.43e-8, 5.96e-3, 50000),
    ("C3", "ORANGE"): (0.0, 0.0297, 0),
    ("C3", "BLUE"): (0.0, 0.0975, 0),
    ("C3", "DEEPRD"): (0.0, 0.0259, 0),
    ("C3", "IR"): (0.0, 0.0887, 0),
}
# Corrections of the polarizers at 0 and -60 degrees relative to that at +60 degrees.
_C3_POLARIZERS = {
    "CLEAR": (0.9832, 1.0235),
    "ORANGE": (0.9648, 1.0798),
    "BLUE": (0.9734, 1.0613),
    "DEEPRD": (0.9983, 1.0300),
    "IR": (0.9833, 1.0288),
}
_C3_H_ALPHA = 1.541

FILTERS = {camera: tuple(name for key, name in _CLEAR if key == camera) for camera in ("C2", "C3")}
"""Filters of each camera, as SolarSoft compares them: in capitals and without blanks."""
POLARIZERS = ("CLEAR", "+60DEG", "0DEG", "-60DEG")
"""Positions of the polarizer wheel that have a factor with every filter."""


def calibration_factor(detector: str, color: str, polar: str, mjd: float, *, summing: float = 1) -> float:
    """
    Return the mean solar brightness (MSB) that gives one DN/s in the absence of vignetting.

    ``color`` and ``polar`` are filter and polarizer as in the header; ``mjd`` is the day of ``DATE-OBS`` (SolarSoft
    drops the time of day); ``summing`` is the number of detector pixels summed into one, on the chip and on board
    together. The factor is 0 where SolarSoft has none, as for an unknown filter; `ValueError` for another detector.

    The position ``ND`` of C2 has no factor of its own: ``c2_calfactor.pro`` compares lower-case with upper-case names
    there, so that it is calibrated as if it were clear. This is reproduced.

    References
    ----------
    * SolarSoft IDL routines ``c2_calfactor.pro`` 1.9 and ``c3_calfactor.pro`` 1.17.
    * Morrill et al. 2006, Sol. Phys. 233, 331, https://doi.org/10.1007/s11207-006-2058-1
    """
    if detector not in FILTERS:
        msg = f"There is no calibration factor for the detector {detector!r}. Choose 'C2' or 'C3'."
        raise ValueError(msg)
    name, position = (str(text).upper().replace(" ", "") for text in (color, polar))
    if name not in FILTERS[detector]:
        return 0.0
    slope, constant, start = _CLEAR[detector, name]
    factor = (slope * (mjd - start) + constant) * 1e-10
    return factor * _polarizer(detector, name, position) / summing


def _polarizer(detector, name, position):
    """Return the factor by which a position of the polarizer wheel dims the light, as in SolarSoft."""
    if position == "CLEAR":
        return 1.0
    if position in POLARIZERS:
        zero, minus = _C3_POLARIZERS[name] if detector == "C3" else (1.0, 1.0)
        return {"+60DEG": 1.0, "0DEG": zero, "-60DEG": minus}[position] / _POLARIZER
    if (detector, name) == ("C3", "CLEAR"):
        return _C3_H_ALPHA if position == "H_ALPHA" else 0.0
    return 0.0 if (detector, name) == ("C2", "DEEPRD") else 1.0
