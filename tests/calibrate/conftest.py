"""Fixtures of the calibration tests: real frames, artificial calibration files."""

import warnings

import numpy as np
import pytest

from astropy.io import fits
from astropy.io.fits.verify import VerifyWarning

import sunpy.map


@pytest.fixture(scope="session")
def real(data_dir):
    """Read a real level-0.5 frame by its number."""

    def read(number):
        (path,) = (data_dir / "lasco").rglob(f"{number}.fts")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", VerifyWarning)
            return sunpy.map.Map(path)

    return read


@pytest.fixture
def write_image():
    """Write a calibration image into a directory."""

    def write(folder, name, image):
        fits.PrimaryHDU(np.asarray(image, dtype=np.float32)).writeto(folder / name, overwrite=True)

    return write
