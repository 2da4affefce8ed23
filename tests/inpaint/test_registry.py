"""The list of methods."""

import numpy as np
import pytest

from sunpy_coronagraph_inpaint import inpaint_map, list_methods
from sunpy_coronagraph_inpaint.inpaint.methods import Fill, get_method, register_method
from sunpy_coronagraph_inpaint.inpaint.methods.registry import unregister_method
from sunpy_coronagraph_inpaint.simulate import damage


def test_methods_that_come_with_the_package():
    """All are there, each with a summary line, and one needs neighbors."""
    assert list_methods()[:5] == ["harmonic", "biharmonic", "kriging", "radial", "temporal"]
    for name in list_methods():
        method = get_method(name)
        assert method.name == name
        assert method.summary.endswith(".")
    assert [name for name in list_methods() if get_method(name).needs_neighbors] == ["temporal"]


@pytest.mark.parametrize("name", ["magic", "", None, 3])
def test_unknown_method(name):
    """An unknown method is named, with those there are."""
    with pytest.raises(ValueError, match=r"There is no method .*Choose one of harmonic, biharmonic, kriging"):
        get_method(name)


def test_method_of_a_third_party(corona):
    """A registered function is used by the front door, with its options, and taken off the list again."""

    @register_method("flat")
    def flat(frame, *, level=1.0):
        n = np.count_nonzero(frame.holes)
        return Fill(np.full(n, level), np.full(n, np.inf))

    try:
        assert get_method("flat").summary == ""
        damaged = damage(corona("C2", 256), blocks=3)
        filled = inpaint_map(damaged, method="flat", level=1234.4)
        holes = filled.data != damaged.data
        assert set(filled.data[holes].tolist()) == {1234}
        assert np.isinf(filled.uncertainty.array[holes]).all()
        assert filled.meta["fillmeth"] == "flat"
    finally:
        unregister_method("flat")
    assert "flat" not in list_methods()


def test_option_of_no_method(corona):
    """An option that the method does not have is refused by name."""
    with pytest.raises(TypeError, match="smoothness"):
        inpaint_map(damage(corona("C2", 256), blocks=3), method="harmonic", smoothness=3)
