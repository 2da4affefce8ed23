"""Take out what holds no data: occulter, pylon and field corners of C3, blocks that did not arrive."""

import numpy as np

__all__ = ["apply_mask"]

_WHOLE = 1 - 1e-6  # a pixel into which the interpolation mixed less than this of measured ones is lost


def apply_mask(image, *, mask=None, share=None):
    """
    Set pixels without data to not-a-number.

    Parameters
    ----------
    image : `numpy.ndarray`
        Brightness, after the correction of distortion.
    mask : `numpy.ndarray`, optional
        The fixed mask, as SolarSoft has it: 0 on pixels to be masked, 1 elsewhere. It is *not* warped.
    share : `numpy.ndarray`, optional
        Which part of each pixel was measured: an image of 1 and 0 that was warped like the data.

    Returns
    -------
    `numpy.ndarray`
        A new array.

    Notes
    -----
    SolarSoft multiplies by both, which leaves 0 where there is no data and a darkened rim about missing blocks, where
    interpolation mixed data and nothing. Here all of these are not a number.

    References
    ----------
    * SolarSoft IDL routine ``reduce_level_1.pro`` 1.68.

    Examples
    --------
    >>> import numpy as np
    >>> from sunpy_coronagraph_inpaint.calibrate import apply_mask
    >>> apply_mask(np.ones(3), mask=np.array([1, 0, 1]), share=np.array([1.0, 1.0, 0.7]))
    array([ 1., nan, nan])
    """
    lost = np.zeros(image.shape, dtype=bool)
    if mask is not None:
        lost |= mask <= 0
    if share is not None:
        lost |= share < _WHOLE
    return np.where(lost, np.nan, image)
