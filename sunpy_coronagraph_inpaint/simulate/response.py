"""From brightness to counts: the photometric calibration of LASCO."""

from sunpy_coronagraph_inpaint.instruments.lasco_photometry import FILTERS, POLARIZERS, calibration_factor

__all__ = ["brightness_per_count"]


def brightness_per_count(detector, color, polar, mjd):
    """
    Return the brightness that gives one DN per second where nothing vignettes.

    Parameters
    ----------
    detector, color, polar : str
        ``"C2"`` or ``"C3"``, and filter and polarizer as in the header.
    mjd : float
        Modified Julian Day.

    Returns
    -------
    float
        Mean solar brightness (MSB) per DN/s.

    Raises
    ------
    ValueError
        If the detector has no such filter or polarizer.

    References
    ----------
    * SolarSoft IDL routines ``c2_calfactor.pro`` and ``c3_calfactor.pro``.
    * Morrill et al. 2006, Sol. Phys. 233, 331, https://doi.org/10.1007/s11207-006-2058-1

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.simulate.response import brightness_per_count
    >>> f"{brightness_per_count('C3', 'Clear', 'Clear', 52282):.5e}"
    '6.12955e-13'
    """
    name, position = (text.upper().replace(" ", "") for text in (color, polar))
    if name not in FILTERS.get(detector, ()):
        msg = f"{detector} has no filter {color!r}. Choose one of {', '.join(FILTERS.get(detector, ()))}."
        raise ValueError(msg)
    if position not in POLARIZERS:
        msg = f"There is no polarizer {polar!r}. Choose 'Clear', '+60 Deg', '0 Deg' or '-60 Deg'."
        raise ValueError(msg)
    return calibration_factor(detector, name, position, mjd)
