"""Which frames are for training, validation and test."""

import datetime
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from astropy.time import Time

from sunpy_coronagraph_inpaint.dataset import split_of
from sunpy_coronagraph_inpaint.dataset.split import ARTIFICIAL_SEED, TRAINING_SEEDS
from sunpy_coronagraph_inpaint.frames.neighbors import observation_time
from sunpy_coronagraph_inpaint.inpaint.benchmark.frame_sets import read_frame
from sunpy_coronagraph_inpaint.instruments import identify


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("2010-01-05", True),
        ("2010/01/15", True),
        ("2002-01-10T02:18:07.152", True),
        ("2010/01/12 21:20:08.500", False),
        (datetime.date(2004, 4, 30), True),
        (datetime.datetime(2004, 4, 18, 23, 59, tzinfo=datetime.UTC), False),
        (Time("2010-01-05T23:59:59"), True),
        (Time("2010-01-06"), False),
    ],
)
def test_days_for_test(date, expected):
    """The day of the month alone decides, however the date is given; the bundled weights were trained by this rule."""
    assert (split_of(date) == "test") is expected


@given(st.dates(min_value=datetime.date(1996, 1, 1)))
def test_every_form_of_a_date_agrees(date):
    """A string and an object of the same day get the same answer, and all frames of a day share their split."""
    split = split_of(date)
    assert (split == "test") == (date.day % 5 == 0)
    assert split_of(date.isoformat()) == split_of(f"{date:%Y/%m/%d} 23:59") == split


def test_shares():
    """One of ten days that are not for test is for validation, the same ones on every machine."""
    days = [datetime.date(1996, 1, 1) + datetime.timedelta(days=number) for number in range(9000)]
    splits = [split_of(day) for day in days]
    learned = len(days) - splits.count("test")
    assert splits.count("test") / len(days) == pytest.approx(0.194, abs=0.005)
    assert splits.count("validation") / learned == pytest.approx(0.1, abs=0.01)
    first = [day.isoformat() for day, split in zip(days, splits, strict=True) if split == "validation"]
    assert first[:3] == ["1996-01-01", "1996-01-06", "1996-01-29"]


@pytest.mark.parametrize("date", ["", "no date", "2010-13-05", "2010-01-32", "2010-01-055", "05.01.2010"])
def test_what_is_no_date_is_refused(date):
    """A frame of unknown date never ends up in training by accident."""
    with pytest.raises(ValueError, match="does not begin with a date"):
        split_of(date)


def test_levels_that_are_never_trained_on():
    """Calibrated frames and pictures are for test whatever the day."""
    assert split_of("2010-01-12") == "train"
    assert split_of("2010-01-12", level="1") == split_of("2010-01-12", level="jp2") == "test"


def test_seeds_are_apart():
    """No artificial scene of the benchmark can be one of training."""
    assert 2 * max(TRAINING_SEEDS) < ARTIFICIAL_SEED


def test_asking_is_light():
    """Training can ask without loading sunpy's maps, scikit-image or torch."""
    program = (
        "import sys; from sunpy_coronagraph_inpaint.dataset import split_of; "
        "print([m for m in ('sunpy.map', 'skimage', 'torch', 'scipy', 'astropy.time') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_real_frames(lasco_files):
    """Two frames of each camera are for test among the real ones, and no calibrated one may be trained on."""
    kept = {}
    for path in lasco_files:
        smap = read_frame(path)
        camera = identify(smap.meta)
        if split_of(observation_time(smap.meta), level=camera.level) == "test":
            kept.setdefault((camera.name[-2:], camera.level), []).append(path.name)
    assert kept == {
        ("C2", "0.5"): ["22321894.fts", "22322784.fts"],
        ("C3", "0.5"): ["32082153.fts", "32219521.fts"],
        ("C2", "1"): ["25354895.fts"],
        ("C3", "1"): ["35082085.fts"],
    }
