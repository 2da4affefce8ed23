"""Steps of processing in a header: written by one function, read back by another."""

import copy

import numpy as np
import pytest

from astropy.io import fits

import sunpy.map
from sunpy.util import MetaDict

from sunpy_coronagraph_inpaint import filled_mask, inpaint_map
from sunpy_coronagraph_inpaint.io import read_map, record_step, steps, write_map
from sunpy_coronagraph_inpaint.io.provenance import KEYWORDS, changed_mask, is_filled, printable
from sunpy_coronagraph_inpaint.simulate import damage

pytestmark = pytest.mark.filterwarnings("ignore:Missing metadata for observer")

SHAPE = 24, 16


@pytest.fixture
def masks():
    """Two masks that overlap."""
    rng = np.random.default_rng(3)
    return rng.random(SHAPE) < 0.1, rng.random(SHAPE) < 0.2


@pytest.fixture
def two_steps(masks):
    """A header of a map from which spikes were removed and in which holes were filled."""
    meta = MetaDict({"detector": "C3", "history": "made"})
    meta = record_step(meta, "spikes", "lacosmic", mask=masks[1])
    return record_step(meta, "fill", "partial_conv", mask=masks[0], weights="abc")


def _assert_two_steps(found, masks):
    assert [step[:3] for step in found] == [("spikes", "lacosmic", None), ("fill", "partial_conv", "abc")]
    np.testing.assert_array_equal(found[0].mask, masks[1])
    np.testing.assert_array_equal(found[1].mask, masks[0])


def test_two_steps_read_back(two_steps, masks):
    """Each step comes back under its name, in its order, with its own pixels."""
    _assert_two_steps(steps(two_steps), masks)


def test_two_steps_read_back_from_a_file(two_steps, masks, tmp_path):
    """So they do from the header of a FITS file."""
    path = tmp_path / "map.fits"
    fits.PrimaryHDU(np.zeros(SHAPE), fits.Header({k: v for k, v in two_steps.items() if k != "history"})).writeto(path)
    _assert_two_steps(steps(fits.getheader(path)), masks)


def test_keywords_and_history_of_two_steps(two_steps, masks):
    """Each step has keywords of its own and one HISTORY line."""
    first, second = (int(mask.sum()) for mask in masks)
    assert (two_steps["nspikes"], two_steps["nfilled"]) == (second, first)
    assert (two_steps["spikmeth"], two_steps["fillmeth"]) == ("lacosmic", "partial_conv")
    assert (two_steps["spikwgts"], two_steps["fillwgts"]) == ("None", "abc")
    lines = two_steps["history"].splitlines()
    assert lines[0] == "made"
    assert lines[1].endswith(f": lacosmic, {second} pixels")
    assert lines[2].endswith(f": partial_conv, {first} pixels")
    assert all(len(line) <= 72 for line in lines)


def test_the_header_given_is_not_changed(masks):
    """A step is recorded in a copy."""
    meta = MetaDict({"history": "made", "nested": [1]})
    before = copy.deepcopy(dict(meta))
    new = record_step(meta, "fill", "kriging", mask=masks[0], cards={"nmissing": 2})
    assert dict(meta) == before
    assert new["nmissing"] == 2
    assert new["nested"] is not meta["nested"]


def test_a_step_done_twice_adds_its_pixels(two_steps, masks):
    """A second fill adds its pixels to those of the first, and leaves the other step as it is."""
    more = np.zeros(SHAPE, bool)
    more[:2] = True
    spikes, fill = steps(record_step(two_steps, "fill", "kriging", mask=more))
    np.testing.assert_array_equal(fill.mask, masks[0] | more)
    assert (fill.method, fill.weights) == ("kriging", None)
    np.testing.assert_array_equal(spikes.mask, masks[1])


def test_a_step_of_another_size_begins_anew(two_steps):
    """Pixels of a map that was resampled since do not fit, and are replaced."""
    fill = steps(record_step(two_steps, "fill", "kriging", mask=np.ones((4, 4), bool)))[1]
    assert fill.mask.shape == (4, 4)


def test_steps_that_change_all_pixels():
    """A flat field and a calibration have no mask; the calibration lists its parts in the HISTORY."""
    meta = record_step(MetaDict(), "flat", "measured", weights="abc")
    meta = record_step(meta, "calibration", "bias,factor", history="calibrate_map", details=["bias 400", "factor 2"])
    assert [tuple(step) for step in steps(meta)] == [
        ("flat", "measured", "abc", None),
        ("calibration", "bias,factor", None, None),
    ]
    assert set(meta) == {"flatmeth", "flatwgts", "calsteps", "history"}
    lines = meta["history"].splitlines()
    assert lines[0].endswith(": measured")
    assert lines[1].endswith(": calibrate_map")
    assert lines[2:] == [" bias 400", " factor 2"]


@pytest.mark.parametrize(
    ("step", "mask", "match"),
    [
        ("polish", None, "There is no step 'polish'. Choose one of fill, spikes, flat, calibration"),
        ("flat", np.ones(SHAPE, bool), "changes all pixels and has no keyword for a mask"),
    ],
)
def test_wrong_steps(step, mask, match):
    """An unknown step, and a mask where there is none, are refused."""
    with pytest.raises(ValueError, match=match):
        record_step(MetaDict(), step, "method", mask=mask)


def test_keywords_fit_into_a_header():
    """FITS keywords have at most eight characters, and no two steps share one."""
    words = [word for keywords in KEYWORDS.values() for word in keywords[1:] if word is not None]
    assert all(len(word) <= 8 for word in words)
    assert len(set(words)) == len(words)


@pytest.mark.parametrize("card", ["", "24x16:", "24x16:AAAA", "24x16:%%%", "not a mask"])
def test_spoiled_mask(two_steps, card):
    """A mask that was cut or edited is none, and asking a map for it is an error."""
    two_steps["fillmask"] = card
    assert steps(two_steps)[1].mask is None
    header = {
        "ctype1": "HPLN-TAN",
        "ctype2": "HPLT-TAN",
        "cunit1": "arcsec",
        "cunit2": "arcsec",
        "cdelt1": 1,
        "cdelt2": 1,
    }
    smap = sunpy.map.Map(np.zeros(SHAPE), two_steps | header)
    with pytest.raises(ValueError, match=r"filled, but its FILLMASK cannot be read: it was cut or edited"):
        filled_mask(smap)
    with pytest.raises(ValueError, match=r"despiked as 24 x 16 pixels and has 12 x 16 now"):
        changed_mask(sunpy.map.Map(np.zeros((12, 16)), two_steps | header), "spikes")


def test_scaling_of_the_original_file(masks):
    """BSCALE and BZERO do not hold for new data; BLANK goes with them, and stays with integers that are not scaled."""
    scaled = MetaDict({"bscale": 1e-13, "bzero": 3e-9, "blank": -32768, "bitpix": 16})
    assert not {"bscale", "bzero", "blank"} & set(record_step(scaled, "fill", "kriging", mask=masks[0]))
    plain = MetaDict({"blank": -32768, "bitpix": 16})
    assert record_step(plain, "fill", "kriging", mask=masks[0])["blank"] == -32768
    assert "blank" not in record_step(plain | {"bitpix": -32}, "fill", "kriging", mask=masks[0])


def test_header_of_a_filled_map(corona, tmp_path):
    """The front door records one step, which is read back from the file with the pixels that were filled."""
    damaged = damage(corona("C2", 256), blocks=3, seed=1)
    assert steps(damaged.meta) == []
    filled = inpaint_map(damaged, method="harmonic")
    again = read_map(write_map(filled, tmp_path / "filled.fits"))
    assert is_filled(again.meta)
    (step,) = steps(again.meta)
    assert step[:3] == ("fill", "harmonic", None)
    np.testing.assert_array_equal(step.mask, filled_mask(filled))
    assert again.meta["history"].splitlines()[-1].endswith(": harmonic, 3072 pixels, 3 blocks")


@pytest.mark.parametrize(
    ("history", "expected"), [("a\tb", "a b"), ("\n\na\nb\n", "a\nb"), ("5\N{MICRO SIGN}m\x00", "5 m "), ("", "")]
)
def test_printable(history, expected):
    """What a FITS header cannot hold becomes a blank."""
    assert printable(history) == expected


def test_long_lines_of_history_read_back(corona, tmp_path, monkeypatch):
    """A HISTORY line that is longer than a card is wrapped, whatever the version, and comes back as it was."""
    monkeypatch.setattr("sunpy_coronagraph_inpaint.io.provenance.version", "10.20.dev12345+gabcdef")
    filled = inpaint_map(damage(corona("C2", 256), blocks=11, seed=3))
    added = filled.meta["history"].splitlines()[-2:]
    assert " ".join(line.strip() for line in added).endswith("12345: partial_conv, 11264 pixels, 11 blocks")
    assert max(map(len, filled.meta["history"].splitlines())) <= 72
    assert read_map(write_map(filled, tmp_path / "filled.fits")).meta["history"] == filled.meta["history"]
