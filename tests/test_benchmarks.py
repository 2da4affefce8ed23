"""The scripts in ``benchmarks/`` find what they use; what they measure is not measured here."""

import runpy
from pathlib import Path

import pytest

FILES = sorted((Path(__file__).parents[1] / "benchmarks").glob("[!_]*.py"))
SCRIPTS = [path for path in FILES if "__main__" in path.read_text(encoding="utf-8")]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_script(script, monkeypatch):
    """All that it imports is there, and how to run it stands at its head."""
    monkeypatch.syspath_prepend(script.parent)
    names = runpy.run_path(str(script), run_name="benchmark")
    assert f"python benchmarks/{script.name}" in names["__doc__"]
