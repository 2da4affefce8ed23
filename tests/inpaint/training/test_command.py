"""The command ``coronagraph-inpaint train``."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from sunpy_coronagraph_inpaint.cli import main
from sunpy_coronagraph_inpaint.flatfield.background import Background
from sunpy_coronagraph_inpaint.inpaint.network.trained import load_network
from sunpy_coronagraph_inpaint.inpaint.training import InpaintTask, sources
from sunpy_coronagraph_inpaint.inpaint.training.samples import damaged_frame, read_samples, write_samples
from sunpy_coronagraph_inpaint.learning.checkpoint import read_trained
from sunpy_coronagraph_inpaint.simulate import plain_corona
from tests.inpaint.tiny import tiny_weights
from tests.inpaint.training.made import made, many

RECIPE = "width = 4\ndepth = 1\nsteps = 4\ncells = 600\n"


@pytest.fixture
def run():
    """Run the command and return its result."""
    return lambda *arguments: CliRunner().invoke(main, ["train", *map(str, arguments)])


@pytest.fixture
def folder(tmp_path):
    """Samples of artificial and of real frames, and a recipe."""
    (tmp_path / "samples").mkdir()
    for number in range(12):
        write_samples(tmp_path / "samples" / f"C2_a_{number:06d}.safetensors", [made(number), made(number + 100)])
    write_samples(tmp_path / "samples" / "real_C2_20040108_0.safetensors", many(3))
    (tmp_path / "samples" / "background_C2.safetensors").write_bytes(b"no samples")
    (tmp_path / "tiny.toml").write_text(RECIPE)
    return tmp_path


def test_from_samples_to_weights(run, folder):
    """A network is trained, taken up again, and written to a file that the package can load."""
    train = ("network", folder / "samples", "-o", folder / "run", "--recipe", folder / "tiny.toml", "--device", "cpu")
    result = run(*train, "--checkpoint-interval", 2)
    assert result.exit_code == 0, result.output
    assert "23 samples of 11 files to learn from, 2 files to judge by" in result.output
    assert sorted(path.suffix for path in (folder / "run").iterdir()) == [".csv", ".png", ".png", ".safetensors"]
    assert run(*train).exit_code == 0
    result = run("weights", folder / "run", "-o", folder / "out" / "mine.safetensors", "--std-scale", 1.5, 0.9)
    assert result.exit_code == 0, result.output
    loaded = load_network(folder / "out" / "mine.safetensors")
    assert loaded.std_scale == (1.5, 0.9)
    assert loaded.sha256 in result.output
    assert loaded.background is None


def test_own_validation(run, folder):
    """Samples to judge by may be given; then all others are learned from."""
    result = run(
        "network", folder / "samples", "-o", folder / "run", "--recipe", folder / "tiny.toml", "--validation",
        folder / "samples",
    )  # fmt: skip
    assert "27 samples of 13 files to learn from, 13 files to judge by" in result.output


def test_frames_and_background(run, folder, monkeypatch):
    """Real frames give a background and one file of samples each; the background goes into the weights."""
    background = Background(np.zeros((8, 8)), np.zeros((0, 8, 8)), np.full((1024, 1024), 0.01))

    class Frames:
        maps = (1, 2)

        def __init__(self, *_):
            pass

        def background(self):
            return background

        def samples(self, *, rounds):
            assert rounds == 3
            yield "20040108", many(2)
            yield "20040109", many(1)

    monkeypatch.setattr(sources, "RealFrames", Frames)
    out = folder / "real"
    result = run("frames", "--data", folder, "-o", out, "--detector", "C3", "--rounds", 3)
    assert result.exit_code == 0, result.output
    names = ["background_C3.safetensors", "real_C3_20040108_0.safetensors", "real_C3_20040109_1.safetensors"]
    assert sorted(path.name for path in out.iterdir()) == names
    assert len(read_samples([out / names[1]])) == 2
    assert float(Background.read(out / names[0]).flat.max()) == pytest.approx(0.01, abs=1e-3)
    run("network", folder / "samples", "-o", folder / "run", "--recipe", folder / "tiny.toml")
    done = run("weights", folder / "run", "-o", folder / "w.safetensors", "--background", out / names[0])
    assert done.exit_code == 0, done.output
    assert load_network(folder / "w.safetensors").background is not None


def test_background_of_weights_that_are_there(run, folder, monkeypatch):
    """The background is fitted anew and put into weights, whose network stays."""
    fitted = Background(np.zeros((8, 8)), np.zeros((0, 8, 8)), np.full((1024, 1024), 0.02))
    frames = type("Frames", (), {"maps": (1, 2), "background": lambda _: fitted})
    monkeypatch.setattr(sources, "RealFrames", lambda *_: frames())
    weights, target = tiny_weights(folder / "w.safetensors"), folder / "out" / "new.safetensors"
    result = run("background", weights, "--data", folder, "--detector", "C2", "-o", target)
    assert result.exit_code == 0, result.output
    loaded = load_network(target)
    assert f"background of 2 frames, sha256 {loaded.sha256}" in result.output
    assert float(loaded.background.flat.max()) == pytest.approx(0.02)
    for name, tensor in load_network(weights).network.state_dict().items():
        assert tensor.equal(loaded.network.state_dict()[name])


def test_calibrated_weights(run, folder, monkeypatch):
    """The factors of the standard deviations are found from real frames when these are given."""

    class Frames:
        def __init__(self, directory, detector):
            assert (directory, detector) == (folder, "C3")

        def cases(self):
            smap = plain_corona(detector="C3", seed=1)
            yield *damaged_frame(smap, np.random.default_rng(1), holes=3), None

    monkeypatch.setattr(sources, "RealFrames", Frames)
    run("network", folder / "samples", "-o", folder / "run", "--recipe", folder / "tiny.toml")
    weights = ("weights", folder / "run", "-o", folder / "w.safetensors")
    done = run(*weights, "--calibrate", folder, "--detector", "C3")
    assert done.exit_code == 0, done.output
    loaded = load_network(folder / "w.safetensors")
    assert loaded.std_scale != (1.0, 1.0)
    assert f"times {loaded.std_scale[0]:.3f} and {loaded.std_scale[1]:.3f}" in done.output
    assert "together" in run(*weights, "--detector", "C3").output


def test_scenes(run, folder, monkeypatch):
    """What is written is named as soon as it is there."""
    asked = []

    def scenes(library, out_dir, **options):
        asked.append((library, out_dir, options))
        yield out_dir / "C3_a_000001.safetensors"

    monkeypatch.setattr(sources, "scene_samples", scenes)
    background = Background(np.zeros((8, 8)), np.zeros((0, 8, 8)), np.zeros((1024, 1024)))
    background.write(folder / "real.safetensors")
    result = run("scenes", folder, "-o", folder / "new", "--detector", "C3", "--part", 1, "--parts", 2,
                 "--background", folder / "real.safetensors")  # fmt: skip
    assert result.output == "C3_a_000001.safetensors\n"
    ((*places, options),) = asked
    assert places == [folder, folder / "new"]
    assert options.pop("background").template.shape == (8, 8)
    assert options == {"detector": "C3", "part": 1, "parts": 2}
    assert (folder / "new").is_dir()


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        (("scenes", ".", "-o", "x", "--detector", "C3", "--part", "2", "--parts", "2"), "must be below --parts 2"),
        (("network", "empty", "-o", "run"), "no samples in"),
        (("network", "samples", "-o", "run", "--recipe", "secret"), "no recipe 'secret'"),
        (("network", "samples", "-o", "run", "--recipe", "missing.toml"), "missing.toml"),
        (("network", "samples", "-o", "run", "--recipe", "corkit"), "train corkit"),
        (("network", "samples", "-o", "run", "--device", "toaster"), "torch cannot compute"),
        (("weights", "empty", "-o", "w.safetensors"), "no checkpoint in"),
        (("frames", "--data", "empty", "-o", "x", "--detector", "C2"), "0 full C2 frames"),
    ],
)
def test_errors(run, folder, monkeypatch, arguments, match):
    """A user's error is reported in one line."""
    (folder / "empty").mkdir()
    monkeypatch.chdir(folder)
    result = run(*arguments)
    assert result.exit_code != 0
    assert match in result.output
    assert "Traceback" not in result.output


def test_two_processes(folder):
    """The same command under torchrun trains in two processes, which draw other samples and agree on the network."""
    launcher = shutil.which("torchrun", path=str(Path(sys.executable).parent)) or shutil.which("torchrun")
    command = [str(Path(sys.executable).parent / "coronagraph-inpaint"), "train", "network", "samples"]
    options = ["--recipe", "tiny.toml", "--device", "cpu", "--every", "2"]
    several = [launcher, "--nproc-per-node", "2", "--standalone", "--no-python", *command, "-o", "two", *options]
    done = subprocess.run(several, cwd=folder, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("samples of 11 files") == 1
    alone = [
        "train",
        "network",
        folder / "samples",
        "-o",
        folder / "one",
        "--recipe",
        folder / "tiny.toml",
        *options[2:],
    ]
    assert CliRunner().invoke(main, [str(argument) for argument in alone]).exit_code == 0
    (two, recipe, step), (one, same_recipe, _) = (read_trained(InpaintTask(), folder / name) for name in ("two", "one"))
    assert recipe == same_recipe
    assert step == 4
    assert any((a != b).any() for a, b in zip(two.parameters(), one.parameters(), strict=True))
    assert (folder / "two" / "log.csv").read_text().count("\n") == 3
