"""The main job on real input: every real frame goes through the front door with blocks knocked out."""

import numpy as np
import pytest

from sunpy_coronagraph_inpaint import filled_mask, find_dropouts, inpaint_map
from sunpy_coronagraph_inpaint.io import read_map, write_map
from sunpy_coronagraph_inpaint.simulate import damage

pytestmark = [
    pytest.mark.filterwarnings("ignore:Missing metadata for observer"),
    pytest.mark.filterwarnings("ignore:Could not parse unit string"),
    pytest.mark.filterwarnings("ignore::sunpy_coronagraph_inpaint.exceptions.DropoutWarning"),
    pytest.mark.filterwarnings("ignore::astropy.io.fits.verify.VerifyWarning"),
]

#: Median error allowed, percent of the brightness. Summed frames hold four times the structure in a block.
LIMITS = {1024: 2.0, 512: 4.0}


@pytest.mark.parametrize("number", range(22))
def test_frame_is_filled(lasco_files, real_map, report_line, tmp_path, number):
    """Blocks knocked out of a real frame are found and filled, and the file that is written tells which."""
    assert len(lasco_files) == 22
    path = lasco_files[number]
    truth = real_map(path)
    damaged = damage(truth, blocks=12, seed=number)
    dropouts = find_dropouts(damaged)
    filled = inpaint_map(damaged)
    holes = filled_mask(filled)
    np.testing.assert_array_equal(holes, dropouts.mask)
    assert filled.data[~holes].tobytes() == damaged.data[~holes].tobytes()
    again = read_map(write_map(filled, tmp_path / path.name))
    np.testing.assert_array_equal(again.data, filled.data)
    np.testing.assert_array_equal(filled_mask(again), holes)
    known = holes & (truth.data != truth.data[0, 0]) & (truth.data > 0)
    error = 100 * np.abs(filled.data[known].astype(float) / truth.data[known] - 1)
    within = np.abs(filled.data[known].astype(float) - truth.data[known]) < filled.uncertainty.array[known]
    report_line(
        f"{path.name}  {dropouts.camera.name} level {dropouts.camera.level:<3}  {len(dropouts):2d} blocks found and "
        f"filled by {filled.meta['fillmeth']}, median error {np.median(error):.2f} %, "
        f"{100 * within.mean():.0f} % within the standard deviation"
    )
    assert np.median(error) < LIMITS[truth.data.shape[0]]
    assert within.mean() > 0.5
