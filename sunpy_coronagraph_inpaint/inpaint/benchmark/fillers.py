"""The rows that a group of frames gets: methods, methods with neighbors, and peers."""

from collections.abc import Callable
from typing import NamedTuple

from sunpy_coronagraph_inpaint.inpaint.benchmark.peers import PEERS, not_installed
from sunpy_coronagraph_inpaint.inpaint.methods import get_method, list_methods

__all__ = ["WITH_NEIGHBORS", "Filler", "fillers"]

#: What is added to the name of a method that is given neighbors.
WITH_NEIGHBORS = " +neighbors"
#: Methods that can use neighbors but do not need them.
_CAN_USE_NEIGHBORS = {"partial_conv"}


class Filler(NamedTuple):
    """A row of the table: its name, its function ``(frame) -> Fill``, and whether it is given neighbors."""

    name: str
    function: Callable
    neighbors: bool = False


def fillers(methods=None, *, peers=True):
    """
    Return the rows that a group gets, and what is left out because it is not installed.

    Methods that can use neighbors come twice, with them and without.

    Parameters
    ----------
    methods : iterable of str, optional
        Names of registered methods; all of them if not given.
    peers : bool, optional
        Whether to compare with the peers.

    Returns
    -------
    list of Filler, list of str

    Raises
    ------
    ValueError
        If a method does not exist.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.inpaint.benchmark.fillers import fillers
    >>> [filler.name for filler in fillers(["kriging", "temporal"], peers=False)[0]]
    ['kriging', 'temporal +neighbors']
    """
    rows, notes = [], []
    for name in list_methods() if methods is None else methods:
        method = get_method(name)
        if not method.needs_neighbors:
            rows.append(Filler(name, method.function))
        if method.needs_neighbors or name in _CAN_USE_NEIGHBORS:
            rows.append(Filler(name + WITH_NEIGHBORS, method.function, neighbors=True))
    for name, peer in PEERS.items() if peers else ():
        note = not_installed(peer)
        if note:
            notes.append(f"{name}: {note}")
        else:
            rows.append(Filler(name, peer.function))
    return rows, notes
