"""Correct the distortion of the optics: by SolarSoft's grid of control points, or exactly."""

from functools import lru_cache

import numpy as np
from scipy import ndimage

from sunpy_coronagraph_inpaint.instruments.lasco_facts import OPTICS, distorted

__all__ = ["correct_distortion", "distortion_center", "distortion_source"]

_STEP = 32  # detector pixels between control points
# c3_occltr_cntr.dat: MJD from which the date counts, and the center that was measured on it.
_C3_CENTERS = (
    (50305, (516.514, 529.717)),
    (50677, (516.527, 529.685)),
    (50901, (516.385, 529.671)),
    (50939, (516.373, 529.650)),
    (51228, (516.407, 531.172)),
    (51593, (516.408, 531.160)),
    (51837, (516.456, 531.132)),
)


def distortion_center(detector, mjd):
    """
    Return the center of the distortion, the center of the occulter of the nearest date on which it was measured.

    Parameters
    ----------
    detector : {"C2", "C3"}
        The camera.
    mjd : float
        Modified Julian Day.

    Returns
    -------
    tuple of float
        ``(x, y)`` in unsummed pixels, 0-based.

    References
    ----------
    * SolarSoft IDL routine ``occltr_cntr.pro`` with ``occulter_center.dat`` and ``c3_occltr_cntr.dat``.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.calibrate import distortion_center
    >>> distortion_center("C3", 52282)
    (516.456, 531.132)
    """
    if detector == "C2":
        return OPTICS["C2"].distortion_center
    return min(_C3_CENTERS, key=lambda entry: abs(entry[0] - mjd))[1]


@lru_cache(maxsize=8)
def distortion_source(detector, shape, *, summing=(1, 1), center, method="grid"):
    """
    Return where the corrected image takes its pixels from.

    Parameters
    ----------
    detector : {"C2", "C3"}
        The camera.
    shape : tuple of int
        Shape of the full frame.
    summing : tuple of int, optional
        Detector pixels summed into one, in y and x.
    center : tuple of float
        From `distortion_center`.
    method : {"grid", "analytic"}, optional
        ``"grid"`` as SolarSoft: exact at control points every 32 detector pixels, linear on triangles between them.
        ``"analytic"``: exact everywhere. They differ by less than 0.03 pixels for C2 and 0.08 for C3.

    Returns
    -------
    `numpy.ndarray`
        Shape ``(2, ny, nx)``, rows and columns in pixels of the frame; not to be written to.

    Raises
    ------
    ValueError
        If the method is unknown.

    References
    ----------
    * SolarSoft IDL routines ``c2_warp.pro``, ``c3_warp.pro``, ``warp_tri.pro`` and ``distortion_coeffs.pro`` 1.4.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.calibrate import distortion_center, distortion_source
    >>> center = distortion_center("C3", 52282)
    >>> source = distortion_source("C3", (1024, 1024), center=center)
    >>> exact = distortion_source("C3", (1024, 1024), center=center, method="analytic")
    >>> bool(abs(source - exact).max() < 0.08)
    True
    """
    if method not in ("grid", "analytic"):
        msg = f"method={method!r} is not known. Choose 'grid' or 'analytic'."
        raise ValueError(msg)
    if method == "analytic":
        y, x = np.ogrid[: shape[0], : shape[1]]
        source = np.stack(_distorted(x, y, detector, summing, center))
    else:
        places = [np.arange(0, n * s + _STEP, _STEP) / s for n, s in zip(shape, summing, strict=True)]
        control = _distorted(places[1][None], places[0][:, None], detector, summing, center)
        source = np.stack([_on_triangles(values, shape, summing) for values in control])
    source.flags.writeable = False
    return source


def _distorted(x, y, detector, summing, center):
    """Evaluate the distortion for pixels of the frame; the facts know one center, hence the shift."""
    sy, sx = summing
    shift_x, shift_y = (a - b for a, b in zip(OPTICS[detector].distortion_center, center, strict=True))
    # SolarSoft divides the center by the summing and no more: pixel 0 lies at 0, not at half a pixel.
    x, y = np.broadcast_arrays(x * sx + shift_x, y * sy + shift_y)
    new_x, new_y = distorted(x, y, detector)
    return (new_y - shift_y) / sy, (new_x - shift_x) / sx


def _on_triangles(control, shape, summing):
    """Interpolate linearly on the two triangles of every cell of control points."""
    (row, v), (column, u) = (np.divmod(np.arange(n), _STEP // s) for n, s in zip(shape, summing, strict=True))
    v, u = v[:, None] * summing[0] / _STEP, u[None] * summing[1] / _STEP
    low, right, up, far = (control[np.ix_(row + i, column + j)] for i, j in ((0, 0), (0, 1), (1, 0), (1, 1)))
    # Which of the two diagonals IDL's TRIANGULATE takes in a square is not known; with this one the grid is the closer.
    lower = low + u * (right - low) + v * (up - low)
    return np.where(u + v <= 1, lower, far + (1 - u) * (up - far) + (1 - v) * (right - far))


def correct_distortion(image, source):
    """
    Take every pixel from where it lies in the distorted image.

    Parameters
    ----------
    image : `numpy.ndarray`
        Shape ``(ny, nx)``.
    source : `numpy.ndarray`
        Shape ``(2, ny, nx)``, from `distortion_source`.

    Returns
    -------
    `numpy.ndarray`
        Bilinear interpolation; beyond the edge the edge is repeated.

    References
    ----------
    * SolarSoft IDL routine ``warp_tri.pro``.

    Examples
    --------
    >>> import numpy as np
    >>> from sunpy_coronagraph_inpaint.calibrate import correct_distortion
    >>> image = np.arange(12.0).reshape(3, 4)
    >>> float(correct_distortion(image, np.mgrid[:3, :4] + 0.5)[0, 0])
    2.5
    """
    return ndimage.map_coordinates(image, source, order=1, mode="nearest", prefilter=False)
