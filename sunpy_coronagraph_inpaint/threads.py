"""
Change state of the whole process for a while, safely for threads and forked processes.

The number of threads of linear algebra, the warning filters and the random state are shared by all threads. Two threads
that save, change and restore them at the same time would leave one of the changed values behind; here one waits for the
other, or they are counted.
"""

import os
import socket
import sys
import threading
import warnings
from contextlib import contextmanager

from threadpoolctl import ThreadpoolController


class _State:
    """Locks and counters of a process; a forked one starts anew, since it has no other threads to wait for."""

    def __init__(self, *, torch_before=False, cuda_before=False):
        self.lock = threading.Lock()
        self.warnings, self.sockets, self.random = threading.RLock(), threading.RLock(), threading.RLock()
        self.inside, self.pools = 0, []
        self.torch_before, self.cuda_before = torch_before, cuda_before


_state = _State()


def _before_fork():
    # A forked process can no longer find out whether CUDA was used before.
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
    Run linear algebra (BLAS) on one thread: faster for small systems, and the same to the last bit.

    The number of threads is shared by the process. The first thread to enter lowers it, and the last to leave restores
    it.
    """
    state = _state
    pools = ThreadpoolController().select(user_api="blas").lib_controllers
    # With OpenMP each thread has its own number; the other libraries have one for the process.
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
    Make PyTorch usable in a process that was forked after it was loaded; call this before it computes.

    Its OpenMP threads do not exist after a fork, and it would wait for them forever, so it computes on one thread
    there. In other processes nothing is changed.

    Raises
    ------
    RuntimeError
        If CUDA was used before the process was forked.
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
    """Do as `warnings.catch_warnings`, one thread after the other."""
    with _state.warnings, warnings.catch_warnings(**options) as caught:
        yield caught


@contextmanager
def socket_timeout(seconds):
    """Set the timeout of sockets for libraries that have no such option, one thread after the other."""
    with _state.sockets:
        before = socket.getdefaulttimeout()
        socket.setdefaulttimeout(seconds)
        try:
            yield
        finally:
            socket.setdefaulttimeout(before)


@contextmanager
def torch_seed(seed=0):
    """Seed the random numbers of PyTorch on the CPU and restore their state, one thread after the other."""
    import torch

    with _state.random, torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        yield
