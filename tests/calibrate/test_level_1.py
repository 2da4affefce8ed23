"""From level 0.5 to level 1 and back, map in and map out."""

import subprocess
import sys
import warnings

import hypothesis
import hypothesis.strategies as st
import numpy as np
import pytest

import astropy.units as u
from astropy.io import fits

from sunpy_coronagraph_inpaint import filled_mask, find_dropouts, inpaint_map
from sunpy_coronagraph_inpaint.calibrate import (
    CalibrationStore,
    calibrate_map,
    read_level_1,
    uncalibrate_map,
    write_level_1,
)
from sunpy_coronagraph_inpaint.calibrate.level_1 import STEPS
from sunpy_coronagraph_inpaint.calibrate.nominal import nominal_mask
from sunpy_coronagraph_inpaint.calibrate.pointing import Pointing
from sunpy_coronagraph_inpaint.calibrate.statistics import level_1_statistics
from sunpy_coronagraph_inpaint.calibrate.store import CalibrationItem
from sunpy_coronagraph_inpaint.exceptions import AlreadyFilledWarning, DropoutWarning, NominalCalibrationWarning
from sunpy_coronagraph_inpaint.io import read_map, write_map
from sunpy_coronagraph_inpaint.simulate import Scene, damage, observe

UNIT_WARNING = 'ignore:Could not parse unit string "MSB"'


def test_nominal_values_are_reported(corona):
    """Nominal values are warned about, and the header lists them."""
    with pytest.warns(NominalCalibrationWarning, match="vignetting, ramp, mask, clock, pointing"):
        smap = calibrate_map(corona("C3"), calibration="nominal")
    assert smap.meta["calnomin"] == "exposure factor, vignetting, ramp, mask, clock, pointing"
    assert "WARNING: No exposure correction found." in smap.meta["history"]
    assert smap.meta["bunit"] == "MSB"
    assert type(smap).__name__ == "LASCOMap"
    assert smap.data.dtype == np.float32


@pytest.mark.parametrize("detector", ["C2", "C3"])
def test_input_is_not_changed(corona, nominally, detector):
    """Neither data nor header of the input change, and the output shares nothing with it."""
    smap = corona(detector)
    data, meta = smap.data.copy(), dict(smap.meta)
    out = nominally(smap)
    assert np.array_equal(smap.data, data)
    assert dict(smap.meta) == meta
    assert not np.shares_memory(out.data, smap.data)


@pytest.mark.parametrize("until", STEPS)
@pytest.mark.parametrize("size", [1024, 512])
def test_stops_after_any_step(corona, nominally, until, size):
    """The calibration stops after the step, the header says so, and an unfinished frame is not taken for level 1."""
    smap = nominally(corona("C3", size), until=until)
    assert smap.meta["calsteps"].split(",")[-1] == until
    if until in ("pointing", "statistics"):
        assert find_dropouts(smap).camera.level == "1"
    elif until in ("unwrap", "fill", "size"):
        assert find_dropouts(smap).camera.level == "0.5"
        assert np.array_equal(smap.data, corona("C3", size).data)
    else:
        with pytest.raises(ValueError, match="is not supported"):
            find_dropouts(smap)


def test_steps_multiply_out(corona, nominally):
    """Counts, bias, exposure, vignetting and factor give the brightness that the formula of SolarSoft gives."""
    raw = corona("C3")
    out = nominally(raw, until="ramp")
    meta = out.meta
    rate = (raw.data.astype(float) - meta["calbias"]) / raw.meta["exptime"]
    place = np.s_[531, 516 + 300]
    assert out.data[place] == pytest.approx(rate[place] * meta["calfac"], rel=1e-6)
    assert out.data[531, 516 + 120] / rate[531, 516 + 120] / meta["calfac"] == pytest.approx(1.97, rel=0.05)


@pytest.mark.parametrize(
    ("argument", "error", "match"),
    [
        ({"until": "the end"}, ValueError, "is not a step"),
        ({"fill": "some"}, ValueError, "True, False or 'all'"),
        ({"calibration": 3}, TypeError, "a directory or a CalibrationStore"),
        ({"calibration": "/no/such/directory"}, NotADirectoryError, "no directory"),
    ],
)
def test_arguments(corona, nominally, argument, error, match):
    """Each wrong argument has its error."""
    with pytest.raises(error, match=match):
        nominally(damage(corona("C3"), blocks=3), **argument)


def test_method_is_checked_first(corona, nominally):
    """An unknown method is an error even where nothing has to be filled."""
    with pytest.raises(ValueError, match="magic"):
        nominally(corona("C3"), method="magic")


@pytest.mark.parametrize(
    ("key", "value", "match"),
    [
        ("instrume", "AIA", "registered coronagraph"),
        ("detector", "C1", "not supported"),
        ("level", "1.0", "calibrated already"),
        ("exptime", 0.0, "EXPTIME"),
        ("exptime", -19.1, "EXPTIME"),
        ("exptime", "unknown", "EXPTIME"),
        ("filter", "Plaid", "no calibration factor"),
    ],
)
def test_headers(corona, nominally, key, value, match):
    """Each frame that cannot be calibrated has its error."""
    smap = corona("C3")
    meta = smap.meta | {key: value}
    meta |= {"crpix1": 512.0, "crpix2": 512.0, "bunit": "MSB"} if key == "level" else {}
    with pytest.raises((ValueError, TypeError), match=match):
        nominally(smap._new_instance(smap.data, meta))


def test_map_is_needed():
    """An array is not a frame."""
    with pytest.raises(TypeError, match="takes a sunpy map"):
        calibrate_map(np.ones((1024, 1024)))
    with pytest.raises(TypeError, match="takes a sunpy map"):
        uncalibrate_map(np.ones((1024, 1024)))


@pytest.mark.parametrize("detector", ["C2", "C3"])
@pytest.mark.parametrize("size", [1024, 512, 256])
@pytest.mark.parametrize("until", ["bias", "exposure", "vignetting", "factor", "ramp"])
def test_inverse(corona, nominally, detector, size, until):
    """Counts come back to 1 part in a million, and pixels without data as 0."""
    raw = corona(detector, size)
    back = uncalibrate_map(nominally(raw, until=until))
    np.testing.assert_allclose(back.data, raw.data, rtol=1e-6)
    assert np.array_equal(back.data == 0, raw.data == 0)
    assert back.meta["exptime"] == pytest.approx(raw.meta["exptime"], rel=1e-12)
    assert find_dropouts(back).camera.level == "0.5"


@pytest.mark.parametrize("roll", [0.0, 180.0])
def test_inverse_of_a_whole_calibration(nominally, roll):
    """After the distortion was corrected the smooth part of a frame comes back; nothing is invented under the mask."""
    scene = Scene.random(seed=3, detector="C3", roll=roll * u.deg, compression="rice")
    raw = observe(scene, scene.start, truth="clean")[0].layer("clean")
    back = uncalibrate_map(nominally(raw))
    field = np.isfinite(back.data) & (raw.data > 0)
    error = np.abs(back.data[field] - raw.data[field]) / (raw.data[field] - raw.meta["offset"])
    assert 0.75 < field.mean() < 0.83
    assert np.median(error) < 0.005
    assert back.meta["crota1"] == roll
    assert back.date.isot[:19] == raw.date.isot[:19]


def test_inverse_keeps_the_uncertainty(corona, nominally):
    """Filled pixels come back with the deviation in counts that the fill gave them."""
    damaged = damage(corona("C3"), blocks=[700])
    expected = inpaint_map(damaged._new_instance(damaged.data.astype(float), damaged.meta))
    back = uncalibrate_map(nominally(damaged, until="ramp"))
    np.testing.assert_allclose(back.uncertainty.array, expected.uncertainty.array, rtol=1e-5)
    np.testing.assert_allclose(back.data, expected.data, rtol=1e-6)
    assert np.array_equal(filled_mask(back), filled_mask(expected))


def test_inverse_needs_a_calibrated_frame(corona):
    """The calibration of a frame that this package did not calibrate cannot be undone."""
    with pytest.raises(ValueError, match="only frames from calibrate_map"):
        uncalibrate_map(corona("C3"))


def test_missing_blocks_are_filled_and_listed(corona, nominally):
    """Blocks are found, filled, listed as SolarSoft lists them, and keep an uncertainty that covers the truth."""
    truth, smap = nominally(corona("C3")), nominally(damage(corona("C3"), blocks=[163, 700, 701]))
    assert smap.meta["nmissing"] == 3
    assert smap.meta["misslist"] == "3Q3RSASBTATA"
    assert smap.meta["fillmeth"] == "partial_conv"
    filled = filled_mask(smap)
    assert 3 * 1024 < filled.sum() < 3 * 1024 * 1.2
    std = smap.uncertainty.array
    assert np.array_equal(np.isfinite(std) & (std > 0), filled)
    visible = filled & np.isfinite(truth.data)
    assert np.isfinite(smap.data[visible]).all()
    error = np.abs(smap.data - truth.data)[visible]
    assert 0.5 < (error < std[visible]).mean() <= 1.0
    outside = ~filled & np.isfinite(truth.data)
    assert np.array_equal(smap.data[outside], truth.data[outside])


def test_missing_blocks_are_looked_for_once(corona):
    """A header that contradicts the pixels is reported once, although blocks are found and then filled."""
    smap = damage(corona("C3"), blocks=[700])
    smap = smap._new_instance(smap.data, smap.meta | {"nmissing": 2, "misslist": "3Q3RSASA"})
    with warnings.catch_warnings(record=True) as given:
        warnings.simplefilter("always")
        calibrate_map(smap, calibration="nominal", method="harmonic")
    assert len([one for one in given if issubclass(one.category, DropoutWarning)]) == 1


def test_neighbors_help_to_fill(corona, nominally):
    """One neighbor or several are handed to the method."""
    raw = corona("C3")
    damaged = damage(raw, blocks=[700])
    later = raw._new_instance(raw.data, raw.meta | {"time-obs": "07:30:00.000"})
    one, several = (nominally(damaged, method="temporal", neighbors=given) for given in (later, [later]))
    assert one.meta["fillmeth"] == several.meta["fillmeth"] == "temporal"
    assert np.array_equal(one.data, several.data, equal_nan=True)


def test_single_block_is_3q3q(corona, nominally):
    """The golden MISSLIST: block (3, 5) of a C3 frame."""
    meta = nominally(damage(corona("C3"), blocks=[163])).meta
    assert (meta["nmissing"], meta["misslist"]) == (1, "3Q3Q")
    intact = nominally(corona("C3")).meta
    assert (intact["nmissing"], intact["misslist"]) == (0, "None")


@pytest.mark.parametrize(
    ("size", "blocks", "listed"),
    [
        (1024, [100, 101], "100 101"),
        (1024, range(100, 118), "More than 17 blocks missing"),
        (512, [20], "Not computed for summed images."),
        (512, [], "None"),
    ],
)
def test_c2_is_masked_as_solarsoft_does(corona, nominally, size, blocks, listed):
    """Missing blocks of C2 are not filled but masked, with the sentences of its headers."""
    smap = nominally(damage(corona("C2", size), blocks=list(blocks)))
    assert (smap.meta["nmissing"], smap.meta["misslist"]) == (len(blocks), listed)
    assert "fillmeth" not in smap.meta
    lost = find_dropouts(smap, source="pixels")
    assert len(lost) == len(blocks)
    assert np.isnan(smap.data[lost.mask]).all()


def test_fill_all_and_none(corona, nominally):
    """C2 is filled when asked, C3 is not when not asked."""
    damaged = damage(corona("C2"), blocks=[100])
    assert np.isfinite(nominally(damaged, fill="all").data[filled_mask(nominally(damaged, fill="all"))]).all()
    bare = nominally(damage(corona("C3"), blocks=[700]), fill=False)
    assert np.isnan(bare.data).sum() > np.isnan(nominally(corona("C3")).data).sum() + 1000
    assert bare.uncertainty is None


def test_frame_filled_before(corona, nominally):
    """A frame that was filled before gives what filling it here gives, but for the rounding to whole counts."""
    damaged = damage(corona("C3"), blocks=[163, 700])
    first, once = nominally(inpaint_map(damaged)), nominally(damaged)
    assert first.meta["misslist"] == once.meta["misslist"]
    assert np.array_equal(filled_mask(first), filled_mask(once))
    step = once.meta["calfac"] / once.meta["exptime"]
    both = np.isfinite(once.data)
    assert np.abs(first.data - once.data)[both].max() < 16 * step


@pytest.mark.filterwarnings(UNIT_WARNING)
def test_calibrated_map_goes_through_a_file(corona, nominally, tmp_path):
    """Data, filled pixels, uncertainty and history come back from a FITS file."""
    smap = nominally(damage(corona("C3"), blocks=[700]))
    again = read_map(write_map(smap, tmp_path / "one.fits"))
    assert np.array_equal(again.data, smap.data, equal_nan=True)
    assert np.array_equal(filled_mask(again), filled_mask(smap))
    assert "c3_calfactor" in str(again.meta["history"])
    with pytest.warns(AlreadyFilledWarning):
        inpaint_map(again)


@pytest.mark.parametrize("detector", ["C2", "C3"])
def test_level_1_file_as_solarsoft_writes_it(corona, nominally, tmp_path, detector):
    """C3 files hold scaled integers with 0 for no data; both read back with NaN there."""
    smap = nominally(corona(detector))
    path = write_level_1(smap, tmp_path / "35000001.fts")
    stored = fits.getdata(path, do_not_scale_image_data=True)
    assert stored.dtype.kind == ("i" if detector == "C3" else "f")
    assert np.array_equal(stored == 0, np.isnan(smap.data))
    again = read_level_1(path)
    assert np.array_equal(np.isnan(again.data), np.isnan(smap.data))
    step = 0.51 * 6.5e-9 / 65536 if detector == "C3" else 0
    good = (smap.data > 0) & (smap.data < 6.5e-9) if detector == "C3" else np.isfinite(smap.data)
    assert np.abs(again.data - smap.data)[good].max() <= step
    with pytest.raises(ValueError, match="not a level-1 frame"):
        read_level_1(write_map(corona(detector), tmp_path / "raw.fits"))
    with pytest.raises(ValueError, match="Calibrate it first"):
        write_level_1(corona(detector), tmp_path / "raw.fts")


def test_subfield(corona, nominally):
    """A subfield is put where it belongs and has the brightness of the full frame there."""
    whole = corona("C3")
    place = np.s_[640:896, 256:768]
    meta = whole.meta | {"r1col": 276, "r2col": 787, "r1row": 641, "r2row": 896, "naxis1": 512, "naxis2": 256}
    meta["datazer"] = int((whole.data[place] == 0).sum())
    out, full = nominally(whole._new_instance(whole.data[place], meta)), nominally(whole)
    assert out.data.shape == (1024, 1024)
    inside = np.s_[645:890, 262:760]
    assert np.array_equal(out.data[inside], full.data[inside], equal_nan=True)
    assert np.isnan(out.data[:600]).all()


def test_upside_down_frame_is_turned(nominally):
    """Frames from before and after SOHO was turned over show the same Sun, and the pylon on the other side."""
    times = "2004-10-08T06:42"
    upright, over = (
        Scene.random(seed=3, detector="C3", roll=roll * u.deg, compression="rice-full") for roll in (0.0, 180.0)
    )
    one, other = (
        nominally(observe(scene, times, truth="clean")[0].layer("clean"))
        for scene in (upright, over.replace(corona=upright.corona))
    )
    assert (one.meta["rectify"], other.meta["rectify"]) == (0, 180)
    assert np.isnan(one.data[400, 400])
    assert np.isnan(other.data[623, 623])


def test_rolled_frame_is_rotated(corona, nominally, monkeypatch):
    """A roll of more than a degree is taken out, and corners without data appear."""
    monkeypatch.setattr(
        CalibrationStore, "pointing", lambda *_: CalibrationItem(Pointing(510.0, 505.0, 12.0), "nominal")
    )
    smap = nominally(corona("C2"))
    assert (smap.meta["crota1"], smap.meta["rectify"]) == (0.0, 12.0)
    assert np.isnan(smap.data[0, 0])
    assert find_dropouts(smap, source="pixels").camera.level == "1"


@pytest.mark.parametrize("polar", ["PB", "Qs"])
def test_derived_products_have_no_bias(corona, nominally, polar):
    """Frames of polarized brightness have no bias any more and get no ramp."""
    smap = corona("C2")
    out = nominally(smap._new_instance(smap.data, smap.meta | {"polar": polar}), until="ramp")
    assert (out.meta["calbias"], out.meta["calramp"]) == (0.0, "None")


def test_monthly_models_have_no_bias(corona, nominally):
    """Monthly models of C3 have no bias any more, and always a ramp."""
    smap = corona("C3")
    out = nominally(smap._new_instance(smap.data, smap.meta | {"fileorig": 0, "filter": "Orange"}), until="ramp")
    assert (out.meta["calbias"], out.meta["calramp"]) == (0.0, "nominal")


@hypothesis.given(st.lists(st.integers(0, 1023), unique=True, max_size=6))
@hypothesis.settings(
    max_examples=8, deadline=None, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture]
)
def test_nothing_but_missing_blocks_differs(corona, nominally, blocks):
    """Whatever blocks are lost, pixels that took nothing of them are the same to the bit."""
    raw = corona("C3")
    sent = [block for block in blocks if block not in find_dropouts(raw).null_blocks]
    truth, smap = nominally(raw), nominally(damage(raw, blocks=sent), method="harmonic")
    same = ~filled_mask(smap)
    assert np.array_equal(smap.data[same], truth.data[same], equal_nan=True)
    assert smap.meta["nmissing"] == len(sent)


def test_real_mask(data_dir, nominally):
    """The nominal mask is that of a real level-1 frame on more than 99.9 % of the pixels."""
    real = read_level_1(data_dir / "lasco" / "level_1" / "35082085.fts")
    assert np.isnan(real.data).sum() == 189510
    assert (np.isnan(real.data) == (nominal_mask() == 0)).mean() > 0.999


@pytest.mark.filterwarnings("ignore::astropy.io.fits.verify.VerifyWarning")
def test_real_statistics(data_dir):
    """The statistics of real level-1 frames come out: of floats to the last digit, of integers to a step of them."""
    for name, tolerance, saturation in (("25354895", 1e-5, None), ("35082085", 3e-3, 6.5e-9)):
        smap = read_level_1(data_dir / "lasco" / "level_1" / f"{name}.fts")
        found = level_1_statistics(smap.data, saturation=saturation)
        for key, value in found.items():
            assert value == pytest.approx(smap.meta[key], rel=tolerance), key


def test_against_real_level_1(data_dir, real, nominally):
    """A real frame calibrated nominally has the profile of a real level-1 frame but for the ramp that is not in it."""
    level_1 = read_level_1(data_dir / "lasco" / "level_1" / "35082085.fts")
    smap = nominally(real(32082084))
    assert (np.isnan(smap.data) == np.isnan(level_1.data)).mean() > 0.99
    y, x = np.mgrid[:1024, :1024]
    radius = np.hypot(x - 517.969, y - 532.664) * 56 / 985.876
    both = np.isfinite(smap.data) & np.isfinite(level_1.data)
    for solar_radii in range(5, 29):
        ring = both & (np.abs(radius - solar_radii) < 0.25)
        one, other = np.median(smap.data[ring]), np.median(level_1.data[ring])
        assert abs(one / other - 1) < (0.04 if solar_radii <= 16 else 0.17)
        if solar_radii > 16:  # what is left is the ramp, a few 1e-12
            assert abs(one - 2.4e-12 - other) / other < 0.05


@pytest.mark.parametrize("number", [22321894, 32130223, 32219521, 22075760])
def test_real_frames(real, nominally, number):
    """Real frames of all kinds are calibrated: rolled, summed, polarized, with all blocks."""
    smap = nominally(real(number))
    field = np.isfinite(smap.data)
    assert 0.7 < field.mean() <= 1
    assert 1e-12 < np.median(smap.data[field]) < 1e-8
    assert smap.meta["nmissing"] == 0
    assert smap.meta["rectify"] == (180 if number in (22321894, 32219521) else 0)


def test_imports_are_lean():
    """A frame with all its blocks is calibrated nominally without any module of the network or of the inpainting."""
    program = """
import sys, warnings
warnings.simplefilter("ignore")
from sunpy_coronagraph_inpaint.calibrate import calibrate_map
from sunpy_coronagraph_inpaint.simulate import plain_corona
calibrate_map(plain_corona(), calibration="nominal")
print([name for name in sys.modules if name.startswith(("torch", "sunpy_coronagraph_inpaint.fetch",
       "sunpy_coronagraph_inpaint.inpaint", "sunpy_coronagraph_inpaint.learning"))])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
