"""
Change state of the whole process temporarily, safely for threads and forked processes.

The number of threads of linear algebra, the warning filters and the random state are shared by all threads. If two
threads saved, changed and restored them at the same time, a changed value could remain; here one waits for the other,
or they are counted.
"""

import os
import sys
import threading
import warnings
from contextlib import contextmanager

from threadpoolctl import ThreadpoolController


class _State:
    """Locks and counters of a process; a forked process gets new ones, since it has no other threads to wait for."""

    def __init__(self, *, torch_before=False, cuda_before=False):
        self.lock = threading.Lock()
        self.warnings, self.random = threading.RLock(), threading.RLock()
        self.inside, self.pools = 0, []
        self.torch_before, self.cuda_before = torch_before, cuda_before


_state = _State()


def _before_fork():
    # A forked process cannot find out whether CUDA was used before the fork.
    cuda = getattr(sys.modules.get("torch"), "cuda", None)
    _state.cuda_before |= cuda is not None and cuda.is_initialized()


def _after_fork():
    global _state
    before = _state
    _state = _State(torch_before="torch" in sys.modules, cuda_before=before.cuda_before)
    _set_numbers(before.pools)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_child=_after_fork)


@contextmanager
def single_threaded():
    """
    Run linear algebra (BLAS) on one thread, which is faster for small systems and reproducible to the last bit.

    The number of threads is shared by the process: the first thread to enter lowers it, the last to leave restores it.
    """
    state = _state
    pools = ThreadpoolController().select(user_api="blas").lib_controllers
    # With OpenMP each thread has its own number of threads; the other libraries have one for the process.
    own = [(pool, pool.get_num_threads()) for pool in pools if _per_thread(pool)]
    _set_numbers((pool, 1) for pool, _ in own)
    with state.lock:
        if state.inside == 0:
            state.pools = [(pool, pool.get_num_threads()) for pool in pools if not _per_thread(pool)]
            _set_numbers((pool, 1) for pool, _ in state.pools)
        state.inside += 1
    try:
        yield
    finally:
        _set_numbers(own)
        with state.lock:
            state.inside -= 1
            if state.inside == 0:
                _set_numbers(state.pools)
                state.pools = []


def _per_thread(pool):
    return getattr(pool, "threading_layer", "") == "openmp"


def _set_numbers(numbers):
    for pool, number in numbers:
        _release(pool)
        pool.set_num_threads(number)
        _release(pool)


def _release(pool):
    """Let this thread set the number: threadpoolctl 3.8 ignores all threads but the first that did."""
    getattr(pool, "clear_controlling_thread", lambda **_: None)(force=True)


def prepare_torch():
    """
    Make PyTorch usable in a process that was forked after it was loaded; call this before any computation.

    Its OpenMP threads do not exist after a fork and it would wait for them forever, so it uses one thread there. Other
    processes are unchanged. `RuntimeError` if CUDA was used before the fork.
    """
    if _state.torch_before:
        import torch

        torch.set_num_threads(1)
        if _state.cuda_before:
            msg = (
                "This process was forked after CUDA had been used, which CUDA does not survive. Start processes by "
                "multiprocessing.get_context('spawn') instead, or use CUDA in the new processes alone."
            )
            raise RuntimeError(msg)


@contextmanager
def caught_warnings(**options):
    """Act like `warnings.catch_warnings`, in one thread at a time."""
    with _state.warnings, warnings.catch_warnings(**options) as caught:
        yield caught


@contextmanager
def torch_seed(seed=0):
    """Seed PyTorch's random numbers on the CPU and restore their state afterwards, in one thread at a time."""
    import torch

    with _state.random, torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        yield
