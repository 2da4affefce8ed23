"""Search in the VSO and in the NRL archive."""

import gc
import warnings

import numpy as np
import pytest

import astropy.units as u

from sunpy.net import Fido
from sunpy.net import attrs as a
from sunpy.time import TimeRange, parse_time

from sunpy_coronagraph_inpaint.fetch import (
    ChangedAnswerError,
    DownloadOptions,
    FetchError,
    NoFramesError,
    OutageError,
    StaleFileError,
    search_lasco,
)
from sunpy_coronagraph_inpaint.fetch.vso import parse_fileid
from tests.fetch.conftest import FILEID, HOUR, NAME, NOTHING


@pytest.mark.parametrize("provider", ["VSO", "NRL", "auto"])
def test_a_known_frame_is_found(world, provider):
    """Both archives know the frame, with its camera and level, and nothing of the wrong kind comes with it."""
    found = search_lasco(HOUR, "c3", provider=provider, options=world)
    assert NAME in [fileid.rsplit("/", 1)[-1] for fileid in found["fileid"]]
    assert set(found["Detector"]) == {"C3"}
    assert set(found["Level"]) == {"0.5"}
    assert all(parse_time(HOUR[0]) <= found["Start Time"])
    assert all(found["Size"] > 1.9 * u.Mibyte)
    assert np.all(np.diff(found["Start Time"].mjd) >= 0)


@pytest.mark.parametrize("provider", ["VSO", "NRL"])
def test_nothing_found(world, provider):
    """An archive that answers and has nothing is told apart from one that does not answer."""
    with pytest.raises(NoFramesError, match=r"There is no C3 frame of level 0\.5 of 1024x1024 pixels from 1998-07-15"):
        search_lasco(NOTHING, "C3", provider=provider, options=world)


def test_vso_answer_is_repaired(store, vso_server, options):
    """Of frames of both levels, cameras and sizes, once and twice, the right one is left."""
    store()
    day = {"day": "020108", "camera": "c3"}
    first = dict(vso_server.records[0])
    others = [
        {"fileid": FILEID.format(**day, name="35082037.fts").replace("level_05", "level_1")},
        {"fileid": FILEID.format(day="020108", camera="c2", name="22082038.fts")},
        {"fileid": FILEID.format(**day, name="32082038.fts"), "size": 522.0},
        {"fileid": "something else"},
        {},
    ]
    vso_server.records += [first | other for other in others]
    found = search_lasco(HOUR, "C3", provider="VSO", options=options)
    assert list(found["fileid"]) == [first["fileid"]]
    assert vso_server.queries[0]["detector"] == "C3"
    small = search_lasco(HOUR, "C3", full_size=False, provider="VSO", options=options)
    assert [fileid[-12:] for fileid in small["fileid"]] == [NAME, "32082038.fts"]
    (calibrated,) = search_lasco(HOUR, "C3", level=1, options=options)
    assert calibrated["fileid"].endswith("level_1/020108/c3/35082037.fts")


@pytest.mark.parametrize("size", [-1.0, 0.0])
def test_a_size_that_the_vso_does_not_know_keeps_the_frame(store, options, size):
    """A record without a size is looked at when it has arrived."""
    store(kib=size)
    assert len(search_lasco(HOUR, "C3", provider="VSO", options=options)) == 1


def test_summed_frames_of_the_nrl_are_left_out(store, options):
    """The index tells the number of pixels."""
    store()
    store("32082038.fts", clock="02:30:00.000", size=512, listed=False)
    assert len(search_lasco(HOUR, "C3", provider="NRL", options=options)) == 1
    assert len(search_lasco(HOUR, "C3", provider="NRL", full_size=False, options=options)) == 2


def test_the_nrl_search_crosses_midnight(store, options):
    """Every day has an index; a day without one is a gap."""
    store(clock="23:50:00.000")
    store("32082040.fts", day="2002/01/10", clock="00:10:00.000")
    found = search_lasco(("2002-01-08 20:00", "2002-01-10 01:00"), "C3", provider="NRL", options=options)
    assert [row["url"][-22:] for row in found] == ["020108/c3/32082037.fts", "020110/c3/32082040.fts"]


def test_a_vso_that_is_down_is_replaced(store, vso_server, options, caplog):
    """The second archive is asked, and the user is told."""
    store()
    vso_server.close()
    found = search_lasco(HOUR, "C3", options=options)
    assert found["Provider"][0] == "NRL"
    assert "cannot be reached" in caplog.text


def test_a_vso_that_has_nothing_is_replaced(store, options):
    """The catalog of the VSO ends years before the archive does."""
    store(listed=False)
    assert search_lasco(HOUR, "C3", options=options)["Provider"][0] == "NRL"


@pytest.mark.parametrize(
    ("fault", "error", "match"),
    [
        (500, OutageError, "returns a fault"),
        (503, OutageError, "returns a fault"),
        ("VSO-C500 Can't connect to vso1.nascom.nasa.gov", OutageError, "cannot reach its source: VSO-C500"),
        ("page", ChangedAnswerError, "has an unknown format"),
    ],
)
def test_failures_of_the_vso(vso_server, options, fault, error, match):
    """An outage, also one behind the VSO, and an answer in another language are told apart."""
    vso_server.fault = fault
    with pytest.raises(error, match=match):
        search_lasco(HOUR, "C3", provider="VSO", options=options)


@pytest.mark.parametrize(
    ("mood", "error"), [(500, OutageError), ("page", ChangedAnswerError), ("slow", OutageError), (404, OutageError)]
)
def test_failures_of_the_description(vso_server, options, mood, error):
    """The description of the VSO can fail as well."""
    vso_server.moods["wsdl"] = [mood]
    with pytest.raises(error):
        search_lasco(HOUR, "C3", provider="VSO", options=options)


def test_unknown_file_names_of_the_vso(vso_server, store, options):
    """When no file name is understood, the archive has changed."""
    store()
    vso_server.records[0]["fileid"] = "urn:lasco:1"
    with pytest.raises(
        ChangedAnswerError, match="None of the VSO's file names has a known format; the first is 'urn:lasco:1'"
    ):
        search_lasco(HOUR, "C3", provider="VSO", options=options)


@pytest.mark.parametrize(
    ("mood", "error", "match"),
    [
        (500, OutageError, "the server returns status 500"),
        ("slow", OutageError, "the server does not respond in time"),
        ("page", ChangedAnswerError, "is a web page instead of an index"),
    ],
)
def test_failures_of_the_nrl(store, nrl_server, options, mood, error, match):
    """An outage is told from an answer in another language; a slow server counts as one that is out."""
    store()
    nrl_server.moods["020108/c3/img_hdr.txt"] = [mood]
    with pytest.raises(error, match=match):
        search_lasco(HOUR, "C3", provider="NRL", options=options)


def test_a_passing_failure_of_the_nrl_is_not_seen(store, nrl_server, options):
    """The index is asked for again, and once more."""
    store()
    index = "020108/c3/img_hdr.txt"
    nrl_server.moods[index] = [500, "cut", "ok"]
    assert len(search_lasco(HOUR, "C3", provider="NRL", options=options)) == 1
    assert nrl_server.count(index) == 3


def test_four_failures_have_four_messages():
    """Nothing found, an outage, a stale file and a changed answer are four classes, none derived from another."""
    kinds = [NoFramesError, OutageError, StaleFileError, ChangedAnswerError]
    assert all(issubclass(kind, FetchError) for kind in kinds)
    assert not any(issubclass(one, other) for one in kinds for other in kinds if one is not other)


@pytest.mark.parametrize(
    ("question", "error", "match"),
    [
        ({"detector": "C1"}, ValueError, "There is no detector 'C1'"),
        ({"level": 2}, ValueError, "There is no level '2'"),
        ({"provider": "ESA"}, ValueError, "There is no provider 'ESA'"),
        ({"level": 1, "provider": "NRL"}, ValueError, "level 0.5 only"),
        ({"time": HOUR[::-1]}, ValueError, "is before its start"),
    ],
)
def test_wrong_questions(question, error, match):
    """A question that makes no sense is not asked."""
    with pytest.raises(error, match=match):
        search_lasco(**{"time": HOUR, "detector": "C3"} | question)


@pytest.mark.parametrize("time", [a.Time(*HOUR), TimeRange(*HOUR), HOUR])
def test_times(store, options, time):
    """A time can be given in three ways."""
    store()
    assert len(search_lasco(time, "C3", options=options)) == 1


LASCO = [a.Time(*HOUR), a.Instrument.lasco, a.Detector("C3")]


@pytest.mark.parametrize(
    ("query", "answers"),
    [
        ([*LASCO, a.Provider("NRL")], True),
        ([*LASCO, a.Provider("nrl"), a.Source("SOHO")], True),
        (LASCO, False),
        ([*LASCO, a.Provider("SDAC")], False),
        ([*LASCO[:2], a.Provider("NRL")], False),
        ([a.Time(*HOUR), a.Instrument.aia, a.Detector("C3"), a.Provider("NRL")], False),
        ([*LASCO, a.Provider("NRL"), a.Wavelength(193 * u.AA)], False),
        ([a.Time(*HOUR), a.Instrument.lasco, a.Detector("C1"), a.Provider("NRL")], False),
    ],
)
def test_the_client_answers_only_when_asked_for(query, answers):
    """Other searches stay what they are."""
    names = [client.__name__ for client in Fido._check_registered_widgets(*query)] if answers or len(query) else []
    assert ("NRLClient" in names) == answers


def test_fido_finds_and_fetches(store, tmp_path):
    """The client works with Fido itself, beside the VSO."""
    store()
    found = Fido.search(*LASCO, a.Provider("NRL"))
    (table,) = [part for part in found if part.client.__class__.__name__ == "NRLClient"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # parfive leaves its event loop open
        files = Fido.fetch(table, path=tmp_path / "{detector}" / "{file}", progress=False)
        gc.collect()
    assert [file[-15:] for file in files] == [f"C3/{NAME}"]
    assert not files.errors


@pytest.mark.parametrize(
    ("fileid", "expected"),
    [
        (FILEID.format(day="230304", camera="c3", name="32733517.fts"), ("C3", "0.5", "230304", "32733517.fts")),
        ("25119649.fts", ("C2", "1", "", "25119649.fts")),
        ("x/level_1/101124/c2/25352163.fts.gz", ("C2", "1", "101124", "25352163.fts.gz")),
        ("11234567.fts", ("C1", "0.5", "", "11234567.fts")),
        ("42123456.fts", None),
        ("32733517.txt", None),
        ("", None),
    ],
)
def test_file_names(fileid, expected):
    """A file name tells camera, level and day, or nothing."""
    assert parse_fileid(fileid) == expected


def test_default_options():
    """By default a slow archive is waited for, and asked again."""
    assert DownloadOptions().tries > 1
    assert DownloadOptions().timeout >= 30 * u.s


@pytest.mark.parametrize("option", [{"pause": 2.0}, {"timeout": 3 * u.m}])
def test_times_have_units(option):
    """A time without a unit of time is refused."""
    with pytest.raises(TypeError, match="must be a time with a unit"):
        DownloadOptions(**option)
