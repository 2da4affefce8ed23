"""From count rates to brightness: the calibration factor, and the stray light of C3."""

__all__ = ["apply_factor", "subtract_ramp"]


def apply_factor(rate, factor):
    """
    Turn a count rate into brightness.

    Parameters
    ----------
    rate : `numpy.ndarray`
        DN per second.
    factor : float
        From `~sunpy_coronagraph_inpaint.calibrate.calibration_factor`.

    Returns
    -------
    `numpy.ndarray`
        Mean solar brightness.

    References
    ----------
    * SolarSoft IDL routines ``c2_calfactor.pro`` 1.9 and ``c3_calfactor.pro`` 1.17.

    Examples
    --------
    >>> import numpy as np
    >>> from sunpy_coronagraph_inpaint.calibrate import apply_factor
    >>> apply_factor(np.array([100.0]), 6.12955e-13)
    array([6.12955e-11])
    """
    return rate * factor


def subtract_ramp(brightness, ramp):
    """
    Subtract the stray light of C3, a ramp across the field.

    Parameters
    ----------
    brightness, ramp : `numpy.ndarray`
        Mean solar brightness; the ramp is neither vignetted nor masked.

    Returns
    -------
    `numpy.ndarray`

    References
    ----------
    * SolarSoft IDL routine ``c3_calibrate.pro`` 1.54: frames through the filter ``Clear`` alone have a ramp.

    Examples
    --------
    >>> import numpy as np
    >>> from sunpy_coronagraph_inpaint.calibrate import subtract_ramp
    >>> subtract_ramp(np.array([5e-11]), np.array([2e-12]))
    array([4.8e-11])
    """
    return brightness - ramp
