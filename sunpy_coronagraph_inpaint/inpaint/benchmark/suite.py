"""The benchmark of filling, as a `Suite` of the shared benchmark."""

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from sunpy_coronagraph_inpaint.evaluate import Entry, Sheet, Suite
from sunpy_coronagraph_inpaint.inpaint.benchmark.frame import BenchmarkFrame
from sunpy_coronagraph_inpaint.inpaint.benchmark.frame_sets import DEFAULT_FRAME_SETS, NoFramesError, find_frame_set
from sunpy_coronagraph_inpaint.inpaint.benchmark.measures import MEASURES, Reference, hole_windows, score, smooth
from sunpy_coronagraph_inpaint.inpaint.benchmark.peers import PEERS
from sunpy_coronagraph_inpaint.inpaint.methods import get_method, list_methods
from sunpy_coronagraph_inpaint.simulate.telemetry import DEFAULT_HOLES, HOLES

#: Suffix of the name of a method with neighbors.
WITH_NEIGHBORS = " +neighbors"
#: Margin around the hole in a contact sheet, and smoothing of its images, pixels.
_SURROUNDINGS, _SMOOTHING = 32, 1.5


class InpaintSuite(Suite):
    """
    The same blocks knocked out of the same frames for every method and peer.

    Parameters
    ----------
    frame_sets : iterable of str or `FrameSet`, optional
        Sets of frames: names that ``coronagraph-inpaint evaluate --list`` prints, or your own sets.
    directory : path-like, optional
        Directory of the real frames.
    holes : iterable of str, optional
        Kinds of holes, names that ``coronagraph-inpaint evaluate --list`` prints.
    methods : iterable of str, optional
        Names of registered methods; all by default. A method that can use neighbors but does not need them
        has two rows.
    peers : bool, optional
        Whether to compare with the peers.
    seeds : int, optional
        How many times holes are drawn in every frame.
    all_frames : bool, optional
        Whether to include real frames that may have been trained on.
    entries : iterable of `~sunpy_coronagraph_inpaint.evaluate.Entry`, optional
        Further rows: functions that take a `~sunpy_coronagraph_inpaint.frames.frame.CoronagraphFrame` and return a
        `~sunpy_coronagraph_inpaint.inpaint.Fill`; with ``needs=("neighbors",)``, one with neighbors.

    Raises
    ------
    ValueError
        If a set, a kind of holes or a method does not exist.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.evaluate import run
    >>> from sunpy_coronagraph_inpaint.inpaint.benchmark import BenchmarkFrame, FrameSet, InpaintSuite
    >>> from sunpy_coronagraph_inpaint.simulate import plain_corona
    >>> frame = BenchmarkFrame("plain", plain_corona(detector="C2", size=256), seed=3)
    >>> suite = InpaintSuite([FrameSet.of("mine", [frame])], holes=["20 x 32"], methods=["kriging"], peers=False)
    >>> table = run(suite).table
    >>> table["method"][0], bool(0 < table["mae_4x4"][0] < 5)
    (np.str_('kriging'), True)
    """

    labels = ("group", "holes")
    measures = MEASURES
    packages = tuple(peer.package for peer in PEERS if peer.package)

    def __init__(self, frame_sets=DEFAULT_FRAME_SETS, *, directory=None, holes=DEFAULT_HOLES, methods=None, peers=True,
                 seeds=1, all_frames=False, entries=()):  # fmt: skip
        super().__init__()
        self.frame_sets = [find_frame_set(frames) for frames in frame_sets]
        self.directory, self.all_frames, self.seeds = directory, all_frames, seeds
        self.holes = list(holes)
        for kind in self.holes:
            if kind not in HOLES:
                msg = f"There are no holes {kind!r}. Choose among {', '.join(HOLES)}."
                raise ValueError(msg)
        self._entries = [*method_entries(methods), *(PEERS if peers else ()), *entries]
        self._frames = {}

    def entries(self):
        """Return the methods, with and without neighbors, the peers, and further rows."""
        return self._entries

    def cases(self):
        """Yield each frame with each kind of holes; a set without frames is noted and skipped."""
        for frame_set in self.frame_sets:
            try:
                frames = frame_set.load(self.directory, self.all_frames)
            except NoFramesError as reason:
                self.notes.append(f"{frame_set.name}: {reason}")
                continue
            self._frames[frame_set.name] = [frame.name for frame in frames]
            for kind in self.holes:
                for frame in frames:
                    for seed in range(self.seeds):
                        holes = frame.holes(kind, seed=seed)
                        if holes.any():
                            yield InpaintCase((frame_set.name, kind), frame, holes, _reference(frame, holes))
                        else:
                            self.notes.append(f"{frame_set.name}, {kind}: no such hole fits into {frame.name}")

    def prepare(self, case, entry):
        """Return the damaged frame, with neighbors where the entry needs them."""
        if "neighbors" not in entry.needs:
            return _fresh(case.alone)
        return _fresh(case.beside_neighbors) if case.frame.neighbors else None

    def score(self, result, case):
        """Compare a fill with the truth in the holes."""
        return score(result, case.reference)

    def sheet(self, case):
        """Return the window around the largest hole; of equally large ones, that with the most structure."""
        reference = case.reference

        def rank(window):
            return np.count_nonzero(case.holes[window]), np.std(smooth(reference.best[window], _SMOOTHING))

        own = hole_windows(case.holes, 0)
        largest = max(range(len(own)), key=lambda place: rank(own[place]))
        window = hole_windows(case.holes, _SURROUNDINGS)[largest]
        truth, hole = reference.relative[window].copy(), case.holes[window].copy()
        given = np.where(hole, np.nan, truth)
        return Sheet(case.labels, case.name, truth, given, hole, window, "% of the profile", _SMOOTHING)

    def image(self, result, case):
        """Return the filled frame in % of the radial profile."""
        return case.reference.with_fill(result)

    def metadata(self):
        """Return the names of the frames, the seeds, and whether frames may have been trained on."""
        return {"frames": self._frames, "seeds": list(range(self.seeds)), "all_frames": self.all_frames}


@dataclass(frozen=True, eq=False)
class InpaintCase:
    """A frame and the holes in it."""

    labels: tuple[str, str]
    frame: BenchmarkFrame
    holes: np.ndarray = field(repr=False)
    reference: Reference = field(repr=False)

    @property
    def name(self):
        """The name of the frame."""
        return self.frame.name

    @cached_property
    def alone(self):
        """The damaged frame, without neighbors."""
        return self.frame.damaged(self.holes)

    @cached_property
    def beside_neighbors(self):
        """The damaged frame, with the frames before and after reprojected onto it."""
        return self.frame.damaged(self.holes, neighbors=True)


def _reference(frame, holes):
    """Return the truth in the holes."""
    grid, center = frame.camera.grid, frame.camera.sun_center
    return Reference(
        np.asarray(frame.smap.data), holes, frame.profile, grid.size, center, clean=frame.clean, before=frame.before
    )


def method_entries(methods=None):
    """Return the rows of registered methods; one that can use neighbors but does not need them has two."""
    rows = []
    for name in list_methods() if methods is None else methods:
        method = get_method(name)
        if not method.needs_neighbors:
            rows.append(Entry(name, method.function))
        if method.uses_neighbors:
            rows.append(Entry(name + WITH_NEIGHBORS, method.function, needs=("neighbors",)))
    return rows


def _fresh(frame):
    """Return the same frame without cached results of earlier methods, so that each method is timed in full."""
    return replace(frame, neighbors=tuple(replace(neighbor) for neighbor in frame.neighbors))
