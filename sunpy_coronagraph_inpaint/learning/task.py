"""The interface of a task for the training loop."""

from abc import ABC, abstractmethod
from typing import ClassVar

from sunpy_coronagraph_inpaint.learning.recipe import Recipe
from sunpy_coronagraph_inpaint.threads import torch_seed


class Task(ABC):
    """
    Purpose of a network, as `~sunpy_coronagraph_inpaint.learning.train` sees it.

    The loop itself provides optimizer, learning rate, running average, precision, processes, checkpoints
    and the log.

    Attributes
    ----------
    name : str
        Name, which is stored with the weights.
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
        """Build the network of a recipe, a `torch.nn.Module`; see ``untrained`` for the seed."""

    def untrained(self, recipe):
        """
        Build the network of a recipe from its seed, as at the start of a training.

        The random state of PyTorch is restored.
        """
        with torch_seed(recipe.seed):
            return self.build(recipe)

    @abstractmethod
    def batches(self, samples, recipe):
        """
        Return a function of the step and of the keyword ``rank``, the number of the process, that returns a batch.

        The same step must always give the same batch, so that a run can be resumed. A batch has a method
        ``to(device)``, as a tensor has.
        """

    @abstractmethod
    def loss(self, network, batch, recipe, step):
        """
        Return the loss to minimize, and the terms to log.

        Parameters
        ----------
        network : callable
            The network, to be called with the arguments of its ``forward``; it computes in the precision of the recipe.
        batch : object
            A batch from ``batches``, on the device of the network.
        recipe : `~sunpy_coronagraph_inpaint.learning.Recipe`
            The recipe of the phase.
        step : int
            Number of steps done.

        Returns
        -------
        loss : `torch.Tensor`
            A scalar.
        terms : dict of str to `torch.Tensor`
            Scalars whose means are logged.
        """

    @abstractmethod
    def validate(self, network, samples, *, device="cpu"):
        """Return measures of the network on validation samples for the log, a `dict` of `float` by name."""

    @abstractmethod
    def sheet(self, network, samples, *, device="cpu"):
        """Plot results of the network on a few samples, a `matplotlib.figure.Figure`; `None` for no plot."""

    def set_training(self, network, recipe):
        """Prepare the network for a step of a phase. Tasks that freeze a part of it do so here."""
        network.train()
