"""The command line."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import sunpy.map

from sunpy_coronagraph_inpaint import filled_mask, list_methods
from sunpy_coronagraph_inpaint.cli import main
from sunpy_coronagraph_inpaint.io import read_map, write_map
from sunpy_coronagraph_inpaint.simulate import damage, plain_corona

pytestmark = pytest.mark.filterwarnings("ignore:Missing metadata for observer")


@pytest.fixture
def run():
    """Run the command and return its result."""
    return lambda *arguments: CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def files(tmp_path):
    """A damaged frame, a sound one, and a broken file."""
    sound = plain_corona(detector="C2", size=512)
    broken = tmp_path / "broken.fts"
    broken.write_bytes(b"SIMPLE  =")
    return {
        "damaged": write_map(damage(sound, blocks=3, seed=2), tmp_path / "damaged.fts"),
        "sound": write_map(sound, tmp_path / "sound.fts"),
        "broken": broken,
    }


def test_find_prints_a_table(run, files):
    """One line per file, with the number of missing blocks."""
    result = run("find", files["damaged"], files["sound"])
    assert result.exit_code == 0
    lines = [line.split() for line in result.output.splitlines()]
    assert lines[0][:2] == ["file", "camera"]
    assert lines[1][:5] == ["damaged.fts", "SOHO/LASCO", "C2", "0.5", "3"]
    assert lines[2][:5] == ["sound.fts", "SOHO/LASCO", "C2", "0.5", "0"]


def test_find_lists_blocks(run, files):
    """The table of the blocks stands under the file on demand."""
    assert "y0" not in run("find", files["damaged"]).output
    assert "y0" in run("find", "--blocks", files["damaged"]).output


def test_find_goes_on_after_an_error(run, files):
    """A broken file is reported, the others are done, and the exit status tells."""
    result = run("find", files["broken"], files["damaged"])
    assert result.exit_code == 1
    assert "broken.fts" in result.output
    assert "failed: " in result.output
    assert "damaged.fts" in result.output


def test_find_needs_no_maps(tmp_path):
    """`coronagraph-inpaint find` loads neither `sunpy.map` nor what other commands need."""
    path = write_map(plain_corona(detector="C2", size=256), tmp_path / "a.fts")
    program = (
        "import sys; from sunpy_coronagraph_inpaint.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit: print([n for n in ('sunpy.map', 'torch', 'pandas', 'tqdm') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program, "find", path], check=True, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert Path(done.stdout.splitlines()[1].split()[0]).name == "a.fts"


def test_fill_writes_every_file(run, files, tmp_path):
    """The damaged file is filled, the sound one copied; the originals stay as they were."""
    before = {path: path.read_bytes() for path in files.values()}
    out = tmp_path / "out"
    result = run("fill", files["damaged"], files["sound"], "-o", out)
    assert result.exit_code == 0, result.output
    assert "damaged.fts: 3 blocks filled by partial_conv" in result.output
    assert "sound.fts: nothing missing, copied" in result.output
    filled = sunpy.map.Map(out / "damaged.fts")
    assert filled_mask(filled).sum() == 3 * 1024
    assert (out / "sound.fts").read_bytes() == before[files["sound"]]
    assert {path: path.read_bytes() for path in files.values()} == before


def test_fill_goes_on_after_an_error(run, files, tmp_path):
    """The files after a broken one are written, and the exit status tells."""
    out = tmp_path / "out"
    result = run("fill", files["broken"], files["damaged"], "-o", out)
    assert result.exit_code == 1
    assert sorted(path.name for path in out.iterdir() if path.name[0] != ".") == ["damaged.fts", "inpaint_report.ecsv"]


def test_fill_never_touches_the_original(run, files):
    """Writing into the directory of the originals is refused, with --overwrite too."""
    before = files["damaged"].read_bytes()
    for options in ((), ("--overwrite",)):
        result = run("fill", files["damaged"], "-o", files["damaged"].parent, *options)
        assert result.exit_code == 1
        assert "Choose another directory" in result.output
    assert files["damaged"].read_bytes() == before


def test_fill_overwrites_on_demand(run, files, tmp_path):
    """A result that exists is replaced with --overwrite only."""
    out = tmp_path / "out"
    assert run("fill", files["damaged"], "-o", out).exit_code == 0
    result = run("fill", files["damaged"], "-o", out)
    assert result.exit_code == 1
    assert "--overwrite" in result.output
    assert run("fill", files["damaged"], "-o", out, "--overwrite", "--method", "harmonic").exit_code == 0
    assert read_map(out / "damaged.fts").meta["fillmeth"] == "harmonic"


def test_fill_refuses_two_files_of_one_name(run, files, tmp_path):
    """Two inputs of one name do not overwrite each other's result."""
    other = tmp_path / "other"
    other.mkdir()
    twin = other / "damaged.fts"
    twin.write_bytes(files["damaged"].read_bytes())
    result = run("fill", files["damaged"], twin, "-o", tmp_path / "out", "--overwrite")
    assert result.exit_code == 1
    assert "another file of this run" in result.output


def test_fill_with_neighbors(run, tmp_path):
    """Neighbors in time are used when they are given."""
    frames = [plain_corona(detector="C2", size=512, seed=1) for _ in range(3)]
    for minute, frame in enumerate(frames):
        frame.meta["time-obs"] = f"06:{12 * minute:02d}:00.000"
    damaged = write_map(damage(frames[1], blocks=3, seed=2), tmp_path / "now.fts")
    near = [write_map(frames[i], tmp_path / f"near{i}.fts") for i in (0, 2)]
    out = tmp_path / "out"
    result = run("fill", damaged, "-o", out, "--neighbor", near[0], "--neighbor", near[1])
    assert result.exit_code == 0, result.output
    filled = read_map(out / "now.fts")
    assert filled.meta["fillmeth"] == "partial_conv"
    where = filled_mask(filled)
    assert run("fill", damaged, "-o", tmp_path / "alone").exit_code == 0
    alone = read_map(tmp_path / "alone" / "now.fts")
    error, error_alone = (np.abs(smap.data - frames[1].data)[where].mean() for smap in (filled, alone))
    assert error < error_alone


def test_fill_packs_on_demand(run, files, tmp_path):
    """Results are packed, a sound file is left out, and the report goes where it is told."""
    out, report = tmp_path / "out", tmp_path / "report.ecsv"
    result = run("fill", files["damaged"], files["sound"], "-o", out, "--compress", "--no-copy", "--report", report)
    assert result.exit_code == 0, result.output
    assert "sound.fts: nothing missing\n" in result.output
    assert [path.name for path in out.iterdir()] == ["damaged.fts.gz"]
    assert report.is_file()


def test_fill_finds_neighbors(run, tmp_path):
    """The frames before and after are found in the directory of the file."""
    for minute in (0, 12, 24):
        frame = plain_corona(detector="C2", size=256, seed=1)
        frame.meta["time-obs"] = f"06:{minute:02d}:00.000"
        write_map(damage(frame, blocks=3, seed=2) if minute == 12 else frame, tmp_path / f"{minute}.fts")
    result = run("fill", tmp_path / "12.fts", "-o", tmp_path / "out", "--neighbors", "auto")
    assert "12.fts: 3 blocks filled by partial_conv" in result.output
    both = run("fill", tmp_path / "12.fts", "-o", tmp_path / "out", "--neighbors", "auto", "--neighbor", "a.fts")
    assert both.exit_code == 2
    assert "either" in both.output
    alone = ("fill", tmp_path / "12.fts", "-o", tmp_path / "alone", "--neighbors", "auto")
    assert "No frame before or after" in run(*alone, "--within", "5 min").output
    assert "is not a time" in run(*alone, "--within", "5 m").output
    assert "goes with" in run(*alone[:4], "--within", "5 min").output


def test_fill_in_processes(run, files, tmp_path):
    """Several processes do the same, and a note about a file stands beside its line."""
    assert run("fill", files["damaged"], "-o", tmp_path / "one").exit_code == 0
    result = run("fill", tmp_path / "one" / "damaged.fts", files["broken"], "-o", tmp_path / "out", "--jobs", 2)
    assert result.exit_code == 1
    assert "damaged.fts: The map was filled before" in result.stderr
    assert "damaged.fts: nothing missing, copied" in result.stdout
    assert "broken.fts: failed: " in result.stdout


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        (("--device", "cuda"), "finds no CUDA here, so --device cuda cannot be used. Leave --device auto."),
        (("--method", "magic"), "There is no method 'magic'"),
        (("--neighbor", "nothing.fts"), "There is no file nothing.fts"),
    ],
)
def test_fill_with_wrong_options(run, files, tmp_path, arguments, match):
    """A wrong option is one sentence and no traceback."""
    result = run("fill", files["damaged"], "-o", tmp_path / "out", *arguments)
    assert result.exit_code == 1
    assert match in result.output
    assert "Traceback" not in result.output


def test_unwritable_output(run, files, tmp_path):
    """An output that is a file is refused in one sentence."""
    result = run("fill", files["damaged"], "-o", files["sound"] / "out")
    assert result.exit_code == 1
    assert "cannot be made" in result.output


def test_demo(run, tmp_path):
    """The demo writes the damaged and the filled frame and a picture, and prints where they are."""
    result = run("demo", "-o", tmp_path, "--blocks", 3)
    assert result.exit_code == 0, result.output
    assert "3 blocks lost, 3072 pixels filled" in result.output
    for name in ("artificial_c3_damaged.fits", "artificial_c3_filled.fits", "artificial_c3_before_after.png"):
        assert (tmp_path / name).is_file()
        assert name in result.output


def test_demo_of_a_file(run, files, tmp_path):
    """The demo takes a frame of the user's."""
    result = run("demo", files["sound"], "-o", tmp_path / "out", "--blocks", 2, "--method", "harmonic")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "out" / "sound_before_after.png").is_file()


def test_demo_of_a_broken_file(run, files, tmp_path):
    """A file that cannot be read is one sentence."""
    result = run("demo", files["broken"], "-o", tmp_path / "out")
    assert result.exit_code == 1
    assert result.output.startswith("Error: ")


def test_methods(run):
    """Every method is listed with a summary, one of them as the default."""
    lines = run("methods").output.splitlines()
    assert [line.split()[0] for line in lines] == list_methods()
    assert sum("(default)" in line for line in lines) == 1


def test_version(run):
    """The version is printed."""
    assert "coronagraph-inpaint, version" in run("--version").output
