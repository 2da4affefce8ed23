"""From a map to a method and back."""

import numpy as np
import pytest

from sunpy_coronagraph_inpaint import find_dropouts, inpaint_map
from sunpy_coronagraph_inpaint.frames import neighbors
from sunpy_coronagraph_inpaint.inpaint import get_method, maps
from sunpy_coronagraph_inpaint.inpaint.maps import choose_method, finish, prepare
from sunpy_coronagraph_inpaint.simulate import damage

pytestmark = pytest.mark.filterwarnings("ignore:Missing metadata for observer")


def _frame(corona, minute, seed=1):
    smap = corona("C2", 256)
    meta = smap.meta | {"time-obs": f"06:{minute:02d}:00.000"}
    return smap._new_instance(smap.data, meta)


@pytest.fixture
def searched(monkeypatch):
    """The maps in which missing blocks were looked for."""
    found = []

    def counted(smap, **options):
        found.append(smap)
        return find_dropouts(smap, **options)

    monkeypatch.setattr(maps, "find_dropouts", counted)
    monkeypatch.setattr(neighbors, "find_dropouts", counted)
    return found


def test_missing_blocks_are_looked_for_once(corona, searched):
    """Once in the map, and once in each neighbor."""
    damaged = damage(_frame(corona, 12), blocks=3, seed=2)
    before, after = _frame(corona, 0), _frame(corona, 24)
    inpaint_map(damaged, method="temporal", neighbors=[before, after])
    assert len(searched) == 3
    assert [sum(smap is one for one in searched) for smap in (damaged, before, after)] == [1, 1, 1]


def test_missing_blocks_that_are_known_are_not_looked_for(corona, searched):
    """Where they were found before, the result is the same without looking again."""
    damaged = damage(corona("C2", 256), blocks=3, seed=2)
    kriging = get_method("kriging")
    prepared = prepare(damaged, dropouts=find_dropouts(damaged))
    assert searched == []
    filled = finish(prepared, kriging, kriging.function(prepared.frame))
    expected = inpaint_map(damaged, method="kriging")
    np.testing.assert_array_equal(filled.data, expected.data)
    assert dict(filled.meta) == dict(expected.meta)


def test_one_neighbor_needs_no_list(corona):
    """A map in place of a list of maps is one neighbor."""
    damaged = damage(_frame(corona, 12), blocks=3, seed=2)
    prepared = prepare(damaged, neighbors=_frame(corona, 0))
    assert [neighbor.time for neighbor in prepared.frame.neighbors] == pytest.approx([-720.0])


def test_nothing_to_prepare(corona):
    """A map with all its blocks is not prepared."""
    assert prepare(corona("C2", 256)) is None


@pytest.mark.parametrize(
    ("camera", "with_neighbors", "expected"),
    [("C2", False, "partial_conv"), (None, False, "kriging"), (None, True, "temporal")],
)
def test_default_methods(corona, camera, with_neighbors, expected):
    """The network where there are weights; else what fits the neighbors."""
    damaged = damage(_frame(corona, 12), blocks=3, seed=2)
    frame = prepare(damaged, neighbors=[_frame(corona, 0)] if with_neighbors else ()).frame
    if camera is None:
        frame = maps.CoronagraphFrame(
            frame.data, frame.valid, frame.holes, frame.center, 8.0, neighbors=frame.neighbors
        )
    assert choose_method(frame).name == expected
