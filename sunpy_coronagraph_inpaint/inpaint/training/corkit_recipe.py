"""Everything that decides what the training of the published recipe makes of its frames."""

import tomllib
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path

from sunpy_coronagraph_inpaint.learning.losses import LossWeights
from sunpy_coronagraph_inpaint.learning.weights import bundled_path

__all__ = ["Phase", "PublishedRecipe"]

#: Terms that can be told from a fill and the frame around it; the others need a standard deviation or a crop.
_TERMS = ("inner", "diff", "total_variation", "perceptual", "style", "style_composite")


@dataclass(frozen=True, kw_only=True)
class Phase:
    """
    Pretraining or fine-tuning.

    Parameters
    ----------
    steps : int
        How many.
    rate : float
        Learning rate of Adam.
    clip : float
        Largest norm of the gradient.
    losses : dict
        Weights of the terms, see `~sunpy_coronagraph_inpaint.learning.losses.LossWeights`.

    Raises
    ------
    ValueError
        If a term is not one that this training knows.
    """

    steps: int
    rate: float
    clip: float
    losses: dict

    def __post_init__(self):
        if unknown := self.losses.keys() - set(_TERMS):
            msg = f"There is no loss {', '.join(sorted(unknown))} here. Choose among {', '.join(_TERMS)}."
            raise ValueError(msg)

    @property
    def weights(self):
        """The `~sunpy_coronagraph_inpaint.learning.losses.LossWeights`."""
        return LossWeights(**self.losses)


@dataclass(frozen=True, kw_only=True)
class PublishedRecipe:
    """
    Everything that decides what the training makes of its frames; the defaults are those of the published table.

    Parameters
    ----------
    n_layers, width, depth, blocks : int, optional
        See `~sunpy_coronagraph_inpaint.inpaint.network.corkit.PublishedInpainter`.
    batch : int, optional
        Frames per step.
    feature_steps : int, optional
        Steps in which the features are trained by which fills are compared.
    seed : int, optional
        Seed of everything that chance decides.
    precision : {"float32", "bfloat16"}, optional
        In which numbers the convolutions run.
    pretraining : Phase, optional
        Each layer sees the truth under its mask.
    finetuning : Phase, optional
        End to end; the batch normalization of the encoders is kept.

    Raises
    ------
    ValueError
        If there is no such precision.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.inpaint.training.corkit_recipe import PublishedRecipe
    >>> recipe = PublishedRecipe.reference()
    >>> recipe.pretraining.rate, recipe.finetuning.clip, recipe.batch
    (0.0002, 0.0005, 4)
    """

    n_layers: int = 2
    width: int = 16
    depth: int = 3
    blocks: int = 1
    batch: int = 4
    feature_steps: int = 500
    seed: int = 0
    precision: str = "bfloat16"
    pretraining: Phase = field(
        default_factory=lambda: Phase(steps=375, rate=2e-4, clip=0.005, losses=LossWeights.pretraining().active)
    )
    finetuning: Phase = field(
        default_factory=lambda: Phase(steps=75, rate=5e-5, clip=5e-4, losses=LossWeights.finetuning().active)
    )

    def __post_init__(self):
        if self.precision not in ("float32", "bfloat16"):
            msg = f"There is no precision {self.precision!r}. Choose 'float32' or 'bfloat16'."
            raise ValueError(msg)

    @classmethod
    def read(cls, path):
        """Read a recipe from a TOML file; what it does not name keeps its default."""
        settings = tomllib.loads(Path(path).read_text(encoding="utf-8"))
        plain = cls()
        for name in ("pretraining", "finetuning"):
            _refuse_unknown(path, settings.get(name, {}), Phase)
            settings[name] = replace(getattr(plain, name), **settings.get(name, {}))
        _refuse_unknown(path, settings, cls)
        return cls(**settings)

    @classmethod
    def reference(cls):
        """Read the recipe that comes with the package, ``recipes/reference.toml``."""
        return cls.read(bundled_path("sunpy_coronagraph_inpaint.inpaint.training", "recipes", "reference.toml"))

    def with_steps(self, pretraining, finetuning):
        """Return the same recipe with other numbers of steps."""
        return replace(
            self,
            pretraining=replace(self.pretraining, steps=pretraining),
            finetuning=replace(self.finetuning, steps=finetuning),
        )

    @property
    def steps(self):
        """Steps of both phases together."""
        return self.pretraining.steps + self.finetuning.steps

    def as_dict(self):
        """Return the settings, as they are noted with a checkpoint."""
        return asdict(self)


def _refuse_unknown(path, settings, cls):
    known = {item.name for item in fields(cls)}
    if unknown := settings.keys() - known:
        msg = f"{path} has unknown settings: {', '.join(sorted(unknown))}. Choose among {', '.join(sorted(known))}."
        raise ValueError(msg)
