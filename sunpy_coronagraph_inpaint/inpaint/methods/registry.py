"""The registry of methods: what each can do, behind one interface."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np


class Fill(NamedTuple):
    """
    The result of a method: one value and one standard deviation per pixel of ``frame.holes``.

    A method returns filled pixels only, so it cannot change any other.

    Attributes
    ----------
    values : `numpy.ndarray`
        Shape ``(n,)``, in the order of ``data[frame.holes]`` and in the units of ``frame.data``.
    std : `numpy.ndarray`
        Shape ``(n,)``, the standard deviation of each value; ``inf`` where it is unknown.
    weights : str or None
        Hash of the weights if a network was used.
    """

    values: np.ndarray
    std: np.ndarray
    weights: str | None = None


class Method(NamedTuple):
    """
    A registered method and its capabilities.

    Attributes
    ----------
    name : str
        Name in `~sunpy_coronagraph_inpaint.inpaint_map`.
    function : callable
        ``(frame, **options) -> Fill``.
    summary : str
        First line of the function's docstring.
    needs_neighbors : bool
        Whether it requires neighbors in time.
    uses_neighbors : bool
        Whether it uses neighbors in time if there are any.
    takes_device : bool
        Whether it has an option ``device``, as methods that compute with PyTorch have.
    batched : callable or None
        ``(frames, **options) -> iterable of Fill``: fills several frames in one call; `None` if there is no such
        function.
    """

    name: str
    function: Callable[..., Fill]
    summary: str = ""
    needs_neighbors: bool = False
    uses_neighbors: bool = False
    takes_device: bool = False
    batched: Callable[..., Iterable[Fill]] | None = None

    def device_options(self, device, *, here=True):
        """
        Return the option that sets where the method computes.

        ``"auto"`` is passed on, since only the process that computes, on whatever machine, knows its devices.

        Parameters
        ----------
        device : str
            ``"auto"``, ``"cpu"``, ``"cuda"``, ``"cuda:1"``, ...
        here : bool, optional
            Whether this machine computes, so that the device can be checked.

        Returns
        -------
        dict
            ``{"device": ...}``; empty for a method that computes with NumPy and SciPy.

        Raises
        ------
        ValueError
            If a device other than ``"auto"`` and ``"cpu"`` is not available, or the method cannot use it.

        Examples
        --------
        >>> from sunpy_coronagraph_inpaint.inpaint.methods import get_method
        >>> get_method("kriging").device_options("auto"), get_method("partial_conv").device_options("cpu")
        ({}, {'device': 'cpu'})
        """
        device = str(device)
        if not self.takes_device:
            if device not in ("auto", "cpu"):
                msg = (
                    f"{self.name} computes on the CPU and cannot use {device!r}. "
                    "Leave device='auto', or choose another method."
                )
                raise ValueError(msg)
            return {}
        if here and device.startswith("cuda"):
            import torch

            if not torch.cuda.is_available():
                msg = f"PyTorch finds no CUDA here, so device={device!r} cannot be used. Leave device='auto'."
                raise ValueError(msg)
        return {"device": device}


_REGISTERED: dict[str, Method] = {}


def register_method(name, *, needs_neighbors=False, uses_neighbors=False, takes_device=False, batched=None):
    """
    Register a function that fills the holes of a `~sunpy_coronagraph_inpaint.frames.CoronagraphFrame`.

    Parameters
    ----------
    name : str
        Name in `~sunpy_coronagraph_inpaint.inpaint_map`.
    needs_neighbors : bool, optional
        Whether the method requires neighbors in time.
    uses_neighbors : bool, optional
        Whether the method uses neighbors in time if there are any; implied by ``needs_neighbors``.
    takes_device : bool, optional
        Whether the function, and ``batched``, have an option ``device``.
    batched : callable, optional
        Function ``(frames, **options) -> iterable of Fill`` that fills several frames in one call, in their order.

    Returns
    -------
    callable
        A decorator that returns the function unchanged.

    Examples
    --------
    >>> import numpy as np
    >>> from sunpy_coronagraph_inpaint.inpaint.methods import Fill, list_methods, register_method
    >>> @register_method("median")
    ... def median(frame):
    ...     '''Fill with the median of all valid pixels.'''
    ...     n = int(frame.holes.sum())
    ...     valid = frame.data[frame.valid]
    ...     return Fill(np.full(n, np.median(valid)), np.full(n, np.std(valid)))
    >>> "median" in list_methods()
    True
    >>> from sunpy_coronagraph_inpaint.inpaint.methods.registry import unregister_method
    >>> unregister_method("median")
    """

    def decorator(function):
        summary = (function.__doc__ or "").strip().partition("\n")[0]
        uses = uses_neighbors or needs_neighbors
        _REGISTERED[name] = Method(name, function, summary, needs_neighbors, uses, takes_device, batched)
        return function

    return decorator


def unregister_method(name: str) -> None:
    """Remove a method from the registry."""
    del _REGISTERED[name]


def list_methods() -> list[str]:
    """
    List the names of the methods that `~sunpy_coronagraph_inpaint.inpaint_map` accepts.

    Returns
    -------
    list of str
        In the order of their registration.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint import list_methods
    >>> list_methods()
    ['harmonic', 'biharmonic', 'kriging', 'radial', 'temporal', 'partial_conv']
    """
    return list(_REGISTERED)


def get_method(name: str) -> Method:
    """
    Return a registered method.

    Parameters
    ----------
    name : str
        One of `~sunpy_coronagraph_inpaint.list_methods`.

    Returns
    -------
    `Method`

    Raises
    ------
    ValueError
        If there is no method of that name.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.inpaint.methods import get_method
    >>> method = get_method("temporal")
    >>> method.needs_neighbors, method.takes_device
    (True, False)
    """
    try:
        return _REGISTERED[name]
    except KeyError:
        msg = f"There is no method {name!r}. Choose one of {', '.join(_REGISTERED)}."
        raise ValueError(msg) from None
