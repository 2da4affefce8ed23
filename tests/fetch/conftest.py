"""Archives to fetch from: on the loopback, and, where tests may use the network, the real ones."""

from functools import cache

import pytest

import astropy.units as u

import sunpy.net.vso.vso

import sunpy_coronagraph_inpaint.fetch.context
from sunpy_coronagraph_inpaint.fetch import Cache, DownloadOptions, nrl
from sunpy_coronagraph_inpaint.io import write_map
from sunpy_coronagraph_inpaint.simulate import plain_corona
from tests.fetch.servers import JSOCServer, NRLServer, VSOServer

#: A frame that the real archives have, too.
NAME, DAY, CLOCK = "32082037.fts", "2002/01/08", "02:18:05.594"
HOUR = ("2002-01-08 02:00", "2002-01-08 03:00")
#: SOHO was lost then.
NOTHING = ("1998-07-15 00:00", "1998-07-15 06:00")
FILEID = "/archive/soho/private/data/processed/lasco/level_05/{day}/{camera}/{name}"

REAL = pytest.param("real", marks=pytest.mark.remote_data)


@pytest.fixture(scope="session")
def frame(tmp_path_factory):
    """Make the file of a level-0.5 frame: its content and its header."""
    folder = tmp_path_factory.mktemp("frames")

    @cache
    def make(name=NAME, day=DAY, clock=CLOCK, detector="C3", size=1024, **header):
        smap = plain_corona(detector=detector, size=size)
        smap.meta.update({"filename": name, "date-obs": day, "time-obs": clock, **header})
        path = write_map(smap, folder / f"{name}.{len(list(folder.iterdir()))}")
        return path.read_bytes(), dict(smap.meta)

    return make


def _served(server):
    yield server
    server.close()


@pytest.fixture
def nrl_server(monkeypatch):
    """Serve the archive of the Naval Research Laboratory."""
    server = NRLServer()
    monkeypatch.setattr(nrl, "ARCHIVE", server.url)
    yield from _served(server)


@pytest.fixture
def vso_server(monkeypatch):
    """Serve the broker of the Virtual Solar Observatory."""
    server = VSOServer()
    monkeypatch.setattr(sunpy.net.vso.vso, "DEFAULT_URL_PORT", server.mirrors)
    yield from _served(server)


@pytest.fixture
def jsoc_server(monkeypatch):
    """Serve JSOC's JSON."""
    server = JSOCServer()
    monkeypatch.setattr(sunpy_coronagraph_inpaint.fetch.context, "JSOC", server.url)
    yield from _served(server)


@pytest.fixture
def store(nrl_server, vso_server, frame):
    """Put a frame into both archives and return its path in the first."""

    def put(name=NAME, *, listed=True, located=True, kib=2058.75, **options):
        content, header = frame(name, **options)
        path = nrl_server.add(name, content, header)
        day, camera, _ = path.split("/")
        fileid = FILEID.format(day=day, camera=camera, name=name)
        start = header["date-obs"].replace("/", "") + header["time-obs"][:8].replace(":", "")
        if listed:
            vso_server.records.append(
                {
                    "start": start,
                    "end": start,
                    "fileid": fileid,
                    "instrument": "LASCO",
                    "physobs": "intensity",
                    "size": kib,
                }
            )
        if located:
            vso_server.locations[fileid] = f"{nrl_server.url}vso/{name}"
            nrl_server.files[f"vso/{name}"] = content
        return path

    return put


@pytest.fixture
def options():
    """Return short pauses and timeouts."""
    return DownloadOptions(progress=False, pause=0.01 * u.s, timeout=1.0 * u.s, tries=3)


@pytest.fixture
def kept(tmp_path):
    """Return an empty cache."""
    return Cache(tmp_path / "cache")


@pytest.fixture(params=["loopback", REAL])
def world(request):
    """Run a test against the servers of the loopback, and again against the real ones, which hold the same frame."""
    if request.param == "loopback":
        for name in ("nrl_server", "vso_server", "store"):
            request.getfixturevalue(name)
        request.getfixturevalue("store")()
        return request.getfixturevalue("options")
    return DownloadOptions(progress=False)
