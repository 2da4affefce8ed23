"""Calibration files are downloaded once, and pinned by their checksums."""

import pytest

from sunpy_coronagraph_inpaint.fetch.checksummed import CalibrationFileChangedError, Downloads
from tests.fetch.servers import Server

RAMP = "lasco/data/calib/C3ramp.fts"
CLOCK = "idl/data/calib/TIME_DIFF.DAT"
CONTENT = b"SIMPLE  =                    T" + bytes(2850)


@pytest.fixture
def server():
    """Serve a calibration file."""
    server = Server()
    server.files |= {RAMP: CONTENT, CLOCK: b"1234"}
    yield server
    server.close()


@pytest.fixture
def downloads(server, tmp_path):
    """Return the downloads of a new process from that server, after a mirror that has none of the files."""
    return lambda: Downloads(tmp_path / "cache", mirrors=[f"{server.url}nothing/here", server.url])


def test_downloaded_once(server, downloads, tmp_path):
    """A file comes from the first mirror that has it, and needs no server from then on."""
    assert downloads().known(RAMP) is None
    path = downloads().get(RAMP)
    assert path == tmp_path / "cache" / "C3ramp.fts"
    assert path.read_bytes() == CONTENT
    record = downloads().known(RAMP)
    assert record["url"] == server.url + RAMP
    assert len(record["file_hash"]) == 64
    server.asked.clear()
    assert downloads().get(RAMP) == path
    assert server.asked == []
    assert downloads().known(CLOCK) is None


def test_a_changed_copy_is_an_error(downloads):
    """A copy that was changed on disk is not used."""
    path = downloads().get(RAMP)
    path.write_bytes(CONTENT + b"\0")
    with pytest.raises(CalibrationFileChangedError, match="was changed since"):
        downloads().get(RAMP)


def test_a_changed_file_on_the_server_is_an_error(server, downloads):
    """A file that changed on the server is an error until the old one is forgotten; until then that one stays."""
    path = downloads().get(RAMP)
    assert downloads().refresh(RAMP) == path
    server.files[RAMP] = CONTENT + b"\0"
    with pytest.raises(CalibrationFileChangedError, match="The server has another file now"):
        downloads().refresh(RAMP)
    assert path.read_bytes() == CONTENT
    path.unlink()
    with pytest.raises(CalibrationFileChangedError, match="--forget C3ramp"):
        downloads().get(RAMP)
    downloads().forget(RAMP)
    assert downloads().known(RAMP) is None
    assert downloads().get(RAMP).read_bytes() == CONTENT + b"\0"


@pytest.mark.parametrize("content", [b"<html>Please log in</html>", b"", b"SIMPLY NOT"])
def test_what_is_no_calibration_file_is_not_used(server, downloads, tmp_path, caplog, content):
    """A page of a portal in place of a file is neither taken nor remembered."""
    server.files[RAMP] = content
    assert downloads().get(RAMP) is None
    assert downloads().known(RAMP) is None
    assert not (tmp_path / "cache" / "C3ramp.fts").exists()
    assert "is not a .fts file" in caplog.text


def test_a_server_that_cannot_be_reached_is_asked_once(server, tmp_path):
    """Where no server answers, no other file is asked for in the next minutes."""
    server.close()
    downloads = Downloads(tmp_path / "cache", mirrors=[server.url])
    assert downloads.get(RAMP) is None
    downloads.mirrors = (None,)  # which cannot be asked
    assert downloads.get(CLOCK) is None


@pytest.mark.parametrize("status", [403, 404, 500])
def test_a_server_that_answers_is_asked_for_the_next_file(server, downloads, status):
    """A server that does not have one file may have another."""
    server.moods[RAMP] = [status]
    here = downloads()
    assert here.get(RAMP) is None
    assert here.get(CLOCK).read_bytes() == b"1234"


def test_no_mirror(server, downloads, tmp_path):
    """Without a mirror there are the files that were downloaded before."""
    path = downloads().get(RAMP)
    alone = Downloads(tmp_path / "cache", mirrors=[])
    assert alone.get(RAMP) == path
    assert alone.get(CLOCK) is None
