"""The recipe of the CorKit paper as a task of the training loop: full frames, in two phases."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar, NamedTuple

import numpy as np
import torch
from safetensors.numpy import load_file, save_file

from sunpy_coronagraph_inpaint.frames.dropouts import find_dropouts
from sunpy_coronagraph_inpaint.inpaint.network.corkit import CorKitInpainter, SmallFrame, brightness, shrink
from sunpy_coronagraph_inpaint.inpaint.training.layered_loss import layered_loss
from sunpy_coronagraph_inpaint.instruments import identify
from sunpy_coronagraph_inpaint.io.writing import whole_file
from sunpy_coronagraph_inpaint.learning.features import train_features
from sunpy_coronagraph_inpaint.learning.inference import evaluating
from sunpy_coronagraph_inpaint.learning.recipe import Recipe
from sunpy_coronagraph_inpaint.learning.task import Task

#: Side of a telemetry block in a frame of 256 bins, bins.
_BLOCK = 8
#: Sides of the squares in blocks, their frequencies, and the largest number of squares.
_SIDES, _SHARES, _MOST = (1, 2, 3, 4, 5), (0.5, 0.2, 0.15, 0.1, 0.05), 12
#: A block is removed if at least this fraction of it is known.
_KNOWN = 0.7
#: Fraction of real frames in a batch, if there are any: they are few.
_REAL = 0.25
#: One in this many artificial frames is for validation.
_ONE_IN = 20
#: Side in bins, and largest number, of the crops for training the features.
_CROP, _CROPS = 64, 256

#: From the table of the paper; see `CorKitRecipe` for the names of the losses.
_PRETRAINING = {
    "steps": 375,
    "rate": 2e-4,
    "clip": 0.005,
    "losses": {"inner": 6.0, "diff": 6.0, "perceptual": 0.05, "style": 120.0, "style_composite": 120.0},
    "teacher_forcing": True,
    "freeze_norm": False,
}
_FINETUNING = {
    "steps": 75,
    "rate": 5e-5,
    "clip": 5e-4,
    "losses": {"inner": 0.2, "diff": 0.8, "perceptual": 0.2, "style": 1.2, "style_composite": 1.8},
    "teacher_forcing": False,
    "freeze_norm": True,
}


@dataclass(frozen=True, kw_only=True)
class CorKitRecipe(Recipe):
    """
    The recipe of the CorKit paper; the defaults are those of its table.

    Parameters
    ----------
    n_layers, width, depth, blocks : int, optional
        See ``CorKitInpainter``.
    batch : int, optional
        Frames per step.
    feature_steps : int, optional
        Steps of training the features for the perceptual and style losses, if there are no weights of VGG-19.
    pretraining, finetuning : dict, optional
        Settings of the two phases: ``steps``, ``rate``, ``clip``, ``losses``, ``teacher_forcing`` (each layer sees the
        truth under its mask, so that the layers are trained independently) and ``freeze_norm`` (the batch normalization
        of the encoders is frozen).
    **settings : optional
        Those of `~sunpy_coronagraph_inpaint.learning.Recipe`.

    Notes
    -----
    The paper gives five weights of losses without their names. They are interpreted here as those of Liu et al. 2018,
    arXiv:1804.07723, section 3.3 (hole 6, valid 1, perceptual 0.05, style of the output 120, style of the composite
    120), with *inner* and *diff* in place of hole and valid: 0.05 and 120 fit no
    other order. Total variation, 0.1 in Liu et al., is then not among the five.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.inpaint.training import CorKitRecipe
    >>> recipe = CorKitRecipe.named("corkit")
    >>> recipe.pretraining["rate"], recipe.finetuning["clip"], recipe.batch
    (0.0002, 0.0005, 4)
    """

    n_layers: int = 2
    width: int = 16
    depth: int = 3
    blocks: int = 1
    batch: int = 4
    feature_steps: int = 500
    schedule: str = "constant"
    precision: str = "bfloat16"
    teacher_forcing: bool = False
    freeze_norm: bool = False
    pretraining: dict = field(default_factory=dict)
    finetuning: dict = field(default_factory=dict)

    LOSSES: ClassVar = ("inner", "diff", "perceptual", "style", "style_composite")
    PHASES: ClassVar = ("pretraining", "finetuning")
    PHASE_SETTINGS: ClassVar = (*Recipe.PHASE_SETTINGS, "teacher_forcing", "freeze_norm")
    PACKAGE: ClassVar = "sunpy_coronagraph_inpaint.inpaint.training"

    def __post_init__(self):
        for name, plain in (("pretraining", _PRETRAINING), ("finetuning", _FINETUNING)):
            object.__setattr__(self, name, plain | getattr(self, name))
        super().__post_init__()

    def with_steps(self, pretraining, finetuning):
        """Return the same recipe with other numbers of steps."""
        return replace(
            self,
            pretraining=self.pretraining | {"steps": pretraining},
            finetuning=self.finetuning | {"steps": finetuning},
        )

    @property
    def network_settings(self):
        """Arguments of ``CorKitInpainter``."""
        return {name: getattr(self, name) for name in ("n_layers", "width", "depth", "blocks")}


class CorKitTask(Task):
    """
    Train a ``CorKitInpainter`` on full frames.

    Samples are ``FullFrames``, those for validation a list of ``DamagedFrame``; see ``split_frames``.

    Parameters
    ----------
    features : callable
        Features for the perceptual and style losses: those of VGG-19 in the paper,
        ``vgg19_features``, or those of ``train_frame_features``.

    References
    ----------
    Liu et al. 2018, *Image Inpainting for Irregular Holes Using Partial Convolutions*, arXiv:1804.07723.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> import numpy as np
    >>> from sunpy_coronagraph_inpaint.inpaint.training import CorKitRecipe, CorKitTask
    >>> from sunpy_coronagraph_inpaint.inpaint.training.corkit import FullFrames, train_frame_features
    >>> from sunpy_coronagraph_inpaint.learning import train
    >>> values = np.random.default_rng(0).random((2, 64, 64), np.float32)
    >>> frames = FullFrames(values, np.ones((2, 64, 64), bool), np.zeros(2, bool))
    >>> recipe = CorKitRecipe(width=2, depth=1, feature_steps=1).with_steps(1, 1)
    >>> with TemporaryDirectory() as folder:
    ...     network = train(CorKitTask(train_frame_features(frames, recipe)), frames, recipe, folder)
    INFO: step 1, loss ...
    INFO: step 2, loss ...
    >>> len(network.layers)
    2
    """

    name = "corkit"
    recipe_class = CorKitRecipe

    def __init__(self, features=None):
        self.features = features

    def build(self, recipe):
        """Build the network."""
        return CorKitInpainter(**recipe.network_settings)

    def set_training(self, network, recipe):
        """Freeze the normalization of the encoders in phases that require it."""
        network.train()
        if recipe.freeze_norm:
            network.freeze_encoder_norm()

    def batches(self, samples, recipe):
        """Return a function of the step that draws frames and holes."""
        return lambda step, *, rank=0: draw_batch(
            samples, np.random.default_rng([recipe.seed, step, rank]), recipe.batch
        )

    def loss(self, network, batch, recipe, step):
        """Return the loss of a batch, its terms, and the mean absolute error of the levels in the holes."""
        truth, known, holes = batch
        forced = truth if recipe.teacher_forcing else None
        output = network(truth.masked_fill(holes, 0), known, holes, truth=forced)
        # Bins that are neither known nor to be filled are equal in fill and truth.
        output = output._replace(mean=output.mean * (known | holes))
        loss, terms = layered_loss(output, truth, truth, recipe.active_losses, features=self.features)
        return loss, terms | {"level": (output.mean.detach() - truth).abs()[holes].mean()}

    def validate(self, network, samples, *, device="cpu"):
        """Measure the median absolute error of the bins of all holes, in percent of their brightness."""
        errors = []
        for frame, levels in zip(samples, _fill(network, samples, device), strict=True):
            chosen = frame.holes & (frame.values > 0)
            errors.append(np.abs(brightness(levels[chosen], frame.equalization) / frame.values[chosen] - 1))
        return {"error": 100 * float(np.median(np.concatenate(errors)))}

    def sheet(self, network, samples, *, device="cpu"):
        """Plot levels of a few frames: truth, damaged frame, and fill."""
        from matplotlib.figure import Figure

        chosen = samples[:3]
        figure = Figure(figsize=(7, 2.4 * len(chosen)), layout="constrained")
        rows = figure.subplots(len(chosen), 3, squeeze=False)
        for axes, frame, levels in zip(rows, chosen, _fill(network, chosen, device), strict=True):
            shown = frame.known | frame.holes
            for ax, layer, where in (
                (axes[0], frame.truth, shown),
                (axes[1], frame.truth, frame.known),
                (axes[2], np.where(frame.holes, levels, frame.truth), shown),
            ):
                ax.imshow(np.where(where, layer, np.nan), origin="lower", cmap="inferno", vmin=-2, vmax=2)
                ax.set(xticks=[], yticks=[], facecolor="limegreen" if ax is axes[1] else "0.85")
        for ax, title in zip(rows[0], ("truth", "damaged", "fill"), strict=True):
            ax.set_title(title, fontsize="small")
        return figure


def _fill(network, frames, device):
    """Yield the levels that the network predicts for every bin of each frame."""
    for frame in frames:
        layers = (np.where(frame.holes, 0, frame.truth), frame.known, frame.holes)
        inputs = (torch.from_numpy(layer)[None, None].to(device) for layer in layers)
        with evaluating(network):
            yield network(*inputs).mean[0, 0].cpu().numpy()


class CorKitBatch(NamedTuple):
    """
    Tensors of shape ``(n, 1, h, w)``.

    Attributes
    ----------
    truth : `torch.Tensor`
        Levels, 0 where nothing is known or to be filled.
    known, holes : `torch.Tensor`
        Boolean, True = known and True = to be filled.
    """

    truth: torch.Tensor
    known: torch.Tensor
    holes: torch.Tensor

    def to(self, device):
        """Move all tensors to a device."""
        return CorKitBatch(*(tensor.to(device, non_blocking=True) for tensor in self))


class FullFrames(NamedTuple):
    """
    Full frames, averaged on bins.

    Attributes
    ----------
    values : `numpy.ndarray`
        Shape ``(n, h, w)``, ``float32``, brightness.
    known : `numpy.ndarray`
        Same shape, boolean.
    real : `numpy.ndarray`
        Shape ``(n,)``, boolean, `False` for artificial frames.
    """

    values: np.ndarray
    known: np.ndarray
    real: np.ndarray


class DamagedFrame(NamedTuple):
    """
    A frame with holes.

    Attributes
    ----------
    values, truth : `numpy.ndarray`
        Shape ``(h, w)``, brightness and levels.
    known, holes : `numpy.ndarray`
        Boolean, same shape.
    equalization : `~sunpy_coronagraph_inpaint.inpaint.network.corkit.HistogramEqualization`
        Converts one to the other, fitted to the known bins.
    """

    values: np.ndarray
    truth: np.ndarray
    known: np.ndarray
    holes: np.ndarray
    equalization: object


def read_frames(library, directory=None, *, cache=None):
    """
    Read artificial and real frames, averaged on bins, as `FullFrames`.

    Parameters
    ----------
    library : path-like
        Directory of libraries, as `~sunpy_coronagraph_inpaint.simulate.library.render` writes them. The middle frame of
        each scene is used, as observed, with noise and stars.
    directory : path-like, optional
        Directory of real frames, see `~sunpy_coronagraph_inpaint.inpaint.training.sources.RealFrames`. Held-out frames
        are not used.
    cache : path-like, optional
        File in which the frames are cached.

    Raises
    ------
    ValueError
        If there is no scene in the library.
    """
    if cache is not None and Path(cache).exists():
        return FullFrames(**load_file(cache))
    paths = sorted(Path(library).rglob("scene_*.npz"))
    if not paths:
        msg = f"There is no scene under {library}. Make some with coronagraph-inpaint simulate."
        raise ValueError(msg)
    found = [_artificial(path) for path in paths]
    real = [] if directory is None else list(_real(directory))
    small = [shrink(data, valid, np.zeros(valid.shape, bool)) for data, valid in found + real]
    frames = FullFrames(
        np.stack([frame.values for frame in small]).astype(np.float32),
        np.stack([frame.known for frame in small]),
        np.arange(len(small)) >= len(found),
    )
    if cache is not None:
        with whole_file(Path(cache)) as part:
            save_file(frames._asdict(), part)
    return frames


def _artificial(path):
    from sunpy_coronagraph_inpaint.simulate.library import load

    scene = load(path)
    frame = scene["frames"][len(scene["frames"]) // 2]
    return frame, ~scene["null"] & ~identify(scene["header"]).no_data(frame)


def _real(directory):
    from sunpy_coronagraph_inpaint.inpaint.training.sources import RealFrames

    for detector in ("C2", "C3"):
        for smap in RealFrames(directory, detector).maps:
            yield np.asarray(smap.data, float), ~find_dropouts(smap).no_data & np.isfinite(smap.data)


def split_frames(frames, seed):
    """
    Keep one artificial frame in twenty for validation, and knock out squares there.

    Returns the `FullFrames` for training and a list of `DamagedFrame` for validation. All frames are for training if
    there are not more than twenty artificial ones. ``seed`` is that of the squares.
    """
    artificial = np.flatnonzero(~frames.real)
    kept = artificial[::_ONE_IN]
    validation = []
    for i in kept:
        holes = draw_squares(frames.known[i], np.random.default_rng([seed, i, 1]))
        validation.append(_damaged(frames.values[i], frames.known[i], holes))
    learned = np.ones(len(frames.real), bool)
    learned[kept] = len(artificial) <= _ONE_IN
    return FullFrames(*(array[learned] for array in frames)), validation


def draw_squares(known, rng):
    """
    Draw 1 to 12 squares of 1 to 5 blocks on a side, on the block grid, which may overlap; boolean, shape of ``known``.

    ``known`` is boolean, shape ``(h, w)``, both multiples of 8. Blocks that are mostly unknown are not drawn, and only
    known bins are removed.
    """
    rows, columns = (side // _BLOCK for side in known.shape)
    share = known.reshape(rows, _BLOCK, columns, _BLOCK).mean((1, 3))
    usable = share >= min(_KNOWN, share.max())
    blocks = np.zeros((rows, columns), bool)
    for _ in range(rng.integers(1, _MOST + 1)):
        side = rng.choice(_SIDES, p=_SHARES)
        row, column = rng.integers(0, rows), rng.integers(0, columns)
        blocks[row : row + side, column : column + side] = True
    if not (blocks & usable).any():
        blocks.flat[rng.choice(np.flatnonzero(usable))] = True
    return np.kron(blocks & usable, np.ones((_BLOCK, _BLOCK), bool)) & known


def draw_batch(frames, rng, number):
    """Draw ``number`` frames, flip them at random, knock out squares, and equalize them by the remaining bins."""
    real, artificial = np.flatnonzero(frames.real), np.flatnonzero(~frames.real)
    batch = []
    for _ in range(number):
        i = rng.choice(real if len(real) and rng.random() < _REAL else artificial)
        turn = tuple(slice(None, None, rng.choice((-1, 1))) for _ in range(2))
        values, known = frames.values[i][turn], frames.known[i][turn]
        frame = _damaged(values, known, draw_squares(known, rng))
        batch.append((frame.truth, frame.known, frame.holes))
    return CorKitBatch(*(torch.from_numpy(np.stack(arrays)[:, None]) for arrays in zip(*batch, strict=True)))


def _damaged(values, known, holes):
    small = SmallFrame(values, known & ~holes, holes, 1)
    _, equalization = small.levels()
    truth = SmallFrame(values, known, holes, 1).levels_by(equalization)
    return DamagedFrame(values, truth, small.known, holes, equalization)


def train_frame_features(frames, recipe):
    """Train features on crops of the artificial frames, for use without weights of VGG-19."""
    rng = np.random.default_rng([recipe.seed, 2])
    artificial = FullFrames(*(array[~frames.real] for array in frames))
    crops = []
    while len(crops) < min(_CROPS, 8 * recipe.feature_steps + 1):
        truth, known, _ = draw_batch(artificial, rng, 1)
        row, column = (rng.integers(0, side - _CROP + 1) for side in known.shape[2:])
        crops.append(truth[..., row : row + _CROP, column : column + _CROP])
    return train_features(torch.cat(crops), recipe.feature_steps, recipe.seed)
