"""A recipe: everything that decides what a training makes of its samples."""

import tomllib
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import ClassVar

from sunpy_coronagraph_inpaint.learning.weights import bundled_path

_CHOICES = {"precision": ("float32", "bfloat16"), "schedule": ("cosine", "constant")}


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """
    Everything that decides what a training makes of its samples.

    Tasks have subclasses of it with settings of their own.

    Parameters
    ----------
    steps : int, optional
        Steps of training.
    rate : float, optional
        Learning rate of Adam.
    schedule : {"cosine", "constant"}, optional
        Whether the learning rate falls to nothing along a half cosine after a short rise, or stays.
    clip : float, optional
        Largest norm of the gradient; 0 for no limit.
    average : float, optional
        Decay of the running average of the parameters, which is what is kept; 0 to keep the last parameters.
    seed : int, optional
        Seed of everything that chance decides.
    precision : {"float32", "bfloat16"}, optional
        In which numbers the network computes.
    losses : dict of str to float, optional
        Weights of the terms of the loss. Terms of weight 0 are not evaluated.

    Raises
    ------
    ValueError
        If there is no such precision, schedule or loss.

    Notes
    -----
    A subclass names the losses that its task knows in ``LOSSES``. One that is trained in several phases, one after the
    other, names them in ``PHASES``; each is a field of settings that replace those of ``PHASE_SETTINGS``, which cannot
    be set for all phases together in a file.

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
        """Recipes of the phases, one after the other; this recipe alone where it has none."""
        return tuple(replace(self, **getattr(self, name)) for name in self.PHASES) or (self,)

    @property
    def total_steps(self):
        """Steps of all phases together."""
        return sum(phase.steps for phase in self.phases)

    @property
    def active_losses(self):
        """Losses whose weight is not 0, in the order in which they are added up."""
        return {name: self.losses[name] for name in self.LOSSES if self.losses.get(name, 0) != 0}

    @classmethod
    def read(cls, path):
        """
        Read a recipe from a TOML file; what it does not name keeps its default.

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
        """Read a recipe that comes with the package by the name of its file; see ``read``."""
        folder = bundled_path(cls.PACKAGE, "recipes")
        path = folder / f"{name}.toml"
        if not path.exists():
            names = ", ".join(sorted(entry.stem for entry in folder.glob("*.toml")))
            msg = f"There is no recipe {name!r}. Choose one of {names}, or give the path of a file."
            raise ValueError(msg)
        return cls.read(path)

    def as_dict(self):
        """Return the settings, as they are noted with a checkpoint."""
        return asdict(self)


def _refuse_unknown(source, settings, known):
    if unknown := settings.keys() - set(known):
        msg = f"{source} has unknown settings: {', '.join(sorted(unknown))}. Choose among {', '.join(sorted(known))}."
        raise ValueError(msg)
