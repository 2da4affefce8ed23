"""Recipes: the settings of a training."""

import tomllib
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import ClassVar

from sunpy_coronagraph_inpaint.learning.weights import bundled_path

_CHOICES = {"precision": ("float32", "bfloat16"), "schedule": ("cosine", "constant")}


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """
    Settings of a training.

    Tasks have subclasses with further settings.

    Parameters
    ----------
    steps : int, optional
        Number of steps.
    rate : float, optional
        Learning rate of Adam.
    schedule : {"cosine", "constant"}, optional
        Whether the learning rate falls to 0 along a half cosine after a short warm-up, or is constant.
    clip : float, optional
        Largest norm of the gradient; 0 for no limit.
    average : float, optional
        Decay of the running average of the parameters, which replaces them in the result; 0 for no average.
    seed : int, optional
        Seed of all random numbers.
    precision : {"float32", "bfloat16"}, optional
        Precision in which the network computes.
    losses : dict of str to float, optional
        Weights of the terms of the loss. Terms of weight 0 are not evaluated.

    Raises
    ------
    ValueError
        If there is no such precision, schedule or loss.

    Notes
    -----
    A subclass names the losses of its task in ``LOSSES``. A training in several successive phases names them in
    ``PHASES``; each is a field of settings that replace those of ``PHASE_SETTINGS``, which a file cannot set for all
    phases together.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.learning import Recipe
    >>> Recipe(steps=300, rate=0.01).schedule
    'cosine'
    """

    steps: int = 1000
    rate: float = 1e-3
    schedule: str = "cosine"
    clip: float = 1.0
    average: float = 0.0
    seed: int = 0
    precision: str = "float32"
    losses: dict = field(default_factory=dict)

    LOSSES: ClassVar[tuple[str, ...]] = ()
    PHASES: ClassVar[tuple[str, ...]] = ()
    PHASE_SETTINGS: ClassVar[tuple[str, ...]] = ("steps", "rate", "clip", "losses")
    #: Subpackage with a directory ``recipes``.
    PACKAGE: ClassVar[str] = "sunpy_coronagraph_inpaint.learning"

    def __post_init__(self):
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                msg = f"There is no {name} {getattr(self, name)!r}. Choose {' or '.join(map(repr, choices))}."
                raise ValueError(msg)
        phases = {name: getattr(self, name) for name in self.PHASES}
        for name, settings in phases.items():
            _refuse_unknown(f"The phase {name}", settings, self.PHASE_SETTINGS)
        for losses in (self.losses, *(settings.get("losses", {}) for settings in phases.values())):
            if unknown := losses.keys() - set(self.LOSSES):
                msg = f"There is no loss {', '.join(sorted(unknown))}. Choose among {', '.join(self.LOSSES)}."
                raise ValueError(msg)

    @property
    def phases(self):
        """Recipes of the successive phases; this recipe alone if it has none."""
        return tuple(replace(self, **getattr(self, name)) for name in self.PHASES) or (self,)

    @property
    def total_steps(self):
        """Steps of all phases together."""
        return sum(phase.steps for phase in self.phases)

    @property
    def active_losses(self):
        """Losses with nonzero weight, in the order of summation."""
        return {name: self.losses[name] for name in self.LOSSES if self.losses.get(name, 0) != 0}

    @classmethod
    def read(cls, path):
        """
        Read a recipe from a TOML file; settings that it does not name keep their default.

        Parameters
        ----------
        path : path-like
            The file.

        Returns
        -------
        `~sunpy_coronagraph_inpaint.learning.Recipe`
            Of the class on which this is called.

        Raises
        ------
        ValueError
            If the file has settings that this class does not know.
        """
        settings = tomllib.loads(Path(path).read_text(encoding="utf-8"))
        known = [item.name for item in fields(cls) if not (cls.PHASES and item.name in cls.PHASE_SETTINGS)]
        _refuse_unknown(path, settings, known)
        return cls(**settings)

    @classmethod
    def named(cls, name):
        """Read a bundled recipe by the name of its file; see ``read``."""
        folder = bundled_path(cls.PACKAGE, "recipes")
        path = folder / f"{name}.toml"
        if not path.exists():
            names = ", ".join(sorted(entry.stem for entry in folder.glob("*.toml")))
            msg = f"There is no recipe {name!r}. Choose one of {names}, or give the path of a file."
            raise ValueError(msg)
        return cls.read(path)

    def as_dict(self):
        """Return the settings, as they are stored in a checkpoint."""
        return asdict(self)


def _refuse_unknown(source, settings, known):
    if unknown := settings.keys() - set(known):
        msg = f"{source} has unknown settings: {', '.join(sorted(unknown))}. Choose among {', '.join(sorted(known))}."
        raise ValueError(msg)
