"""The package as it is handed out: metadata, pins, the README's commands, and what an import costs others."""

import configparser
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from sunpy_coronagraph_inpaint.cli import main

ROOT = Path(__file__).parent.parent
NAME = "sunpy_coronagraph_inpaint"
MEGABYTE = 1024**2
PYTHONS = ("3.11", "3.12", "3.13")


@pytest.fixture(scope="module")
def project():
    """Table ``[project]`` of pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


@pytest.fixture(scope="module")
def constraints():
    """Lines of constraints.txt as requirements."""
    lines = (line.strip() for line in (ROOT / "constraints.txt").read_text().splitlines())
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


@pytest.fixture(scope="module")
def committed():
    """Paths of all files that git tracks."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("only a git checkout tells which files are committed")
    listed = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [ROOT / name for name in listed.split("\0") if name]


def run_python(program):
    """Run a program in a fresh interpreter and return what it prints."""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_metadata_lives_in_pyproject_alone():
    """Neither setup.cfg nor a setup.py says anything about the package or about pytest."""
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    assert config.sections(), "setup.cfg is there for tool configuration"
    assert not {"metadata", "options", "tool:pytest"} & set(config.sections())
    assert not (ROOT / "setup.py").exists()


def test_readme_has_exactly_two_commands():
    """One installs and runs the main job, one installs and passes the tests; both use the tested versions."""
    commands = re.findall(r"(?m)^ +((?:\S+ )*pip install .*)$", (ROOT / "README.rst").read_text())
    assert len(commands) == 2
    for command, job in zip(commands, ("coronagraph-inpaint demo", "python -m pytest"), strict=True):
        install, run = command.split(" && ")
        assert install.startswith("python -m pip install -c constraints.txt ")
        assert run == job


@pytest.mark.parametrize("python", PYTHONS)
def test_constraints_pin_each_direct_dependency_once(project, constraints, python):
    """Every dependency and every extra is pinned to one exact version on each supported Python."""
    environment = default_environment() | {"python_version": python, "python_full_version": f"{python}.0"}
    pins = [pin for pin in constraints if pin.marker is None or pin.marker.evaluate(environment)]
    names = [canonicalize_name(pin.name) for pin in pins]
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"==[\w.]+", str(pin.specifier)) for pin in pins)
    extras = project["optional-dependencies"].values()
    wanted = [Requirement(line) for lines in (project["dependencies"], *extras) for line in lines]
    versions = {name: next(iter(pin.specifier)).version for name, pin in zip(names, pins, strict=True)}
    for requirement in wanted:
        name = canonicalize_name(requirement.name)
        if name != canonicalize_name(NAME):
            assert requirement.specifier.contains(versions[name]), requirement


def test_torch_is_pinned(constraints):
    """The pinned version of torch has a CPU build where one lies at hand, a bare ``torch`` may not."""
    assert [str(pin) for pin in constraints if pin.name == "torch"] == ["torch==2.13.0"]


def test_supported_pythons_agree(project):
    """Classifiers, the lower bound and the tox environments name the same versions of Python."""
    assert project["requires-python"] == f">={PYTHONS[0]}"
    named = [line.rpartition(" ")[2] for line in project["classifiers"] if re.search(r":: 3\.\d+$", line)]
    assert named == list(PYTHONS)
    assert f"py{{{','.join(version.replace('.', '') for version in PYTHONS)}}}" in (ROOT / "tox.ini").read_text()


def test_style_is_checked_with_one_version_of_ruff(constraints):
    """The pre-commit hook runs the version of ruff that is pinned."""
    (pin,) = (str(pin.specifier) for pin in constraints if pin.name == "ruff")
    hook = re.search(r"ruff-pre-commit\n\s+rev: v(\S+)", (ROOT / ".pre-commit-config.yaml").read_text())
    assert pin == f"=={hook[1]}"


def test_committed_files_are_small(committed):
    """Nothing that is committed is 10 MB or larger."""
    assert [path for path in committed if path.is_file() and path.stat().st_size >= 10 * MEGABYTE] == []


def test_no_frame_is_committed(committed):
    """Frames stay in their archives."""
    assert [path for path in committed if re.search(r"\.(fts|fits|fz|jp2)(\.gz)?$", path.name, re.IGNORECASE)] == []


def test_import_is_light():
    """Importing the package, its methods and its instruments does not load torch."""
    modules = [NAME, f"{NAME}.methods", f"{NAME}.instruments", f"{NAME}.frame", f"{NAME}.inpaint", f"{NAME}.dropouts"]
    program = f"import sys, {', '.join(modules)}; print('torch' in sys.modules)"
    assert run_python(program) == "False"


def test_import_registers_no_map_source():
    """SunPy knows the same map sources and Fido clients before and after the package is imported."""
    program = f"""
import sunpy.map, sunpy.net
before = set(sunpy.map.Map.registry), set(sunpy.net.Fido.registry)
import {NAME}, {NAME}.simulate
assert before == (set(sunpy.map.Map.registry), set(sunpy.net.Fido.registry))
print(type({NAME}.simulate.plain_corona(size=256)).__module__)
"""
    assert run_python(program) == "sunpy.map.sources.soho"


def test_front_door(project):
    """What the README imports can be imported, and the command it names is installed."""
    readme = (ROOT / "README.rst").read_text()
    imported = re.search(rf"from {NAME} import (.*)", readme)[0]
    assert run_python(f"{imported}; print(find_dropouts.__module__)").startswith(NAME)
    assert project["scripts"] == {"coronagraph-inpaint": f"{NAME}.cli:main"}
    assert run_python(f"from {NAME}.cli import main; print(callable(main))") == "True"


def test_every_command_has_its_place_in_the_documentation():
    """The page of the command line shows what each command prints; the texts themselves are made by the build."""
    page = (ROOT / "docs" / "reference" / "command_line.rst").read_text()
    assert sorted(re.findall(r"(?m)^\.\. command-output:: (\w+)", page)) == sorted(main.commands)


@pytest.mark.parametrize(
    ("skipped", "data", "rows", "code"),
    [
        ("", True, "tests.test_a docs.page.rst sunpy_coronagraph_inpaint.frame", 0),
        ("set CORONAGRAPH_INPAINT_DATA", False, "tests.test_a docs.page.rst sunpy_coronagraph_inpaint.frame", 0),
        ("set CORONAGRAPH_INPAINT_DATA", True, "tests.test_a docs.page.rst sunpy_coronagraph_inpaint.frame", 1),
        ("needs the network", True, "tests.test_a docs.page.rst sunpy_coronagraph_inpaint.frame", 0),
        ("", True, "tests.test_a sunpy_coronagraph_inpaint.frame", 1),
        ("", True, "tests.test_a docs.page.rst", 1),
        ("", True, "docs.page.rst sunpy_coronagraph_inpaint.frame", 1),
    ],
)
def test_results_of_a_run_are_checked(tmp_path, skipped, data, rows, code):
    """The check after the test run fails where real frames were wanted and skipped, or where no examples ran."""
    cases = [f'<testcase classname="{row}" name="one"/>' for row in rows.split()]
    if skipped:
        cases.append(f'<testcase classname="tests.test_b" name="two"><skipped message="{skipped}"/></testcase>')
    results = tmp_path / "results.xml"
    results.write_text(f"<testsuites><testsuite>{''.join(cases)}</testsuite></testsuites>")
    command = [sys.executable, ROOT / ".ci" / "check_results.py", results, *["--with-real-frames"] * data]
    assert subprocess.run(command, check=False, capture_output=True).returncode == code
