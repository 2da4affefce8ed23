"""Fill the same holes in the same frames by every method and peer, and score the fills."""

import platform
import time
from importlib.metadata import PackageNotFoundError, version
from typing import NamedTuple

import numpy as np

from astropy.table import Table

from sunpy_coronagraph_inpaint.evaluate.contact_sheet import Sheet
from sunpy_coronagraph_inpaint.evaluate.memory import growth
from sunpy_coronagraph_inpaint.inpaint.benchmark.case import fresh
from sunpy_coronagraph_inpaint.inpaint.benchmark.fillers import fillers
from sunpy_coronagraph_inpaint.inpaint.benchmark.groups import NoFramesError, load
from sunpy_coronagraph_inpaint.inpaint.benchmark.measures import MEASURES, Reference, score
from sunpy_coronagraph_inpaint.simulate.telemetry import DEFAULT_HOLES

__all__ = ["Results", "evaluate", "evaluate_cases"]

_PACKAGES = ("sunpy_coronagraph_inpaint", "numpy", "scipy", "astropy", "sunpy", "scikit-image", "torch",
             "opencv-python-headless", "maskfill")  # fmt: skip


class Results(NamedTuple):
    """
    What a run gives.

    Attributes
    ----------
    table : `~astropy.table.Table`
        One row for each group, kind of holes and method, with the columns of
        ``metrics.MEASURES``.
    sheets : list of Sheet
        One for each group and kind of holes.
    notes : list of str
        What was left out, and why.
    """

    table: Table
    sheets: list
    notes: list


def evaluate(groups, *, directory=None, holes=DEFAULT_HOLES, methods=None, peers=True, seeds=1, all_frames=False,
             tell=lambda line: None):  # fmt: skip
    """
    Run the benchmark.

    Parameters
    ----------
    groups : iterable of str
        Names of ``groups.GROUPS``.
    directory : path-like, optional
        Where the real frames are.
    holes : iterable of str, optional
        Names of ``holes.HOLES``.
    methods, peers : optional
        As in `~sunpy_coronagraph_inpaint.inpaint.benchmark.fillers.fillers`.
    seeds : int, optional
        How many times holes are chosen in every frame.
    all_frames : bool, optional
        Whether to take real frames that may have been trained on as well.
    tell : callable, optional
        Called with a line whenever a part is done.

    Returns
    -------
    Results

    Raises
    ------
    ValueError
        If a group, a kind of holes or a method does not exist, or no group has a frame.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.evaluate.run import evaluate
    >>> results = evaluate(["C2 small"], holes=["20 x 32"], methods=["harmonic"], peers=False)
    >>> results.table["method", "frames"].pformat()
    [' method  frames', '-------- ------', 'harmonic      1']
    """
    rows, notes = fillers(methods, peers=peers)
    parts, frames = [], {}
    for group in groups:
        try:
            cases = load(group, directory, all_frames=all_frames)
        except NoFramesError as reason:
            notes.append(f"{group}: {reason}")
            continue
        frames[group] = [case.name for case in cases]
        for kind in holes:
            tell(f"{group}, {kind}: {len(cases)} frames")
            parts.append(evaluate_cases(group, cases, kind, rows, seeds=seeds))
            notes.extend(parts[-1].notes)
    if not parts:
        msg = f"There is nothing to evaluate. {'; '.join(notes)}."
        raise ValueError(msg)
    table = _table([row for part in parts for row in part.table])
    table.meta.update(frames=frames, seeds=list(range(seeds)), all_frames=all_frames, **_versions())
    return Results(table, [sheet for part in parts for sheet in part.sheets], list(dict.fromkeys(notes)))


def evaluate_cases(group, cases, kind, rows, *, seeds=1):
    """
    Fill holes of one kind in the frames of a group by all methods.

    Every method gets the same holes in the same frames. Each starts from a copy of the frame in which nothing is
    remembered from the method before; what the first frame costs is counted once a method has filled a frame before.

    Parameters
    ----------
    group : str
        What the frames are called in the table.
    cases : list of `~sunpy_coronagraph_inpaint.inpaint.benchmark.case.Case`
        The frames.
    kind : str
        One of ``holes.HOLES``.
    rows : list of Filler
        The methods.
    seeds : int, optional
        How many times holes are chosen in every frame.

    Returns
    -------
    Results
        The table as a list of dictionaries.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.inpaint.benchmark.case import Case
    >>> from sunpy_coronagraph_inpaint.inpaint.benchmark.fillers import fillers
    >>> from sunpy_coronagraph_inpaint.evaluate.run import evaluate_cases
    >>> from sunpy_coronagraph_inpaint.simulate import plain_corona
    >>> cases = [Case("plain", plain_corona(detector="C2", size=256), seed=3)]
    >>> results = evaluate_cases("plain", cases, "20 x 32", fillers(["harmonic", "kriging"], peers=False)[0])
    >>> [(row["method"], 0 < row["bin4"] < 5) for row in results.table]
    [('harmonic', True), ('kriging', True)]
    """
    scores, notes, sheets, used = {row.name: [] for row in rows}, [], [], 0
    for case in cases:
        for seed in range(seeds):
            holes = case.holes(kind, seed=seed)
            if not holes.any():
                notes.append(f"{group}, {kind}: no such hole fits into {case.name}")
                continue
            shown = {False: case.frame(holes)}
            if case.neighbors and any(row.neighbors for row in rows):
                shown[True] = case.frame(holes, neighbors=True)
            reference = _reference(case, holes)
            sheet = None if used else Sheet.of(group, kind, case.name, reference)
            for row in rows:
                if row.neighbors not in shown:
                    continue
                try:
                    fill, seconds, memory = _timed(row, shown[row.neighbors], warm=not scores[row.name])
                except ValueError as reason:
                    notes.append(f"{row.name} cannot fill {group}: {reason}")
                    continue
                scores[row.name].append(score(fill, reference) | {"seconds": seconds, "memory": memory})
                if sheet:
                    sheet.add(row.name, fill, reference)
            sheets.extend([sheet] if sheet else [])
            used += 1
    table = [{"group": group, "holes": kind, "method": name, "frames": len(s)} | _mean(s) for name, s in scores.items()]
    return Results([row for row in table if row["frames"]], sheets, list(dict.fromkeys(notes)))


def _reference(case, holes):
    camera = case.camera
    return Reference(
        np.asarray(case.smap.data), holes, case.profile, camera.grid.size, camera.sun_center, case.clean, case.before
    )


def _timed(row, frame, *, warm):
    """Fill a frame; the first one of a method twice, so that loading a network is not counted."""
    if warm:
        row.function(fresh(frame))
    frame = fresh(frame)
    with growth() as memory:
        start = time.perf_counter()
        fill = row.function(frame)
        seconds = time.perf_counter() - start
    return fill, seconds, memory()


def _mean(scores):
    """Mean of each measure over the frames in which it applies; median of the time, largest of the memory."""
    found = {}
    for name in MEASURES:
        values = np.array([s[name] for s in scores], dtype=float)
        values = values[np.isfinite(values)]
        how = {"seconds": np.median, "memory": np.max}.get(name, np.mean)
        found[name] = float(how(values)) if values.size else np.nan
    return found


def _table(rows):
    table = Table(rows=rows, names=list(rows[0]))
    for name, measure in MEASURES.items():
        table[name].unit = {"pix": "pixel", "MB": "Mbyte"}.get(measure.unit, measure.unit) or None
        table[name].description = measure.text
    return table


def _versions():
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return {"versions": found, "python": platform.python_version(), "machine": platform.machine()}
