"""The registry of methods."""

import inspect

import numpy as np
import pytest

from sunpy_coronagraph_inpaint import inpaint_map, list_methods
from sunpy_coronagraph_inpaint.inpaint.methods import Fill, get_method, register_method
from sunpy_coronagraph_inpaint.inpaint.methods.registry import unregister_method
from sunpy_coronagraph_inpaint.simulate import damage


@pytest.fixture
def registered():
    """A function that registers a method with some capabilities."""

    def register(**capabilities):
        @register_method("registered", **capabilities)
        def function(frame, *, device="cpu"):
            """Do nothing."""

        return get_method("registered")

    yield register
    unregister_method("registered")


def test_methods_that_come_with_the_package():
    """All are there, each with a summary line, and one needs neighbors."""
    assert list_methods()[:5] == ["harmonic", "biharmonic", "kriging", "radial", "temporal"]
    for name in list_methods():
        method = get_method(name)
        assert method.name == name
        assert method.summary.endswith(".")
    assert [name for name in list_methods() if get_method(name).needs_neighbors] == ["temporal"]


def test_capabilities_of_the_methods():
    """Only the network takes a device and fills several frames at once; it uses neighbors as `temporal` does."""
    methods = [get_method(name) for name in list_methods()]
    assert [method.name for method in methods if method.uses_neighbors] == ["temporal", "partial_conv"]
    assert [method.name for method in methods if method.takes_device] == ["partial_conv"]
    assert [method.name for method in methods if method.batched] == ["partial_conv"]


@pytest.mark.parametrize("method", [get_method(name) for name in list_methods()], ids=lambda method: method.name)
def test_capabilities_are_those_of_the_function(method):
    """The declared device option matches the functions' signatures, and functions have no attributes."""
    for function in filter(None, (method.function, method.batched)):
        assert ("device" in inspect.signature(function).parameters) == method.takes_device
        assert not vars(function)


def test_method_that_needs_neighbors_uses_them(registered):
    """One declaration is enough."""
    method = registered(needs_neighbors=True)
    assert (method.needs_neighbors, method.uses_neighbors) == (True, True)
    method = registered(uses_neighbors=True)
    assert (method.needs_neighbors, method.uses_neighbors) == (False, True)


@pytest.mark.parametrize(
    ("found", "device", "expected"),
    [(True, "auto", "auto"), (False, "auto", "auto"), (False, "cpu", "cpu"), (True, "cuda:1", "cuda:1")],
)
def test_devices(monkeypatch, registered, found, device, expected):
    """A requested device is passed on to a method that can use it."""
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: found)
    assert registered(takes_device=True).device_options(device) == {"device": expected}


def test_device_that_is_not_there(monkeypatch, registered):
    """A requested device is never replaced, and only checked on the machine that computes."""
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    method = registered(takes_device=True)
    with pytest.raises(ValueError, match="no CUDA here"):
        method.device_options("cuda")
    assert method.device_options("cuda", here=False) == {"device": "cuda"}


def test_device_of_a_method_that_takes_none():
    """A method that computes with NumPy gets no option, and refuses another device than the CPU."""
    kriging = get_method("kriging")
    assert kriging.device_options("auto") == kriging.device_options("cpu") == {}
    with pytest.raises(ValueError, match="kriging computes on the CPU and cannot use 'cuda'"):
        kriging.device_options("cuda", here=False)


@pytest.mark.parametrize("name", ["magic", "", None, 3])
def test_unknown_method(name):
    """The error names an unknown method and the known ones."""
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
