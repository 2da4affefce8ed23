"""Files in and out."""

import gzip

import numpy as np
import pytest

from astropy.io import fits

import sunpy.map

from sunpy_coronagraph_inpaint import filled_mask, inpaint_map
from sunpy_coronagraph_inpaint.io import copy_file, read_map, write_map
from sunpy_coronagraph_inpaint.simulate import damage, plain_corona

pytestmark = pytest.mark.filterwarnings("ignore:Missing metadata for observer")


@pytest.fixture(scope="module")
def filled():
    """A filled artificial frame."""
    return inpaint_map(damage(plain_corona(detector="C2", size=512), blocks=4, seed=1))


@pytest.fixture
def whole_file(tmp_path):
    """A sound FITS file of a frame."""
    return write_map(plain_corona(detector="C2", size=512), tmp_path / "frame.fts")


def test_round_trip_keeps_everything(filled, tmp_path):
    """What is written is read back: pixels, filled pixels, header, and the uncertainty of the filled ones."""
    path = write_map(filled, tmp_path / "filled.fits")
    again = read_map(path)
    where = filled_mask(again)
    np.testing.assert_array_equal(again.data, filled.data)
    np.testing.assert_array_equal(where, filled_mask(filled))
    np.testing.assert_array_equal(again.uncertainty.array[where], filled.uncertainty.array[where])
    assert np.isnan(again.uncertainty.array[~where]).all()
    for key in ("nmissing", "misslist", "nfilled", "fillmeth", "fillwgts", "fillmask"):
        assert again.meta[key] == filled.meta[key]


def test_sunpy_reads_one_map(filled, tmp_path):
    """The table of uncertainties is no second map for SunPy."""
    smap = sunpy.map.Map(write_map(filled, tmp_path / "filled.fits"))
    assert type(smap) is type(filled)


def test_no_table_without_a_fill(whole_file):
    """A map that was not filled is written without a table."""
    with fits.open(whole_file) as hdus:
        assert len(hdus) == 1


def test_existing_file_is_kept(filled, whole_file):
    """A file is replaced only when that is allowed."""
    before = whole_file.read_bytes()
    with pytest.raises(FileExistsError, match="exists"):
        write_map(filled, whole_file)
    assert whole_file.read_bytes() == before
    write_map(filled, whole_file, overwrite=True)
    assert whole_file.read_bytes() != before


def test_nothing_half_written(filled, tmp_path, monkeypatch):
    """When writing fails in the middle, neither the file nor a part of it is left."""

    def fail(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(fits, "append", fail)
    with pytest.raises(OSError, match="No space left"):
        write_map(filled, tmp_path / "filled.fits")
    assert list(tmp_path.iterdir()) == []


def test_copy_is_exact(whole_file, tmp_path):
    """A copy has the bytes of the original."""
    copy = copy_file(whole_file, tmp_path / "copy.fts")
    assert copy.read_bytes() == whole_file.read_bytes()


def test_compressed_file(whole_file, tmp_path):
    """A file packed with gzip is read."""
    packed = tmp_path / "frame.fts.gz"
    packed.write_bytes(gzip.compress(whole_file.read_bytes()))
    np.testing.assert_array_equal(read_map(packed).data, read_map(whole_file).data)


def _cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _cut_in_header(path):
    path.write_bytes(path.read_bytes()[:1000])


def _empty(path):
    path.write_bytes(b"")


def _text(path):
    path.write_text("404 Not Found\n" * 100)


def _no_image(path):
    fits.PrimaryHDU().writeto(path, overwrite=True)


def _two_images(path):
    with fits.open(path) as hdus:
        second = fits.ImageHDU(hdus[0].data, hdus[0].header)
        fits.HDUList([hdus[0].copy(), second]).writeto(path, overwrite=True)


@pytest.mark.parametrize(
    ("spoil", "match"),
    [
        (_cut, "cannot be read"),
        (_cut_in_header, "cannot be read"),
        (_empty, "is empty"),
        (_text, "cannot be read"),
        (_no_image, "cannot be read"),
        (_two_images, "holds 2 maps"),
    ],
)
def test_broken_files(whole_file, spoil, match):
    """A broken file is told from a sound one, with its name in the message."""
    spoil(whole_file)
    with pytest.raises(ValueError, match=match) as caught:
        read_map(whole_file)
    assert str(whole_file) in str(caught.value)


def test_no_such_file(tmp_path):
    """A missing file and a directory have messages of their own."""
    with pytest.raises(FileNotFoundError, match="There is no file"):
        read_map(tmp_path / "nothing.fts")
    with pytest.raises(IsADirectoryError, match="is a directory"):
        read_map(tmp_path)


def test_picture_without_its_reader(tmp_path, monkeypatch):
    """A JPEG 2000 picture that cannot be read for want of a reader says which to install."""
    monkeypatch.setattr("sunpy_coronagraph_inpaint.io.reading.find_spec", lambda name: None)
    picture = tmp_path / "picture.jp2"
    picture.write_bytes(b"\x00\x00\x00\x0cjP  \r\n\x87\n" * 50)
    with pytest.raises(ValueError, match=r"install sunpy\[jpeg2000\]"):
        read_map(picture)
