"""Verify a data set against its manifest."""

from pathlib import Path

import numpy as np
from tqdm import tqdm

from sunpy_coronagraph_inpaint.dataset.build import measure_file
from sunpy_coronagraph_inpaint.dataset.manifest import read_manifest
from sunpy_coronagraph_inpaint.dataset.quality import NAMES, QualityCuts
from sunpy_coronagraph_inpaint.dataset.split import split_of
from sunpy_coronagraph_inpaint.fetch.cache import sha256_of


def verify_dataset(folder, *, progress=False):
    """
    Verify a data set: its files, their checksums, what was measured, the quality cuts, and the splits.

    Parameters
    ----------
    folder : path-like
        Directory of the data set.
    progress : bool, optional
        Whether to show a progress bar.

    Returns
    -------
    list of str
        One text for each problem; empty if the data set agrees with the manifest.

    Raises
    ------
    FileNotFoundError
        If there is no manifest.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.dataset import verify_dataset
    >>> verify_dataset("no_data_set")
    Traceback (most recent call last):
    ...
    FileNotFoundError: There is no manifest no_data_set/manifest.ecsv. Build the data set first.
    """
    folder = Path(folder)
    table = read_manifest(folder)
    cuts = QualityCuts.from_settings(table.meta["settings"]["cuts"])
    taken = table[table["accepted"]]
    problems = _split_problems(taken) + _unlisted_files(folder, taken)
    for row in tqdm(taken, unit="frame", disable=not progress):
        problems += [f"{row['file']}: {problem}" for problem in _file_problems(folder / row["file"], row, cuts)]
    problems += [
        f"{row['source']}: rejected without a reason" for row in table[~table["accepted"]] if not row["reason"]
    ]
    return problems


def _file_problems(path, row, cuts):
    if not path.is_file():
        return ["the file is missing"]
    if path.stat().st_size != int(row["size"].to_value("byte")):
        return [f"{path.stat().st_size} bytes instead of {int(row['size'].to_value('byte'))}"]
    if sha256_of(path) != row["sha256"]:
        return ["the content has changed"]
    try:
        found = measure_file(path)
    except (OSError, ValueError, TypeError, KeyError) as error:
        return [str(error)]
    differ = [name for name in NAMES if not _same(getattr(found, name), row[name])]
    return cuts.reasons(found) + [f"{name} is {getattr(found, name)}, not {row[name]}" for name in differ]


def _same(found, noted):
    noted = getattr(noted, "value", noted)
    return np.isclose(found, noted, rtol=1e-9, atol=0) if isinstance(found, float) else found == noted


def _split_problems(taken):
    """Check that each frame is in the split of its day, and each event in one split."""
    problems = []
    splits = {}
    for row in taken:
        right = split_of(row["date"])
        if row["split"] != right:
            problems.append(f"{row['file']}: in {row['split']} instead of {right}")
        for event in row["events"].split():
            splits.setdefault(event, set()).add(str(row["split"]))
    return problems + [f"event {event} is in {len(found)} splits" for event, found in splits.items() if len(found) > 1]


def _unlisted_files(folder, taken):
    known = set(taken["file"])
    there = (path.relative_to(folder).as_posix() for path in (folder / "frames").rglob("*") if path.is_file())
    return [f"{name}: not in the manifest" for name in sorted(there) if name not in known]
