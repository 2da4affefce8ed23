"""The counting of the house, on a house of two rooms."""

import pytest

FRONT = """
import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submod_attrs={"maps": ["inpaint_map", "other"]})
"""
MAPS = '''
"""A front."""

from sunpy_coronagraph_inpaint import tools


def inpaint_map(smap, *, mask=None, method="a"):
    """Fill."""
    from sunpy_coronagraph_inpaint.room import helper

    def inner(x=1):
        return x

    return helper(smap)


def _private():
    return 1


def inpaint_files(): ...


def calibrate_map(): ...
'''


@pytest.fixture
def figures(script, tmp_path):
    """Count a package of six modules, one of which nobody imports."""
    package = tmp_path / "sunpy_coronagraph_inpaint"
    for name, text in {
        "__init__.py": '_ROOMS = {"inpaint_map": "inpaint.maps"}\n__all__ = ["inpaint_map"]\n',
        "_version.py": '__all__ = ["version"]\n' * 50,
        "inpaint/__init__.py": FRONT,
        "inpaint/maps.py": MAPS,
        "tools.py": "import json\n",
        "room/__init__.py": "from sunpy_coronagraph_inpaint.room.helpers import helper\n\n__all__ = ['helper']\n",
        "room/helpers.py": "import sunpy_coronagraph_inpaint.tools\n\n\ndef helper(a, b=1):\n    return a\n",
        "room/alone.py": "",
    }.items():
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(text)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_a.py").write_text("pass\n" * 21)
    module = script("house_figures")
    return module, module.Package(tmp_path)


def test_counts(figures):
    """Every figure is what can be counted by hand."""
    module, package = figures
    found = dict(module.static_figures(package))
    lines = sum(len(source.splitlines()) for source in package.sources.values())
    assert found["modules / lines"] == f"7 / {lines}"
    assert found["names in __all__"] == "4"
    assert found["private functions per public one"] == "0.25 (1 / 4)"
    assert found["optional arguments keyword-only, %"] == "50"
    assert found["function body, median / 90th percentile"] == "1 / 6"
    assert found["tests / source lines"].endswith("(21)")


def test_behind(figures):
    """Imports are followed through fronts and functions; who is not imported does not count."""
    _, package = figures
    rooms = {name.removeprefix("sunpy_coronagraph_inpaint.") for name in package.behind("inpaint_map")}
    assert rooms == {"inpaint.maps", "room.helpers", "tools"}


def test_way(script):
    """The way goes from room to room; who calls a room above is named."""
    calls = [
        [None, "inpaint/maps", "inpaint_map"],
        ["inpaint/maps", "frames/dropouts", "find_dropouts"],
        ["frames/dropouts", "frames/frame", "f"],
        ["frames/frame", "inpaint/maps", "g"],
        ["inpaint/maps", "io/writing", "h"],
    ]
    traced = {"inpaint_map": (["inpaint/maps", "frames/dropouts"], calls)}
    found = dict(script("house_figures").traced_figures(traced))
    assert found["modules behind inpaint_map, run"] == "2"
    assert found["inpaint_map: calls of find_dropouts"] == "1"
    assert found["inpaint_map: calls upwards"] == "frames -> inpaint (1)"
    assert found["inpaint_map: way through the rooms"] == "inpaint > frames > inpaint > io"


def test_no_tree(script, tmp_path):
    """A directory without the package is refused in a sentence."""
    with pytest.raises(SystemExit, match="Give --tree"):
        script("house_figures").Package(tmp_path)
