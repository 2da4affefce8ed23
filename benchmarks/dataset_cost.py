"""
Measure the cost of building a data set: memory of the process, and time and disk space per frame for each step.

The frames are artificial frames of the size of real ones, served by a local archive, so that the download time is that
of this package and not of a network. Also prints the snow of frames in quiet times and in particle events, on which the
quality cut is based.

Run as ``python benchmarks/dataset_cost.py [FRAMES]``; 3000 frames, a month of C3, take 10 minutes and 7 GB of disk.
"""

import sys
import tempfile
import time
from pathlib import Path

from _common import peak_memory, shortest

import astropy.units as u
from astropy.time import Time, TimeDelta

from sunpy_coronagraph_inpaint.dataset import QualityCuts, build_dataset, open_dataset, verify_dataset
from sunpy_coronagraph_inpaint.dataset.build import measure_file
from sunpy_coronagraph_inpaint.dataset.quality import measure
from sunpy_coronagraph_inpaint.fetch import Cache, CMECatalog, DownloadOptions, nrl
from sunpy_coronagraph_inpaint.fetch.verify import verify_frame
from sunpy_coronagraph_inpaint.io import write_map
from sunpy_coronagraph_inpaint.simulate import Scene, observe, plain_corona

sys.path.insert(0, str(Path(__file__).parent.parent))
from tests.fetch.servers import NRLServer

_CADENCE = 900.0  # seconds: 96 frames a day, a month has 2976
_START = Time("2001-04-01T00:05:00")


class Month(NRLServer):
    """An archive that generates the content of a frame on request, so that a month of frames needs no memory."""

    def fill(self, count, template):
        """Add a number of frames, copies of one with different times in the header."""
        for number in range(count):
            taken = _START + TimeDelta(number * _CADENCE, format="sec")
            header = template[1] | {"date-obs": taken.isot[:10].replace("-", "/"), "time-obs": taken.isot[11:23]}
            self.add(f"3206{number:04d}.fts", (template[0], header["date-obs"], header["time-obs"]), header)

    def content(self, path, query):
        """Return the bytes of a frame with the time in its header."""
        content = self.files.get(path)
        if not isinstance(content, tuple):
            return content
        raw, day, clock = content
        return raw.replace(b"2004/10/08", day.encode()).replace(b"06:42:05.439", clock.encode())


def catalog(days):
    """Return events whose windows cover a number of days."""
    lines = []
    for number in range(days * 3):
        when = _START + TimeDelta(7200 + number * 8 * 3600.0, format="sec")
        date = f"{when.isot[:10].replace('-', '/')}  {when.isot[11:19]}"
        lines.append(f"{date}  90  80  500  500  500  500  0.0  1.0e+15  1.0e+30  90")
    return CMECatalog.parse("\n".join(lines))


def each(label, function, *arguments, repeat=20):
    """Print the time of a step."""
    print(f"{label:<46} {1000 * shortest(lambda: function(*arguments), repeat):7.1f} ms")


def main(count):
    """Print the numbers."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = write_map(plain_corona(), folder / "frame.fts")
        template = path.read_bytes(), dict(plain_corona().meta)
        each("verify a file (length, header)", verify_frame, path)
        each("read and measure (blocks, snow, saturation)", measure_file, path)
        server = Month()
        nrl.ARCHIVE = server.url
        server.fill(count, template)
        before = peak_memory()
        print(f"memory before the build: {before:.0f} MB")
        events = catalog(-(-count * int(_CADENCE) // 86400))
        options = {"catalog": events, "provider": "NRL", "cache": Cache(folder / "cache")}
        patience = DownloadOptions(progress=False)
        for run in ("first", "second"):
            server.asked.clear()
            start = time.perf_counter()
            table = build_dataset(folder / "set", options=patience, **options)
            seconds = time.perf_counter() - start
            print(
                f"{run} run: {table['accepted'].sum()} of {len(table)} frames in {seconds:.1f} s "
                f"({1000 * seconds / len(table):.0f} ms per frame), {len(server.asked)} requests, "
                f"memory at most {peak_memory():.0f} MB"
            )
        start = time.perf_counter()
        problems = verify_dataset(folder / "set")
        print(f"check: {len(problems)} problems, {1000 * (time.perf_counter() - start) / len(table):.0f} ms per frame")
        start = time.perf_counter()
        listed = len(open_dataset(folder / "set" / "frames"))
        print(f"list from headers: {listed} frames, {1000 * (time.perf_counter() - start) / listed:.1f} ms per frame")
        disk = {file.stat().st_ino: file.stat().st_size for file in folder.rglob("*") if file.is_file()}
        print(f"disk: {sum(disk.values()) / len(table) / 1e6:.2f} MB per frame, cache included")
        server.close()
    for detector, seconds in (("C2", 25.1), ("C3", 19.1)):
        scene = Scene.random(seed=3, detector=detector, start="2003-10-28", comet=False, exposure=seconds * u.s)
        found = [measure(observe(scene.replace(snow=snow), scene.start)[0]).snow for snow in (0.0, 10.0, 100.0)]
        print(f"snow of {detector} at 0, 10 and 100 times the quiet rate: {', '.join(f'{s:.4f}' for s in found)}")
    print(f"limit: {QualityCuts().max_snow}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
