"""How much of the arithmetic that the machine can do the network does."""

import numpy as np

from sunpy_coronagraph_inpaint.batch.speed import Measure, shortest

__all__ = ["measure_arithmetic"]

_SIDE = 1024


def measure_arithmetic(*, blocks=5, frames=1, repeat=5, device="auto"):
    """
    Time the network alone, without what is done before and after it, and compare it with products of matrices.

    Parameters
    ----------
    blocks : int, optional
        How many blocks are missing from each frame of C3.
    frames : int, optional
        How many frames go through the network at once.
    repeat : int, optional
        How often each is measured.
    device : str, optional
        See `~sunpy_coronagraph_inpaint.learning.inference.pick_device`.

    Returns
    -------
    list of `~sunpy_coronagraph_inpaint.batch.speed.Measure`
        The rate of a product of two matrices of 1024 x 1024 numbers in single precision; that of the network in single
        precision and in bfloat16, each over the rate of the product; and the time of the network in bfloat16 over
        that in single precision. A multiplication and an addition are two operations.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.batch.arithmetic import measure_arithmetic
    >>> for measure in measure_arithmetic(blocks=1, repeat=1, device="cpu"):
    ...     print(measure.what, "/", measure.unit)
    matrix product of 1024 x 1024, float32, cpu / GFLOP/s
    network, 1 frame of 1 block, float32 / GFLOP/s
    network, 1 frame of 1 block, bfloat16 / GFLOP/s
    network in bfloat16 / s
    """
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    from sunpy_coronagraph_inpaint.inpaint.maps import prepare
    from sunpy_coronagraph_inpaint.inpaint.network.crop import crop_holes, flatten
    from sunpy_coronagraph_inpaint.learning.inference import pick_device, predict
    from sunpy_coronagraph_inpaint.learning.weights import find_weights, load_weights
    from sunpy_coronagraph_inpaint.simulate import damage, plain_corona

    device = pick_device(device)
    crops = []
    for seed in range(frames):
        damaged = damage(plain_corona(detector="C3", seed=seed), blocks=blocks, seed=seed)
        frame = prepare(damaged).frame
        loaded = load_weights(find_weights(frame.camera))
        flat, level = flatten(frame, loaded.background)
        crops += crop_holes(flat, None if level is None else loaded.background)

    def network(precision):
        return predict(loaded.network, crops, device=device, precision=precision)

    matrix = torch.from_numpy(np.random.default_rng(0).standard_normal((_SIDE, _SIDE), np.float32)).to(device)
    # What is read back has been computed: a GPU is not waited for otherwise.
    product = 2 * _SIDE**3 / shortest(lambda: (matrix @ matrix)[0, 0].item(), repeat)
    with FlopCounterMode(display=False) as counter:
        network("float32")
    seconds = {precision: shortest(lambda p=precision: network(p), repeat) for precision in ("float32", "bfloat16")}
    base = f"matrix product of {_SIDE} x {_SIDE}, float32, {device.type}"
    holes = f"{frames} frame{'s' * (frames > 1)} of {blocks} block{'s' * (blocks > 1)}"
    rates = {precision: counter.get_total_flops() / time for precision, time in seconds.items()}
    return [
        Measure(base, product / 1e9, "GFLOP/s", 1.0, "the product"),
        *(
            Measure(f"network, {holes}, {p}", rate / 1e9, "GFLOP/s", rate / product, "the product")
            for p, rate in rates.items()
        ),
        Measure("network in bfloat16", seconds["bfloat16"], "s", seconds["bfloat16"] / seconds["float32"], "float32"),
    ]
