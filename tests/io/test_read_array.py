"""Arrays and headers of files without a map."""

import numpy as np
import pytest

from sunpy_coronagraph_inpaint.io import read_array, read_map


@pytest.mark.filterwarnings("ignore:Missing metadata for observer")
@pytest.mark.filterwarnings("ignore::astropy.io.fits.verify.VerifyWarning")
def test_arrays_are_those_of_the_map(lasco_files):
    """What `find` reads is what a map holds, for every real frame."""
    for path in lasco_files:
        data, meta = read_array(path)
        smap = read_map(path)
        np.testing.assert_array_equal(data, smap.data)
        for key in ("instrume", "detector", "naxis1", "r1col", "mid_date", "exptime", "bzero", "datazer"):
            assert meta.get(key) == smap.meta.get(key)
