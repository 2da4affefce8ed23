"""What the occulter takes from the light of the inner field."""

import numpy as np

__all__ = ["clip_vignetting", "correct_vignetting", "vignetting_file"]

_INTERRUPTION = 51000  # MJD from which C3 has its second vignetting: SOHO was lost in the summer of 1998
_C2_LIMITS = (0.0, 100.0)


def vignetting_file(detector, mjd):
    """
    Return the name of the file with the vignetting of a camera.

    Parameters
    ----------
    detector : {"C2", "C3"}
        The camera.
    mjd : float
        Modified Julian Day of ``DATE-OBS``.

    Returns
    -------
    str

    References
    ----------
    * SolarSoft IDL routines ``c2_calibrate.pro`` 1.14 and ``c3_calibrate.pro`` 1.54.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.calibrate import vignetting_file
    >>> vignetting_file("C3", 50999), vignetting_file("C3", 51000)
    ('c3vig_preint_final.fts', 'c3vig_postint_final.fts')
    """
    if detector == "C2":
        return "c2vig_final.fts"
    return f"c3vig_{'preint' if mjd < _INTERRUPTION else 'postint'}_final.fts"


def clip_vignetting(multiplier, detector):
    """
    Limit the vignetting multiplier as SolarSoft does: for C2 to 0 to 100, for C3 not at all.

    Parameters
    ----------
    multiplier : `numpy.ndarray`
        What the file holds.
    detector : {"C2", "C3"}
        The camera.

    Returns
    -------
    `numpy.ndarray`

    References
    ----------
    * SolarSoft IDL routine ``c2_calibrate.pro`` 1.14.

    Examples
    --------
    >>> import numpy as np
    >>> from sunpy_coronagraph_inpaint.calibrate import clip_vignetting
    >>> clip_vignetting(np.array([-1.0, 5.0, 300.0]), "C2")
    array([  0.,   5., 100.])
    """
    return np.clip(multiplier, *_C2_LIMITS) if detector == "C2" else multiplier


def correct_vignetting(rate, multiplier):
    """
    Give back the light that the occulter takes from the inner field.

    Parameters
    ----------
    rate, multiplier : `numpy.ndarray`
        Of one shape.

    Returns
    -------
    `numpy.ndarray`

    References
    ----------
    * SolarSoft IDL routines ``c2_calibrate.pro`` 1.14 and ``c3_calibrate.pro`` 1.54: the files hold the multiplier, the
      inverse of the vignetting.

    Examples
    --------
    >>> import numpy as np
    >>> from sunpy_coronagraph_inpaint.calibrate import correct_vignetting
    >>> correct_vignetting(np.array([10.0, 10.0]), np.array([1.0, 4.5]))
    array([10., 45.])
    """
    return rate * multiplier
