"""Put crops of any number of frames through the network, those of like size together."""

from contextlib import nullcontext

import numpy as np
import torch
from threadpoolctl import ThreadpoolController

from sunpy_coronagraph_inpaint.threads import prepare_torch

__all__ = ["one_torch_thread", "pick_device", "predict"]

#: Sides are rounded up to multiples of this, so that crops of like size go together; no more than so many at once.
_ROUND, _TOGETHER = 8, 64


def pick_device(device="auto"):
    """
    Choose where the network runs.

    Parameters
    ----------
    device : str, optional
        ``"auto"`` is the first CUDA device where there is one, else the processor; or any name that torch knows.

    Returns
    -------
    `torch.device`

    Raises
    ------
    ValueError
        If torch has no such device.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.learning.inference import pick_device
    >>> pick_device("cpu")
    device(type='cpu')
    """
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        chosen = torch.device(device)
        torch.empty(0, device=chosen)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        msg = f"torch cannot compute on {device!r} here. Choose 'cpu' or 'auto'."
        raise ValueError(msg) from error
    return chosen


def one_torch_thread():
    """
    Limit PyTorch on the CPU to one thread, for the duration of a ``with`` block.

    Several threads add up the products of a convolution in another order, so that the last bit of a fill would depend
    on the number of processors and of processes. Crops of a few thousand pixels are also filled fastest by one thread.

    Returns
    -------
    context manager
        What other threads of the program may use stays as it is, and this one gets back what it had.

    Examples
    --------
    >>> import torch
    >>> from sunpy_coronagraph_inpaint.learning.inference import one_torch_thread
    >>> with one_torch_thread():
    ...     torch.get_num_threads()
    1
    """
    # OpenMP keeps a number for each thread. torch.set_num_threads would also change that of threads which have not used
    # PyTorch yet, and threadpool_limits, at the end, that of BLAS, which another thread may have changed meanwhile.
    return ThreadpoolController().select(user_api="openmp").limit(limits=1)


@torch.inference_mode()
def predict(network, crops, *, device="auto", precision="float32"):
    """
    Let the network fill crops.

    Parameters
    ----------
    network : `~sunpy_coronagraph_inpaint.inpaint.network.layered.LayeredInpainter`
        The network.
    crops : sequence
        With the attributes ``images``, ``known``, ``extras``, ``candidates`` and ``usable``, arrays of shape
        ``(C, h, w)``, as `~sunpy_coronagraph_inpaint.inpaint.network.crop.Crop` has them.
    device : str, optional
        See `pick_device`.
    precision : {"float32", "bfloat16"}, optional
        In which numbers the convolutions run.

    Returns
    -------
    list of tuple of `numpy.ndarray`
        ``(mean, std)`` of each crop, shape ``(h, w)``, in units of its scale. On a CPU they do not depend on the number
        of threads.

    Raises
    ------
    ValueError
        If torch has no such device.
    RuntimeError
        If the process was forked after CUDA had been used.
    """
    prepare_torch()
    device = pick_device(device)
    network = network.to(device)
    answers = [None] * len(crops)
    by_size = {}
    for number, crop in enumerate(crops):
        size = tuple(-(-side // _ROUND) * _ROUND for side in crop.known.shape[1:])
        by_size.setdefault(size, []).append(number)
    for size, numbers in by_size.items():
        for start in range(0, len(numbers), _TOGETHER):
            chosen = numbers[start : start + _TOGETHER]
            batch = [_stack([getattr(crops[i], name) for i in chosen], size, device) for name in _INPUTS]
            batch[-1][:, 0] = True
            half = torch.autocast(device.type, torch.bfloat16) if precision == "bfloat16" else nullcontext()
            with half, one_torch_thread():
                answer = network(*batch)
                both = torch.cat([answer.mean, answer.log_std.exp()], 1).cpu().numpy()
            for number, found in zip(chosen, both, strict=True):
                height, width = crops[number].known.shape[1:]
                answers[number] = found[0, :height, :width], found[1, :height, :width]
    return answers


_INPUTS = ("images", "known", "extras", "candidates", "usable")


def _stack(arrays, size, device):
    """Put arrays of one kind together. What is filled up is not known."""
    stacked = np.zeros((len(arrays), len(arrays[0]), *size), arrays[0].dtype)
    for layer, array in zip(stacked, arrays, strict=True):
        layer[:, : array.shape[1], : array.shape[2]] = array
    tensor = torch.from_numpy(stacked)
    return tensor.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else tensor
