"""The targets of the network, and the table for the documentation, from a table of the benchmark."""

import numpy as np
import pytest

from astropy.table import Table

from sunpy_coronagraph_inpaint.evaluate.report import best_rows, text_table
from sunpy_coronagraph_inpaint.evaluate.runner import describe
from sunpy_coronagraph_inpaint.inpaint.benchmark import InpaintSuite


@pytest.fixture(scope="module")
def table():
    """Two groups, of which one has rows of the network and of a method with neighbors."""
    columns = {
        "group": ["C2", "C2", "C2", "C3"],
        "holes": ["3 x 96"] * 4,
        "method": ["kriging", "partial_conv", "temporal +neighbors", "kriging"],
        "cases": [2, 2, 2, 1],
        "mae_4x4": [0.8, 0.4, 0.1, 1.0],
        "coverage_1sigma": [68.0, 75.0, 71.0, 66.0],
        "rmse": [np.nan] * 4,
    }
    return describe(Table(columns), InpaintSuite.labels, InpaintSuite.measures)


def test_targets(script, table):
    """A single-frame method is compared with single-frame ones; intervals are looked at alone."""
    acceptance = script("acceptance")
    targets = [
        acceptance.Target(("C2",), (), "mae_4x4", "others", 0, 0.4),
        acceptance.Target(("C2",), (), "coverage_1sigma", "", 64, 72),
    ]
    first, second = acceptance.compare(table, targets=targets)
    assert (first["other"], first["ratio"], first["reached"]) == ("kriging", pytest.approx(0.5), False)
    assert (second["value"], second["reached"]) == (75.0, False)
    assert acceptance.compare(table, "no such method") == []


def test_every_target_is_a_column(script):
    """Targets name measures that there are."""
    assert {target.column for target in script("acceptance").TARGETS} <= {*InpaintSuite.measures, "seconds"}


def test_acceptance_command(script, table, tmp_path, capsys):
    """The script reads the table, prints a line for each target, and its status says whether all are reached."""
    path = tmp_path / "benchmark.ecsv"
    table.write(path)
    assert script("acceptance").main([str(path)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert any("mae_4x4" in line and line.endswith(": reached") for line in lines)
    assert any("coverage_1sigma" in line and line.endswith("NOT reached") for line in lines)
    assert script("acceptance").main([str(path), "--method", "none"]) == 1


def test_rst_table(script, table, tmp_path):
    """The best of each group is bold in the documentation, as it has a star in the terminal."""
    page = script("rst_table").rst_table(table)
    assert page.startswith(".. csv-table:: C2 (2 frames)\n   :header-rows: 1\n\n   method, mae_4x4 3 x 96\n")
    assert "   temporal +neighbors, **0.10**" in page.splitlines()
    assert "Targets of the network" in page
    assert "Targets" not in script("rst_table").rst_table(table[[0, 2]])
    assert best_rows(table[:3]) == {"mae_4x4": {2}, "coverage_1sigma": {0}, "rmse": set()}
    assert "rmse" not in text_table(table)
    table.write(tmp_path / "benchmark.ecsv")
    script("rst_table").main([str(tmp_path / "benchmark.ecsv"), "-o", str(tmp_path / "table.inc")])
    assert (tmp_path / "table.inc").read_text(encoding="utf-8") == page
