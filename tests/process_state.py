"""A program of test_process_state.py: fill in eight threads and in a forked process, and print what that changed."""

# ruff: noqa: T201

import gc
import locale
import logging
import multiprocessing
import socket
import sys
import tempfile
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Empty

import matplotlib
import numpy as np
import torch
from threadpoolctl import threadpool_info

import astropy.units as u

from sunpy import log

from sunpy_coronagraph_inpaint import inpaint_files, inpaint_map
from sunpy_coronagraph_inpaint.io import write_map
from sunpy_coronagraph_inpaint.simulate import damage, plain_corona

THREADS, SECONDS = 8, 60


def state():
    """Return what a process has one of, as texts that can be compared."""
    gc.collect()  # generators that are collected leave their contexts
    return {
        "BLAS": sorted((pool["filepath"], pool["num_threads"]) for pool in threadpool_info()),
        "torch threads": torch.get_num_threads(),
        "torch random": torch.get_rng_state().tolist(),
        "torch deterministic": torch.are_deterministic_algorithms_enabled(),
        "torch gradients": torch.is_grad_enabled(),
        "numpy random": repr(np.random.get_state()),  # noqa: NPY002
        "numpy errors": np.geterr(),
        "warnings": (list(warnings.filters), warnings.showwarning),
        "log": {name: logging.getLogger(name).level for name in ("", "sunpy", "astropy")},
        "locale": locale.setlocale(locale.LC_ALL),
        "sockets": socket.getdefaulttimeout(),
        "matplotlib": dict(matplotlib.rcParams),
    }


def fill(damaged, queue=None):
    """Fill by the default method, which needs kriging and PyTorch."""
    data = inpaint_map(damaged).data
    return data if queue is None else queue.put(data)


def main():
    """Print the names of what has changed, one a line."""
    damaged = damage(plain_corona(detector="C3", size=512, seed=1), blocks=2, seed=2)
    # Off its telemetry grid, where the header alone gives the geometry.
    other = plain_corona(detector="C2", size=256, seed=1).submap([120, 10] * u.pix, top_right=[247, 137] * u.pix)
    mask = np.zeros(other.data.shape, bool)
    mask[40:60, 70:90] = True
    damaged.data @ damaged.data.T  # libraries are there
    folder = Path(tempfile.mkdtemp())
    paths = [write_map(damage(plain_corona(detector="C3", size=512, seed=i), blocks=1), folder / f"{i}.fts")
             for i in range(3)]  # fmt: skip

    def job(number):
        for _ in range(3):
            fill(damaged)
            inpaint_map(damaged, method="kriging")
            inpaint_map(other, mask=mask, method="radial")
        inpaint_files(paths, folder / str(number), method="radial")

    log.setLevel("WARNING")
    before = state()
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(job, range(THREADS)))
    after = state()
    for name, found in before.items():
        if after[name] != found:
            print(f"changed: {name}: {found} -> {after[name]}"[:3000])
    expected = fill(damaged)
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    process = context.Process(target=fill, args=(damaged, queue))
    process.start()
    try:
        print("forked:", np.array_equal(queue.get(timeout=SECONDS), expected))
    except Empty as error:
        print("forked:", repr(error))
    process.kill()


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    sys.exit(main())
