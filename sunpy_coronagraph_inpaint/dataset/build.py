"""Build a data set: find the frames of events, examine each, and write a manifest."""

import hashlib
import warnings
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

import astropy.units as u
from astropy.io.fits.verify import VerifyWarning
from astropy.time import Time

from sunpy import log
from sunpy.util.exceptions import SunpyMetadataWarning

from sunpy_coronagraph_inpaint.dataset.manifest import Journal, fits_files, write_manifest
from sunpy_coronagraph_inpaint.dataset.quality import QualityCuts, measure
from sunpy_coronagraph_inpaint.dataset.split import split_of
from sunpy_coronagraph_inpaint.fetch.cache import Cache, place, sha256_of
from sunpy_coronagraph_inpaint.fetch.cme_catalog import CMECatalog
from sunpy_coronagraph_inpaint.fetch.download import DownloadOptions
from sunpy_coronagraph_inpaint.fetch.errors import DamagedFileError, FetchError, NoFramesError, OutageError
from sunpy_coronagraph_inpaint.fetch.retrieve import fetch_rows, file_name
from sunpy_coronagraph_inpaint.fetch.search import search_lasco
from sunpy_coronagraph_inpaint.fetch.verify import read_header
from sunpy_coronagraph_inpaint.frames.neighbors import observation_time
from sunpy_coronagraph_inpaint.io import read_map
from sunpy_coronagraph_inpaint.threads import caught_warnings

_JOURNAL = "journal.jsonl"
_BATCH = 24  # frames that are downloaded together before they are examined
_OTHER_SPLIT = "too close in time to frames of another split"


@dataclass
class Group:
    """A time range, both ends included, on days of one split, named after its first event."""

    name: str
    start: Time
    end: Time
    events: list[str] = field(default_factory=list)

    @property
    def split(self):
        """``"train"``, ``"validation"`` or ``"test"``, from the day on which the group starts."""
        return split_of(self.start)

    def holds(self, time):
        """Whether a frame taken at a time belongs to the group."""
        return self.start <= time <= self.end and split_of(time) == self.split


@dataclass(frozen=True, kw_only=True)
class _Plan:
    """The settings and the state of a build."""

    folder: Path
    detector: str
    cuts: QualityCuts
    provider: str
    cache: Cache | None
    options: DownloadOptions
    journal: Journal
    times: dict = field(default_factory=dict)  # of the events, by name
    window: tuple = (0 * u.s, 0 * u.s)


def build_dataset(folder, *, catalog=None, detector="C3", before=2 * u.hour, after=6 * u.hour, source=None, cuts=None,
                  provider="auto", cache=None, options=None):  # fmt: skip
    """
    Build a data set of LASCO frames around CMEs, or resume building it.

    Every frame in the window of an event is downloaded, examined, and accepted or rejected with a reason. Its split
    depends on its day (`~sunpy_coronagraph_inpaint.dataset.split_of`). If the window of an event extends past a
    midnight at which the split changes, the event is in the split of the day on which the window starts, and the frames
    of the window after that midnight are left out, so that frames that resemble each other are never in two splits.

    Parameters
    ----------
    folder : path-like
        Directory of the data set. Frames are stored unmodified under ``frames/``, and ``manifest.ecsv`` lists them.
    catalog : `~sunpy_coronagraph_inpaint.fetch.CMECatalog` or path-like or str, optional
        The events, for example selected by `~sunpy_coronagraph_inpaint.fetch.CMECatalog.select`, or a file or URL of a
        catalog. Optional with ``source``: without a catalog all of its frames are used, except those taken less than
        ``after`` later than a frame of another split.
    detector : str, optional
        ``"C2"`` or ``"C3"``.
    before, after : `~astropy.units.Quantity`, optional
        Length of the window before and after the first appearance of an event.
    source : path-like, optional
        Directory of frames on disk to use instead of the archives. It is not changed.
    cuts : `~sunpy_coronagraph_inpaint.dataset.QualityCuts`, optional
        Conditions that a frame must fulfill.
    provider : {"auto", "VSO", "NRL"}, optional
        The archive.
    cache : `~sunpy_coronagraph_inpaint.fetch.Cache`, optional
        Cache for downloaded files.
    options : `~sunpy_coronagraph_inpaint.fetch.DownloadOptions`, optional
        Download options.

    Returns
    -------
    `~astropy.table.QTable`
        The manifest, as returned by `~sunpy_coronagraph_inpaint.dataset.read_manifest`.

    Raises
    ------
    ValueError
        If the directory holds a data set with other settings, or there is no event.
    `~sunpy_coronagraph_inpaint.fetch.OutageError`
        If an archive does not respond. Completed work is kept; run it again to resume.

    Notes
    -----
    A run can be interrupted at any point; the next one with the same settings resumes it. After a complete build, a
    further run downloads nothing.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sunpy_coronagraph_inpaint.dataset import build_dataset
    >>> from sunpy_coronagraph_inpaint.io import write_map
    >>> from sunpy_coronagraph_inpaint.simulate import damage, plain_corona
    >>> with tempfile.TemporaryDirectory() as name:
    ...     frames = Path(name) / "on_disk"
    ...     frames.mkdir()
    ...     _ = write_map(plain_corona(), frames / "good.fts")
    ...     _ = write_map(damage(plain_corona(), blocks=3), frames / "with_holes.fts")
    ...     table = build_dataset(Path(name) / "data_set", source=frames)
    >>> for row in table:
    ...     print(f"{row['source']}: {row['reason'] or 'accepted'}")
    with_holes.fts: 3 blocks missing
    good.fts: accepted
    """
    cuts, options = cuts or QualityCuts(), options or DownloadOptions()
    before, after = u.Quantity(before), u.Quantity(after)
    if catalog is None and source is None:
        msg = "A data set needs events or frames: pass a catalog, a directory of frames, or both."
        raise ValueError(msg)
    if catalog is not None and not isinstance(catalog, CMECatalog):
        catalog = CMECatalog.read(catalog, options=options)
    if catalog is not None and len(catalog) == 0:
        msg = "The catalog has no event that fulfills the conditions. Use less strict conditions."
        raise ValueError(msg)
    settings = {
        "detector": detector, "before_h": before.to_value(u.hour), "after_h": after.to_value(u.hour),
        "source": "" if source is None else Path(source).name, "cuts": cuts.settings(),
        "catalog": "" if catalog is None else catalog.table.meta.get("sha256", ""),
        "events": "" if catalog is None else _digest(catalog.table["event"]),
    }  # fmt: skip
    plan = _Plan(
        folder=Path(folder), detector=detector, cuts=cuts, provider=provider, cache=cache, options=options,
        journal=_journal(Path(folder), settings), window=(before, after),
        times={} if catalog is None else {str(row["event"]): row["time"] for row in catalog.table},
    )  # fmt: skip
    groups = [] if catalog is None else group_events(catalog.table, before=before, after=after)
    try:
        unfinished = _from_archives(plan, groups) if source is None else _from_files(plan, Path(source), groups)
    finally:
        provenance = _provenance(catalog)
        table = write_manifest(folder, plan.journal.frames.values(), settings=settings, provenance=provenance)
    if unfinished:
        msg = f"{unfinished} frames cannot be downloaded at the moment. Run the same command again later to resume."
        raise OutageError(msg)
    return table


def _digest(names):
    return hashlib.sha256("\n".join(names).encode()).hexdigest()[:16]


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
    """Process the groups of events, and return the number of frames that cannot be downloaded at present."""
    unfinished = 0
    for number, group in enumerate(groups, start=1):
        if group.name in plan.journal.searched:
            continue
        log.info(f"Group {number} of {len(groups)}: {group.start.isot[:16]} to {group.end.isot[:16]}, {group.split}.")
        try:
            found = search_lasco(
                (group.start, group.end), plan.detector, full_size=plan.cuts.full_size, provider=plan.provider,
                options=plan.options,
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
    for row, outcome in fetch_rows(rows, cache=plan.cache, options=plan.options):
        name, origin = file_name(row), f"{row['Provider']}:{row['fileid']}"
        if isinstance(outcome, OutageError):
            log.warning(str(outcome))
            missing += 1
        elif isinstance(outcome, FetchError):
            _reject(plan, name, group, origin, str(outcome), date=row["Start Time"].isot)
        else:
            _examine(plan, name, group, origin, outcome, place)
    return missing


def _from_files(plan, source, groups):
    """Process the files of a directory."""
    files = _frames_on_disk(source, plan.detector)
    groups = groups or group_times([time for _, time, _ in files if time is not None], gap=plan.window[1])
    for path, time, problem in files:
        key = path.relative_to(source).as_posix()
        if key in plan.journal.frames:
            continue
        group = None if time is None else next((g for g in groups if g.holds(time)), None)
        if not problem and group is None:
            outside = plan.times and not _events(plan, plan.times, time)
            problem = "outside the windows of all events" if outside else _OTHER_SPLIT
        if problem:
            _reject(plan, key, group, key, problem, date="" if time is None else time.isot)
        else:
            _examine(plan, key, group, key, path, partial(place, link=False))
    return 0


def _frames_on_disk(source, detector):
    """List the frames of a detector: path, time (`None` if unknown), and problem of the file, if any."""
    found = []
    for path in fits_files(source):
        try:
            header = read_header(path)
        except DamagedFileError as error:
            found.append((path, None, str(error)))
            continue
        if [str(header.get(key, "")).strip().upper() for key in ("instrume", "detector")] == ["LASCO", detector]:
            time = observation_time(header)
            found.append((path, time, "" if time else "no date"))
    if not any(time for _, time, _ in found):
        msg = f"{source} contains no {detector} frame in FITS files. Choose another directory or detector."
        raise ValueError(msg)
    return found


def _reject(plan, key, group, origin, reason, **known):
    plan.journal.add("frame", key=key, accepted=False, reason=reason, source=origin, detector=plan.detector,
                     group=group.name if group else "", **known)  # fmt: skip


def _examine(plan, key, group, origin, path, put):
    """Measure a complete file, and accept or reject it."""
    try:
        found = measure_file(path)
        reasons = plan.cuts.reasons(found)
    except (DamagedFileError, ValueError, TypeError, KeyError) as error:
        _reject(plan, key, group, origin, str(error))
        return
    digest = sha256_of(path)
    twin = next((f["file"] for f in plan.journal.frames.values() if f.get("sha256") == digest and f["accepted"]), None)
    if twin:
        reasons.append(f"same as {twin}")
    taken = Time(found.date)
    if split_of(taken) != group.split:  # times in the index of an archive are not exact
        reasons.append(_OTHER_SPLIT)
    file = f"frames/{taken.strftime('%y%m%d')}/{found.detector.lower()}/{Path(key).name}"
    if not reasons:
        try:
            put(path, plan.folder / file)
        except FileExistsError as error:
            reasons.append(str(error))
    plan.journal.add(
        "frame", key=key, accepted=not reasons, reason="; ".join(reasons), file="" if reasons else file,
        split="" if reasons else group.split, group=group.name, events=" ".join(_events(plan, group.events, taken)),
        sha256=digest, size=path.stat().st_size, source=origin, **vars(found),
    )  # fmt: skip


def measure_file(path):
    """Measure a file without the warnings that every raw LASCO header causes."""
    with caught_warnings():
        warnings.simplefilter("ignore", VerifyWarning)
        warnings.simplefilter("ignore", SunpyMetadataWarning)
        return measure(read_map(path))


def _events(plan, names, time):
    """Return the events whose window contains a time."""
    before, after = plan.window
    return [name for name in names if plan.times[name] - before <= time <= plan.times[name] + after]


def group_events(table, *, before, after):
    """
    Group events (columns ``event`` and ``time``) whose windows overlap, and divide the groups where the split changes.

    A window is truncated at the first midnight at which the split changes. Windows that start between that midnight and
    the original end of the truncated window start only at that end.
    """
    groups, embargoes = [], {}  # embargoes: end of the excluded time after each midnight
    for index in table["time"].argsort() if len(table) else ():
        name, start, end = str(table["event"][index]), table["time"][index] - before, table["time"][index] + after
        for midnight, until in embargoes.items():
            if midnight <= start < until:
                start = until
        if start >= end:
            log.info(f"No frames are left for the event {name}: {_OTHER_SPLIT}.")
            continue
        midnight = _change_of_split(start, end)
        if midnight is not None:
            embargoes[midnight] = max(embargoes.get(midnight, end), end)
            end = midnight - 1 * u.ms
        if groups and start <= groups[-1].end:
            groups[-1].end = max(groups[-1].end, end)
            groups[-1].events.append(name)
        else:
            groups.append(Group(name, start, end, [name]))
    return groups


def _change_of_split(start, end):
    """Return the first midnight between two times at which the split changes, or `None`."""
    first, last = (int(np.floor(time.utc.mjd)) for time in (start, end))
    for day in range(first + 1, last + 1):
        midnight = Time(day, format="mjd", scale="utc")
        if split_of(midnight) != split_of(start):
            return midnight
    return None


def group_times(times, *, gap):
    """
    Group times of frames of one split that are separated by at most a gap, for a build without a catalog.

    A time within the gap after a time of another split is in no group.
    """
    groups = []
    for time in sorted(times):
        close = groups and time - groups[-1].end <= gap
        if close and split_of(time) == groups[-1].split:
            groups[-1].end = time
        elif not close:
            groups.append(Group(time.strftime("%Y%m%dT%H%M%S"), time, time))
    return groups
