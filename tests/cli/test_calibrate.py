"""The subcommand `calibrate`, and the words of messages in a shell."""

import pytest
from click.testing import CliRunner

from sunpy_coronagraph_inpaint.calibrate import read_level_1
from sunpy_coronagraph_inpaint.cli import main
from sunpy_coronagraph_inpaint.cli.shared import in_options
from sunpy_coronagraph_inpaint.io import write_map
from sunpy_coronagraph_inpaint.simulate import damage, plain_corona

pytestmark = [
    pytest.mark.filterwarnings("ignore:Missing metadata for observer"),
    pytest.mark.filterwarnings('ignore:Could not parse unit string "MSB"'),
]


@pytest.fixture
def frame(tmp_path):
    """A frame of C3 with three missing blocks."""
    return write_map(damage(plain_corona(seed=1), blocks=3, seed=2), tmp_path / "frame.fts")


def _run(*arguments):
    return CliRunner().invoke(main, ["calibrate", *map(str, arguments)])


def test_calibrate(frame, tmp_path):
    """Files are calibrated, one line each with what was nominal; a broken one is reported, and the status is 1."""
    broken = tmp_path / "broken.fts"
    broken.write_text("text")
    out = tmp_path / "out"
    before = frame.read_bytes()
    result = _run(frame, broken, "-o", out, "--calibration", "nominal", "--method", "radial")
    assert result.exit_code == 1
    assert "frame.fts: calibrated to MSB, 3 blocks missing, " in result.stdout
    assert "pixels filled by radial, nominal: exposure factor" in result.stdout
    assert "frame.fts: Nominal values replace" in result.stderr
    assert "broken.fts: failed: " in result.stdout
    smap = read_level_1(out / "frame.fts")
    assert smap.meta["bunit"] == "MSB"
    assert smap.uncertainty is None
    assert (out / "calibrate_report.ecsv").is_file()
    assert frame.read_bytes() == before


def test_calibrate_with_other_options(frame, tmp_path):
    """Missing blocks may be left empty, uncertainties kept, and results packed; the next run is in the way."""
    options = ("-o", tmp_path / "out", "--calibration", "nominal", "--method", "radial", "--compress")
    result = _run(frame, *options, "--fill", "none", "--report", tmp_path / "table.ecsv")
    assert result.exit_code == 0, result.output
    assert "3 blocks missing, nominal" in result.stdout
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["frame.fts.gz"]
    again = _run(frame, *options)
    assert again.exit_code == 1
    assert "exists. Set --overwrite to replace it." in again.stdout
    assert _run(frame, *options, "--overwrite", "--uncertainty").exit_code == 0
    assert (read_level_1(tmp_path / "out" / "frame.fts.gz").uncertainty.array > 0).any()


@pytest.mark.parametrize(
    ("arguments", "match"),
    [(("--calibration", "nowhere"), "no directory"), (("--method", "magic"), "There is no method 'magic'")],
)
def test_calibrate_with_wrong_options(frame, tmp_path, arguments, match):
    """A wrong option is one sentence."""
    result = _run(frame, "-o", tmp_path / "out", *arguments)
    assert result.exit_code == 1
    assert match in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("Set overwrite=True to replace it.", "Set --overwrite to replace it."),
        (
            "device='cuda:1' cannot be used. Leave device='auto'.",
            "--device cuda:1 cannot be used. Leave --device auto.",
        ),
        ("Give mask=... to fill more.", "Give inpaint_map(..., mask=...) from Python to fill more."),
        ("Give neighbors=[map, ...] of times before.", "Give --neighbor or --neighbors auto, of times before."),
        ("RECTROTA=3 is not known.", "RECTROTA=3 is not known."),
    ],
)
def test_messages_speak_of_options(message, shown):
    """A message of the library is shown in the words of the shell."""
    assert in_options(message) == shown
