"""Fetch frames: in parallel, again, checked, kept, and never half of one."""

import gzip
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from astropy.time import Time

from sunpy_coronagraph_inpaint.fetch import (
    DamagedFileError,
    OutageError,
    StaleFileError,
    fetch,
    search_lasco,
)
from sunpy_coronagraph_inpaint.fetch.cache import sha256_of
from sunpy_coronagraph_inpaint.fetch.verify import read_header, verify_frame
from tests.fetch.conftest import HOUR, NAME
from tests.fetch.servers import wait_until

VSO_PATH, NRL_PATH = f"vso/{NAME}", f"020108/c3/{NAME}"


def _names(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("provider", ["VSO", "NRL"])
def test_a_known_frame_arrives(world, kept, tmp_path, provider):
    """The frame is there under its name, whole, and fetched once."""
    found = search_lasco(HOUR, "C3", provider=provider, options=world)
    (row,) = [index for index, fileid in enumerate(found["fileid"]) if fileid.endswith(NAME)]
    for _ in range(2):
        files = fetch(found[[row]], tmp_path / "frames", cache=kept, options=world)
        assert not files.errors
        assert _names(tmp_path / "frames") == [NAME]
        assert read_header(files[0])["time-obs"] == "02:18:05.594"


def test_a_stale_address(world, kept, tmp_path):
    """A file that the index has and the archive has not is told as such."""
    found = search_lasco(HOUR, "C3", provider="NRL", options=world)[:1]
    found["url"] = [found["url"][0].replace(NAME, "32000000.fts")]
    files = fetch(found, tmp_path, cache=kept, options=world)
    assert isinstance(files.errors[0].exception, StaleFileError)
    assert "There is no file" in str(files.errors[0].exception)


@pytest.fixture
def get(store, kept, options, tmp_path):
    """Search and fetch everything from one provider into a directory."""

    def run(provider="NRL", **conditions):
        found = search_lasco(HOUR, "C3", provider=provider, options=options, **conditions)
        return fetch(found, tmp_path / "frames", cache=kept, options=options)

    return run


def test_fetched_once(get, store, nrl_server, vso_server):
    """A second fetch asks for no file, from whichever archive, and not where it is."""
    store()
    get("VSO")
    before = list(nrl_server.asked), vso_server.asked.count(("POST", "GetData"))
    get("VSO")
    assert nrl_server.asked == before[0]
    assert vso_server.asked.count(("POST", "GetData")) == before[1] == 1
    get("NRL")
    assert nrl_server.count(NRL_PATH) == 0


def test_a_changed_file_in_the_cache_is_fetched_again(get, store, nrl_server, kept):
    """The cache goes by content: what was changed on the disk is not taken."""
    store()
    (first,) = get()
    (kept_file,) = (path for path in (kept.root / "objects").rglob("*") if path.is_file())
    digest = kept_file.name
    kept_file.write_bytes(b"spoiled")
    # On one disk the user's file is the same: what is in its place now is not replaced before it is moved away.
    refused = get()
    assert "with different content" in str(refused.errors[0].exception)
    assert Path(first).read_bytes() == b"spoiled"
    Path(first).unlink()
    (again,) = get()
    assert first == again
    assert sha256_of(again) == digest
    assert nrl_server.count(NRL_PATH) == 2


@pytest.mark.parametrize("moods", [[500, "ok"], ["cut", "ok"], ["short", "ok"], ["slow", "ok"], ["page", "ok"]])
def test_passing_failures_are_not_seen(get, store, nrl_server, moods, tmp_path):
    """A server error, a cut, a file of the wrong size, silence and a web page are tried again."""
    store()
    nrl_server.moods[NRL_PATH] = [moods[0], *moods]  # the first is taken by the HEAD request of a status
    files = get()
    assert not files.errors
    verify_frame(files[0], detector="C3")
    assert _names(tmp_path / "frames") == [NAME]


@pytest.mark.parametrize(
    ("mood", "error", "match"),
    [
        (500, OutageError, "the server returns status 500"),
        (503, OutageError, "the server returns status 503"),
        ("slow", OutageError, "the server does not respond in time"),
        ("cut", DamagedFileError, "cut before the file was complete"),
        ("short", DamagedFileError, "bytes, but its header implies|is not a FITS file"),
        ("page", DamagedFileError, "is not a FITS file"),
        (404, StaleFileError, "There is no file"),
        (410, StaleFileError, "There is no file"),
    ],
)
def test_lasting_failures(get, store, nrl_server, kept, tmp_path, mood, error, match):
    """What does not pass is told, and leaves neither a file nor half of one, nor anything in the cache."""
    store()
    nrl_server.moods[NRL_PATH] = [mood]
    files = get()
    assert len(files) == 0
    assert type(files.errors[0].exception) is error
    with pytest.raises(error, match=match):
        raise files.errors[0].exception
    assert not (tmp_path / "frames").exists() or _names(tmp_path / "frames") == []
    assert _names(kept.root) == []
    assert nrl_server.count(NRL_PATH) <= 6


def test_one_bad_file_does_not_spoil_the_others(get, store, nrl_server, tmp_path):
    """Files are fetched side by side, and each stands for itself."""
    for minute in range(6):
        store(f"3208204{minute}.fts", clock=f"02:{minute:02d}:00.000")
    nrl_server.moods["020108/c3/32082042.fts"] = ["cut"]
    nrl_server.moods["020108/c3/32082044.fts"] = [404]
    files = get()
    assert [file[-8:] for file in files] == ["2040.fts", "2041.fts", "2043.fts", "2045.fts"]
    assert [type(error.exception) for error in files.errors] == [DamagedFileError, StaleFileError]
    assert len(_names(tmp_path / "frames")) == 4


def test_another_file_of_that_name_stays(get, store, tmp_path):
    """A file that is there is not replaced by another one."""
    store()
    (tmp_path / "frames").mkdir()
    (tmp_path / "frames" / NAME).write_text("of the user")
    files = get()
    assert len(files) == 0
    assert isinstance(files.errors[0].exception, FileExistsError)
    assert (tmp_path / "frames" / NAME).read_text() == "of the user"


def test_the_second_archive_helps_the_first(get, store, nrl_server):
    """A frame that the VSO cannot locate, or whose address is stale, comes from the NRL."""
    store(located=False)
    assert len(get("VSO")) == 1
    assert nrl_server.count(NRL_PATH) == 1


def test_a_stale_address_of_the_vso(get, store, nrl_server):
    """The address is not asked again and again, and the second archive has the file."""
    store()
    nrl_server.moods[VSO_PATH] = [404]
    assert len(get("VSO")) == 1
    assert nrl_server.count(VSO_PATH) == 1  # after a HEAD, parfive asks once by GET


def test_the_vso_goes_down_between_search_and_fetch(store, vso_server, kept, options, tmp_path, caplog):
    """The files come from the other archive."""
    store()
    found = search_lasco(HOUR, "C3", provider="VSO", options=options)
    vso_server.fault = 500
    files = fetch(found, tmp_path, cache=kept, options=options)
    assert len(files) == 1
    assert "is tried instead" in caplog.text


def test_a_frame_of_another_camera_is_refused(get, store, nrl_server, frame):
    """The header must agree with the question."""
    store()
    nrl_server.files[NRL_PATH] = frame("22082037.fts", detector="C2")[0]
    files = get()
    assert "is of LASCO C2, not of LASCO C3" in str(files.errors[0].exception)


def test_a_small_frame_of_unknown_size_is_refused(get, store):
    """What the VSO's size does not tell, the header does."""
    store()
    store("32082038.fts", clock="02:30:00.000", size=512, kib=-1.0)
    files = get("VSO")
    assert [file[-12:] for file in files] == [NAME]
    assert "has 512x512 pixels, not 1024x1024" in str(files.errors[0].exception)


def test_interrupted(store, nrl_server, kept, tmp_path):
    """An interrupt stops the run; what was complete is kept, and nothing half."""
    for minute in range(4):
        store(f"3208204{minute}.fts", clock=f"02:{minute:02d}:00.000")
    nrl_server.moods["020108/c3/32082042.fts"] = ["slow"]
    program = f"""
import astropy.units as u
from sunpy_coronagraph_inpaint.fetch import Cache, DownloadOptions, fetch, nrl, search_lasco
nrl.ARCHIVE = {nrl_server.url!r}
found = search_lasco({HOUR!r}, "C3", provider="NRL")
options = DownloadOptions(connections=1, timeout=30 * u.s)
fetch(found, {str(tmp_path / "frames")!r}, cache=Cache({str(kept.root)!r}), options=options)
"""
    process = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE, text=True)
    wait_until(lambda: nrl_server.count("020108/c3/32082042.fts"), seconds=60)
    process.send_signal(signal.SIGINT)
    assert "KeyboardInterrupt" in process.communicate()[1]
    assert len(list((kept.root / "addresses").rglob("*.json"))) == 4  # an address and an alias of each
    assert _names(kept.root / "parts") == []
    assert not (tmp_path / "frames").exists()


def test_wrong_kind():
    """Only a table can be fetched."""
    with pytest.raises(TypeError, match="fetch takes the table that search_lasco returns, not list"):
        fetch([])


@pytest.mark.parametrize(
    ("change", "options", "match"),
    [
        ({}, {"detector": "C2"}, "is of LASCO C3, not of LASCO C2"),
        ({}, {"time": Time("2002-01-08T03:18:05")}, "was taken at 2002-01-08T02:18:05.594, not at"),
        ({}, {"level": "1"}, "has level 0.5, not 1"),
        ({"size": 512}, {"full_size": True}, "has 512x512 pixels"),
        ({"instrume": "EIT"}, {}, "is of EIT C3, not of LASCO"),
        ({"day": ""}, {}, "has no date"),
    ],
)
def test_verify(frame, tmp_path, change, options, match):
    """Each thing that can differ from the question is named."""
    path = tmp_path / NAME
    path.write_bytes(frame(**change)[0])
    with pytest.raises(DamagedFileError, match=match):
        verify_frame(path, **options)


@pytest.mark.parametrize("cut", [0, 100, 3000, 9000, 1_000_000, -2880, -1])
def test_a_cut_file_is_never_whole(frame, tmp_path, cut):
    """Wherever a file is cut, it is noticed."""
    path = tmp_path / NAME
    path.write_bytes(frame()[0][:cut])
    with pytest.raises(DamagedFileError):
        read_header(path)


def test_packed_files(frame, tmp_path):
    """A file packed with gzip is as good, and as well checked."""
    path = tmp_path / f"{NAME}.gz"
    path.write_bytes(gzip.compress(frame()[0], 1))
    assert read_header(path)["detector"] == "C3"
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(DamagedFileError):
        read_header(path)


def test_real_frames_are_whole(lasco_files):
    """Every real frame passes."""
    for path in lasco_files:
        level = "1" if "level_1" in str(path) else "0.5"
        verify_frame(path, detector=f"C{path.name[0]}", level=level)
