"""The rooms export what users import, and load it when it is asked for."""

import importlib
import subprocess
import sys

import pytest

PACKAGE = "sunpy_coronagraph_inpaint"


@pytest.mark.parametrize("room", ["", ".inpaint", ".inpaint.methods", ".io", ".frames"])
def test_public_names(room):
    """Each name in ``__all__`` is there, has a docstring, and is offered by ``dir``; another name is an error."""
    module = importlib.import_module(PACKAGE + room)
    for name in module.__all__:
        assert getattr(module, name).__doc__
    assert set(module.__all__) - {"__version__"} <= set(dir(module))
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = module.no_such_name


def test_nothing_is_loaded_before_it_is_asked_for():
    """Neither the rooms nor finding missing blocks load `sunpy.map` or PyTorch."""
    program = f"""
import sys
import {PACKAGE}, {PACKAGE}.inpaint, {PACKAGE}.io, {PACKAGE}.frames
from {PACKAGE} import find_dropouts
from {PACKAGE}.io import read_array, steps
print([name for name in ("sunpy.map", "torch", "matplotlib") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
