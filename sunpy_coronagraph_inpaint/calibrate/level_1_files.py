"""Read and write level-1 files as SolarSoft writes them, with NaN where there are no data."""

import copy
from pathlib import Path

import numpy as np

from astropy.io import fits

from sunpy_coronagraph_inpaint.calibrate.statistics import BRIGHTEST
from sunpy_coronagraph_inpaint.instruments import identify
from sunpy_coronagraph_inpaint.instruments.lasco_header import text
from sunpy_coronagraph_inpaint.io import read_map
from sunpy_coronagraph_inpaint.io.msb import new_map, unit_unknown
from sunpy_coronagraph_inpaint.io.originals import CREATOR
from sunpy_coronagraph_inpaint.io.provenance import printable
from sunpy_coronagraph_inpaint.io.writing import whole_file

_BSCALE = BRIGHTEST / 65536  # mean solar brightness of one step of the integers of C3
_BZERO = 32769 * _BSCALE  # and of a stored 0, if it did not mean "no data"


def read_level_1(path):
    """
    Read a level-1 frame from SolarSoft or from this package, with NaN where there are no data.

    Parameters
    ----------
    path : path-like
        A FITS file.

    Returns
    -------
    `~sunpy.map.sources.LASCOMap`
        Mean solar brightness, floats. Occulter, pylon, field corners and missing blocks are NaN.

    Raises
    ------
    FileNotFoundError, IsADirectoryError
        If there is no such file.
    ValueError
        If the file cannot be read, or is not a level-1 frame of LASCO.

    Examples
    --------
    >>> import tempfile, warnings
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from sunpy_coronagraph_inpaint.calibrate import calibrate_map, read_level_1
    >>> from sunpy_coronagraph_inpaint.exceptions import NominalCalibrationWarning
    >>> from sunpy_coronagraph_inpaint.io import write_map
    >>> from sunpy_coronagraph_inpaint.simulate import plain_corona
    >>> warnings.simplefilter("ignore", NominalCalibrationWarning)
    >>> calibrated = calibrate_map(plain_corona(), calibration="nominal")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     again = read_level_1(write_map(calibrated, Path(folder) / "level_1.fits"))
    >>> bool(np.array_equal(again.data, calibrated.data, equal_nan=True))
    True
    """
    with unit_unknown():
        smap = read_map(path)
    camera = identify(smap.meta) if text(smap.meta, "instrume") == "LASCO" else None
    if camera is None or camera.level != "1":
        msg = f"{path} is not a level-1 frame of LASCO. Calibrate level-0.5 frames with calibrate_map."
        raise ValueError(msg)
    stored = _stored_integers(path)
    if stored is not None:
        data = unscale_level_1(stored)
    else:
        data = np.where(camera.no_data(smap.data), np.nan, smap.data).astype(smap.data.dtype.newbyteorder("="))
    meta = smap.meta.copy()
    for key in ("bscale", "bzero", "blank"):
        meta.pop(key, None)
    return new_map(smap, data, meta, plot_settings=smap.plot_settings, uncertainty=smap.uncertainty)


def _stored_integers(path):
    """Return the integers of a scaled file, `None` if it holds floats."""
    with fits.open(path, do_not_scale_image_data=True) as hdus:
        image = next(hdu for hdu in hdus if hdu.data is not None)
        return np.array(image.data) if image.data.dtype.kind == "i" else None


def write_level_1(smap, path, *, overwrite=False):
    """
    Write a calibrated frame as SolarSoft does: 16-bit integers for C3 through the filter ``Clear``, else floats.

    Such a file cannot hold the uncertainty of filled pixels; ``sunpy_coronagraph_inpaint.io.write_map`` keeps it.

    Parameters
    ----------
    smap : `~sunpy.map.sources.LASCOMap`
        A frame in mean solar brightness, from `~sunpy_coronagraph_inpaint.calibrate.calibrate_map`.
    path : path-like
        The file to write.
    overwrite : bool, optional
        Whether an existing file may be replaced. A file that this package has not written is never replaced.

    Returns
    -------
    `pathlib.Path`
        The file that was written.

    Raises
    ------
    ValueError
        If the map is not a calibrated frame of LASCO.
    OSError
        If the file exists, is an original, or cannot be written.

    Notes
    -----
    One step of the integers is 1e-13 MSB, 0.5 % of the brightness of the outer field; brightness below 0 or above
    6.5e-9 MSB is clipped. Pixels without data become 0.

    Examples
    --------
    >>> import tempfile, warnings
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from sunpy_coronagraph_inpaint.calibrate import calibrate_map, read_level_1, write_level_1
    >>> from sunpy_coronagraph_inpaint.exceptions import NominalCalibrationWarning
    >>> from sunpy_coronagraph_inpaint.simulate import plain_corona
    >>> warnings.simplefilter("ignore", NominalCalibrationWarning)
    >>> calibrated = calibrate_map(plain_corona(seed=1), calibration="nominal")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     again = read_level_1(write_level_1(calibrated, Path(folder) / "35130223.fts"))
    >>> middle = np.s_[700:800, 300:700]
    >>> bool(abs(again.data[middle] - calibrated.data[middle]).max() < 6e-14)
    True
    """
    if text(smap.meta, "instrume") != "LASCO" or text(smap.meta, "bunit") != "MSB":
        msg = "write_level_1 takes a frame of LASCO in mean solar brightness. Calibrate it first with calibrate_map."
        raise ValueError(msg)
    scaled = text(smap.meta, "detector") == "C3" and text(smap.meta, "filter") == "CLEAR"
    meta = copy.deepcopy(smap.meta) | {"history": printable(smap.meta.get("history", ""))}
    with unit_unknown():
        header = smap._new_instance(smap.data, meta).fits_header
    data = scale_level_1(smap.data) if scaled else np.nan_to_num(smap.data, nan=0.0).astype(np.float32)
    image = fits.PrimaryHDU(data, header)
    image.header.setdefault("CREATOR", CREATOR)
    if scaled:
        image.header.update({"BSCALE": _BSCALE, "BZERO": _BZERO, "BLANK": -32768})
    path = Path(path)
    if path.exists() and not overwrite:
        msg = f"{path} exists. Choose another name or allow overwriting."
        raise FileExistsError(msg)
    with whole_file(path, frame=True) as part:
        image.writeto(part, output_verify="silentfix")
    return path


def scale_level_1(image):
    """
    Scale brightness to ``int16`` as ``reduce_level_1.pro`` 1.68 does for C3 frames through the filter ``Clear``.

    Pixels without data (NaN or 0) become 0. Brightness below the first step, SolarSoft's -32769, which no 16-bit
    integer holds, becomes -32767 (-32768 is ``BLANK``). A pixel with data that would become 0 becomes 1.
    """
    empty = ~(np.abs(image) > 0)
    steps = np.rint((np.clip(np.where(empty, 0, image), 0, BRIGHTEST) - _BZERO) / _BSCALE)
    steps = np.clip(np.where(steps == 0, 1, steps), -32767, 32767).astype(np.int16)
    return np.where(empty, np.int16(0), steps)


def unscale_level_1(scaled):
    """Convert the integers of a level-1 file of C3 to brightness, ``float32``; NaN where they are 0, no data."""
    return np.where(scaled == 0, np.nan, scaled * _BSCALE + _BZERO).astype(np.float32)
