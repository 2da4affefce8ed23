"""The CME catalog, and selections of its events."""

import numpy as np
import pytest

import astropy.units as u

from sunpy.time import TimeRange

from sunpy_coronagraph_inpaint.fetch import (
    ChangedAnswerError,
    CMECatalog,
    DamagedFileError,
    OutageError,
    StaleFileError,
)
from sunpy_coronagraph_inpaint.fetch.cme_catalog import CATALOG_URL
from tests.fetch.servers import Server

HEADING = """ ========= SOHO/LASCO CME CATALOG==========      LAST UPDATED: 2019/12/17 09:54
 Date       Time     Central  Width  Linear   2nd order speed      Accel     Mass      Kinetic    MPA   Remarks

"""
# Made up, in the form of the catalog.
LINES = """\
2001/03/29  10:26:05   Halo    360    942     898    985    970      3.5    ********   ********   104
2001/03/29  23:26:06    245     73    458     478    435    426     -1.4*   2.0e+15*   2.1e+30    241   Poor Event
2001/04/01  11:26:06    108   66   1475  ----   ----   ----   ------   -------  -------    105   Only 2 points; Only C3
2001/04/02  11:26:05    260   80   ----  ----   ----   ----  ------  -------  -------  262   Very Poor Event; Only C2
2001/04/02  11:26:05    260     80    992     940   1044   1055      8.2    1.3e+15    6.4e+30    262   Partial Halo
"""


@pytest.fixture
def catalog():
    """Parse a short catalog."""
    return CMECatalog.parse(HEADING + LINES)


def test_every_value_is_kept(catalog):
    """Numbers carry units, blanks are masked, stars are flags, remarks are whole."""
    table = catalog.table
    assert len(catalog) == 5
    assert table["time"][1].isot == "2001-03-29T23:26:06.000"
    assert table["central_pa"].mask.tolist() == [True, False, False, False, False]
    assert table["halo"].tolist() == [True, False, False, False, False]
    assert table["speed"][0].unmasked == 942 * u.km / u.s
    assert table["speed"].mask.tolist() == [False, False, False, True, False]
    assert table["speed_initial"].mask.tolist() == [False, False, True, True, False]
    assert table["acceleration"][1].unmasked == -1.4 * u.m / u.s**2
    assert table["acceleration_uncertain"].tolist() == [False, True, False, False, False]
    assert table["mass"].mask.tolist() == [True, False, True, True, False]
    assert table["mass_uncertain"].tolist() == [True, True, False, False, False]
    assert table["energy"][4].unmasked.to(u.J).value == pytest.approx(6.4e23)
    assert table["energy_uncertain"].tolist() == [True, False, False, False, False]
    assert table["remark"].tolist()[2:4] == ["Only 2 points; Only C3", "Very Poor Event; Only C2"]
    assert table["line"].tolist() == [4, 5, 6, 7, 8]
    assert table.meta["updated"] == "2019/12/17 09:54"


def test_names_are_unique(catalog):
    """Two events of one time, direction and width are told apart."""
    names = catalog.table["event"].tolist()
    assert names[3:] == ["20010402T112605-262-80", "20010402T112605-262-80-2"]


@pytest.mark.parametrize(
    ("options", "lines"),
    [
        ({"time": ("2001-04-01", "2001-04-02")}, [6]),
        ({"time": TimeRange("2001-04-01", "2001-04-03")}, [6, 7, 8]),
        ({"time": (None, "2001-03-30")}, [4, 5]),
        ({"time": ("2001-04-02", None)}, [7, 8]),
        ({"width": (70 * u.deg, 100 * u.deg)}, [5, 7, 8]),
        ({"speed": (1000 * u.km / u.s, None)}, [6]),
        ({"speed": (None, 0.5 * u.Mm / u.s)}, [5]),
        ({"remark": "only c2"}, [7]),
        ({"halo": True}, [4]),
        ({"halo": False, "width": (70 * u.deg, None)}, [5, 7, 8]),
        ({"exclude_remark": "POOR"}, [4, 6, 8]),
        ({"exclude_remark": "poor", "remark": "only"}, [6]),
        ({}, [4, 5, 6, 7, 8]),
    ],
)
def test_select(catalog, options, lines):
    """Each condition keeps the right events."""
    assert catalog.select(**options).table["line"].tolist() == lines


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"width": (60 * u.km, None)}, u.UnitConversionError),
        ({"width": (60, None)}, u.UnitsError),
        ({"speed": (None, 5 * u.deg)}, u.UnitConversionError),
        ({"time": ("yesterday", "today")}, ValueError),
    ],
)
def test_select_with_wrong_values(catalog, options, error):
    """A limit without the right unit, or a time that cannot be read, is an error."""
    with pytest.raises(error):
        catalog.select(**options)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "has no event of the CME catalog"),
        ("<html>Moved</html>", "has no event of the CME catalog"),
        (LINES + "<html>", "Line 6 of the catalog is not an event"),
        (LINES + "2001/04/02  11:26:05    260", "has 3 columns instead of 12"),
        (LINES.replace("458", "fast"), r"Line 2 of the catalog cannot be read \(could not convert"),
        (LINES.replace("10:26:05", "10:26"), "'10:26' is not a time"),
    ],
)
def test_text_that_is_no_catalog(text, match):
    """A line that is not understood is named; none is dropped."""
    with pytest.raises(ChangedAnswerError, match=match):
        CMECatalog.parse(text)


def test_read_a_file(tmp_path):
    """A catalog read from a file knows which one it was."""
    path = tmp_path / "univ_all.txt"
    path.write_text(HEADING + LINES)
    catalog = CMECatalog.read(path)
    assert catalog.table.meta["source"] == "univ_all.txt"
    assert len(catalog.table.meta["sha256"]) == 64
    assert repr(catalog) == "<CMECatalog: 5 events, 2001-03-29 to 2001-04-02>"
    assert repr(catalog.select(width=(400 * u.deg, None))) == "<CMECatalog: no events>"
    with pytest.raises(FileNotFoundError):
        CMECatalog.read(tmp_path / "nothing.txt")


@pytest.mark.parametrize("place", ["loopback", pytest.param("real", marks=pytest.mark.remote_data)])
def test_read_an_address(place, server, options):
    """The catalog can be read from its site."""
    url = f"{server.url}univ_all.txt" if place == "loopback" else CATALOG_URL
    catalog = CMECatalog.read(url, options=options if place == "loopback" else None)
    assert len(catalog) >= 5
    assert catalog.table.meta["source"].endswith("univ_all.txt")


@pytest.fixture
def server():
    """Serve the catalog."""
    server = Server()
    server.files["univ_all.txt"] = (HEADING + LINES).encode()
    yield server
    server.close()


@pytest.mark.parametrize(
    ("mood", "error", "match"),
    [
        (404, StaleFileError, "There is no file"),
        (500, OutageError, "at the moment"),
        ("page", ChangedAnswerError, "has no event of the CME catalog"),
        ("cut", DamagedFileError, "the connection was cut"),
    ],
)
def test_failures_of_the_site(server, options, mood, error, match):
    """Each failure of the site of the catalog has its error."""
    server.moods["univ_all.txt"] = [mood]
    with pytest.raises(error, match=match):
        CMECatalog.read(f"{server.url}univ_all.txt", options=options)


def test_a_passing_failure_of_the_site_is_not_seen(server, options):
    """The catalog is downloaded as everything else: tried again."""
    server.moods["univ_all.txt"] = [503, 503, "ok"]
    assert len(CMECatalog.read(f"{server.url}univ_all.txt", options=options)) == 5


def test_the_real_catalog(data_dir):
    """The catalog to March 2019 is read to its last line: every event, remark, blank and star."""
    path = data_dir / "catalog" / "cdaw_univ_all.txt"
    lines = path.read_text(encoding="latin-1").splitlines()
    catalog = CMECatalog.read(path)
    table = catalog.table
    assert len(lines) == 29718
    assert len(catalog) == 29714 == len(set(table["event"]))
    assert table["line"].tolist() == list(range(5, 29719))
    assert table["halo"].sum() == sum(line[20:28].strip() == "Halo" for line in lines) == 721
    assert np.all(table["width"][table["halo"]].unmasked == 360 * u.deg)
    starred = {"acceleration": 23134, "mass": 3366, "energy": 3337}
    for name, count in starred.items():
        assert table[f"{name}_uncertain"].sum() == count
    blank = {"central_pa": 721, "speed": 108, "speed_20rsun": 470, "acceleration": 470, "mass": 11027, "energy": 11059}
    for name, count in blank.items():
        assert table[name].mask.sum() == count
    for row, line in zip(table, lines[4:], strict=True):
        assert line.rstrip().endswith(row["remark"])
        assert f"{row['width'].unmasked.value:.0f}" == line.split()[3]
