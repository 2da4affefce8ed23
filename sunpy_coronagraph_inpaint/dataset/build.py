"""Build a data set: from events to files on the disk, each one looked at, and a manifest of them all."""

import warnings
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import astropy.units as u
from astropy.io.fits.verify import VerifyWarning
from astropy.time import Time

from sunpy import log
from sunpy.util.exceptions import SunpyMetadataWarning

from sunpy_coronagraph_inpaint.dataset.local import files_at_hand
from sunpy_coronagraph_inpaint.dataset.manifest import Journal, write_manifest
from sunpy_coronagraph_inpaint.dataset.quality import Limits, measure
from sunpy_coronagraph_inpaint.dataset.split import Group, group_events, group_times
from sunpy_coronagraph_inpaint.fetch.cache import Cache, place, sha256_of
from sunpy_coronagraph_inpaint.fetch.catalog import CMECatalog
from sunpy_coronagraph_inpaint.fetch.errors import DamagedFileError, FetchError, NoFramesError, OutageError
from sunpy_coronagraph_inpaint.fetch.retrieve import fetch_rows, file_name
from sunpy_coronagraph_inpaint.fetch.search import search_lasco
from sunpy_coronagraph_inpaint.fetch.transfer import Network
from sunpy_coronagraph_inpaint.io import read_map
from sunpy_coronagraph_inpaint.threads import caught_warnings

__all__ = ["build_dataset"]

_JOURNAL = "journal.jsonl"
_BATCH = 24  # frames that are fetched before they are looked at


@dataclass(frozen=True, kw_only=True)
class _Plan:
    """Everything that a run needs to know."""

    folder: Path
    detector: str
    limits: Limits
    provider: str
    cache: Cache | None
    network: Network
    journal: Journal
    times: dict = field(default_factory=dict)  # of the events, by name
    window: tuple = (0 * u.s, 0 * u.s)


def build_dataset(folder, *, catalog=None, events="", detector="C3", before=2 * u.hour, after=6 * u.hour, source=None,
                  limits=None, provider="auto", cache=None, network=None):  # fmt: skip
    """
    Build a data set of LASCO frames around CMEs, or go on building it.

    Every frame in the window of an event is fetched, looked at, and taken or rejected with a reason. Events whose
    windows overlap are one group, and the name of its first event decides, always in the same way, whether its frames
    are for training, validation or test.

    Parameters
    ----------
    folder : path-like
        Directory of the data set. Frames are stored under ``frames/`` as they came, and ``manifest.ecsv`` lists them.
    catalog : `~sunpy_coronagraph_inpaint.fetch.CMECatalog` or path-like or str, optional
        The events, or where they are read from. Not needed with ``source``: all of its frames are taken then, and
        those less than ``after`` apart are one group.
    events : str, optional
        Which events: conditions for `~sunpy_coronagraph_inpaint.fetch.Selection`.
    detector : str, optional
        ``"C2"`` or ``"C3"``.
    before, after : `~astropy.units.Quantity`, optional
        How long before and after the first appearance of an event frames are taken.
    source : path-like, optional
        Directory of frames at hand, instead of the archives. It is not changed.
    limits : `~sunpy_coronagraph_inpaint.dataset.quality.Limits`, optional
        What a frame must be to be taken.
    provider : {"auto", "VSO", "NRL"}, optional
        Which archive.
    cache : `~sunpy_coronagraph_inpaint.fetch.Cache`, optional
        Where fetched files are kept.
    network : `~sunpy_coronagraph_inpaint.fetch.Network`, optional
        How patient to be.

    Returns
    -------
    `~astropy.table.QTable`
        The manifest, as `~sunpy_coronagraph_inpaint.dataset.manifest.read_manifest` reads it again.

    Raises
    ------
    ValueError
        If the directory holds a data set that was built otherwise, or no event fulfills the conditions.
    `~sunpy_coronagraph_inpaint.fetch.OutageError`
        If an archive does not answer. What was done is kept: run it again to go on.

    Notes
    -----
    A run may end at any point; the next one with the same settings goes on where it ended. When everything is done, a
    further run fetches nothing.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sunpy_coronagraph_inpaint.dataset.build import build_dataset
    >>> from sunpy_coronagraph_inpaint.io import write_map
    >>> from sunpy_coronagraph_inpaint.simulate import damage, plain_corona
    >>> with tempfile.TemporaryDirectory() as name:
    ...     frames = Path(name) / "at_hand"
    ...     frames.mkdir()
    ...     _ = write_map(plain_corona(), frames / "good.fts")
    ...     _ = write_map(damage(plain_corona(), blocks=3), frames / "holed.fts")
    ...     table = build_dataset(Path(name) / "data_set", source=frames)
    >>> for row in table:
    ...     print(f"{row['source']}: {row['reason'] or 'taken'}")
    holed.fts: 3 blocks missing
    good.fts: taken
    """
    limits, network = limits or Limits(), network or Network()
    before, after = u.Quantity(before), u.Quantity(after)
    if catalog is None and source is None:
        msg = "A data set needs events or frames: give a catalog, or a directory of frames, or both."
        raise ValueError(msg)
    chosen = None if catalog is None else _chosen(catalog, events)
    settings = {
        "events": str(events), "detector": detector, "before_h": before.to_value(u.hour),
        "after_h": after.to_value(u.hour), "catalog": "" if chosen is None else chosen.table.meta.get("sha256", ""),
        "source": "" if source is None else Path(source).name, "limits": limits.describe(),
    }  # fmt: skip
    plan = _Plan(
        folder=Path(folder), detector=detector, limits=limits, provider=provider, cache=cache, network=network,
        journal=_journal(Path(folder), settings), window=(before, after),
        times={} if chosen is None else {str(row["event"]): row["time"] for row in chosen.table},
    )  # fmt: skip
    try:
        if source is None:
            unfinished = _from_archives(plan, group_events(chosen.table, before=before, after=after))
        else:
            unfinished = _from_files(plan, Path(source), chosen)
    finally:
        table = write_manifest(folder, plan.journal.frames.values(), settings=settings, provenance=_provenance(chosen))
    if unfinished:
        msg = f"{unfinished} frames could not be had at the moment. Run the same command again later to go on."
        raise OutageError(msg)
    return table


def _chosen(catalog, events):
    catalog = catalog if isinstance(catalog, CMECatalog) else CMECatalog.read(catalog)
    chosen = catalog.select(events)
    if len(chosen) == 0:
        msg = f"None of the {len(catalog)} events of the catalog fulfills {events!r}."
        raise ValueError(msg)
    return chosen


def _journal(folder, settings):
    journal = Journal(folder / _JOURNAL)
    if journal.settings is None:
        journal.add("settings", settings=settings)
    elif journal.settings != settings:
        differ = sorted(key for key in settings if journal.settings.get(key) != settings[key])
        msg = f"{folder} holds a data set with other settings ({', '.join(differ)}). Choose another directory."
        raise ValueError(msg)
    return journal


def _provenance(catalog):
    if catalog is None:
        return {}
    names = ("source", "sha256", "updated", "citation")
    return {"events": len(catalog), **{name: str(catalog.table.meta.get(name, "")) for name in names}}


def _from_archives(plan, groups):
    """Go through the groups of events; return how many frames could not be had for now."""
    unfinished = 0
    for number, group in enumerate(groups, start=1):
        if group.name in plan.journal.searched:
            continue
        log.info(f"Group {number} of {len(groups)}: {group.start.isot[:16]} to {group.end.isot[:16]}, {group.side}.")
        try:
            found = search_lasco(
                (group.start, group.end), plan.detector, full_size=plan.limits.full_size, provider=plan.provider,
                network=plan.network,
            )  # fmt: skip
        except NoFramesError as error:
            log.info(str(error))
            found = []
        left = [index for index in range(len(found)) if file_name(found[index]) not in plan.journal.frames]
        missing = 0
        for start in range(0, len(left), _BATCH):
            missing += _fetch_batch(plan, group, found[left[start : start + _BATCH]])
        unfinished += missing
        if not missing:
            plan.journal.add("search", group=group.name, frames=len(found))
    return unfinished


def _fetch_batch(plan, group, rows):
    missing = 0
    for row, outcome in fetch_rows(rows, cache=plan.cache, network=plan.network):
        name, origin = file_name(row), f"{row['Provider']}:{row['fileid']}"
        if isinstance(outcome, OutageError):
            log.warning(str(outcome))
            missing += 1
        elif isinstance(outcome, FetchError):
            _reject(plan, name, group, origin, str(outcome), date=row["Start Time"].isot)
        else:
            _examine(plan, name, group, origin, outcome, place)
    return missing


def _from_files(plan, source, chosen):
    """Go through the files at hand."""
    files = files_at_hand(source, plan.detector)
    times = [time for _, time, _ in files if time is not None]
    if chosen is None:
        groups = group_times(times, gap=plan.window[1])
    else:
        groups = group_events(chosen.table, before=plan.window[0], after=plan.window[1])
    for path, time, problem in files:
        key = path.relative_to(source).as_posix()
        if key in plan.journal.frames:
            continue
        group = None if time is None else next((g for g in groups if g.start <= time <= g.end), None)
        if problem or group is None:
            reason = problem or "in the window of no event"
            _reject(plan, key, group, key, reason, date="" if time is None else time.isot)
        else:
            _examine(plan, key, group, key, path, partial(place, link=False))
    return 0


def _reject(plan, key, group, origin, reason, **known):
    plan.journal.add("frame", key=key, accepted=False, reason=reason, source=origin, detector=plan.detector,
                     group=group.name if group else "", **known)  # fmt: skip


def _examine(plan, key, group, origin, path, put):
    """Look at a whole file, and take it or not."""
    try:
        found = look_at(path)
        reasons = plan.limits.reasons(found)
    except (DamagedFileError, ValueError, TypeError, KeyError) as error:
        _reject(plan, key, group, origin, str(error))
        return
    digest = sha256_of(path)
    twin = next((f["file"] for f in plan.journal.frames.values() if f.get("sha256") == digest and f["accepted"]), None)
    if twin:
        reasons.append(f"same as {twin}")
    taken = Time(found.date)
    file = f"frames/{taken.strftime('%y%m%d')}/{found.detector.lower()}/{Path(key).name}"
    if not reasons:
        try:
            put(path, plan.folder / file)
        except FileExistsError as error:
            reasons.append(str(error))
    plan.journal.add(
        "frame", key=key, accepted=not reasons, reason="; ".join(reasons), file="" if reasons else file,
        split="" if reasons else group.side, group=group.name, events=" ".join(_events(plan, group, taken)),
        sha256=digest, size=path.stat().st_size, source=origin, **vars(found),
    )  # fmt: skip


def look_at(path):
    """Measure a file, without the warnings that every raw header of LASCO gives."""
    with caught_warnings():
        warnings.simplefilter("ignore", VerifyWarning)
        warnings.simplefilter("ignore", SunpyMetadataWarning)
        return measure(read_map(path))


def _events(plan, group: Group, taken):
    """Name the events of a group in whose window a time is."""
    if not plan.times:
        return group.events
    before, after = plan.window
    return [name for name in group.events if plan.times[name] - before <= taken <= plan.times[name] + after]
