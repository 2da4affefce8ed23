"""The package as it is handed out: metadata, pins, the README's commands, and what an import costs others."""

import configparser
import hashlib
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
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


def _listed(*options):
    """Return the paths that ``git ls-files`` lists, or `None` where this is no git checkout."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        return None
    command = [git, "ls-files", "-z", *options]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [ROOT / name for name in listed.split("\0") if name]


@pytest.fixture(scope="module")
def committed():
    """Paths of all files that git tracks."""
    paths = _listed()
    if paths is None:
        pytest.skip("only a git checkout tells which files are committed")
    return paths


@pytest.fixture
def archive(tmp_path):
    """The tree as ``git archive`` would unpack it after a commit: without history and without what git ignores."""
    folder = tmp_path / "tree"
    paths = _listed("--cached", "--others", "--exclude-standard")
    if paths is None:
        made = ("__pycache__", "*.egg-info", "_version.py", "build", "generated", "_build", ".*env*", ".*_cache")
        return shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*made))
    for path in filter(Path.is_file, paths):  # one that was removed is listed until that is committed
        target = folder / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    return folder


@pytest.fixture
def checkout(archive):
    """The same tree with a git history."""
    if (git := shutil.which("git")) is None:
        pytest.skip("git is needed to make a checkout")
    identity = ["-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"]
    for command in (["init", "-q"], ["add", "-A"], [*identity, "commit", "-q", "--no-verify", "-m", "All"]):
        subprocess.run([git, *command], cwd=archive, check=True, capture_output=True)
    return archive


def build(kind, tree, folder):
    """Build a wheel or a source distribution with the build backend that is installed, and return its path."""
    folder.mkdir()
    # Without setuptools_scm a wheel is built as well, but without its version.
    program = f"import setuptools_scm, sys, setuptools.build_meta as b; print('built', b.build_{kind}(sys.argv[1]))"
    command = [sys.executable, "-c", program, str(folder)]
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Package would be ignored" not in done.stderr
    return folder / re.search(r"(?m)^built (.*)$", done.stdout)[1]


def files_of(tree):
    """Return the names of the files of the package in a tree, without those that a build writes."""
    package = tree / NAME
    names = {path.relative_to(tree).as_posix() for path in package.rglob("*") if path.is_file()}
    return {name for name in names if not re.search(r"/_version\.py$|/__pycache__/", name)}


def run_python(program):
    """Run a program in a fresh interpreter and return what it prints."""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("tree", ["archive", "checkout"])
def test_wheel_holds_the_package_and_nothing_else(tree, request, tmp_path):
    """Every module, record, file of weights, card and recipe is in it, with a git history and without one."""
    tree = request.getfixturevalue(tree)
    expected = files_of(tree)
    assert {name.rpartition(".")[2] for name in expected} == {"py", "toml", "safetensors", "md"}
    with zipfile.ZipFile(build("wheel", tree, tmp_path / "built")) as wheel:
        names = {name for name in wheel.namelist() if ".dist-info/" not in name}
        assert names == expected | {f"{NAME}/_version.py"}
        (path,) = (name for name in names if name.endswith("/records.toml"))
        folder, records = path.rpartition("/")[0], tomllib.loads(wheel.read(path).decode())
        assert {"lasco_c2", "lasco_c3"} <= set(records)
        for name, record in records.items():
            assert hashlib.sha256(wheel.read(f"{folder}/{record['file']}")).hexdigest() == record["sha256"]
            assert f"{folder}/{name}.md" in names


def test_source_distribution_is_the_tree(archive, tmp_path):
    """A tree without history gives a whole source distribution, and that gives the same wheel."""
    expected = {path.relative_to(archive).as_posix() for path in archive.rglob("*") if path.is_file()}
    with tarfile.open(build("sdist", archive, tmp_path / "built")) as packed:
        packed.extractall(tmp_path / "unpacked", filter="data")
        names = {member.name.partition("/")[2] for member in packed.getmembers() if member.isfile()}
    assert sorted(expected - names) == []
    (unpacked,) = (tmp_path / "unpacked").iterdir()
    with zipfile.ZipFile(build("wheel", unpacked, tmp_path / "wheel")) as wheel:
        assert files_of(archive) <= set(wheel.namelist())


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
    rooms = ("instruments", "frames.frame", "frames.dropouts", "io.reading", "inpaint.methods", "inpaint.maps")
    program = f"import sys, {', '.join(f'{NAME}.{room}' for room in rooms)}; print('torch' in sys.modules)"
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
    """The page of the command line shows the help of each command and subcommand; the build makes the texts."""
    page = (ROOT / "docs" / "reference" / "command_line.rst").read_text()
    commands = {name: main.get_command(None, name) for name in main.commands}
    inner = {f"{name} {sub}" for name, command in commands.items() for sub in getattr(command, "commands", ())}
    assert set(re.findall(r"(?m)^\.\. command-output:: (.+) --help$", page)) == {*commands, *inner}


_ALL = ("tests.test_a", "docs.page.rst", "sunpy_coronagraph_inpaint.frames.frame")
_WANTS = {"tests.test_b": "set CORONAGRAPH_INPAINT_DATA"}


def _results(path, ran, skipped):
    """Write what pytest writes of tests that ran, and of others with why they were skipped."""
    cases = [f'<testcase classname="{name}" name="one"/>' for name in ran]
    cases += [
        f'<testcase classname="{name}" name="one"><skipped message="{why}"/></testcase>'
        for name, why in skipped.items()
    ]
    path.write_text(f"<testsuites><testsuite>{''.join(cases)}</testsuite></testsuites>")
    return path


@pytest.mark.parametrize(
    ("ran", "skipped", "again", "code"),
    [
        (_ALL, {}, None, 0),
        (_ALL[:1], {}, None, 1),
        (_ALL[1:], {}, None, 1),
        (_ALL[::2], {}, None, 1),
        (_ALL, _WANTS, None, 0),
        (_ALL, {"tests.test_b": "needs the network"}, None, 0),
        (_ALL, _WANTS, (["tests.test_b"], {}), 0),
        (_ALL, _WANTS, ([], {"tests.test_b": "no such frame"}), 0),
        (_ALL, _WANTS, ([], _WANTS), 1),
        (_ALL, _WANTS, (["tests.test_c"], {}), 1),
        (_ALL, {}, (["tests.test_c"], {}), 1),
    ],
)
def test_results_of_a_run_are_checked(tmp_path, ran, skipped, again, code):
    """The check fails where a kind of test did not run, or one of real frames ran neither first nor afterwards."""
    command = [sys.executable, ROOT / ".ci" / "check_results.py", _results(tmp_path / "first.xml", ran, skipped)]
    if again is not None:
        command += ["--with-real-frames", _results(tmp_path / "second.xml", *again)]
    assert subprocess.run(command, check=False, capture_output=True).returncode == code


def test_nothing_is_set_for_the_commands_of_the_readme():
    """The run of everything sets no variable for them but the file of results, and unsets those that could help."""
    script = (ROOT / ".ci" / "run").read_text()
    assert re.findall(r"(?m)^\s*export .*", script) == []
    assert re.findall(r"(?m)^(?!#)(.*)bash -euo pipefail -c \"\$(?:test|demo)_command\"", script) == [
        'PYTEST_ADDOPTS="--junitxml=$work/results.xml" ',
        "",
    ]
    unset = set(" ".join(re.findall(r"(?m)^unset (.*)", script)).split())
    assert {"OMP_NUM_THREADS", "MPLBACKEND", "PARFIVE_HIDE_PROGRESS", "PYTEST_ADDOPTS"} <= unset
    assert "CORONAGRAPH_INPAINT_DATA" in unset
