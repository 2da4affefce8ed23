"""Methods of other packages, called as documented."""

import numpy as np
import pytest

from sunpy_coronagraph_inpaint.frames.frame import CoronagraphFrame
from sunpy_coronagraph_inpaint.inpaint.benchmark.peers import PEERS
from sunpy_coronagraph_inpaint.inpaint.benchmark.peers_fuzzy import fuzzy, interpolate_zone, intersection, zones
from sunpy_coronagraph_inpaint.inpaint.benchmark.suite import method_entries
from sunpy_coronagraph_inpaint.inpaint.methods import list_methods

from .arrays import frame_of, holes_at

SHAPE = (160, 160)
HOLES = holes_at(SHAPE, np.s_[64:96, 32:64], np.s_[64:128, 96:128])
Y, X = np.indices(SHAPE)


@pytest.fixture(params=PEERS, ids=lambda peer: peer.name)
def peer(request):
    """Each peer that is installed."""
    missing = request.param.not_installed()
    if missing:
        pytest.skip(f"{request.param.name} is {missing}")
    return request.param.function


def test_constant(peer):
    """A constant comes back, with one value and one infinite standard deviation per pixel of the holes."""
    fill = peer(frame_of(np.full(SHAPE, 700.0), HOLES))
    assert fill.values.shape == fill.std.shape == (HOLES.sum(),)
    np.testing.assert_allclose(fill.values, 700, rtol=1e-4)
    assert np.isinf(fill.std).all()


def test_gradient(peer):
    """A plane comes back to a part of its change across the hole."""
    data = 1000.0 + 2 * X + Y
    error = peer(frame_of(data, HOLES)).values - data[HOLES]
    assert np.abs(error).mean() < 0.2 * np.ptp(data[HOLES])


@pytest.mark.parametrize("scale", [1e-10, 1e5])
def test_units_do_not_matter(peer, scale):
    """Brightness in units of the Sun is filled as well as counts are."""
    data = 1000.0 + 2 * X + Y + 3 * np.sin(X / 7)
    one, two = peer(frame_of(data, HOLES)), peer(frame_of(scale * data, HOLES))
    np.testing.assert_allclose(two.values / scale, one.values, rtol=2e-4)


def test_what_is_in_the_holes_does_not_matter(peer):
    """Only valid pixels are looked at, also where a part of the frame holds no data."""
    data = 1000.0 + 2 * X + Y
    valid = (Y > 20) & ~HOLES
    frames = [
        CoronagraphFrame(np.where(valid, data, filler), valid, HOLES, (-500.0, 80.0), 8.0) for filler in (0.0, 9e4)
    ]
    one, two = (peer(frame) for frame in frames)
    np.testing.assert_array_equal(one.values, two.values)


def test_peers_are_no_methods():
    """Peers are for comparison and not offered to users."""
    assert not {peer.name for peer in PEERS} & set(list_methods())


def test_neighbors_make_a_row_of_their_own():
    """A method that can use neighbors is compared with them and without; one that needs them only with."""
    found = method_entries(["harmonic", "partial_conv", "temporal"])
    assert [(entry.name, entry.needs) for entry in found] == [
        ("harmonic", ()),
        ("partial_conv", ()),
        ("partial_conv +neighbors", ("neighbors",)),
        ("temporal +neighbors", ("neighbors",)),
    ]


def test_isolines_of_a_plane():
    """A plane comes back from the interpolation along isolines to 2 % of its range."""
    image, missing = 100.0 + X[:96, :96] + 0.5 * Y[:96, :96], np.zeros((3, 3), bool)
    missing[1, 1] = True
    lost = image.copy()
    lost[32:64, 32:64] = 0
    interpolate_zone(lost, lost > 0, np.s_[0:96, 0:96], missing, 32)
    assert np.abs(lost - image).max() < 2


def test_fuzzy_zones_merge():
    """Missing blocks near each other are one zone, clipped at the edge, and no two zones overlap."""
    missing = np.zeros((12, 12), bool)
    missing[0, 0] = missing[4, 4] = missing[6, 6] = missing[10, 1] = True
    assert zones(missing) == [
        (slice(0, 2), slice(0, 2)), (slice(3, 8), slice(3, 8)), (slice(9, 12), slice(0, 3)),
    ]  # fmt: skip


def test_fuzzy_numbers():
    """Coefficients on which neighbors agree are kept, the others are 0."""
    np.testing.assert_allclose(intersection([4.0, 4.0, 0.0, 1.0], [4.0, -4.0, 3.0, 10.0]), [4, 0, 0, 0])


@pytest.mark.parametrize("period", [8, 100])
@pytest.mark.parametrize("place", [X, Y], ids=["upright", "level"])
def test_fuzzy_continues_stripes(period, place):
    """Broad stripes are found by following isolines, narrow ones in the spectra of the neighboring blocks."""
    stripes = 20 * np.sin(2 * np.pi * place / period)
    holes = holes_at(SHAPE, np.s_[64:96, 64:96])
    error = fuzzy(frame_of(500 + stripes, holes)).values - 500 - stripes[holes]
    assert np.abs(error).mean() < 0.6 * np.abs(stripes[holes]).mean()


def test_fuzzy_needs_whole_blocks():
    """A frame off the telemetry grid is refused."""
    with pytest.raises(ValueError, match="whole blocks of 32 pixels"):
        fuzzy(frame_of(np.ones((100, 160)), holes_at((100, 160), np.s_[20:30, 20:30])))


def test_fuzzy_leaves_too_many():
    """More than 100 missing blocks in a zone get the background alone."""
    shape = (416, 416)
    data = np.full(shape, 1000.0)
    fill = fuzzy(frame_of(data, holes_at(shape, np.s_[32:384, 32:384])))
    np.testing.assert_allclose(fill.values, 1000.0)  # no value lies beyond the limits of the frame
