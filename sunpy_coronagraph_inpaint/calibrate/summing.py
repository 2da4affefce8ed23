"""Bring calibration images of the whole detector to the pixels of a frame."""

__all__ = ["fit_to_frame"]


def fit_to_frame(image, *, origin, summing, shape):
    """
    Cut a calibration image of the whole detector to a frame, and average what was summed.

    Parameters
    ----------
    image : `numpy.ndarray`
        Shape (1024, 1024).
    origin : tuple of int
        Row and column of the frame's lower left pixel on the detector, in unsummed pixels.
    summing : tuple of int
        Detector pixels summed into one pixel of the frame, in y and x.
    shape : tuple of int
        Shape of the frame.

    Returns
    -------
    `numpy.ndarray`
        Of that shape.

    Raises
    ------
    ValueError
        If the image is not one of the whole detector.

    References
    ----------
    * SolarSoft IDL routines ``c2_calibrate.pro`` and ``c3_calibrate.pro``. Their loop over the summing averages 2x2
      pixels once, whatever was summed; here 4x4 summing is followed, too.

    Examples
    --------
    >>> import numpy as np
    >>> from sunpy_coronagraph_inpaint.calibrate import fit_to_frame
    >>> image = np.arange(1024 * 1024.0).reshape(1024, 1024)
    >>> float(fit_to_frame(image, origin=(0, 0), summing=(2, 2), shape=(512, 512))[0, 0])
    512.5
    """
    if image.shape != (1024, 1024):
        msg = f"A calibration image must have 1024x1024 pixels, not the shape {image.shape}. Fetch the file again."
        raise ValueError(msg)
    (row, column), (sy, sx), (ny, nx) = origin, summing, shape
    cut = image[row : row + ny * sy, column : column + nx * sx]
    return cut if (sy, sx) == (1, 1) else cut.reshape(ny, sy, nx, sx).mean(axis=(1, 3))
