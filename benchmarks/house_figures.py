"""
Count the size of the package, its functions and names, and the modules and rooms behind one call.

Run as ``python benchmarks/house_figures.py [--tree DIR] [--static]`` for this tree or another one, such as a worktree
of an older version. The figures are counted with `ast` over the modules of the package, without ``_version.py``:

* the body of a function is without decorators, signature and docstring; nested functions are not counted;
* private functions begin with one underscore, public ones with none;
* optional arguments are those with a default, including those of lambdas.

The modules behind a call are counted in two ways. Imported modules are those that the module of the call imports,
directly or indirectly, at its top or in a function, including itself, without the ``__init__.py`` of packages (methods
that are found through the registry are thus not counted). Unless ``--static`` is given, the modules that run are also
counted: those with a function that runs in a call on an artificial C3 frame with five missing blocks. The last figures
are the calls of `inpaint_map` from one room (a directory of the package) into another, and those of them that go up.
"""

import ast
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

import numpy as np
from _common import parser

NAME = "sunpy_coronagraph_inpaint"
CALLS = "inpaint_map", "inpaint_files", "calibrate_map"
#: From top to bottom; imports and calls run downwards.
ROOMS = (
    "cli", "calibrate", "cosmic_rays", "inpaint", "flatfield", "psf", "thomson", "simulate", "dataset", "fetch",
    "evaluate", "batch", "learning", "frames", "io", "instruments", "exceptions",
)  # fmt: skip

_TRACE = """
import json, sys, tempfile, threading, warnings
from pathlib import Path

warnings.simplefilter("ignore")
import sunpy_coronagraph_inpaint
from sunpy import log
log.setLevel("ERROR")
from sunpy_coronagraph_inpaint import inpaint_files, inpaint_map
from sunpy_coronagraph_inpaint.calibrate import calibrate_map
from sunpy_coronagraph_inpaint.simulate import damage, plain_corona

root = str(Path(sunpy_coronagraph_inpaint.__file__).parent) + "/"


def module(frame):
    name = frame.f_code.co_filename
    return name[len(root):-3] if name.startswith(root) and frame.f_code.co_name != "<module>" else None


def traced(function):
    modules, calls = {}, []

    def profile(frame, event, argument):
        if event == "call" and (callee := module(frame)):
            modules[callee] = None
            caller = frame.f_back
            while caller and not module(caller):
                caller = caller.f_back
            calls.append((module(caller) if caller else None, callee, frame.f_code.co_name))

    sys.setprofile(profile)
    threading.setprofile(profile)
    try:
        function()
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    return [name for name in modules if not name.endswith("__init__")], calls


smap = damage(plain_corona(detector="C3", seed=1), blocks=5, seed=2)
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "frame.fts"
    smap.save(path, filetype="fits")
    found = {
        "inpaint_map": traced(lambda: inpaint_map(smap)),
        "inpaint_files": traced(lambda: inpaint_files([path], Path(folder) / "out")),
        "calibrate_map": traced(lambda: calibrate_map(smap, calibration="nominal")),
    }
print(json.dumps(found))
"""


class Package:
    """The modules of a package under a tree, parsed."""

    def __init__(self, tree):
        self.tree = Path(tree)
        paths = [path for path in sorted((self.tree / NAME).rglob("*.py")) if path.name != "_version.py"]
        if not paths:
            sys.exit(f"{tree} has no directory {NAME} with modules. Give --tree the root of a checkout.")
        self.paths = {_module_name(path.relative_to(self.tree)): path for path in paths}
        self.sources = {name: path.read_text(encoding="utf-8") for name, path in self.paths.items()}
        self.asts = {name: ast.parse(source) for name, source in self.sources.items()}

    def is_front(self, name):
        """Return whether a module is the ``__init__.py`` of a package."""
        return self.paths[name].name == "__init__.py"

    def behind(self, call):
        """Return the modules behind a call, see the docstring of this file."""
        (start,) = (
            name for name, tree in self.asts.items()
            if any(isinstance(node, ast.FunctionDef) and node.name == call for node in tree.body)
        )  # fmt: skip
        seen, todo = set(), [start]
        while todo:
            name = todo.pop()
            if name not in seen:
                seen.add(name)
                todo.extend(self._imports(name))
        return {name for name in seen if not self.is_front(name)}

    def _imports(self, name):
        for node in ast.walk(self.asts[name]):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names if alias.name in self.asts)
            elif isinstance(node, ast.ImportFrom) and node.module in self.asts:
                for alias in node.names:
                    yield self._home(node.module, alias.name)

    def _home(self, module, name):
        """Return the module that defines a name, following the ``__init__.py`` of packages."""
        if f"{module}.{name}" in self.asts:
            return f"{module}.{name}"
        if self.is_front(module):
            for node in ast.walk(self.asts[module]):
                if isinstance(node, ast.ImportFrom) and node.module in self.asts.keys() - {module}:
                    for alias in node.names:
                        if name == (alias.asname or alias.name):
                            return self._home(node.module, alias.name)
            home = _lazy_exports(self.asts[module]).get(name)
            if home and f"{module}.{home}" in self.asts:
                return self._home(f"{module}.{home}", name)
        return module


def _module_name(path):
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _lazy_exports(tree):
    """Return the submodule of each name from ``lazy_loader.attach`` and the top-level table ``_ROOMS``."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "submod_attrs":
            found.update({name: home for home, names in ast.literal_eval(node.value).items() for name in names})
        elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "_ROOMS":
            found.update(ast.literal_eval(node.value))
    return found


def exported(tree):
    """Return the names in the ``__all__`` of a module, including those of ``lazy_loader.attach``."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and any("__all__" in ast.dump(target) for target in node.targets):
            if isinstance(node.value, ast.List | ast.Tuple):
                return [element.value for element in node.value.elts if isinstance(element, ast.Constant)]
            return list(_lazy_exports(tree))
    return []


def functions(tree):
    """Yield the functions and methods of a module, without nested functions."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
        else:
            yield from functions(node)


def body_lines(function):
    """Return the number of lines of a function's body without its docstring."""
    body = function.body[ast.get_docstring(function) is not None :]
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


def static_figures(package):
    """Yield the name and the value of each figure that is counted from the sources."""
    lines = {name: len(source.splitlines()) for name, source in package.sources.items()}
    yield "modules / lines", f"{len(lines)} / {sum(lines.values())}"
    rooms = [count for name, count in lines.items() if not package.is_front(name)]
    yield "module median, lines (without __init__.py)", f"{statistics.median(rooms):g}"
    found = [function for tree in package.asts.values() for function in functions(tree)]
    bodies = sorted(map(body_lines, found))
    yield "function body, median / 90th percentile", f"{statistics.median(bodies):g} / {bodies[int(0.9 * len(bodies))]}"
    names = [name for tree in package.asts.values() for name in exported(tree)]
    yield "names in __all__", f"{len(names)}"
    private = sum(function.name.startswith("_") and not function.name.startswith("__") for function in found)
    public = sum(not function.name.startswith("_") for function in found)
    yield "private functions per public one", f"{private / public:.2f} ({private} / {public})"
    arguments = [node for tree in package.asts.values() for node in ast.walk(tree) if isinstance(node, ast.arguments)]
    named = sum(default is not None for one in arguments for default in one.kw_defaults)
    optional = named + sum(len(one.defaults) for one in arguments)
    yield "optional arguments keyword-only, %", f"{100 * named / optional:.0f}"
    tests = sum(len(path.read_text().splitlines()) for path in (package.tree / "tests").rglob("*.py"))
    yield "tests / source lines", f"{tests / sum(lines.values()):.2f} ({tests})"
    for call in CALLS:
        yield f"modules behind {call}, imported", f"{len(package.behind(call))}"


def trace(tree):
    """Return for each call the modules with a function that runs, and the calls between modules."""
    environment = os.environ | {"PYTHONPATH": str(Path(tree).resolve()), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", _TRACE], cwd=tree, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"The calls cannot be traced: {done.stderr.strip().splitlines()[-1]}")
    return json.loads(done.stdout.splitlines()[-1])


def traced_figures(traced):
    """Yield the name and the value of each figure that is counted while a call runs."""
    for call, (modules, _) in traced.items():
        yield f"modules behind {call}, run", f"{len(modules)}"
    way, upwards, finds = [], {}, 0
    for caller, callee, function in traced["inpaint_map"][1]:
        finds += function == "find_dropouts"
        above, below = (name and name.partition("/")[0] for name in (caller, callee))
        if above != below:
            way.append(below)
            if above in ROOMS and below in ROOMS and ROOMS.index(below) < ROOMS.index(above):
                upwards[f"{above} -> {below}"] = upwards.get(f"{above} -> {below}", 0) + 1
    order = [room for number, room in enumerate(way) if number == 0 or room != way[number - 1]]
    yield "inpaint_map: calls of find_dropouts", f"{finds}"
    yield "inpaint_map: calls into another room / rooms", f"{len(way)} / {len(set(way))}"
    yield "inpaint_map: calls upwards", ", ".join(f"{edge} ({count})" for edge, count in upwards.items()) or "0"
    yield "inpaint_map: way through the rooms", " > ".join(np.array(order)[:60])


def main(arguments=None):
    """Print the figures of a tree."""
    options = parser(__doc__)
    options.add_argument("--tree", type=Path, default=Path(__file__).parents[1], help="root of a checkout")
    options.add_argument("--static", action="store_true", help="count the sources alone, call nothing")
    options = options.parse_args(arguments)
    for name, text in static_figures(Package(options.tree)):
        print(f"{name:<46} {text}")
    if not options.static:
        for name, text in traced_figures(trace(options.tree)):
            print(f"{name:<46} {text}", flush=True)


if __name__ == "__main__":
    main()
