"""Libraries of scenes on disk, and the command that renders them."""

import numpy as np
import pytest
from click.testing import CliRunner

from sunpy_coronagraph_inpaint.cli.simulate import simulate
from sunpy_coronagraph_inpaint.simulate import library
from sunpy_coronagraph_inpaint.simulate.library import load, render


def test_what_is_rendered_can_be_loaded(tmp_path):
    """Frames and truth come back in counts above the offset, within a quarter of the photon noise."""
    (path,) = render(1, tmp_path, seed=4, frames=3, crop=256, progress=False)
    scene = load(path)
    assert scene["frames"].shape == (3, 256, 256)
    assert scene["truth"].dtype == np.float32
    assert scene["header"]["detector"] == "C3"
    stored = np.load(path)["truth"]
    assert stored.dtype == np.float16
    bright = scene["truth"] > 20
    pull = (scene["frames"][1] - scene["truth"])[bright] / np.sqrt(scene["truth"][bright] / 12)
    assert abs(np.median(pull)) < 0.2
    step = np.spacing(stored[bright]).astype(float) / 2 * 2 * stored[bright].astype(float)
    assert np.max(step / np.sqrt(scene["truth"][bright] / 12)) < 0.25


def test_a_run_is_resumed(tmp_path, monkeypatch):
    """What is there is not rendered again, and a longer run adds to it; no half-written file is left."""
    render(2, tmp_path, frames=1, crop=64, progress=False)
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("*.npz")}
    done = []
    monkeypatch.setattr(library, "_one", lambda path, seed, options: done.append(seed))
    render(3, tmp_path, frames=1, crop=64, progress=False)
    assert done == [2]
    assert {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("*.npz")} == before


def test_an_interrupted_write_leaves_nothing(tmp_path, monkeypatch):
    """When writing fails neither a file nor a piece of one is left behind."""

    def fail(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(library.np, "savez_compressed", fail)
    with pytest.raises(KeyboardInterrupt):
        render(1, tmp_path, frames=1, crop=64, progress=False)
    assert [path.name for path in tmp_path.iterdir()] == ["library.json"]


def test_several_processes_render_the_same(tmp_path):
    """Two processes write what one does."""
    alone = render(2, tmp_path / "one", frames=1, crop=64, progress=False)
    together = render(2, tmp_path / "two", frames=1, crop=64, jobs=2, progress=False)
    for first, second in zip(alone, together, strict=True):
        np.testing.assert_array_equal(load(first)["frames"], load(second)["frames"])


@pytest.mark.parametrize("options", [{"n": 0}, {"n": 1, "jobs": 0}, {"n": 1, "frames": 2}])
def test_errors(tmp_path, options):
    """Numbers that make no sense are refused."""
    with pytest.raises(ValueError, match="at least one scene, one job and an odd number"):
        render(out_dir=tmp_path, **options)


def test_settings_are_not_mixed(tmp_path):
    """A library with other settings is refused."""
    render(1, tmp_path, frames=1, crop=64, progress=False)
    with pytest.raises(ValueError, match="other settings"):
        render(1, tmp_path, frames=1, crop=96, progress=False)


def test_command(tmp_path):
    """The command renders a library and says so, and reports errors without a traceback."""
    options = ["-n", "1", "-o", str(tmp_path), "--frames", "1", "--crop", "64", "--quiet", "--detector", "C2"]
    result = CliRunner().invoke(simulate, options)
    assert result.exit_code == 0, result.output
    assert "1 scenes of C2" in result.output
    result = CliRunner().invoke(simulate, [*options[:4], "--frames", "2"])
    assert result.exit_code == 1
    assert "odd number of frames" in result.output
