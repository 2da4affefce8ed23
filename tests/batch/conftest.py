"""Fixtures of the batch: small frames on disk."""

from pathlib import Path

import pytest

from tests.batch.damaged import good_file


@pytest.fixture
def frames(tmp_path):
    """Make so many small files, every second one with missing blocks."""

    def make(number, **options):
        folder = tmp_path / "in"
        folder.mkdir(exist_ok=True)
        options = {"blocks": None, **options}
        return [
            good_file(folder / f"{i:03d}.fts", seed=i, **options | {"blocks": options["blocks"] or (i % 2 == 0)})
            for i in range(number)
        ]

    return make


@pytest.fixture
def out(tmp_path):
    """Directory of the results."""
    return tmp_path / "out"


@pytest.fixture(autouse=True)
def _processes_find_the_tests(monkeypatch):
    """Processes that are started import helpers of the tests from where this one does."""
    monkeypatch.syspath_prepend(Path(__file__).parents[2])
