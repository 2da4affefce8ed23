"""Help of the command, of each group and of each subcommand imports nothing heavy."""

import json
import subprocess
import sys

import click
import pytest

from sunpy_coronagraph_inpaint.cli import main

HEAVY = ("numpy", "scipy", "astropy", "sunpy", "torch", "matplotlib", "pandas", "skimage", "dask", "tqdm")

PROGRAM = f"""
import json, sys
from contextlib import redirect_stdout
from io import StringIO
from sunpy_coronagraph_inpaint.cli import main
found = {{}}
for words in json.loads(sys.argv[1]):
    text = StringIO()
    try:
        with redirect_stdout(text):
            main([*words, "--help"], prog_name="coronagraph-inpaint")
    except SystemExit as end:
        status = end.code
    heavy = [name for name in {HEAVY!r} if name in sys.modules]
    found[" ".join(words)] = status, text.getvalue().startswith("Usage: coronagraph-inpaint"), heavy
print(json.dumps(found))
"""


def _calls(command, words=()):
    """Yield the words of each call that has a help."""
    yield list(words)
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            yield from _calls(command.get_command(context, name), (*words, name))


def test_help_imports_nothing_heavy():
    """Whatever help is asked for, it is printed without the libraries that a subcommand needs for its work."""
    calls = list(_calls(main))
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(calls)], check=True, capture_output=True, text=True
    )
    found = json.loads(done.stdout)
    assert len(found) == len(calls) > 15
    assert {"", "find", "calibrate", "dataset build", "train network"} <= set(found)
    assert found == {name: [0, True, []] for name in found}


@pytest.mark.parametrize("name", sorted(main.commands))
def test_every_command_has_a_summary(name):
    """The list of commands says what each is for, and the name of the command is that of its module."""
    command = main.get_command(click.Context(main), name)
    assert command.name == name
    assert command.get_short_help_str()
