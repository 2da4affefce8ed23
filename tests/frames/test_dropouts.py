"""Finding missing blocks in maps: artificial frames, real frames, and what must never count as missing."""

import subprocess
import sys
from copy import deepcopy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sunpy.map

from sunpy_coronagraph_inpaint.exceptions import DropoutWarning
from sunpy_coronagraph_inpaint.frames.dropouts import Dropouts, find_dropouts
from sunpy_coronagraph_inpaint.instruments import BlockGrid, WarpedGrid, encode_misslist, identify
from sunpy_coronagraph_inpaint.simulate import damage
from tests.solarsoft import rot, warp

FRAMES = [("C3", 1024), ("C2", 1024), ("C3", 512), ("C2", 512), ("C3", 256), ("C2", 256)]
NULL_BLOCKS = {("C3", 1024): 99, ("C2", 1024): 61, ("C3", 512): 17, ("C2", 512): 8, ("C3", 256): 1, ("C2", 256): 0}


def with_data(smap, data, **change):
    """Return the map with other data and a changed header."""
    return smap._new_instance(data, deepcopy(smap.meta) | change)


def knocked_out(smap, blocks, value=0):
    """Return the map without some blocks, as delivered pixels."""
    data = np.array(smap.data)
    data[identify(smap.meta).grid.mask(blocks)] = value
    return with_data(smap, data)


def holders(smap):
    """List the blocks of a map that are transmitted and have a pixel that no calibration masks."""
    camera = identify(smap.meta)
    visible = np.ones(camera.grid.n_blocks, bool)
    if camera.masked is not None:
        visible = camera.grid.count(~camera.masked(smap.data.shape)) > 0
    visible[list(camera.null_blocks)] = False
    return np.nonzero(visible)[0]


def level1(corona, detector="C3", **change):
    """Make a calibrated frame out of an artificial raw one: masked by design, scaled, in units of brightness."""
    smap = corona(detector)
    meta = deepcopy(smap.meta)
    header = {"level": "1.0", "rectify": 0.0, "bunit": "MSB", "nmissing": 0, "misslist": "None", "comprssn": "XZR"}
    meta |= header | {"crpix1": 518.969, "crpix2": 533.664} | change
    camera = identify(meta)
    data = np.maximum(np.asarray(smap.data, float) - 300, 50) * 1e-13
    data = data[::-1, ::-1].copy() if camera.rotated else data
    data[camera.masked(data.shape)] = 0
    return sunpy.map.Map(data.astype(np.float32), meta)


# ------------------------------------------------------------------------------------------------ artificial frames


@pytest.mark.parametrize(("detector", "size"), FRAMES)
def test_nothing_is_missing_in_an_intact_frame(corona, detector, size):
    """Occulter, pylon, dark corners and blocks that are never transmitted are not missing."""
    dropouts = find_dropouts(corona(detector, size))
    assert len(dropouts) == 0
    assert not dropouts.mask.any()
    assert len(dropouts.null_blocks) == NULL_BLOCKS[detector, size]
    assert dropouts.null_mask.sum() == 1024 * NULL_BLOCKS[detector, size]
    np.testing.assert_array_equal(dropouts.no_data, dropouts.null_mask)
    assert not dropouts.truncated


@pytest.mark.parametrize(("detector", "size"), FRAMES)
@given(data=st.data())
@settings(max_examples=15)
def test_any_lost_blocks_are_found_exactly(corona, detector, size, data):
    """Whatever blocks are lost, those and no others are found, pixel by pixel."""
    smap = corona(detector, size)
    lost = data.draw(st.sets(st.sampled_from(holders(smap).tolist()), min_size=1, max_size=200))
    dropouts = find_dropouts(knocked_out(smap, lost))
    assert dropouts.indices == tuple(sorted(lost))
    np.testing.assert_array_equal(dropouts.mask, dropouts.grid.mask(lost))
    np.testing.assert_array_equal(dropouts.no_data, dropouts.mask | dropouts.null_mask)
    assert dropouts.source == "pixels"


@pytest.mark.parametrize("kind", ["runs", "single"])
def test_simulated_damage(corona, kind):
    """Damage of the simulator, whose header follows it, is found without a warning."""
    assert len(find_dropouts(damage(corona("C3"), blocks=37, kind=kind, seed=5))) == 37


@pytest.mark.parametrize(("blocks", "truncated"), [(1, True), (40, True), (460, True), (924, True)])
def test_truncated_image(corona, blocks, truncated):
    """An image that was cut off is recognised: its last blocks in the order of telemetry are missing."""
    smap = corona("C3")
    cut = find_dropouts(damage(smap, blocks=blocks, kind="truncated"))
    assert len(cut) == blocks
    assert cut.truncated is truncated
    assert "cut off" in str(cut)
    # The same number of blocks, but one of the last ones has arrived.
    camera = identify(smap.meta)
    order = [i for i in camera.grid.from_telemetry(range(1024)) if i not in camera.null_blocks]
    assert not find_dropouts(knocked_out(smap, order[-blocks - 1 : -1])).truncated


def test_truncated_image_of_a_turned_frame(corona):
    """In a level-1 frame turned by 180 degrees the telemetry ends on the left."""
    smap = level1(corona, "C2", rectify=180.0)
    columns = [32 * row + column for column in (0, 1, 2) for row in range(32)]
    assert find_dropouts(knocked_out(smap, columns), source="pixels").truncated
    columns = [32 * row + column for column in (29, 30, 31) for row in range(32)]
    assert not find_dropouts(knocked_out(smap, columns), source="pixels").truncated


def test_missing_columns(corona):
    """Whole columns are found, without the null blocks in them."""
    smap = corona("C3")
    columns = [32 * row + column for column in (2, 15, 16) for row in range(32)]
    null = identify(smap.meta).null_blocks
    dropouts = find_dropouts(knocked_out(smap, columns))
    assert set(dropouts.indices) == set(columns) - set(null)
    assert set(dropouts.null_blocks) == set(null)


def test_nothing_arrived(corona):
    """A frame without a single block is described as such; it is for others to refuse to fill it."""
    dropouts = find_dropouts(damage(corona("C3"), blocks=0, kind="whole", rate=1.0))
    assert len(dropouts) == 925
    assert dropouts.no_data.all()
    assert dropouts.truncated
    assert "Nothing of the image arrived" in str(dropouts)


def test_stray_pixel_in_a_null_block(corona):
    """Files of 2001 to 2004 have one pixel of 8192 inside a null block, which stays a null block."""
    data = np.array(corona("C3").data)
    data[7, 1020] = 8192
    dropouts = find_dropouts(with_data(corona("C3"), data, datazer=101375))
    assert len(dropouts) == 0
    assert len(dropouts.null_blocks) == 99
    assert dropouts.no_data[7, 1020]


def test_stray_pixels_in_a_missing_block(corona):
    """A missing block with a few pixels of something in it is missing, with these pixels."""
    smap = knocked_out(corona("C3"), [500])
    data = np.array(smap.data)
    data[smap_slices(smap, 500)].flat[[3, 77, 1000]] = 1234
    dropouts = find_dropouts(with_data(smap, data))
    assert dropouts.indices == (500,)
    assert dropouts.mask.sum() == 1024


def smap_slices(smap, index):
    """Return the pixels of a block of a map."""
    return identify(smap.meta).grid.slices(index)


def test_scattered_zeros_are_no_block(corona):
    """A dark region of a block that holds zeros here and there is no data, but no missing block."""
    data = np.array(corona("C3").data)
    y, x = smap_slices(corona("C3"), 527)
    data[y.start : y.stop - 1, x] = 0  # 992 of 1024 pixels
    dropouts = find_dropouts(with_data(corona("C3"), data))
    assert len(dropouts) == 0
    assert dropouts.no_data[y, x].sum() == 992


def test_transmitted_null_blocks_hold_data(corona):
    """Where a program transmits every block (XZR), a corner without data is missing."""
    data = np.array(corona("C3").data)
    data[data == 0] = 380
    full = with_data(corona("C3"), data, comprssn="XZR", datazer=0)
    assert find_dropouts(full).null_blocks == ()
    assert find_dropouts(knocked_out(full, [0, 31])).indices == (0, 31)


def test_not_a_number_is_no_data(corona):
    """In a map of floats, blocks can be marked as missing with NaN."""
    smap = knocked_out(with_data(corona("C3"), np.array(corona("C3").data, float)), [500, 501], value=np.nan)
    assert find_dropouts(smap).indices == (500, 501)


def test_sub_field(corona):
    """A sub-field has its own blocks, and the null blocks of the corner that it shows."""
    data = np.array(corona("C3").data)[64:576, 0:512]
    sub = with_data(corona("C3"), data, naxis1=512, naxis2=512, r1col=20, r2col=531, r1row=65, r2row=576, datazer=0)
    intact = find_dropouts(sub)
    assert len(intact) == 0
    assert intact.grid.shape == (16, 16)
    # Rows 2 to 17 of the full frame: 5, 5, 5, 2, 1 and 1 blocks of its left column are never sent.
    assert len(intact.null_blocks) == 5 + 5 + 5 + 2 + 1 + 1
    assert find_dropouts(knocked_out(sub, [100, 255])).indices == (100, 255)


def test_the_map_is_not_touched(corona):
    """Looking for missing blocks changes neither data nor header."""
    smap = knocked_out(corona("C3"), [500])
    data, meta = smap.data.copy(), deepcopy(smap.meta)
    find_dropouts(smap)
    np.testing.assert_array_equal(smap.data, data)
    assert smap.meta == meta


def test_lazy_data(corona):
    """Data in dask chunks are read and give the same answer."""
    dask_array = pytest.importorskip("dask.array")
    smap = knocked_out(corona("C3"), [500])
    assert find_dropouts(with_data(smap, dask_array.from_array(smap.data, chunks=256))).indices == (500,)


# ------------------------------------------------------------------------------------------------------- the answer


def test_table(corona):
    """The table lists every missing block with its pixels."""
    smap = knocked_out(corona("C3"), [163, 500])
    blocks = find_dropouts(smap).blocks
    assert blocks.colnames == ["index", "row", "col", "y0", "y1", "x0", "x1"]
    assert list(blocks["index"]) == [163, 500]
    assert (blocks["row"][0], blocks["col"][0]) == (5, 3)
    for line in blocks:
        assert not smap.data[line["y0"] : line["y1"], line["x0"] : line["x1"]].any()
        assert (line["y1"] - line["y0"], line["x1"] - line["x0"]) == (32, 32)


def test_table_of_an_intact_frame(corona):
    """Where nothing is missing the table is empty and has its columns all the same."""
    blocks = find_dropouts(corona("C3")).blocks
    assert len(blocks) == 0
    assert blocks["index"].dtype.kind == "i"


def test_answer_is_frozen(corona):
    """What was found cannot be replaced by accident."""
    dropouts = find_dropouts(corona("C3"))
    assert isinstance(dropouts, Dropouts)
    with pytest.raises(AttributeError):
        dropouts.source = "guess"


@pytest.mark.parametrize(
    ("blocks", "text"),
    [
        ((), "none of the 925 transmitted blocks is missing, by the pixels. 99 blocks are never"),
        ((500,), "1 block of the 925 transmitted is missing (1024 pixels, 0.1 %), by the pixels."),
        ((500, 600), "2 blocks of the 925 transmitted are missing (2048 pixels, 0.2 %), by the pixels."),
    ],
)
def test_summary(corona, blocks, text):
    """The summary is a paragraph for people, the representation a line."""
    dropouts = find_dropouts(knocked_out(corona("C3"), blocks))
    assert text in str(dropouts)
    assert str(dropouts).startswith("SOHO/LASCO C3, level 0.5, 1024x1024 pixels: ")
    assert f"<Dropouts: {len(blocks)} of 1024 blocks missing, 99 never transmitted; SOHO/LASCO C3" in repr(dropouts)
    assert bool(dropouts) is bool(blocks)


# ------------------------------------------------------------------------------------------------ header and pixels


def test_header_and_pixels_agree(corona):
    """A level-1 frame whose list is what its pixels show."""
    smap = level1(corona, misslist=encode_misslist([400, 432], BlockGrid(frame_shape=(1024, 1024))), nmissing=2)
    dropouts = find_dropouts(knocked_out(smap, [400, 432]))
    assert dropouts.indices == (400, 432)
    assert dropouts.source == "header and pixels"


def test_blocks_that_solarsoft_has_filled(corona):
    """Where a level-1 C3 frame lists blocks that hold data, they were filled; the list can be had all the same."""
    smap = level1(corona, misslist=encode_misslist([400, 432], BlockGrid(frame_shape=(1024, 1024))), nmissing=2)
    with pytest.warns(DropoutWarning, match=r"2 block\(s\).*SolarSoft \(reduce_level_1\) has filled them.*pixels are"):
        dropouts = find_dropouts(smap)
    assert len(dropouts) == 0
    assert dropouts.source == "pixels"
    listed = find_dropouts(smap, source="header")
    assert listed.indices == (400, 432)
    assert listed.source == "header"
    # The mask lies where the correction of distortion has moved the blocks.
    assert isinstance(listed.grid, WarpedGrid)
    moved = warp(BlockGrid(frame_shape=(1024, 1024)).mask([400, 432]), "C3")
    np.testing.assert_array_equal(listed.mask, listed.mask & (moved > 0))
    assert listed.mask[moved > 0.9].all()


def test_pixels_alone_know_of_a_loss(corona):
    """Where the header says that nothing is missing and a block is, the pixels are used, with a warning."""
    smap = knocked_out(level1(corona), [400])
    with pytest.warns(DropoutWarning, match=r"1 block\(s\) hold no data that the header does not count") as caught:
        assert find_dropouts(smap).indices == (400,)
    assert caught[0].filename == __file__
    assert find_dropouts(smap, source="pixels").indices == (400,)
    assert find_dropouts(smap, source="header").indices == ()


def test_turned_list(corona):
    """The list counts in the orientation of the camera; the frame was turned, and so are the blocks."""
    smap = level1(corona, rectify=180.0, nmissing=1, misslist="3Q3Q")  # block 163 of the camera
    dropouts = find_dropouts(knocked_out(smap, [1023 - 163]))
    assert dropouts.source == "header and pixels"
    assert dropouts.indices == (1023 - 163,)


def test_count_without_a_list(corona):
    """A header that counts but does not list is compared by number, and cannot be asked for its blocks."""
    smap = level1(corona, "C2", nmissing=25, misslist="More than 17 blocks missing")
    lost = list(range(300, 325))
    dropouts = find_dropouts(knocked_out(smap, lost))
    assert dropouts.indices == tuple(lost)
    assert dropouts.source == "pixels"
    with pytest.raises(ValueError, match="has no list of its 25 missing blocks"):
        find_dropouts(smap, source="header")


def test_raw_frames_have_no_list(corona):
    """The header of a raw frame cannot be asked, and says so."""
    with pytest.raises(ValueError, match="has no list of missing blocks"):
        find_dropouts(corona("C3"), source="header")


def test_fewer_zeros_than_the_header_counts(corona):
    """A raw frame whose zeros were filled is distinguished from one that arrived complete."""
    with pytest.warns(DropoutWarning, match="of the 102400 pixels without data that DATAZER counts have a value"):
        find_dropouts(with_data(corona("C3"), corona("C3").data.copy(), datazer=101376 + 1024))


# ---------------------------------------------------------------------------------------------------- level 1


@pytest.mark.parametrize(("detector", "rectify"), [("C3", 0.0), ("C3", 180.0), ("C2", 0.0), ("C3", 173.322)])
@given(data=st.data())
@settings(max_examples=8, deadline=None)
def test_level_1_blocks_are_found_exactly(corona, detector, rectify, data):
    """Blocks of delivered pixels are found beside occulter, pylon and corners."""
    smap = level1(corona, detector, rectify=rectify)
    assert len(find_dropouts(smap)) == 0
    lost = data.draw(st.sets(st.sampled_from(holders(smap).tolist()), min_size=1, max_size=200))
    value = data.draw(st.sampled_from([0, np.nan, 3.2501e-9])) if detector == "C3" else 0
    dropouts = find_dropouts(knocked_out(smap, lost, value=value), source="pixels")
    assert dropouts.indices == tuple(sorted(lost))
    expected = dropouts.grid.mask(lost) & ~dropouts.camera.masked(smap.data.shape)
    np.testing.assert_array_equal(dropouts.mask, expected)


@pytest.mark.parametrize(("detector", "rectify"), [("C3", 0.0), ("C3", 180.0), ("C2", 0.0), ("C2", 173.322)])
@given(data=st.data())
@settings(max_examples=5, deadline=None)
def test_level_1_blocks_of_solarsoft_are_found_exactly(corona, detector, rectify, data):
    """Blocks that SolarSoft has moved by its corrections are found, with exactly their pixels without data."""
    smap = level1(corona, detector, rectify=rectify)
    camera = identify(smap.meta)
    lost = data.draw(st.sets(st.integers(0, 1023), min_size=1, max_size=200))
    there = warp(~BlockGrid(frame_shape=(1024, 1024)).mask(lost), detector)
    if camera.rotated:
        there = there[::-1, ::-1]
        lost = {1023 - block for block in lost}
    if rectify not in (0, 180):
        there = rot(there, 180 - rectify, camera.sun_center)
    gone = there < 1e-9
    dropouts = find_dropouts(with_data(smap, np.where(gone, 0, smap.data)), source="pixels")
    cores = camera.telemetry_grid()[1]
    seen = cores.count(~camera.masked(smap.data.shape)) > 0
    assert set(dropouts.indices) == {block for block in lost if seen[block]}
    wanted = gone & ~camera.masked(smap.data.shape)
    assert not (dropouts.mask & ~wanted).any()
    assert (wanted & ~dropouts.mask).sum() <= 0.01 * wanted.sum() + 40  # slivers between mask and frame


def test_level_1_null_blocks_of_c2(corona):
    """SolarSoft leaves negative values in C2 blocks that were never sent; they are null, not missing."""
    smap = level1(corona, "C2", comprssn="XR")
    camera = identify(smap.meta)
    null = camera.telemetry_grid()[0].mask(camera.null_blocks)
    dropouts = find_dropouts(with_data(smap, np.where(null, np.float32(-3e-9), smap.data)))
    assert len(dropouts) == 0
    assert len(dropouts.null_blocks) == 61
    np.testing.assert_array_equal(dropouts.null_mask, null)
    assert dropouts.no_data[null].all()


# -------------------------------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("thing", "match"),
    [
        (np.zeros((1024, 1024)), "was given numpy.ndarray"),
        ("32082037.fts", "was given str"),
        (None, "was given NoneType"),
        ([], "was given list"),
    ],
)
def test_not_a_map(thing, match):
    """Whatever is not a map is named."""
    with pytest.raises(TypeError, match=f"takes a sunpy map, but {match}. Read the file with sunpy.map.Map"):
        find_dropouts(thing)


def test_sequence_of_maps(corona):
    """A sequence of maps is not a map."""
    with pytest.raises(TypeError, match=r"was given sunpy\.map\.mapsequence\.MapSequence"):
        find_dropouts(sunpy.map.Map([corona("C3"), corona("C3")], sequence=True))


@pytest.mark.parametrize(
    ("change", "error", "match"),
    [
        (
            {"instrume": "AIA_3", "detector": "AIA"},
            TypeError,
            "not a frame of a registered coronagraph: INSTRUME='AIA_3'",
        ),
        ({"detector": "C1"}, ValueError, "'C1' is not supported"),
        ({"level": "2.0"}, ValueError, "level 2.0 is not supported"),
        ({"r2col": 531}, ValueError, "no longer lie as they were transmitted"),
    ],
)
def test_bad_header(corona, change, error, match):
    """What is not a coronagraph, or not one as delivered, is a clear error."""
    smap = corona("C3")
    meta = deepcopy(smap.meta) | {"ctype1": "HPLN-TAN", "ctype2": "HPLT-TAN"} | change
    with pytest.raises(error, match=match):
        find_dropouts(sunpy.map.GenericMap(smap.data, meta))


@pytest.mark.parametrize("source", ["", "Pixels", "both", None, 1])
def test_bad_source(corona, source):
    """A source that is not known is refused, with those that are."""
    with pytest.raises(ValueError, match=r"is not known\. Choose one of 'auto', 'pixels', 'header'"):
        find_dropouts(corona("C3"), source=source)


def test_three_dimensions(corona):
    """A cube is not a frame; sunpy itself drops the third dimension of a cube that it reads."""
    smap = with_data(corona("C3"), corona("C3").data)
    smap._data = np.stack([smap.data] * 2)
    with pytest.raises(ValueError, match=r"data have the shape \(2, 1024, 1024\), but the header describes"):
        find_dropouts(smap)


def test_data_of_another_shape(corona):
    """Data that are not as the header says are refused."""
    with pytest.raises(ValueError, match=r"have the shape \(512, 1024\), but the header describes a frame of"):
        find_dropouts(sunpy.map.Map(corona("C3").data[:512], deepcopy(corona("C3").meta)))


def test_import_is_light():
    """Looking for missing blocks loads neither torch nor scipy's image tools, and registers no map source."""
    program = (
        "import sys, sunpy.map; before = set(sunpy.map.Map.registry), set(sys.modules); "
        "import sunpy_coronagraph_inpaint.frames.dropouts; new = set(sys.modules) - before[1]; "
        "assert set(sunpy.map.Map.registry) == before[0]; "
        "assert not [m for m in new if m.split('.')[0] in ('torch', 'skimage') or m == 'scipy.ndimage'], new"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


# ------------------------------------------------------------------------------------------------------ real frames


def test_nothing_is_missing_in_real_frames(lasco_files, real_map):
    """All intact real frames have zero missing blocks, and the null blocks that are known."""
    counts = []
    for path in lasco_files:
        dropouts = find_dropouts(real_map(path))
        assert len(dropouts) == 0, path.name
        assert not dropouts.mask.any(), path.name
        assert not dropouts.truncated
        counts.append(len(dropouts.null_blocks))
    assert len(counts) == 22
    assert sorted(counts) == [0] * 3 + [8] * 4 + [61] * 7 + [99] * 8


def test_zeros_of_real_raw_frames(lasco_files, real_map):
    """In a raw frame, null blocks hold all pixels without data but for a stray pixel, and as many as DATAZER says."""
    for path in lasco_files:
        smap = real_map(path)
        dropouts = find_dropouts(smap)
        if dropouts.camera.level == "0.5":
            stray = np.count_nonzero(smap.data[dropouts.null_mask])
            assert stray in (0, 1), path.name
            assert smap.meta["datazer"] == 1024 * len(dropouts.null_blocks) - stray
            np.testing.assert_array_equal(dropouts.no_data, dropouts.null_mask)


@pytest.mark.parametrize("count", [1, 17, 200])
def test_blocks_knocked_out_of_every_real_frame(lasco_files, real_map, count):
    """Blocks knocked out of each of the real frames are found exactly."""
    rng = np.random.default_rng(count)
    for path in lasco_files:
        smap = real_map(path)
        lost = np.sort(rng.choice(holders(smap), count, replace=False))
        dropouts = find_dropouts(knocked_out(smap, lost), source="pixels")
        assert dropouts.indices == tuple(lost), path.name


@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_any_blocks_of_real_frames(lasco_files, real_map, data):
    """Any blocks, in any number from 1 to 200, knocked out of any real frame are found exactly."""
    smap = real_map(data.draw(st.sampled_from(lasco_files)))
    lost = data.draw(st.sets(st.sampled_from(holders(smap).tolist()), min_size=1, max_size=200))
    dropouts = find_dropouts(knocked_out(smap, lost), source="pixels")
    assert dropouts.indices == tuple(sorted(lost))
    if dropouts.camera.level == "0.5":
        np.testing.assert_array_equal(dropouts.mask, dropouts.grid.mask(lost))
    else:
        # Within the rim of the mask it cannot be told whether a pixel was masked or lost.
        held = dropouts.grid.mask(lost) & ~dropouts.camera.no_data(np.asarray(smap.data))
        assert not (dropouts.mask & ~held).any()
        assert not (held & ~dropouts.mask & ~dropouts.camera.masked(held.shape)).any()


def test_pictures_of_helioviewer(data_dir):
    """Pictures, which are black outside their ring and rotated, have nothing missing; what is cut out of them is."""
    image = pytest.importorskip("PIL.Image")
    lost = (300, 301, 700)
    for path in sorted((data_dir / "helioviewer_jp2").rglob("*.jp2"))[::10]:
        with image.open(path) as picture:
            data = np.asarray(picture)[::-1].copy()
        smap = sunpy.map.Map(data, header_of_picture(path))
        assert len(find_dropouts(smap)) == 0, path.name
        for block in lost:
            data[smap_slices(smap, block)] = 0
        assert find_dropouts(smap, source="pixels").indices == lost, path.name


def header_of_picture(path):
    """Read the header out of a JPEG 2000 file, as sunpy does where a reader of such files is installed."""
    import re

    words = re.findall(r"<(\w+)>([^<]*)</\1>", path.read_bytes().split(b"<fits>")[1].split(b"<history>")[0].decode())
    meta = {"helioviewer": True}
    for key, value in words:
        try:
            meta[key.lower()] = float(value)
        except ValueError:
            meta[key.lower()] = value
    return meta
