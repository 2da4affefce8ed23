"""What a task gives to the training loop."""

from abc import ABC, abstractmethod
from typing import ClassVar

from sunpy_coronagraph_inpaint.learning.recipe import Recipe
from sunpy_coronagraph_inpaint.threads import torch_seed


class Task(ABC):
    """
    What a network is trained for, as `~sunpy_coronagraph_inpaint.learning.train` sees it.

    The loop knows nothing else of a task: optimizer, learning rate, running average, precision, processes, checkpoints
    and the log are its own.

    Attributes
    ----------
    name : str
        Noted with the weights.
    recipe_class : type
        Subclass of `~sunpy_coronagraph_inpaint.learning.Recipe` with the settings of the task.

    Examples
    --------
    A straight line through points, and the whole of a training:

    >>> from tempfile import TemporaryDirectory
    >>> import numpy as np
    >>> import torch
    >>> from sunpy_coronagraph_inpaint.learning import Recipe, Task, train
    >>> class Line(Task):
    ...     name = "line"
    ...
    ...     def build(self, recipe):
    ...         return torch.nn.Linear(1, 1)
    ...
    ...     def batches(self, samples, recipe):
    ...         def batch(step, *, rank=0):
    ...             chosen = np.random.default_rng([recipe.seed, step, rank]).choice(len(samples), 8)
    ...             return samples[chosen]
    ...
    ...         return batch
    ...
    ...     def loss(self, network, batch, recipe, step):
    ...         error = (network(batch[:, :1]) - batch[:, 1:]).abs().mean()
    ...         return error, {"error": error}
    ...
    ...     def validate(self, network, samples, *, device="cpu"):
    ...         return {}
    ...
    ...     def sheet(self, network, samples, *, device="cpu"):
    ...         return None
    >>> x = torch.linspace(-1, 1, 32)[:, None]
    >>> with TemporaryDirectory() as folder:
    ...     line = train(Line(), torch.cat([x, 3 * x + 1], 1), Recipe(steps=300, rate=0.1), folder)
    INFO: step 300, loss ..., error ...
    >>> round(line.weight.item(), 1), round(line.bias.item(), 1)
    (3.0, 1.0)
    """

    name: ClassVar[str]
    recipe_class: ClassVar[type] = Recipe

    @abstractmethod
    def build(self, recipe):
        """Make the network of a recipe, a `torch.nn.Module`; see ``untrained`` for the seed."""

    def untrained(self, recipe):
        """
        Make the network of a recipe from its seed, as a training begins with it.

        The random state of PyTorch is left as it was.
        """
        with torch_seed(recipe.seed):
            return self.build(recipe)

    @abstractmethod
    def batches(self, samples, recipe):
        """
        Return a function of the step and of the keyword ``rank``, the number of the process, which gives a batch.

        The same step must give the same batch at any time, so that a run can be taken up again. A batch has a method
        ``to(device)``, as a tensor has.
        """

    @abstractmethod
    def loss(self, network, batch, recipe, step):
        """
        Return what is made small, and what is logged.

        Parameters
        ----------
        network : callable
            The network, to be called with the arguments of its ``forward``; it computes in the precision of the recipe.
        batch : object
            What ``batches`` gave, on the device of the network.
        recipe : `~sunpy_coronagraph_inpaint.learning.Recipe`
            The recipe of the phase.
        step : int
            Steps done.

        Returns
        -------
        loss : `torch.Tensor`
            A number.
        terms : dict of str to `torch.Tensor`
            Numbers whose means are logged.
        """

    @abstractmethod
    def validate(self, network, samples, *, device="cpu"):
        """Return what is logged of the network on samples it does not learn from, a `dict` of `float` by name."""

    @abstractmethod
    def sheet(self, network, samples, *, device="cpu"):
        """Draw what the network makes of a few samples, a `matplotlib.figure.Figure`; `None` for no picture."""

    def set_training(self, network, recipe):
        """Make the network ready for a step of a phase. Tasks that freeze a part of it do so here."""
        network.train()
