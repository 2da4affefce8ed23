"""Look at a whole data set again."""

from pathlib import Path

import numpy as np
from tqdm import tqdm

from sunpy_coronagraph_inpaint.dataset.build import look_at
from sunpy_coronagraph_inpaint.dataset.manifest import read_manifest
from sunpy_coronagraph_inpaint.dataset.quality import NAMES, Limits
from sunpy_coronagraph_inpaint.dataset.split import side
from sunpy_coronagraph_inpaint.fetch.cache import sha256_of

__all__ = ["check_dataset"]


def check_dataset(folder, *, progress=False):
    """
    Verify a data set: files, checksums, measures, limits and sides.

    Parameters
    ----------
    folder : path-like
        Directory of the data set.
    progress : bool, optional
        Whether to show a progress bar.

    Returns
    -------
    list of str
        What is wrong, nothing if all is as the manifest says.

    Raises
    ------
    FileNotFoundError
        If there is no manifest.
    """
    folder = Path(folder)
    table = read_manifest(folder)
    limits = Limits(**table.meta["settings"]["limits"])
    taken = table[table["accepted"]]
    problems = _sides(taken) + _strangers(folder, taken)
    for row in tqdm(taken, unit="frame", disable=not progress):
        problems += [f"{row['file']}: {problem}" for problem in _file(folder / row["file"], row, limits)]
    problems += [
        f"{row['source']}: rejected without a reason" for row in table[~table["accepted"]] if not row["reason"]
    ]
    return problems


def _file(path, row, limits):
    if not path.is_file():
        return ["the file is gone"]
    if path.stat().st_size != int(row["size"].to_value("byte")):
        return [f"{path.stat().st_size} bytes instead of {int(row['size'].to_value('byte'))}"]
    if sha256_of(path) != row["sha256"]:
        return ["the content has changed"]
    try:
        found = look_at(path)
    except (OSError, ValueError, TypeError, KeyError) as error:
        return [str(error)]
    differ = [name for name in NAMES if not _same(getattr(found, name), row[name])]
    return limits.reasons(found) + [f"{name} is {getattr(found, name)}, not {row[name]}" for name in differ]


def _same(found, noted):
    noted = getattr(noted, "value", noted)
    return np.isclose(found, noted, rtol=1e-9, atol=0) if isinstance(found, float) else found == noted


def _sides(taken):
    """Make sure that each frame is on the side of its group, and each event on one side."""
    problems = [
        f"{row['file']}: in {row['split']} instead of {side(row['group'])}"
        for row in taken
        if row["split"] != side(row["group"])
    ]
    sides = {}
    for row in taken:
        for event in row["events"].split():
            sides.setdefault(event, set()).add(str(row["split"]))
    return problems + [f"event {event} is on {len(found)} sides" for event, found in sides.items() if len(found) > 1]


def _strangers(folder, taken):
    known = set(taken["file"])
    there = (path.relative_to(folder).as_posix() for path in (folder / "frames").rglob("*") if path.is_file())
    return [f"{name}: not in the manifest" for name in sorted(there) if name not in known]
