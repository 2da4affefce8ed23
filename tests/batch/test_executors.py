"""Files are read ahead, but not far."""

import threading
from pathlib import Path

from sunpy_coronagraph_inpaint.batch.executors import read_ahead


def test_files_are_read_ahead(tmp_path):
    """The next files, and no more, are read before they are needed; what is no file does not disturb."""
    opened, taken, lead = [], [], []
    gate = threading.Semaphore(0)

    class Watched(type(Path())):
        def is_file(self):
            gate.release()
            return super().is_file()

        def open(self, *arguments, **options):
            opened.append(self.name)
            return super().open(*arguments, **options)

    paths = [Watched(tmp_path / f"{i:02d}.fts") for i in range(12)]
    for path in paths[1:]:
        path.write_bytes(b"data")
    opened.clear()

    def one_by_one():
        for path in paths:
            taken.append(path)
            yield path

    met = []
    for path in read_ahead(one_by_one(), ahead=3):
        assert gate.acquire(timeout=10)
        met.append(path)
        lead.append(len(taken) - len(met))
    assert met == paths
    assert opened == [path.name for path in paths[1:]]
    assert max(lead) == 3
