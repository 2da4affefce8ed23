"""Lists of missing blocks in headers, read and written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sunpy_coronagraph_inpaint.instruments import BlockGrid, decode_misslist, encode_misslist

FULL = BlockGrid(frame_shape=(1024, 1024))
ROUND_TRIP_GRIDS = [
    FULL,
    BlockGrid(frame_shape=(1024, 1024), rotated=True),
    BlockGrid(frame_shape=(512, 512), summing=(2, 2)),
    BlockGrid(frame_shape=(320, 640)),
    BlockGrid(frame_shape=(2048, 2048), size=64, column_major=False),
]


def mb2strmap(missing):
    """Write a map ``missing[y][x]`` as SolarSoft's mb2strmap.pro does, step by step."""
    ny, nx = len(missing), len(missing[0])
    turned = [missing[ny - 1 - k % ny][k // ny] for k in range(nx * ny)]  # ROTATE(map, 1), read along its rows
    numbers = [k for k, is_missing in enumerate(turned) if is_missing]
    ends = [numbers[0]]
    for i in range(1, len(numbers)):
        if numbers[i] != numbers[i - 1] + 1:
            ends += [numbers[i - 1] + 1, numbers[i]]
    ends.append(numbers[-1])
    digit = [chr(48 + v + (7 if v > 9 else 0)) for v in range(32)]
    return "".join(digit[v // 32] + digit[v % 32] for v in ends)


@pytest.mark.parametrize("style", ["runs", "decimal", "base34"])
@given(data=st.data())
def test_round_trip(style, data):
    """What is written is read back, whatever the frame and however many blocks."""
    grid = data.draw(st.sampled_from(ROUND_TRIP_GRIDS))
    blocks = data.draw(st.sets(st.integers(0, grid.n_blocks - 1), min_size=1, max_size=200))
    written = encode_misslist(blocks, grid, style=style)
    assert decode_misslist(written, len(blocks), grid, style=style) == tuple(sorted(blocks))


@given(blocks=st.sets(st.integers(0, 1023), min_size=1, max_size=60))
def test_runs_are_those_of_solarsoft(blocks):
    """The run string is the one that mb2strmap.pro writes."""
    missing = [[32 * y + x in blocks for x in range(32)] for y in range(32)]
    assert encode_misslist(blocks, FULL) == mb2strmap(missing)


@pytest.mark.parametrize(
    ("text", "nmissing", "blocks"),
    [
        ("None", 0, ()),
        ("", 0, ()),
        (" ", 0, ()),
        (0, 0, ()),
        (0.0, 0, ()),
        (None, 0, ()),
        ("None", -8, ()),
        ("3Q3Q", 1, (163,)),
        ("3q3q", 1, (163,)),
        ("3Q3T7V7V", 4, (7, 99, 131, 163)),
        ("VVVV", 1, (31,)),
        ("00VV", 1024, tuple(range(1024))),
        ("163", 1, (163,)),
        (163, 1, (163,)),
        ("0", 1, (0,)),
        ("7 163", 2, (7, 163)),
        ("163, 7", 2, (7, 163)),
        ("More than 17 blocks missing", 25, None),
        ("Not computed for summed images.", 3, None),
        ("None", 3, None),
        ("", 3, None),
    ],
)
def test_spellings(text, nmissing, blocks):
    """Every spelling that headers have is understood."""
    assert decode_misslist(text, nmissing, FULL) == blocks


@pytest.mark.parametrize(
    ("text", "nmissing", "style", "blocks"),
    [
        # A run of one block, or the block 1010: one block either way, and the style decides.
        ("1010", 1, "auto", (993,)),
        ("1010", 1, "runs", (993,)),
        ("1010", 1, "decimal", (1010,)),
        # A run of two blocks cannot be one decimal number, nor the other way round.
        ("1011", 2, "decimal", (961, 993)),
        ("1013", 1, "runs", (1013,)),
        ("1013", 1, "auto", (1013,)),
    ],
)
def test_ambiguous_lists_are_decided_by_the_number(text, nmissing, style, blocks):
    """Where digits could be a run or a decimal number, NMISSING decides, and the style where it cannot."""
    assert decode_misslist(text, nmissing, FULL, style=style) == blocks


def test_lists_count_in_the_orientation_of_the_camera():
    """A level-1 frame turned by 180 degrees has its blocks turned with it."""
    turned = BlockGrid(frame_shape=(1024, 1024), rotated=True)
    assert decode_misslist("3Q3Q", 1, turned) == (1023 - 163,)
    assert decode_misslist("163", 1, turned, style="decimal") == (1023 - 163,)
    assert encode_misslist([1023 - 163], turned) == "3Q3Q"
    assert encode_misslist([1023 - 163], turned, style="decimal") == "163"


def test_no_blocks():
    """An empty list is written as headers write it."""
    assert encode_misslist([], FULL) == "None"
    assert encode_misslist([], FULL, style="base34") == ""


@pytest.mark.parametrize(
    ("text", "nmissing", "style"),
    [
        ("3Q3Q", 2, "auto"),  # not as many as NMISSING says
        ("3T3Q", 1, "auto"),  # runs backwards
        ("3Q3", 1, "auto"),  # cut off
        ("3Q3Q7V", 2, "auto"),
        ("ZZZZ", 1, "auto"),  # no digits
        ("7 163", 3, "auto"),
        ("5000", 1, "auto"),  # no such block
        ("something", 1, "auto"),
        ("3Q", 2, "base34"),
        ("ZZ", 1, "base34"),
        ("3-3Q", 2, "base34"),
        ("XX", 1, "base34"),
    ],
)
def test_unreadable(text, nmissing, style):
    """A list that does not fit is an error that says what to do, not a guess."""
    with pytest.raises(ValueError, match="Look for the missing blocks in the pixels instead"):
        decode_misslist(text, nmissing, FULL, style=style)


@pytest.mark.parametrize("text", ["5", " 5", "05"])
def test_base34_of_odd_length(text):
    """SECCHI headers lose the blank before a single digit."""
    assert decode_misslist(text, 1, FULL, style="base34") == (FULL.from_telemetry([5])[0],)


@pytest.mark.parametrize("call", [encode_misslist, lambda *args, **kwargs: decode_misslist("", 0, FULL, **kwargs)])
def test_unknown_style(call):
    """An unknown style is refused by name."""
    with pytest.raises(ValueError, match="style='hex' is not known"):
        call([], FULL, style="hex")


@pytest.mark.parametrize(("style", "base"), [("runs", 32), ("base34", 34)])
def test_too_many_blocks_for_two_digits(style, base):
    """Two digits cannot count more blocks than they can, and say so."""
    with pytest.raises(ValueError, match=f"Two base-{base} digits count {base**2} blocks, but the frame has 1600"):
        encode_misslist([3], BlockGrid(frame_shape=(1280, 1280)), style=style)
