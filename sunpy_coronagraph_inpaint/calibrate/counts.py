"""From counts to a count rate: wrapped integers, sub-fields, the detector's offset, the exposure."""

import numpy as np

__all__ = ["fix_wrap", "normalize_exposure", "standard_size", "subtract_bias"]


def fix_wrap(counts):
    """
    Undo the overflow of 16-bit integers in summed frames.

    Parameters
    ----------
    counts : `numpy.ndarray`
        Counts of a frame.

    Returns
    -------
    `numpy.ndarray`
        Where the counts are signed integers and one is negative, ``int32`` with 65535 added to the negative ones. Else
        the array as it is.

    References
    ----------
    * SolarSoft IDL routine ``fixwrap.pro``, as its two ports to Python have it; it adds 65535, not 65536.

    Examples
    --------
    >>> import numpy as np
    >>> from sunpy_coronagraph_inpaint.calibrate import fix_wrap
    >>> fix_wrap(np.array([[1200, -3]], dtype=np.int16))
    array([[ 1200, 65532]], dtype=int32)
    """
    if counts.dtype.kind != "i" or not (counts < 0).any():
        return counts
    wide = counts.astype(np.int32)
    return np.where(wide < 0, wide + 65535, wide)


def standard_size(image, *, origin, summing, fill=0):
    """
    Put a sub-field where it belongs in an empty full frame.

    Parameters
    ----------
    image : `numpy.ndarray`
        Shape ``(ny, nx)``.
    origin : tuple of int
        Row and column of its lower left pixel on the detector, counted from 0 in unsummed pixels.
    summing : tuple of int
        Detector pixels summed into one pixel, in y and x.
    fill : number, optional
        What the rest of the frame holds.

    Returns
    -------
    `numpy.ndarray`
        Shape ``(1024 // summing[0], 1024 // summing[1])``, and of the same type.

    Raises
    ------
    ValueError
        If the sub-field reaches out of the frame.

    References
    ----------
    * SolarSoft IDL routine ``reduce_std_size.pro`` 1.15. It then blows up frames that were summed 4x4 to 512x512
      pixels; here they keep their own pixels.

    Examples
    --------
    >>> import numpy as np
    >>> from sunpy_coronagraph_inpaint.calibrate import standard_size
    >>> full = standard_size(np.ones((64, 32)), origin=(128, 512), summing=(1, 1))
    >>> full.shape, int(full.sum()), float(full[128, 512])
    ((1024, 1024), 2048, 1.0)
    """
    (row, column), shape = (start // step for start, step in zip(origin, summing, strict=True)), image.shape
    full = np.full([1024 // step for step in summing], fill, dtype=image.dtype)
    if row < 0 or column < 0 or row + shape[0] > full.shape[0] or column + shape[1] > full.shape[1]:
        msg = (
            f"A sub-field of {shape[1]}x{shape[0]} pixels from column {origin[1]} and row {origin[0]} on reaches out "
            "of the frame. Look at R1COL, R1ROW and the summing in its header."
        )
        raise ValueError(msg)
    full[row : row + shape[0], column : column + shape[1]] = image
    return full


def subtract_bias(counts, bias):
    """
    Take off the offset of the detector.

    Parameters
    ----------
    counts : `numpy.ndarray`
        DN.
    bias : float
        DN of a pixel of this frame: multiplied by what the on-board computer has summed, not by what the chip has.

    Returns
    -------
    `numpy.ndarray`
        DN, floats.

    References
    ----------
    * SolarSoft IDL routines ``c2_calibrate.pro`` 1.14, ``c3_calibrate.pro`` 1.54 and ``offset_bias.pro``.

    Examples
    --------
    >>> import numpy as np
    >>> from sunpy_coronagraph_inpaint.calibrate import subtract_bias
    >>> subtract_bias(np.array([[378, 1378]]), 377.7)
    array([[3.000e-01, 1.0003e+03]])
    """
    return counts - float(bias)


def normalize_exposure(counts, exposure):
    """
    Divide by the exposure time.

    Parameters
    ----------
    counts : `numpy.ndarray`
        DN without the offset.
    exposure : float
        Corrected exposure time in seconds: ``EXPTIME`` times the exposure factor.

    Returns
    -------
    `numpy.ndarray`
        DN per second.

    Raises
    ------
    ValueError
        If the exposure time is not positive.

    References
    ----------
    * SolarSoft IDL routines ``c2_calibrate.pro`` and ``c3_calibrate.pro``.

    Examples
    --------
    >>> import numpy as np
    >>> from sunpy_coronagraph_inpaint.calibrate import normalize_exposure
    >>> normalize_exposure(np.array([38.2]), 19.1)
    array([2.])
    """
    if not exposure > 0:
        msg = f"An exposure time of {exposure} s cannot be right. Look at EXPTIME in the header of the frame."
        raise ValueError(msg)
    return counts / exposure
