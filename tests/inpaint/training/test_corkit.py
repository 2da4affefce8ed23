"""The recipe of the CorKit paper: from a library to a network that fills a frame."""

import csv
from dataclasses import replace

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import save_file

from astropy.io import fits

from sunpy_coronagraph_inpaint.cli import main
from sunpy_coronagraph_inpaint.dataset import split_of
from sunpy_coronagraph_inpaint.frames.frame import CoronagraphFrame
from sunpy_coronagraph_inpaint.inpaint.benchmark.corkit import corkit
from sunpy_coronagraph_inpaint.inpaint.network.corkit import CorKitInpainter, brightness, shrink
from sunpy_coronagraph_inpaint.inpaint.network.trained import list_weights, load_network, save_network
from sunpy_coronagraph_inpaint.inpaint.training import CorKitRecipe, CorKitTask
from sunpy_coronagraph_inpaint.inpaint.training.corkit import (
    FullFrames,
    draw_batch,
    draw_squares,
    read_frames,
    split_frames,
    train_frame_features,
)
from sunpy_coronagraph_inpaint.learning import train
from sunpy_coronagraph_inpaint.learning.features import Vgg19Features, vgg19_features
from sunpy_coronagraph_inpaint.simulate.library import render

Y, X = np.indices((256, 256))
TINY = CorKitRecipe(width=4, depth=2, batch=2, feature_steps=3).with_steps(3, 2)


@pytest.fixture(scope="module")
def frames():
    """Two artificial frames and a real one, of 64 bins."""
    radius = np.hypot(Y[:64, :64] - 30.0, X[:64, :64] - 33.0)
    values = np.stack([1e4 / (5 + radius), 2e4 / (9 + radius), 3e4 / (7 + radius)]).astype(np.float32)
    return FullFrames(values, np.stack([radius < 35] * 3), np.array([False, False, True]))


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """A library of two tiny scenes."""
    folder = tmp_path_factory.mktemp("library") / "C2_12"
    render(2, folder, detector="C2", frames=1, crop=64, progress=False)
    return folder.parent


@pytest.fixture
def network():
    """An untrained network."""
    torch.manual_seed(0)
    return CorKitInpainter(width=4, depth=2).eval()


def _train(frames, recipe, out_dir, **options):
    """Train and return the network."""
    learned, judges = split_frames(frames, recipe.seed)
    task = CorKitTask(train_frame_features(learned, recipe))
    return train(task, learned, recipe, out_dir, validation=judges, checkpoint_interval=1, **options)


def _state(network):
    return {name: tensor.clone() for name, tensor in network.state_dict().items()}


def _frame(data, holes, valid=None):
    return CoronagraphFrame(data, ~holes if valid is None else valid, holes, (128.0, 128.0), 20.0)


def _holes(*boxes, shape=(256, 256)):
    holes = np.zeros(shape, bool)
    for box in boxes:
        holes[box] = True
    return holes


def test_recipe_is_that_of_the_paper():
    """The recipe that comes with the package, and the defaults, have the published rates, limits, weights and batch."""
    recipe = CorKitRecipe.named("corkit")
    assert recipe == CorKitRecipe()
    pretraining, finetuning = recipe.phases
    assert (pretraining.rate, pretraining.clip, pretraining.schedule) == (2e-4, 0.005, "constant")
    assert (finetuning.rate, finetuning.clip) == (5e-5, 5e-4)
    names = ["inner", "diff", "perceptual", "style", "style_composite"]
    assert pretraining.active_losses == dict(zip(names, [6, 6, 0.05, 120, 120], strict=True))
    assert finetuning.active_losses == dict(zip(names, [0.2, 0.8, 0.2, 1.2, 1.8], strict=True))
    assert (pretraining.teacher_forcing, finetuning.teacher_forcing) == (True, False)
    assert (pretraining.freeze_norm, finetuning.freeze_norm) == (False, True)
    assert (recipe.batch, recipe.n_layers) == (4, 2)


def test_recipe_keeps_defaults(tmp_path):
    """What a recipe does not name is as published."""
    (tmp_path / "recipe.toml").write_text("width = 8\n[pretraining]\nsteps = 7\n")
    recipe = CorKitRecipe.read(tmp_path / "recipe.toml")
    assert recipe == CorKitRecipe(width=8).with_steps(7, CorKitRecipe().finetuning["steps"])


@pytest.mark.parametrize("size", [1024, 512, 256, 100])
def test_shrink(size):
    """Bins are means of the valid pixels; levels of them are evenly spread and go back to brightness."""
    data = np.arange(size**2, dtype=float).reshape(size, size)
    valid = data > 9.5
    small = shrink(np.where(valid, data, np.nan), valid, np.zeros(data.shape, bool))
    assert small.factor == max(1, size // 256)
    assert small.values.shape == (min(size, 256),) * 2
    row = slice(-small.factor, None)
    assert small.values[-1, -1] == data[row, row].mean()
    levels, equalization = small.levels()
    assert abs(levels[small.known].mean()) < 0.01
    assert levels[small.known].std() == pytest.approx(1, abs=0.01)
    np.testing.assert_allclose(brightness(levels, equalization)[small.known], small.values[small.known], rtol=1e-3)


def test_shrink_of_odd_shapes():
    """Bins at the far edges hold fewer pixels; those with hardly any are not known; those with a hole are holes."""
    data, holes = np.full((601, 1022), 3.0), np.zeros((601, 1022), bool)
    holes[11, 17] = True
    small = shrink(data, ~holes, holes)
    assert small.values.shape == (151, 256)
    assert not small.known[-1].any()
    assert small.known[:-1].sum() == 150 * 256 - 1
    np.testing.assert_array_equal(np.argwhere(small.holes), [[2, 4]])
    assert set(np.unique(small.values)) == {0.0, 3.0}


def test_only_known_cells_matter(network):
    """The answer does not depend on what stands in holes and where nothing is known, not even if it is NaN."""
    holes = torch.zeros(1, 1, 64, 64, dtype=torch.bool)
    holes[..., 8:24, 8:24] = True
    absent = torch.zeros_like(holes)
    absent[..., 40:, :] = True
    image = torch.randn(1, 1, 64, 64)
    known = ~(holes | absent)
    one = network(torch.where(known, image, 0.0), known, holes)
    two = network(torch.where(known, image, torch.nan), known, holes)
    assert torch.equal(one.mean, two.mean)
    assert [int((~mask).sum()) for mask in one.masks] == [256, 64, 0]


def test_teacher_forcing_parts_the_layers(network, frames):
    """With the truth, the second layer does not depend on the first; without it, it does."""
    truth, known, holes = draw_batch(frames, np.random.default_rng(0), 2)
    before = {forced: network(truth, known, holes, truth=truth if forced else None).means for forced in (True, False)}
    with torch.no_grad():
        network.layers[0].head.bias += 1
    after = {forced: network(truth, known, holes, truth=truth if forced else None).means for forced in (True, False)}
    assert torch.equal(before[True][:, 1], after[True][:, 1])
    assert not torch.equal(before[False][:, 1], after[False][:, 1])


def test_squares():
    """Holes are squares of whole blocks where most is known, one to twelve of them; there is always one."""
    known = np.ones((256, 256), bool)
    known[:, :100] = False
    sizes = set()
    for seed in range(30):
        holes = draw_squares(known, np.random.default_rng(seed))
        blocks = holes.reshape(32, 8, 32, 8)
        assert (blocks.any((1, 3)) == (blocks.mean((1, 3)) >= 0.5)).all()
        assert not holes[~known].any()
        sizes.add(int(blocks.any((1, 3)).sum()))
    assert min(sizes) >= 1
    assert 5 < max(sizes) <= 12 * 25
    known[:] = False
    known[:5, :8] = True
    assert draw_squares(known, np.random.default_rng(0)).sum() == 40


def test_batch(frames):
    """Batches repeat for a seed; the level of what is lost is that by which the rest was equalized."""
    one, two = (draw_batch(frames, np.random.default_rng(3), 4) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(one, two, strict=True))
    truth, known, holes = one
    assert truth.shape == known.shape == holes.shape == (4, 1, 64, 64)
    assert not (known & holes).any()
    assert holes.any((1, 2, 3)).all()
    assert (truth[~(known | holes)] == 0).all()
    levels = truth[0, 0][known[0, 0]]
    assert levels.std().item() == pytest.approx(1, abs=0.02)


def test_what_judges_is_not_learned_from(frames):
    """Of many frames, each twentieth artificial one is kept for validation and never drawn."""
    values = np.arange(1.0, 46.0, dtype=np.float32)[:, None, None] * frames.values[:1]
    many = FullFrames(values, np.ones(values.shape, bool), np.arange(45) > 41)
    learned, judges = split_frames(many, 0)
    kept = [float(frame.values.max()) for frame in judges]
    np.testing.assert_allclose(kept, values[[0, 20, 40]].max((1, 2)))
    assert len(learned.real) == 42
    assert not np.isin(learned.values.max((1, 2)), kept).any()
    assert len(split_frames(FullFrames(*(array[:20] for array in many)), 0)[0].real) == 20


def test_library_is_read(library, tmp_path):
    """Scenes become frames of bins, without blocks that were never sent, and are kept in a file."""
    frames = read_frames(library, cache=tmp_path / "frames.safetensors")
    assert frames.values.shape == frames.known.shape == (2, 64, 64)
    assert not frames.real.any()
    assert (frames.values[frames.known] > 0).mean() > 0.9
    again = read_frames("nowhere", cache=tmp_path / "frames.safetensors")
    assert all(np.array_equal(a, b) for a, b in zip(frames, again, strict=True))


def test_empty_library(tmp_path):
    """Without scenes there is nothing to learn from, and the message says how to make some."""
    with pytest.raises(ValueError, match=r"no scene under .*coronagraph-inpaint simulate"):
        read_frames(tmp_path)


@pytest.mark.filterwarnings("ignore::astropy.io.fits.verify.VerifyWarning")
@pytest.mark.filterwarnings("ignore:Missing metadata for observer")
def test_real_frames_are_read(library, data_dir):
    """Real frames come after the artificial ones; none of a day that is held out."""
    headers = [fits.getheader(path) for path in sorted((data_dir / "lasco" / "level_05").rglob("*.fts"))]
    expected = [header for header in headers if header["naxis1"] == 1024 and split_of(header["date-obs"]) != "test"]
    assert 0 < len(expected) < len(headers)
    folder = library.parent / "whole"
    render(1, folder, detector="C2", frames=1, progress=False)
    frames = read_frames(folder, data_dir)
    np.testing.assert_array_equal(frames.real, [False] + [True] * len(expected))
    assert frames.values.shape[1:] == (256, 256)
    assert frames.known[frames.real].mean() > 0.8


def test_interrupted_run_goes_on_to_the_same_network(frames, tmp_path, monkeypatch):
    """Five steps through both phases, and five with an interruption after each, end bit for bit alike."""
    whole = _train(frames, TINY, tmp_path / "whole")
    original = CorKitTask.loss
    for stop in range(1, 5):

        def interrupt(self, network, batch, recipe, step, stop=stop):
            if step == stop:
                raise KeyboardInterrupt
            return original(self, network, batch, recipe, step)

        with monkeypatch.context() as patch:
            patch.setattr(CorKitTask, "loss", interrupt)
            with pytest.raises(KeyboardInterrupt):
                _train(frames, TINY, tmp_path / "parts")
    parts = _train(frames, TINY, tmp_path / "parts")
    for (name, one), two in zip(_state(whole).items(), _state(parts).values(), strict=True):
        assert torch.equal(one, two), name
    with (tmp_path / "whole" / "log.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [int(row["step"]) for row in rows] == [1, 2, 3, 4, 5]
    assert all(np.isfinite(float(value)) for row in rows for value in row.values())
    assert {"loss", "inner", "perceptual", "style", "level", "error"} <= rows[0].keys()
    assert len(list((tmp_path / "whole").glob("sheet_*.png"))) == 5


def test_other_recipe_is_refused(frames, tmp_path):
    """A directory with a checkpoint of another recipe is left alone."""
    _train(frames, TINY.with_steps(1, 0), tmp_path)
    with pytest.raises(ValueError, match="another recipe"):
        _train(frames, TINY.with_steps(2, 0), tmp_path)


def test_finetuning_keeps_the_norm_of_the_encoder(frames, tmp_path):
    """Fine-tuning changes the kernels and the decoder's normalization, but not that of the encoder."""
    before = _state(_train(frames, TINY.with_steps(2, 0), tmp_path / "one"))
    after = _state(_train(frames, TINY.with_steps(2, 1), tmp_path / "two"))
    norms = {name for name in before if ".norm." in name}
    encoder = {name for name in norms if ".encoder." in name}
    assert encoder
    assert all(torch.equal(before[name], after[name]) for name in encoder)
    assert not any(torch.equal(before[name], after[name]) for name in norms - encoder if name.endswith("mean"))
    assert not torch.equal(before["layers.0.head.weight"], after["layers.0.head.weight"])


def test_training_teaches(frames, tmp_path):
    """Some dozens of fast steps on three frames halve the error of fills at least."""
    phase = {"steps": 60, "rate": 5e-3, "clip": 1.0, "losses": {"inner": 1.0, "diff": 1.0}}
    recipe = CorKitRecipe(width=8, depth=2, batch=2, pretraining=phase, finetuning={"steps": 0})
    task, (learned, judges) = CorKitTask(), split_frames(frames, 5)
    before = task.validate(task.untrained(recipe), judges)["error"]
    after = task.validate(train(task, learned, recipe, tmp_path), judges)["error"]
    assert after < 0.5 * before


def test_vgg19(frames, tmp_path):
    """Features of VGG-19 from a file that the user has take part in the loss."""
    save_file(Vgg19Features().state_dict(), tmp_path / "vgg19.safetensors")
    task = CorKitTask(vgg19_features(tmp_path / "vgg19.safetensors"))
    recipe = replace(TINY, precision="float32").with_steps(1, 0)
    train(task, frames, recipe, tmp_path / "run")
    with (tmp_path / "run" / "log.csv").open(newline="") as stream:
        (row,) = csv.DictReader(stream)
    assert float(row["perceptual"]) > 0
    assert float(row["style"]) > 0
    with pytest.raises(ValueError, match="Give weights of VGG-19"):
        train(CorKitTask(), frames, recipe, tmp_path / "none")


def test_weights_go_to_a_file_and_back(network, tmp_path):
    """A network read from its file fills as it did, to what float16 holds; weights of another task are refused."""
    path = tmp_path / "network.safetensors"
    save_network(path, network, settings=network.settings, task="corkit")
    again = load_network(path, task="corkit").network
    assert again.settings == network.settings
    holes = torch.from_numpy(_holes(np.s_[8:24, 8:24], shape=(64, 64)))[None, None]
    image = torch.randn(1, 1, 64, 64)
    torch.testing.assert_close(again(image, ~holes, holes).mean, network(image, ~holes, holes).mean, atol=0.02, rtol=0)
    with pytest.raises(ValueError, match=r"are for the task 'corkit'. Give weights for 'inpaint'"):
        load_network(path)
    with pytest.raises(ValueError, match="are for the task 'inpaint'"):
        load_network("lasco_c2", task="corkit")


def test_fill(network, tmp_path):
    """A frame is filled within its limits; only valid pixels matter; the hash of the weights is reported."""
    save_network(tmp_path / "network.safetensors", network, settings=network.settings, task="corkit")
    data = 1e5 / (20 + np.hypot(Y - 128.0, X - 128.0))
    holes = _holes(np.s_[64:96, 32:64], np.s_[100:103, 201:207])
    valid = ~holes & (Y > 9)
    one, two = (
        corkit(_frame(np.where(valid, data, filler), holes, valid), weights=tmp_path / "network.safetensors")
        for filler in (0.0, 9e4)
    )
    assert one.values.shape == one.std.shape == (holes.sum(),)
    np.testing.assert_array_equal(one.values, two.values)
    assert np.isinf(one.std).all()
    assert data[valid].min() <= one.values.min() <= one.values.max() <= data[valid].max()
    assert len(one.weights) == 64


def test_great_frames_are_resized(network, tmp_path):
    """A frame of 1024 pixels is filled as that of 256, whose fill is interpolated."""
    save_network(tmp_path / "network.safetensors", network, settings=network.settings, task="corkit")
    data = 1e5 / (20 + np.hypot(Y - 128.0, X - 128.0))
    holes = _holes(np.s_[64:96, 32:64])
    small = corkit(_frame(data, holes), weights=tmp_path / "network.safetensors")
    great = corkit(
        _frame(np.kron(data, np.ones((4, 4))), np.kron(holes, np.ones((4, 4), bool))),
        weights=tmp_path / "network.safetensors",
    )
    cells = great.values.reshape(32, 4, 32, 4).mean((1, 3))
    inside = np.s_[1:-1, 1:-1]
    np.testing.assert_allclose(cells[inside], small.values.reshape(32, 32)[inside], rtol=0.1)


def test_bundled_weights():
    """The bundled weights are what their record says, of the recipe of the package, small, and have a card."""
    record = list_weights()["corkit"]
    loaded = load_network("corkit", task="corkit")
    assert loaded.sha256 == record.sha256
    assert loaded.network.settings == CorKitRecipe.named("corkit").network_settings
    assert record.path.stat().st_size < 4_000_000
    assert record.sha256 in record.card


def test_command(library, tmp_path):
    """The command trains and writes weights that fill; a wrong recipe is reported in a sentence."""
    (tmp_path / "tiny.toml").write_text("width = 2\ndepth = 1\nfeature_steps = 1\nbatch = 1\n")
    options = ["train", "corkit", str(library), "-o", str(tmp_path / "out"), "--recipe", str(tmp_path / "tiny.toml")]
    options += ["--device", "cpu"]
    result = CliRunner().invoke(main, [*options, "--steps", "1", "1"])
    assert result.exit_code == 0, result.output
    assert "2 steps, 2 frames, 0 of them real" in result.output
    loaded = load_network(tmp_path / "out" / "corkit.safetensors", task="corkit")
    assert loaded.network.settings["width"] == 2
    result = CliRunner().invoke(main, [*options, "--steps", "2", "1"])
    assert result.exit_code == 1
    assert "another recipe" in result.output
    save_file(Vgg19Features().state_dict(), tmp_path / "vgg19.safetensors")
    options[4] = str(tmp_path / "vgg")
    result = CliRunner().invoke(main, [*options, "--steps", "1", "0", "--vgg19", str(tmp_path / "vgg19.safetensors")])
    assert result.exit_code == 0, result.output
