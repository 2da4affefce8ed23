"""
State that belongs to the whole process, touched so that threads share it and forked processes can go on.

Number of threads of the linear algebra, filters of warnings, level of the log: each is one for all threads. Where two
threads change it and put it back in turn, what the first one found is lost, unless they take turns or count.
"""

import os
import socket
import sys
import threading
import warnings
from contextlib import contextmanager

from threadpoolctl import ThreadpoolController

__all__ = ["caught_warnings", "prepare_torch", "single_threaded", "socket_timeout", "torch_seed"]


class _State:
    """What a process holds; a forked one begins with a new one, since it has no other thread to wait for."""

    def __init__(self, *, torch_before=False, cuda_before=False):
        self.lock = threading.Lock()
        self.warnings, self.sockets, self.random = threading.RLock(), threading.RLock(), threading.RLock()
        self.inside, self.pools = 0, []
        self.torch_before, self.cuda_before = torch_before, cuda_before


_state = _State()


def _before_fork():
    # A forked process is not told any more that CUDA was at work.
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
    Let linear algebra (BLAS) run on one thread: on small systems that is faster, and the last bit does not vary.

    The number of threads is one for all of the process. The first to enter lowers it, and the last to leave puts back
    what was there, whichever threads they are.

    Examples
    --------
    >>> from threadpoolctl import threadpool_info
    >>> from sunpy_coronagraph_inpaint.threads import single_threaded
    >>> with single_threaded():
    ...     {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}
    {1}
    """
    state = _state
    pools = ThreadpoolController().select(user_api="blas").lib_controllers
    # Over OpenMP each thread has its own number; all others are of the process.
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
    """Let this thread set the number: threadpoolctl 3.8 ignores all threads but the first that set one."""
    getattr(pool, "clear_controlling_thread", lambda **_: None)(force=True)


def prepare_torch():
    """
    Let PyTorch work in a process that was forked from one in which it was loaded; call this before it computes.

    The threads of its OpenMP are not there after a fork, and it would wait for them without end, so it computes on one
    thread there. Other processes are left as they are.

    Raises
    ------
    RuntimeError
        If CUDA was in use when the process was forked, which it does not survive.
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
    """
    Change the filters of warnings for a while, one thread after the other.

    Parameters
    ----------
    **options
        As for `warnings.catch_warnings`.

    Yields
    ------
    list or None
        The warnings with ``record=True``.

    Examples
    --------
    >>> import warnings
    >>> from sunpy_coronagraph_inpaint.threads import caught_warnings
    >>> with caught_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     warnings.warn("for you")
    >>> len(caught)
    1
    """
    with _state.warnings, warnings.catch_warnings(**options) as caught:
        yield caught


@contextmanager
def socket_timeout(seconds):
    """
    Limit how long libraries that have no limit of their own wait for a server, for one thread after the other.

    Parameters
    ----------
    seconds : float
        The limit.
    """
    with _state.sockets:
        before = socket.getdefaulttimeout()
        socket.setdefaulttimeout(seconds)
        try:
            yield
        finally:
            socket.setdefaulttimeout(before)


@contextmanager
def torch_seed(seed=0):
    """
    Seed the random numbers of PyTorch on the CPU for a while, for one thread after the other, and put their state back.

    Parameters
    ----------
    seed : int, optional
        The seed.
    """
    import torch

    with _state.random, torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        yield
