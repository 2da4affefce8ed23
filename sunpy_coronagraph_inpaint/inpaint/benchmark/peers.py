"""
Fills of other packages, with the interface of a method, for comparison.

They are not in `~sunpy_coronagraph_inpaint.list_methods`. Each gets the raw frame in a window that reaches
16 pixels (or half of the hole's width, if that is more) beyond each hole: none of them uses pixels farther away, and
windows make them fast. Values are divided by the window's median, since some do not work on brightnesses of 1e-10. None
of them estimates a standard deviation, so it is infinite.
"""

import numpy as np
from scipy import ndimage

from sunpy_coronagraph_inpaint.evaluate import Entry
from sunpy_coronagraph_inpaint.inpaint.benchmark.corkit import corkit
from sunpy_coronagraph_inpaint.inpaint.benchmark.peers_fuzzy import fuzzy
from sunpy_coronagraph_inpaint.inpaint.methods import Fill

#: Width of the window beyond a hole, and distance within which pixels without data are filled as well, pixels.
_MARGIN, _BESIDE = 16, 8
#: Radius of the neighborhood of OpenCV's methods, pixels.
_RADIUS = 5
#: Median of a window, so large that the half gray level which OpenCV adds even to floats does not matter.
_GRAY_LEVELS = 1e5
#: Standard deviation of the kernel of astropy's interpolation, in units of a hole's depth.
_KERNEL = 0.3


def _by_window(frame, fill):
    """Call ``fill(image, unknown)`` on a window around each hole and gather the pixels of the holes."""
    fills = []
    for region in frame.regions(_MARGIN):
        image, unknown, scale = _prepared(frame, region)
        values = np.asarray(fill(image, unknown), dtype=float)[region.holes] * scale
        fills.append((region, values, np.full(values.shape, np.inf)))
    return Fill(*frame.assemble(fills))


def _prepared(frame, region):
    """Return the window with 0 in the pixels to fill, those pixels, and the divisor."""
    valid, data = frame.valid[region.window], frame.data[region.window].astype(float)
    scale = float(np.median(data[valid])) or 1.0
    nearest = ndimage.distance_transform_edt(~valid, return_distances=False, return_indices=True)
    unknown = ~valid & ndimage.binary_dilation(region.holes, iterations=_BESIDE)
    return np.where(unknown, 0.0, data[tuple(nearest)] / scale), unknown, scale


def skimage_biharmonic(frame):
    """
    Solve the biharmonic equation on the raw frame by `skimage.restoration.inpaint_biharmonic`.

    References
    ----------
    * Damelin and Hoang 2018, https://doi.org/10.1155/2018/3950312
    """
    from skimage.restoration import inpaint_biharmonic

    return _by_window(frame, inpaint_biharmonic)


def opencv_telea(frame):
    """
    Fill by ``cv2.inpaint`` with ``INPAINT_TELEA``, the fast marching method.

    References
    ----------
    * Telea 2004, https://doi.org/10.1080/10867651.2004.10487596
    """
    return _opencv(frame, "INPAINT_TELEA")


def opencv_navier_stokes(frame):
    """
    Fill by ``cv2.inpaint`` with ``INPAINT_NS``, after the equations of Navier and Stokes.

    References
    ----------
    * Bertalmio, Bertozzi and Sapiro 2001, https://doi.org/10.1109/CVPR.2001.990497
    """
    return _opencv(frame, "INPAINT_NS")


def _opencv(frame, name):
    import cv2

    def fill(image, unknown):
        counts = (_GRAY_LEVELS * image).astype(np.float32)
        return cv2.inpaint(counts, unknown.astype(np.uint8), _RADIUS, getattr(cv2, name)) / _GRAY_LEVELS

    return _by_window(frame, fill)


def astropy_interpolation(frame):
    """
    Fill by `astropy.convolution.interpolate_replace_nans`, a normalized convolution.

    The kernel is a Gaussian whose standard deviation is 0.3 of the largest distance to the boundary, so that it reaches
    the boundary from everywhere.
    """
    from astropy.convolution import Gaussian2DKernel, convolve_fft, interpolate_replace_nans

    def fill(image, unknown):
        depth = ndimage.distance_transform_edt(np.pad(unknown, 1, mode="edge")).max()
        kernel = Gaussian2DKernel(max(_KERNEL * float(depth), 1.0))
        # Pad the window with NaN: zeros would darken its edge.
        edge = max(side // 2 for side in kernel.shape)
        lost = np.pad(np.where(unknown, np.nan, image), edge, constant_values=np.nan)
        found = interpolate_replace_nans(lost, kernel, convolve=convolve_fft, allow_huge=True)
        return found[edge:-edge, edge:-edge]

    return _by_window(frame, fill)


def maskfill_median(frame):
    """
    Fill by maskfill with its defaults: medians of 3x3 pixels from the boundary inward, smoothed at the end.

    References
    ----------
    * van Dokkum and Pasha 2024, PASP 136, 034503, https://doi.org/10.1088/1538-3873/ad2866
    """
    from maskfill import maskfill

    return _by_window(frame, lambda image, unknown: maskfill(image, unknown.astype(int))[0])


#: The peers, in the order of the table.
PEERS = (
    Entry("skimage biharmonic", skimage_biharmonic),
    Entry("opencv telea", opencv_telea, module="cv2", package="opencv-python-headless"),
    Entry("opencv navier-stokes", opencv_navier_stokes, module="cv2", package="opencv-python-headless"),
    Entry("astropy", astropy_interpolation),
    Entry("maskfill", maskfill_median, module="maskfill", package="maskfill"),
    Entry("solarsoft fuzzy", fuzzy),
    Entry("CorKit", corkit),
)
