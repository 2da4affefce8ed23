"""SolarSoft's calibration files: their names, the tables of exposure factors and of the clock."""

import numpy as np
import pytest

from astropy.time import Time

from sunpy_coronagraph_inpaint.calibrate import files

TABLE = """\
32082037.fts  1.001000     377.7  020108     8291.40  Clear       Clear             0  16  9.10E-04
32082085.fts  0.999036     377.7  020108    74535.10  Clear       Clear             0  16  9.62E-04
32082086.fts  1.000000     377.7  020108    75000.00  Clear       +60 Deg           0  97  0.00E+00
"""


def test_names_of_files():
    """Each day, camera and epoch has the file that SolarSoft takes."""
    assert files.vignetting_file("C2", 50999) == files.vignetting_file("C2", 51000) == "c2vig_final.fts"
    assert files.vignetting_file("C3", 50999) == "c3vig_preint_final.fts"
    assert files.vignetting_file("C3", 51000) == "c3vig_postint_final.fts"
    assert files.pointing_file("C2", Time("1998-06-30")) == "c2_pre_recovery_adj_xyr_medv2.sav"
    assert files.pointing_file("C3", Time("1998-07-02")) == "c3_post_recovery_adj_xyr_medv2.sav"
    assert files.clock_file("2002/01/08 20:42:05.526") == "TIME_DIFF.DAT"
    assert files.clock_file("1997/10/20 00:00:00.000") == "c2_101997t1828_102797t2241_timeoffsets.sav"


def test_paths_in_the_archive():
    """Files that serve all frames lie in two directories, tables of exposure factors in one for each month."""
    name = files.exposure_file("C3", 52282.9)
    assert files.remote_path(name) == "lasco/expfac/data/0201/c3_expfactor_020108.dat"
    assert files.remote_path("C3ramp.fts") == "lasco/data/calib/C3ramp.fts"
    assert files.remote_path("TIME_DIFF.DAT") == "idl/data/calib/TIME_DIFF.DAT"


def test_exposure_factor_golden():
    """The factor and bias of the real frame 35082085 are found by its MID_DATE and MID_TIME."""
    entries = files.read_exposure_factors(TABLE)
    found = files.find_exposure_factor(entries, 52282, 74535.1)
    assert (found.factor, found.bias, found.regions, found.sigma) == (0.999036, 377.7, 16, 9.62e-4)
    assert found.is_computed
    assert not files.find_exposure_factor(entries, 52282, 75000.05).is_computed


@pytest.mark.parametrize(("day", "seconds"), [(52282, 74535.3), (52283, 74535.1), (52282, 0.0)])
def test_exposure_factor_must_match(day, seconds):
    """A frame of another day, or 0.1 s away, has no factor."""
    assert files.find_exposure_factor(files.read_exposure_factors(TABLE), day, seconds) is None


def test_later_line_of_a_time_counts():
    """Of two lines with the same time the later one replaces the first."""
    twice = TABLE + TABLE.splitlines()[1].replace("0.999036", "0.998000")
    assert files.find_exposure_factor(files.read_exposure_factors(twice), 52282, 74535.1).factor == 0.998


@pytest.mark.parametrize(
    "line", ["<html>", "32082085.fts 0.9 377.7 021308 1.0 Clear Clear 0 16 1E-4", "a b c d e f 1 2"]
)
def test_broken_exposure_table(line):
    """A line that cannot be read is an error that shows it."""
    with pytest.raises(ValueError, match="cannot be read"):
        files.read_exposure_factors(line)


def clock_bytes(order):
    """Records of TIME_DIFF.DAT: LASCO is 40 s ahead at first and gains a second a day, with one implausible record."""
    records = [[5, 0, 0, 0]]
    for day in range(5):
        ahead = 40_000 + 1000 * day if day != 2 else 9_000_000
        records.append([52280 + day, ahead, 52280 + day, 0])
    return np.array(records, dtype=f"{order}i4").tobytes()


@pytest.mark.parametrize("order", ["<", ">"])
def test_clock_in_either_byte_order(order):
    """Both byte orders are read, and the last record before the exposure counts."""
    table = files.read_clock_table(clock_bytes(order))
    assert files.clock_offset(table, Time("2002-01-07T12:00")) == pytest.approx(41.0)


def test_clock_byte_orders_may_be_mixed():
    """The real file changes its byte order in the middle."""
    mixed = clock_bytes("<")[:48] + clock_bytes(">")[48:]
    assert np.array_equal(files.read_clock_table(mixed), files.read_clock_table(clock_bytes("<")))


def test_clock_implausible_record():
    """An implausible offset is replaced by the median of three records; outside the table there is none."""
    table = files.read_clock_table(clock_bytes("<"))
    assert files.clock_offset(table, Time("2002-01-08T12:00")) == pytest.approx(43.0)
    assert files.clock_offset(table, Time("2001-01-08T12:00")) is None
    assert files.clock_offset(table, Time("2012-01-08T12:00")) is None


@pytest.mark.parametrize("content", [b"", b"<html>" * 8, bytes(64)])
def test_broken_clock_table(content):
    """A file that is no TIME_DIFF.DAT is an error."""
    with pytest.raises(ValueError, match=r"no TIME_DIFF\.DAT"):
        files.read_clock_table(content)
