"""What the header says against what the pixels show."""

import pytest

from sunpy_coronagraph_inpaint.instruments import BlockGrid, FrameInfo
from sunpy_coronagraph_inpaint.instruments.absent import absent_blocks, compare

GRID = BlockGrid(frame_shape=(128, 128))


def agreement(found, meta=None, **options):
    """Compare what some lost blocks show with a header."""
    basic = {"name": "toy", "level": "0.5", "grid": GRID, "center": (64, 64), "sun_center": (64, 64)}
    camera = FrameInfo(**basic | {"solar_radius": 10, "occulter_radius": 12} | options)
    no_data = GRID.mask(found)
    return compare(absent_blocks(no_data, camera), camera, meta or {}, no_data)


@pytest.mark.parametrize(
    ("found", "options", "agree", "match"),
    [
        ((), {}, False, ""),
        ((3,), {}, False, ""),
        ((), {"listed_blocks": (), "listed_count": 0}, True, ""),
        ((3,), {"listed_blocks": (3,), "listed_count": 1}, True, ""),
        ((3,), {"listed_blocks": (), "listed_count": 0}, False, "1 block(s) hold no data that the header does not"),
        (
            (),
            {"listed_blocks": (3,), "listed_count": 1},
            False,
            "1 block(s) that the header counts as missing hold data",
        ),
        ((3,), {"listed_blocks": None, "listed_count": 1}, False, ""),
        ((3,), {"listed_blocks": None, "listed_count": 5}, False, "4 block(s) that the header counts"),
        ((3, 4), {"listed_blocks": (4, 5), "listed_count": 2}, False, "hold data, so they were filled before"),
    ],
)
def test_lists(found, options, agree, match):
    """A list agrees or it does not, and the difference is told."""
    agreed, difference = agreement(found, **options)
    assert agreed is agree
    assert match in difference
    assert bool(match) is bool(difference)


def test_solarsoft_fills_c3():
    """For a level-1 C3 frame the message names what filled the blocks, and how to fill them again."""
    _, difference = agreement((), name="SOHO/LASCO C3", level="1", listed_blocks=(3,), listed_count=1)
    assert "SolarSoft (reduce_level_1) has filled them: source='header' selects them" in difference


def test_masked_blocks_cannot_disagree():
    """A block that the calibration masks altogether cannot show whether it is missing."""
    mask = GRID.mask([3])
    options = {"level": "1", "masked": lambda shape: mask, "listed_blocks": (3,), "listed_count": 1}
    assert agreement((), **options) == (True, "")


@pytest.mark.parametrize(
    ("zeros", "meta", "told"),
    [
        (0, {"datazer": 0}, False),
        (0, {"datazer": 900}, False),
        (0, {"datazer": 1024}, True),
        (1, {"datazer": 1024}, False),
        (2, {"datazer": 1024}, False),  # zeros that were added since: blocks lost, as in a test
        (0, {}, False),
    ],
)
def test_datazer(zeros, meta, told):
    """A raw frame with fewer zeros than its header counts was given values where there were none."""
    agree, difference = agreement(range(zeros), meta=meta)
    assert agree is False
    assert ("1024 of the 1024 pixels without data that DATAZER counts have a value" in difference) is told


def test_a_map_that_was_filled_here():
    """After filling, the header tells what was missing; that is no disagreement."""
    assert agreement((), meta={"nfilled": 3}, listed_blocks=(3,), listed_count=1) == (False, "")
    assert agreement((), meta={"nfilled": 3, "datazer": 5000}) == (False, "")
