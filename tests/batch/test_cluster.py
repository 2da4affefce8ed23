"""The same work on a cluster: results as they come, and workers that die."""

import os
import signal

import pytest

from sunpy_coronagraph_inpaint import inpaint_files
from sunpy_coronagraph_inpaint.batch import process_files
from sunpy_coronagraph_inpaint.io import read_map
from tests.batch.deadly import Deadly

_REASON = "dask.distributed is not installed: it comes with the extra dask"
dask = pytest.importorskip("dask", reason=_REASON)
distributed = pytest.importorskip("distributed", reason=_REASON)

pytestmark = [
    pytest.mark.filterwarnings("ignore:Missing metadata for observer"),
    # Workers that are killed leave sockets behind, and a port may be taken on a machine that runs other clusters.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore:Port .* is already in use"),
]


@pytest.fixture
def client():
    """A cluster of two processes of one thread each."""
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 1}),
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs="CRITICAL"
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def test_cluster_writes_what_one_process_writes(frames, tmp_path, client):
    """Files are the same to the byte, errors are collected, and every outcome is told as it comes."""
    paths = [*frames(6), tmp_path / "missing.fts"]
    expected = inpaint_files(paths, tmp_path / "one")
    seen = []
    table = inpaint_files(paths, tmp_path / "many", client=client, on_result=seen.append)
    assert len(seen) == 7
    assert sorted(table["status"]) == sorted(expected["status"])
    for path in paths[:6]:
        assert (tmp_path / "many" / path.name).read_bytes() == (tmp_path / "one" / path.name).read_bytes()
    assert not list((tmp_path / "many").glob(".*.part"))


def test_killed_worker(frames, out, client):
    """A worker that is killed in the middle is replaced, and no file is lost or done by halves."""
    paths = frames(24, blocks=4)
    workers = list(client.run(os.getpid).values())

    def kill_one(outcome):
        if workers:
            os.kill(workers.pop(), getattr(signal, "SIGKILL", signal.SIGTERM))
            workers.clear()

    table = inpaint_files(paths, out, client=client, on_result=kill_one)
    assert set(table["status"]) == {"filled"}
    assert len(table) == 24
    for path in paths:
        assert read_map(out / path.name).meta["nfilled"] == 4096
    assert not list(out.glob(".*.part"))


def test_file_that_kills_every_worker(frames, out, client):
    """It fails, and the others are done, also those that were given to a worker together with it."""
    paths = frames(8)
    paths[0].with_suffix(".kill").write_text("always")
    table = process_files(paths, out, Deadly(), client=client)
    failed = table[table["status"] == "failed"]
    assert [source[-7:] for source in failed["source"]] == ["000.fts"]
    assert "No process could finish it" in failed["message"][0]
