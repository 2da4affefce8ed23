"""The interface between a task and the benchmark: cases, entries, and scores."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from importlib.util import find_spec
from typing import NamedTuple

import numpy as np

_DIRECTIONS = "lower", "higher", "nearest", "ratio"


class Measure(NamedTuple):
    """
    A column of the table.

    Parameters
    ----------
    unit : str
        Unit as `astropy.units.Unit` reads it, empty for none.
    text : str
        Short description.
    direction : str, optional
        Which values are better: ``"lower"``, ``"higher"``, those ``"nearest"`` to the goal, or those whose ``"ratio"``
        to the goal is nearest to 1.
    goal : float, optional
        Value of a perfect result, for ``"nearest"`` and ``"ratio"``.
    digits : int, optional
        Digits after the decimal point.
    average : str, optional
        How the cases of a table are combined: ``"mean"``, ``"median"`` or ``"max"``.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.evaluate import Measure
    >>> coverage = Measure("%", "pixels within one standard deviation", "nearest", 68.27, digits=1)
    >>> coverage.rank([60.0, 70.0]).argmin()
    np.int64(1)
    """

    unit: str
    text: str
    direction: str = "lower"
    goal: float = 0.0
    digits: int = 2
    average: str = "mean"

    def rank(self, values):
        """
        Return numbers that decrease with the quality of the values; NaN where there is no value.

        Parameters
        ----------
        values : array-like
            Values of the measure.

        Returns
        -------
        `numpy.ndarray`

        Raises
        ------
        ValueError
            If ``direction`` is not one of the four.
        """
        values = np.asarray(values, dtype=float)
        if self.direction not in _DIRECTIONS:
            msg = f"A measure has no direction {self.direction!r}. Choose among {', '.join(_DIRECTIONS)}."
            raise ValueError(msg)
        if self.direction == "ratio":
            with np.errstate(divide="ignore", invalid="ignore"):
                return np.abs(np.log(values / self.goal))
        return {"lower": values, "higher": -values, "nearest": np.abs(values - self.goal)}[self.direction]


class Entry(NamedTuple):
    """
    A row of the table: a method of this package, or a peer from another package.

    Parameters
    ----------
    name : str
        Name in the table.
    function : callable
        Called with the output of `Suite.prepare`; returns the input of `Suite.score`.
    needs : tuple of str, optional
        Additional inputs by names that the suite defines, such as ``"neighbors"``.
    module, package : str, optional
        Module that it imports, and the distribution that provides it.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.evaluate import Entry
    >>> Entry("other", len, module="no_such_module", package="no-such-package").not_installed()
    'not installed: pip install no-such-package'
    """

    name: str
    function: Callable
    needs: tuple[str, ...] = ()
    module: str = ""
    package: str = ""

    def not_installed(self):
        """
        Return how to install the module that the entry needs, or `None` if it is installed.

        Returns
        -------
        str or None
        """
        if self.module and find_spec(self.module) is None:
            return f"not installed: pip install {self.package}"
        return None


class Suite(ABC):
    """
    A benchmark: cases, entries, and a score.

    `~sunpy_coronagraph_inpaint.evaluate.run` calls it. A case is any object with two attributes: ``labels``, a tuple
    of str that identifies the table to which it belongs, and ``name``.

    Attributes
    ----------
    labels : tuple of str
        Names of the ``labels`` of a case: one column of the table each.
    measures : dict of str to `Measure`
        The columns of the table, by name. Time and memory are added by the run.
    packages : tuple of str
        Distributions whose versions are recorded in the table.
    notes : list of str
        What was left out and why. Methods of a suite append to it.

    Examples
    --------
    >>> from typing import NamedTuple
    >>> import numpy as np
    >>> from scipy.ndimage import gaussian_filter1d, median_filter
    >>> from sunpy_coronagraph_inpaint.evaluate import Entry, Measure, Suite, run
    >>> class Case(NamedTuple):
    ...     labels: tuple
    ...     name: str
    ...     truth: np.ndarray
    >>> class Denoising(Suite):
    ...     labels = ("noise",)
    ...     measures = {"rms": Measure("", "root mean square error")}
    ...
    ...     def cases(self):
    ...         for seed in range(3):
    ...             yield Case(("Gaussian",), f"seed {seed}", np.sin(np.linspace(0, 6, 500) + seed))
    ...
    ...     def entries(self):
    ...         yield Entry("nothing", lambda signal: signal)
    ...         yield Entry("Gaussian filter", lambda signal: gaussian_filter1d(signal, 5))
    ...
    ...     def prepare(self, case, entry):
    ...         return case.truth + np.random.default_rng(0).normal(size=500)
    ...
    ...     def score(self, result, case):
    ...         return {"rms": np.sqrt(np.mean((result - case.truth) ** 2))}
    >>> table = run(Denoising()).table
    >>> float(table["rms"][0]) > 3 * float(table["rms"][1])
    True
    """

    labels: tuple[str, ...] = ()
    measures: dict[str, Measure] = {}  # noqa: RUF012 - replaced as a whole by every suite, never changed
    packages: tuple[str, ...] = ()

    def __init__(self):
        self.notes = []

    @abstractmethod
    def cases(self):
        """
        Yield the cases, table by table.

        Yields
        ------
        object
            With the attributes ``labels`` and ``name``.
        """

    @abstractmethod
    def entries(self):
        """
        Yield or return the rows of the table in their order.

        Returns
        -------
        iterable of `Entry`
        """

    @abstractmethod
    def prepare(self, case, entry):
        """
        Return the input of an entry for a case, or `None` if the case lacks what the entry needs.

        It is called before every call of every entry, so that no entry can change the input of another.

        Parameters
        ----------
        case : object
            One of `cases`.
        entry : `Entry`
            One of `entries`.

        Returns
        -------
        object or None
        """

    @abstractmethod
    def score(self, result, case):
        """
        Compare a result with the known answer.

        Parameters
        ----------
        result : object
            The output of an entry.
        case : object
            Its case.

        Returns
        -------
        dict of str to float
            A value for each of ``measures``, NaN where one does not apply.
        """

    def sheet(self, case):
        """
        Return an empty contact sheet for a case, or `None` for no sheet.

        Parameters
        ----------
        case : object
            The first case of a table.

        Returns
        -------
        `~sunpy_coronagraph_inpaint.evaluate.Sheet` or None
        """
        return

    def image(self, result, case):
        """
        Return a result as the image that `~sunpy_coronagraph_inpaint.evaluate.Sheet.add` takes.

        Parameters
        ----------
        result, case
            As in `score`.

        Returns
        -------
        `numpy.ndarray`
            Shape ``(ny, nx)``.
        """
        return result

    def metadata(self):
        """
        Return further metadata of the table that are needed to repeat the run.

        Returns
        -------
        dict
        """
        return {}
