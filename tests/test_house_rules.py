"""What every way of filling promises, checked through the front door."""

import copy
import warnings

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_info, threadpool_limits

import astropy.units as u

import sunpy.map
from sunpy.map.sources import LASCOMap

from sunpy_coronagraph_inpaint import filled_mask, find_dropouts, inpaint_map, list_methods
from sunpy_coronagraph_inpaint.exceptions import AlreadyFilledWarning, CoronagraphInpaintWarning
from sunpy_coronagraph_inpaint.simulate import damage

pytestmark = pytest.mark.filterwarnings("ignore:Missing metadata for observer")

SINGLE = [name for name in list_methods() if name != "temporal"]


@pytest.fixture(scope="module")
def damaged(corona):
    """A small artificial frame with missing blocks."""
    return damage(corona("C2", 256), blocks=4, seed=3)


def _state(smap):
    return (
        smap.data.tobytes(),
        smap.data.dtype,
        dict(copy.deepcopy(smap.meta)),
        None if smap.mask is None else smap.mask.tobytes(),
        None if smap.uncertainty is None else smap.uncertainty.array.tobytes(),
        {key: repr(value) for key, value in smap.plot_settings.items() if key != "norm"},
    )


@pytest.mark.parametrize("method", SINGLE)
def test_only_missing_pixels_change(damaged, method):
    """The input is untouched, every other pixel comes back bit for bit, and each filled one is finite and positive."""
    before = _state(damaged)
    holes = find_dropouts(damaged).mask
    filled = inpaint_map(damaged, method=method)
    assert _state(damaged) == before
    assert type(filled) is LASCOMap
    assert filled.data.dtype == damaged.data.dtype
    assert filled.data[~holes].tobytes() == damaged.data[~holes].tobytes()
    assert (filled.data[holes] > 0).all()
    std = filled.uncertainty.array
    assert np.isfinite(std[holes]).all()
    assert (std[holes] > 0).all()
    assert np.isnan(std[~holes]).all()
    np.testing.assert_array_equal(filled_mask(filled), holes)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 2**16),
    dtype=st.sampled_from([">i2", "i4", "u2", "f4", ">f4", "f8"]),
    method=st.sampled_from(SINGLE),
    boxes=st.integers(1, 5),
)
def test_any_mask_and_type(corona, seed, dtype, method, boxes):
    """Whatever the mask and the type of the data, only masked pixels change and none becomes nonsense."""
    source = corona("C2", 256)
    data = source.data // 16  # summed counts do not fit into 16 bits
    smap = sunpy.map.Map(data.astype(dtype), source.meta)
    rng = np.random.default_rng(seed)
    mask = np.zeros(smap.data.shape, bool)
    for _ in range(boxes):
        y, x = rng.integers(0, 250, 2)
        height, width = rng.integers(1, 60, 2)
        mask[y : y + height, x : x + width] = True
    filled = inpaint_map(smap, mask=mask, method=method)
    assert filled.data.dtype == smap.data.dtype
    assert filled.data[~mask].tobytes() == smap.data[~mask].tobytes()
    assert np.isfinite(filled.data[mask]).all()
    assert (filled.data[mask] >= 0).all()
    assert not np.isnan(filled.uncertainty.array[mask]).any()
    np.testing.assert_array_equal(filled_mask(filled), mask)


@pytest.mark.parametrize("method", SINGLE)
def test_number_of_threads_does_not_matter(damaged, method):
    """One thread and several give the same to the bit, and the limits of the libraries are as before."""
    assert torch.get_num_threads() > 0  # its library is loaded, and can be limited
    results = []
    for threads in (1, 4):
        with threadpool_limits(threads):
            before = threadpool_info()
            filled = inpaint_map(damaged, method=method)
            assert threadpool_info()[: len(before)] == before
        results.append((filled.data.tobytes(), filled.uncertainty.array.tobytes()))
    assert results[0] == results[1]


def test_class_unit_mask_and_plot_settings_stay(damaged):
    """What a map carries beside its data comes back with it, as a copy."""
    smap = sunpy.map.Map(damaged.data, damaged.meta)
    bad = np.zeros(smap.data.shape, bool)
    bad[100:104, 50:60] = True
    smap = smap._new_instance(smap.data, smap.meta, mask=bad, plot_settings=smap.plot_settings)
    smap.plot_settings["cmap"] = "viridis"
    filled = inpaint_map(smap)
    assert filled.unit == smap.unit
    assert filled.plot_settings["cmap"] == "viridis"
    np.testing.assert_array_equal(filled.mask, bad)
    assert filled.mask is not smap.mask


def test_filled_twice_is_filled_once(damaged):
    """A map that was filled comes back equal, with a warning."""
    filled = inpaint_map(damaged)
    with pytest.warns(AlreadyFilledWarning, match="filled before"):
        again = inpaint_map(filled)
    assert _state(again) == _state(filled)


def test_nothing_missing(corona, caplog):
    """A map that needs nothing comes back equal, with a line in the log."""
    smap = corona("C2", 256)
    again = inpaint_map(smap)
    assert _state(again) == _state(smap)
    assert again is not smap
    assert "No pixel of the map is missing" in caplog.text


def test_header_tells(damaged):
    """The header says how many blocks were missing, which, how many pixels were filled, and how."""
    filled = inpaint_map(damaged, method="harmonic")
    assert filled.meta["nmissing"] == 4
    assert filled.meta["nfilled"] == 4 * 1024
    assert filled.meta["fillmeth"] == "harmonic"
    assert filled.meta["fillwgts"] == "None"
    assert filled.meta["history"].splitlines()[-1].endswith("harmonic, 4096 pixels, 4 blocks")
    assert filled.meta["history"].replace("\n", "").isprintable()
    known = {"nmissing", "misslist", "nfilled", "fillmeth", "fillwgts", "fillmask"}
    assert set(filled.meta) - set(damaged.meta) == known


def test_list_of_blocks_reads_back(damaged):
    """MISSLIST names the blocks that were missing."""
    before = find_dropouts(damaged)
    after = find_dropouts(inpaint_map(damaged), source="header")
    assert after.indices == before.indices


@pytest.mark.parametrize("suffix", ["fits", "asdf"])
def test_round_trip(damaged, tmp_path, suffix):
    """Saved by SunPy and read again there is one map, equal, and the filled pixels are known from the file."""
    filled = inpaint_map(damaged)
    path = tmp_path / f"filled.{suffix}"
    filled.save(path)
    again = sunpy.map.Map(path)
    assert type(again) is LASCOMap
    np.testing.assert_array_equal(again.data, filled.data)
    np.testing.assert_array_equal(filled_mask(again), filled_mask(filled))
    assert again.meta["history"] == filled.meta["history"]
    if suffix == "asdf":
        np.testing.assert_array_equal(again.uncertainty.array, filled.uncertainty.array)


def test_second_fill_adds(damaged):
    """A second fill with a mask adds its pixels to the first one's."""
    first = inpaint_map(damaged)
    more = np.zeros(first.data.shape, bool)
    more[200:210, 100:120] = True
    second = inpaint_map(first, mask=more)
    np.testing.assert_array_equal(filled_mask(second), filled_mask(first) | more)
    assert second.meta["nmissing"] == first.meta["nmissing"]


@pytest.mark.parametrize("method", SINGLE)
@pytest.mark.parametrize(
    "hole",
    [np.s_[:, 96:128], np.s_[:128, :], np.s_[64:192, 64:192], np.s_[:8, :8], np.s_[:, :254], np.s_[0:255, :]],
    ids=["column", "half", "occulter", "corner", "nearly all columns", "nearly all rows"],
)
def test_great_holes(corona, method, hole):
    """Whole columns, half an image, the occulter with all around it, corners: filled with finite positive numbers."""
    smap = corona("C2", 256)
    mask = np.zeros(smap.data.shape, bool)
    mask[hole] = True
    filled = inpaint_map(smap, mask=mask, method=method)
    values = filled.data[mask]
    assert np.isfinite(values).all()
    assert values.min() > 0
    assert values.max() <= smap.data.max()


def test_nothing_left(corona):
    """A frame of which nothing arrived cannot be filled, and the message says so."""
    smap = corona("C2", 256)
    with pytest.raises(ValueError, match="No valid pixel is left to fill from"):
        inpaint_map(damage(smap, kind="whole"))


def _of_another_instrument(smap):
    meta = {
        "instrume": "CAMERA",
        "date-obs": "2002-01-08T02:18:05",
        "crpix1": 128,
        "crpix2": 128,
        "crval1": 0,
        "crval2": 0,
    }
    scale = {"cdelt1": 5.2, "cdelt2": 5.2, "cunit1": "arcsec", "cunit2": "arcsec"}
    return sunpy.map.Map(smap.data, meta | scale | {"ctype1": "HPLN-TAN", "ctype2": "HPLT-TAN"})


@pytest.mark.parametrize(
    ("change", "error", "match"),
    [
        (lambda m: "frame.fts", TypeError, "takes a sunpy map, but was given str"),
        (lambda m: np.ones((8, 8)), TypeError, "was given ndarray"),
        (_of_another_instrument, TypeError, "coronagraph"),
        (lambda m: sunpy.map.Map(m.data, m.meta | {"detector": "C1"}), ValueError, "C1"),
        (lambda m: m.submap([10, 10] * u.pix, top_right=[100, 100] * u.pix), ValueError, "mask="),
        (lambda m: m.resample([128, 128] * u.pix), ValueError, "mask="),
        (lambda m: m.rotate(30 * u.deg, missing=0), ValueError, "mask="),
    ],
    ids=["str", "array", "no coronagraph", "C1", "cropped", "resampled", "rotated"],
)
def test_bad_input(damaged, change, error, match):
    """Each wrong input is refused with a sentence that says what it is or what to do."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        smap = change(damaged)
    with pytest.raises(error, match=match):
        inpaint_map(smap)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"mask": np.zeros((3, 3), bool)}, "mask must be a boolean array of shape"),
        ({"mask": np.zeros((256, 256))}, "mask must be a boolean array"),
        ({"method": "magic"}, "There is no method 'magic'"),
        ({"method": "temporal"}, "needs neighbors"),
    ],
)
def test_bad_options(damaged, options, match):
    """Each wrong option is refused with a sentence that says what is right."""
    with pytest.raises(ValueError, match=match):
        inpaint_map(damaged, **options)


def test_cropped_map_with_a_mask(corona):
    """A map off its telemetry grid is filled where a mask says so."""
    smap = corona("C2", 256)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cropped = smap.submap([120, 10] * u.pix, top_right=[247, 137] * u.pix)
    mask = np.zeros(cropped.data.shape, bool)
    mask[40:60, 70:90] = True
    filled = inpaint_map(cropped, mask=mask)
    error = np.abs(filled.data[mask] / cropped.data[mask] - 1)
    assert np.median(error) < 0.05


def test_picture_is_filled_with_a_warning(corona):
    """An 8-bit picture of the Helioviewer Project is filled, and the user told what that is good for."""
    source = corona("C3", 1024)
    data = np.where(source.data > 0, np.clip(source.data // 64, 1, 255), 1).astype(np.uint8)
    smap = sunpy.map.Map(data, source.meta | {"helioviewer": True, "hv_rocc_inner": 4.4, "datazer": 0})
    mask = np.zeros(data.shape, bool)
    mask[704:736, 640:672] = True
    with pytest.warns(CoronagraphInpaintWarning, match="for looking at, not for measuring"):
        filled = inpaint_map(smap, mask=mask)
    assert filled.data.dtype == np.uint8
    np.testing.assert_array_equal(filled.data[~mask], data[~mask])
