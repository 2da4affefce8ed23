"""On what a method computes: CUDA where there is some, for methods that can use it."""

import inspect

__all__ = ["device_option"]


def device_option(function, device, *, here=True):
    """
    Return the keyword that tells a method where to compute.

    A method that uses PyTorch takes the keyword ``device``; the others compute with NumPy and SciPy and have none.
    ``"auto"`` is passed on: only the process that computes, on whatever machine, knows what it has.

    Parameters
    ----------
    function : callable
        Of a registered method.
    device : str
        ``"auto"``, ``"cpu"``, ``"cuda"``, ``"cuda:1"``, ...
    here : bool, optional
        Whether this machine computes, so that it can be asked whether it has the device.

    Returns
    -------
    dict
        ``{"device": ...}``, or nothing for a method that has no such keyword.

    Raises
    ------
    ValueError
        If a device other than ``"auto"`` and ``"cpu"`` is given to a method that cannot use it, or is not there.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.learning.devices import device_option
    >>> from sunpy_coronagraph_inpaint.inpaint.methods import kriging
    >>> device_option(kriging, "auto")
    {}
    >>> device_option(lambda frame, *, device: None, "cpu")
    {'device': 'cpu'}
    """
    if "device" not in inspect.signature(function).parameters:
        if device not in ("auto", "cpu"):
            name = getattr(function, "__name__", "The method")
            msg = (
                f"{name} computes on the CPU and cannot use {device!r}. Leave device='auto', or choose another method."
            )
            raise ValueError(msg)
        return {}
    if here and str(device).startswith("cuda"):
        import torch

        if not torch.cuda.is_available():
            msg = f"PyTorch finds no CUDA here, so device={device!r} cannot be used. Leave device='auto'."
            raise ValueError(msg)
    return {"device": str(device)}
