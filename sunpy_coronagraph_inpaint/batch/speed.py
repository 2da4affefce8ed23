"""
How long things take, as ratios in one run, so that a busy or slow machine does not matter.

The frame is artificial and nothing is downloaded. Every measure is the shortest of several, after one that warms up.
"""

import subprocess
import sys
import tempfile
import time
import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

__all__ = ["Measure", "measure_files", "measure_frame", "measure_start", "shortest"]

_MEMORY = """
import sys, warnings
warnings.simplefilter("ignore")
from sunpy import log
log.setLevel("WARNING")
from sunpy_coronagraph_inpaint.evaluate.memory import growth
from sunpy_coronagraph_inpaint.io import read_map
from sunpy_coronagraph_inpaint.inpaint.maps import inpaint_map
import sunpy.map, scipy.ndimage, scipy.sparse.linalg, torch
with growth() as memory:
    inpaint_map(read_map(sys.argv[1]), method=sys.argv[2])
print(memory())
"""
_START = "import sys; from sunpy_coronagraph_inpaint.cli import main; main(sys.argv[1:])"


#: What every way of filling is compared with.
_BASE = "skimage biharmonic"


class Measure(NamedTuple):
    """One line of the table: what, how much, and how many times as much as something else of the same run."""

    what: str
    value: float
    unit: str
    ratio: float
    to: str


def shortest(function, repeat):
    """
    Return the shortest time of several calls after one that warms up, seconds.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.batch.speed import shortest
    >>> shortest(lambda: None, 3) < 0.1
    True
    """
    function()
    times = []
    for _ in range(repeat):
        begun = time.perf_counter()
        function()
        times.append(time.perf_counter() - begun)
    return min(times)


@contextmanager
def _quiet():
    from sunpy import log

    level = log.level
    log.setLevel("WARNING")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.setLevel(level)


def _frame_file(folder, blocks, seed=1):
    from sunpy_coronagraph_inpaint.io import write_map
    from sunpy_coronagraph_inpaint.simulate import damage, plain_corona

    smap = plain_corona(detector="C3", seed=seed)
    return write_map(damage(smap, blocks=blocks, seed=seed) if blocks else smap, Path(folder) / f"{blocks}_{seed}.fts")


def measure_frame(*, blocks=5, repeat=5, methods=None):
    """
    Time one frame of C3: nothing missing, and some blocks filled by every method and by what others offer.

    Parameters
    ----------
    blocks : int, optional
        How many blocks are missing.
    repeat : int, optional
        How often each is measured.
    methods : list of str, optional
        Which methods, all that need no neighbors by default.

    Returns
    -------
    list of `Measure`
        The peers fill the same holes of the same frame, which is read, searched and prepared for them, and need not
        make a map of it. A method that cannot work here has not a number.

    Examples
    --------
    >>> from sunpy_coronagraph_inpaint.batch.speed import measure_frame
    >>> measures = measure_frame(blocks=1, repeat=1, methods=["harmonic"])
    >>> measures[0].what, measures[0].ratio
    ('read FITS (sunpy.map.Map)', 1.0)
    """
    import sunpy.map

    from sunpy_coronagraph_inpaint.inpaint.benchmark.peers import PEERS, not_installed
    from sunpy_coronagraph_inpaint.inpaint.maps import inpaint_map, prepare
    from sunpy_coronagraph_inpaint.inpaint.methods import get_method, list_methods
    from sunpy_coronagraph_inpaint.io import read_map, write_map

    names = methods or [name for name in list_methods() if not get_method(name).needs_neighbors]
    with tempfile.TemporaryDirectory() as folder, _quiet():
        sound_file, file = _frame_file(folder, 0), _frame_file(folder, blocks)
        sound, smap = read_map(sound_file), read_map(file)
        reading = shortest(lambda: sunpy.map.Map(file), repeat)
        found = [Measure("read FITS (sunpy.map.Map)", reading, "s", 1.0, "reading")]

        def add(what, function, to="reading", base=reading):
            try:
                seconds = shortest(function, repeat)
            except (ImportError, OSError, ValueError, RuntimeError) as error:
                found.append(Measure(f"{what}: {error}", float("nan"), "s", float("nan"), to))
                return None
            found.append(Measure(what, seconds, "s", seconds / base, to))
            return seconds

        add("nothing missing: inpaint_map", lambda: inpaint_map(sound))
        add("nothing missing: file to map", lambda: inpaint_map(read_map(sound_file)))
        frame = prepare(smap).frame
        base = add(f"peer {_BASE}", lambda: PEERS[_BASE].function(_fresh(frame)))
        for name in PEERS:
            if name != _BASE and not not_installed(PEERS[name]):
                add(f"peer {name}", lambda name=name: PEERS[name].function(_fresh(frame)), _BASE, base)
        for name in names:
            add(f"{blocks} blocks, {name}", lambda name=name: inpaint_map(smap, method=name), _BASE, base)
        filled = inpaint_map(smap, method=names[0])
        add("write FITS (write_map)", lambda: write_map(filled, Path(folder) / "out.fts", overwrite=True))
    return found


def _fresh(frame):
    """Return the frame without what it has computed before, so that every call does all of its work."""
    from dataclasses import replace

    return replace(frame)


def measure_start(*, repeat=3, method="partial_conv"):
    """
    Measure a cold start and the memory of one fill, in processes of their own.

    Parameters
    ----------
    repeat : int, optional
        How many processes, of which the fastest counts.
    method : str, optional
        Whose memory.

    Returns
    -------
    list of `Measure`
    """
    with tempfile.TemporaryDirectory() as folder:
        file = str(_frame_file(folder, 5))
        sunpy_map = shortest(lambda: _run("import sunpy.map"), repeat)
        find = shortest(lambda: _run(_START, "find", file), repeat)
        found = [
            Measure("import sunpy.map", sunpy_map, "s", 1.0, "import sunpy.map"),
            Measure("cold start: coronagraph-inpaint find FILE", find, "s", find / sunpy_map, "import sunpy.map"),
        ]
        if sys.platform != "win32":
            memory = float(_run(_MEMORY, file, method))
            found.append(
                Measure(f"memory beyond importing, 5 blocks, {method}", memory, "MiB", memory / 350, "350 MiB")
            )
    return found


def _run(program, *arguments):
    done = subprocess.run([sys.executable, "-c", program, *arguments], check=True, capture_output=True, text=True)
    return done.stdout


def measure_files(*, number=40, damaged=0.25, jobs=1, method=None):
    """
    Count files per second from disk to disk, and compare with reading them alone.

    Parameters
    ----------
    number : int, optional
        How many files.
    damaged : float, optional
        Which share of them misses 5 blocks.
    jobs : int, optional
        Processes. With more than one, starting them counts.
    method : str, optional
        How to fill.

    Returns
    -------
    list of `Measure`
        ``ratio`` is the share of the time in which the same files can be read: 1 would be as fast as reading.
    """
    import sunpy.map

    from sunpy_coronagraph_inpaint.batch import inpaint_files

    with tempfile.TemporaryDirectory() as folder, _quiet():
        sound, broken = _frame_file(folder, 0), _frame_file(folder, 5)
        (Path(folder) / "in").mkdir()
        paths = []
        for i in range(number):
            path = Path(folder) / "in" / f"{i:05d}.fts"
            path.write_bytes((broken if int((i + 1) * damaged) > int(i * damaged) else sound).read_bytes())
            paths.append(path)
        reading = shortest(lambda: [sunpy.map.Map(path) for path in paths[:20]], 1) / min(number, 20)
        begun = time.perf_counter()
        table = inpaint_files(paths, Path(folder) / "out", jobs=jobs, method=method)
        seconds = (time.perf_counter() - begun) / number
    failed = int((table["status"] == "failed").sum())
    if failed:
        msg = f"{failed} of {number} files failed, so there is nothing to measure: {table['message'][0]}"
        raise RuntimeError(msg)
    what = f"{number} files, {100 * damaged:.0f} % damaged, {jobs} job{'s' * (jobs > 1)}"
    return [
        Measure("read FITS alone", 1 / reading, "files/s", 1.0, "reading"),
        Measure(what, 1 / seconds, "files/s", reading / seconds, "reading"),
    ]
