"""A recipe: everything that decides what a training makes of its samples."""

import tomllib
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from sunpy_coronagraph_inpaint.learning.losses import LossWeights
from sunpy_coronagraph_inpaint.learning.weights import bundled_path

__all__ = ["Recipe"]


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """
    Everything that decides what a training makes of its samples.

    Parameters
    ----------
    n_layers, width, depth, blocks, norm : optional
        Of the network, see `~sunpy_coronagraph_inpaint.inpaint.network.layered.LayeredInpainter`.
    prior : float, optional
        Head start of kriging and of the interpolations between neighbors among the candidates.
    steps : int, optional
        Steps of training.
    teacher_forcing : float, optional
        Share of the steps in which each layer sees the truth under its mask; the rest is end to end.
    rate : float, optional
        Learning rate of Adam, which falls to nothing along a cosine after a short rise.
    clip : float, optional
        Largest norm of the gradient; 0 for no limit.
    cells : int, optional
        About how many cells are in a batch.
    average : float, optional
        Decay of the running average of the weights, which is what is kept.
    seed : int, optional
        Seed of everything that chance decides.
    precision : {"float32", "bfloat16"}, optional
        In which numbers the convolutions run.
    losses : dict, optional
        Weights of the terms, see `~sunpy_coronagraph_inpaint.learning.losses.LossWeights`.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.learning.recipe import Recipe
    >>> Recipe.named("lasco").n_layers
    1
    """

    n_layers: int = 2
    width: int = 24
    depth: int = 3
    blocks: int = 1
    norm: str | None = "channel"
    prior: float = 2.0
    steps: int = 4000
    teacher_forcing: float = 0.3
    rate: float = 1e-3
    clip: float = 1.0
    cells: int = 32_768
    average: float = 0.998
    seed: int = 0
    precision: str = "float32"
    losses: dict = field(default_factory=lambda: {"inner": 0.1, "diff": 1.0, "likelihood": 0.3, "cells": 1.0})

    def __post_init__(self):
        if self.precision not in ("float32", "bfloat16"):
            msg = f"There is no precision {self.precision!r}. Choose 'float32' or 'bfloat16'."
            raise ValueError(msg)
        self.weights  # noqa: B018 (unknown terms are told at once)

    @property
    def weights(self):
        """The `~sunpy_coronagraph_inpaint.learning.losses.LossWeights`."""
        known = {term.name for term in fields(LossWeights)}
        if unknown := self.losses.keys() - known:
            msg = f"There is no loss {', '.join(sorted(unknown))}. Choose among {', '.join(sorted(known))}."
            raise ValueError(msg)
        return LossWeights(**self.losses)

    @classmethod
    def read(cls, path):
        """Read a recipe from a TOML file; what it does not name keeps its default."""
        settings = tomllib.loads(Path(path).read_text(encoding="utf-8"))
        known = {item.name for item in fields(cls)}
        if unknown := settings.keys() - known:
            msg = f"{path} has unknown settings: {', '.join(sorted(unknown))}. Choose among {', '.join(sorted(known))}."
            raise ValueError(msg)
        return cls(**settings)

    @classmethod
    def named(cls, name):
        """Read a recipe that comes with the package: ``"lasco"``."""
        folder = bundled_path("sunpy_coronagraph_inpaint.inpaint.training", "recipes")
        path = folder / f"{name}.toml"
        if not path.exists():
            names = sorted(entry.stem for entry in folder.glob("*.toml"))
            msg = f"There is no recipe {name!r}. Choose one of {', '.join(names)}, or give the path of a file."
            raise ValueError(msg)
        return cls.read(path)

    def as_dict(self):
        """Return the settings, as they are noted with the weights."""
        return asdict(self)
