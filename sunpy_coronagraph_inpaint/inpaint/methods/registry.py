"""The list of ways to fill a hole, behind one interface."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

__all__ = ["Fill", "Method", "get_method", "list_methods", "register_method"]


class Fill(NamedTuple):
    """
    What a method answers: one value and one standard deviation per pixel of ``frame.holes``.

    Because a method hands back the filled pixels alone, it cannot touch any other.

    Attributes
    ----------
    values : `numpy.ndarray`
        Shape ``(n,)``, in the order of ``data[frame.holes]`` and in the units of ``frame.data``.
    std : `numpy.ndarray`
        Shape ``(n,)``, the standard deviation of each value; ``inf`` where the method cannot tell.
    weights : str or None
        Hash of the weights of the network that filled, if one did.
    """

    values: np.ndarray
    std: np.ndarray
    weights: str | None = None


class Method(NamedTuple):
    """A registered method: its name, its function ``(frame, **options) -> Fill`` and a summary line."""

    name: str
    function: Callable[..., Fill]
    summary: str
    needs_neighbors: bool


_REGISTERED: dict[str, Method] = {}


def register_method(name: str, *, needs_neighbors: bool = False):
    """
    Register a function that fills the holes of a `~sunpy_coronagraph_inpaint.frames.CoronagraphFrame`.

    Parameters
    ----------
    name : str
        The name by which `~sunpy_coronagraph_inpaint.inpaint_map` finds it.
    needs_neighbors : bool, optional
        Whether the method can only work with neighbors in time.

    Examples
    --------
    >>> import numpy as np
    >>> from sunpy_coronagraph_inpaint.inpaint.methods import Fill, list_methods, register_method
    >>> @register_method("median")
    ... def median(frame):
    ...     '''The median of all valid pixels.'''
    ...     n = int(frame.holes.sum())
    ...     valid = frame.data[frame.valid]
    ...     return Fill(np.full(n, np.median(valid)), np.full(n, np.std(valid)))
    >>> "median" in list_methods()
    True
    >>> from sunpy_coronagraph_inpaint.inpaint.methods.registry import unregister_method
    >>> unregister_method("median")
    """

    def decorator(function):
        summary = (function.__doc__ or "").strip().splitlines()[0] if function.__doc__ else ""
        _REGISTERED[name] = Method(name, function, summary, needs_neighbors)
        return function

    return decorator


def unregister_method(name: str) -> None:
    """Take a method off the list."""
    del _REGISTERED[name]


def list_methods() -> list[str]:
    """
    Names of the methods that `~sunpy_coronagraph_inpaint.inpaint_map` accepts.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint import list_methods
    >>> list_methods()
    ['harmonic', 'biharmonic', 'kriging', 'radial', 'temporal', 'partial_conv']
    """
    return list(_REGISTERED)


def get_method(name: str) -> Method:
    """Return the registered `Method` of that name, or raise `ValueError` with the names there are."""
    try:
        return _REGISTERED[name]
    except KeyError:
        msg = f"There is no method {name!r}. Choose one of {', '.join(_REGISTERED)}."
        raise ValueError(msg) from None
