"""Every writer keeps frames that this package has not made; see tests/batch/test_originals.py for many files."""

import numpy as np
import pytest
from click.testing import CliRunner

from astropy.io import fits

from sunpy_coronagraph_inpaint.calibrate import calibrate_map, write_level_1
from sunpy_coronagraph_inpaint.cli import main
from sunpy_coronagraph_inpaint.dataset.build import build_dataset
from sunpy_coronagraph_inpaint.io import copy_file, read_map, write_map
from sunpy_coronagraph_inpaint.simulate import plain_corona

pytestmark = [
    pytest.mark.filterwarnings("ignore:Missing metadata for observer"),
    pytest.mark.filterwarnings("ignore::sunpy_coronagraph_inpaint.exceptions.NominalCalibrationWarning"),
]


@pytest.fixture(scope="module")
def smap():
    """A frame without holes."""
    return plain_corona(seed=1)


@pytest.fixture
def original(tmp_path):
    """A frame that another program wrote."""
    path = tmp_path / "original.fts"
    fits.PrimaryHDU(np.ones((8, 8), np.int16)).writeto(path)
    return path


def _samples(path, smap):
    from sunpy_coronagraph_inpaint.inpaint.training.samples import write_samples

    write_samples(path, [])


def _weights(path, smap):
    from sunpy_coronagraph_inpaint.inpaint.network.trained import save_network
    from sunpy_coronagraph_inpaint.inpaint.training.task import InpaintRecipe, InpaintTask

    save_network(path, InpaintTask().untrained(InpaintRecipe(width=4, depth=1)), settings={})


WRITERS = {
    "map": lambda path, smap: write_map(smap, path, overwrite=True),
    "level 1": lambda path, smap: write_level_1(calibrate_map(smap, calibration="nominal"), path, overwrite=True),
    "copy": lambda path, smap: copy_file(__file__, path),
    "samples": _samples,
    "weights": _weights,
}


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("way", ["file", "symlink", "other name"])
def test_writers_keep_originals(original, smap, tmp_path, name, way):
    """No writer replaces an original, whatever is allowed, and by no name."""
    path = original
    if way == "symlink":
        path = tmp_path / "link"
        path.symlink_to(original)
    elif way == "other name":
        path = original.rename(tmp_path / "data.bin")
    before = path.read_bytes()
    with pytest.raises(FileExistsError, match="is not replaced"):
        WRITERS[name](path, smap)
    assert path.read_bytes() == before
    assert path.is_symlink() == (way == "symlink")
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("name", ["map", "level 1"])
def test_own_files_are_replaced(smap, tmp_path, name):
    """What this package wrote it replaces, and the map that is read back does not tell of it."""
    path = tmp_path / "frame.fts"
    for _ in range(2):
        WRITERS[name](path, smap)
    assert fits.getheader(path)["CREATOR"].startswith("sunpy_coronagraph_inpaint")
    assert "creator" not in read_map(path).meta


def test_creator_of_others_stays(smap, tmp_path):
    """A header that names another program goes on doing so."""
    other = smap._new_instance(smap.data, smap.meta | {"creator": "make_lasco"})
    assert read_map(write_map(other, tmp_path / "frame.fts")).meta["creator"] == "make_lasco"


def test_part_files_of_others(smap, tmp_path):
    """A user's file whose name looks unfinished is neither used nor removed."""
    mine = tmp_path / ".frame.fts.part"
    mine.write_text("mine")
    write_map(smap, tmp_path / "frame.fts")
    assert mine.read_text() == "mine"


def test_two_frames_of_one_name_in_a_data_set(smap, tmp_path):
    """One is taken, the other rejected with the reason, and both originals stay."""
    paths = []
    for number, folder in enumerate("ab"):
        (tmp_path / "in" / folder).mkdir(parents=True)
        other = smap._new_instance(smap.data + number * (smap.data > 0), smap.meta)
        paths.append(write_map(other, tmp_path / "in" / folder / "x.fts"))
    before = [path.read_bytes() for path in paths]
    table = build_dataset(tmp_path / "set", source=tmp_path / "in")
    assert sorted(table["accepted"]) == [False, True]
    assert "with different content" in table[~table["accepted"]]["reason"][0]
    taken = table[table["accepted"]][0]
    assert (tmp_path / "set" / taken["file"]).read_bytes() == (tmp_path / "in" / taken["source"]).read_bytes()
    assert [path.read_bytes() for path in paths] == before


def test_data_set_onto_its_sources(smap, tmp_path):
    """A data set built where frames lie keeps each of them as it is."""
    build_dataset(tmp_path / "first", source=write_map(smap, tmp_path / "in.fts").parent)
    there = next((tmp_path / "first" / "frames").rglob("*.fts"))
    path = tmp_path / "second" / there.relative_to(tmp_path / "first")
    path.parent.mkdir(parents=True)
    write_map(smap._new_instance(smap.data + (smap.data > 0), smap.meta), path)
    before = path.read_bytes()
    table = build_dataset(tmp_path / "second", source=tmp_path / "first")
    assert "with different content" in table["reason"][0]
    assert path.read_bytes() == before


def test_benchmark_table_on_a_frame(original):
    """The command refuses in a sentence, before the work."""
    before, path = original.read_bytes(), original.rename(original.with_name("benchmark.ecsv"))
    done = CliRunner().invoke(main, ["evaluate", "-o", str(path.parent), "--groups", "C2 small"])
    assert done.exit_code == 1
    assert "is not replaced" in done.output
    assert path.read_bytes() == before
