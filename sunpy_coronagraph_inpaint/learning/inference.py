"""Apply a network to patches of any number of frames in batches of similar size, on a chosen device."""

from contextlib import contextmanager, nullcontext

import numpy as np
from threadpoolctl import ThreadpoolController

from sunpy_coronagraph_inpaint.threads import prepare_torch

#: Sides are rounded up to multiples of this, so that patches of similar size form batches.
_ROUND = 8


def pick_device(device="auto"):
    """
    Choose the device of a network.

    Parameters
    ----------
    device : str, optional
        ``"auto"`` is the first CUDA device if available, else the CPU; or any name that PyTorch knows.

    Returns
    -------
    `torch.device`

    Raises
    ------
    ValueError
        If PyTorch has no such device.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.learning import pick_device
    >>> pick_device("cpu")
    device(type='cpu')
    """
    import torch

    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        chosen = torch.device(device)
        torch.empty(0, device=chosen)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        msg = f"torch cannot compute on {device!r} here. Choose 'cpu' or 'auto'."
        raise ValueError(msg) from error
    return chosen


def single_thread():
    """
    Limit PyTorch on the CPU to one thread, for the duration of a ``with`` block.

    Several threads sum the products of a convolution in another order, so that the last bit of a fill would depend on
    the number of processors and of processes. One thread is also fastest for patches of a few thousand pixels. The
    limits of other threads of the program do not change, and that of this one is restored.
    """
    # OpenMP keeps a limit for each thread. torch.set_num_threads would also change that of threads which have not used
    # PyTorch yet, and threadpool_limits would on exit reset that of BLAS, which another thread may have changed.
    return ThreadpoolController().select(user_api="openmp").limit(limits=1)


@contextmanager
def evaluating(network):
    """Switch a network to evaluation without gradients for a ``with`` block, and restore its mode."""
    import torch

    training = network.training
    try:
        with torch.no_grad():
            yield network.eval()
    finally:
        network.train(training)


def predict(function, patches, *, device="auto", precision="float32", most=64):
    """
    Apply a network to patches of any size, in batches of similar size.

    Parameters
    ----------
    function : callable
        Takes as many tensors as a patch has arrays, of shape ``(N, C, H, W)``, and returns one of shape
        ``(N, C', H, W)``. Patches are padded with 0 or `False` at their far edges.
    patches : sequence of tuple of `numpy.ndarray`
        Shape ``(C, h, w)``; the number of channels may differ within a patch.
    device : str or `torch.device`, optional
        See `~sunpy_coronagraph_inpaint.learning.pick_device`. The network of the function must be on it.
    precision : {"float32", "bfloat16"}, optional
        Precision of the convolutions.
    most : int, optional
        Largest number of patches in a batch.

    Returns
    -------
    list of `numpy.ndarray`
        Shape ``(C', h, w)``, in the order of the patches. On a CPU they do not depend on the number of threads.

    Examples
    --------
    >>> import numpy as np
    >>> from sunpy_coronagraph_inpaint.learning import predict
    >>> patches = [(np.ones((1, 5, side), np.float32),) for side in (3, 4)]
    >>> [answer.shape for answer in predict(lambda x: 2 * x, patches, device="cpu")]
    [(1, 5, 3), (1, 5, 4)]
    """
    import torch

    prepare_torch()
    device = pick_device(device)
    answers = [None] * len(patches)
    by_size = {}
    for number, patch in enumerate(patches):
        by_size.setdefault(tuple(-(-side // _ROUND) * _ROUND for side in patch[0].shape[1:]), []).append(number)
    for size, numbers in by_size.items():
        for start in range(0, len(numbers), most):
            chosen = numbers[start : start + most]
            half = torch.autocast(device.type, torch.bfloat16) if precision == "bfloat16" else nullcontext()
            with torch.inference_mode(), half, single_thread():
                batch = [_stack(arrays, size, device) for arrays in zip(*(patches[i] for i in chosen), strict=True)]
                found = function(*batch).float().cpu().numpy()
            for number, answer in zip(chosen, found, strict=True):
                height, width = patches[number][0].shape[1:]
                answers[number] = answer[:, :height, :width]
    return answers


def _stack(arrays, size, device):
    """Stack arrays, padded to one size, on a device."""
    import torch

    stacked = np.zeros((len(arrays), len(arrays[0]), *size), arrays[0].dtype)
    for layer, array in zip(stacked, arrays, strict=True):
        layer[:, : array.shape[1], : array.shape[2]] = array
    tensor = torch.from_numpy(stacked)
    return tensor.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else tensor
