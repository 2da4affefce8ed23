"""The structure of the package: imports run downwards from room to room, and no module imports itself by a detour."""

import ast
from functools import cache
from pathlib import Path

import pytest

import sunpy_coronagraph_inpaint

NAME = sunpy_coronagraph_inpaint.__name__
PACKAGE = Path(sunpy_coronagraph_inpaint.__file__).parent
#: From the front door down to the facts; a room imports what stands to the right of it.
ROOMS = (
    *("cli", "calibrate", "cosmic_rays", "inpaint", "flatfield", "psf", "simulate", "thomson", "dataset", "fetch"),
    *("evaluate", "batch", "learning", "frames", "io", "instruments", "threads", "exceptions", "_version"),
)
#: What every task stands on, and which therefore knows none.
SHARED = {"evaluate", "batch", "learning", "frames", "io", "instruments", "threads", "exceptions"}


def name_of(path):
    """Return the dotted name of a module inside the package; the package itself is the empty one."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}


@cache
def imports(module, *, at_top=False):
    """Return the modules of the package that a module imports anywhere in its text, or only at its top level."""
    found = set()
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    for node in tree.body if at_top else ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == NAME:
            parent = node.module[len(NAME) + 1 :]
            children = (f"{parent}.{alias.name}".lstrip(".") for alias in node.names)
            found |= {child if child in MODULES else parent for child in children}
        elif isinstance(node, ast.Import):
            found |= {alias.name[len(NAME) + 1 :] for alias in node.names if alias.name.split(".")[0] == NAME}
    return found - {""}


def room(module):
    """Return the room of a module."""
    return module.split(".")[0]


def test_every_module_has_its_room():
    """A new directory or file at the top needs its place in the list of rooms."""
    assert {room(module) for module in MODULES} - {""} <= set(ROOMS)


@pytest.mark.parametrize("module", sorted(set(MODULES) - {""}))
def test_imports_run_downwards(module):
    """A room imports itself and what stands below it."""
    own = ROOMS.index(room(module))
    upwards = sorted(other for other in imports(module) if ROOMS.index(room(other)) < own)
    assert upwards == []


def test_shared_rooms_know_no_task():
    """What every task stands on imports nothing of one."""
    known = {(module, other) for module in MODULES if room(module) in SHARED for other in imports(module)}
    assert sorted((module, other) for module, other in known if room(other) not in SHARED | {"_version"}) == []


def packages(module):
    """Return the packages that contain a module."""
    parts = module.split(".")
    return {".".join(parts[:n]) for n in range(1, len(parts))}


def loaded_by(module):
    """Return the modules that importing a module loads, with the packages that contain them."""
    found = imports(module, at_top=True)
    return (found | {package for other in found for package in packages(other)}) - packages(module) - {module}


@pytest.mark.parametrize("loads", [imports, loaded_by])
def test_no_circle(loads):
    """No module imports itself by way of others, neither inside a function nor through a package that it loads."""
    done, path = set(), []

    def visit(module):
        assert module not in path, " -> ".join([*path[path.index(module) :], module])
        if module in done:
            return
        path.append(module)
        for other in sorted(loads(module)):
            visit(other)
        path.pop()
        done.add(module)

    for module in sorted(set(MODULES) - {""}):
        visit(module)


def test_maps_and_torch_stay_outside_what_every_method_uses():
    """The arrays of a frame, the instruments and the methods import neither `sunpy.map` nor torch with themselves."""
    heavy = {}
    for module, path in MODULES.items():
        if room(module) not in {"frames", "instruments"} and not module.startswith("inpaint.methods"):
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        top = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
        names = {alias.name for node in top if isinstance(node, ast.Import) for alias in node.names}
        names |= {node.module for node in top if isinstance(node, ast.ImportFrom) and node.module}
        if found := sorted(name for name in names if name.split(".")[0] == "torch" or name.startswith("sunpy.map")):
            heavy[module] = found
    assert heavy == {}
