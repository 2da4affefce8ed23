"""
The command ``coronagraph-inpaint``: one module for each subcommand, imported when it is called.

To keep ``--help`` fast, modules of subcommands import only the standard library and click at the top.
"""

from importlib import import_module

import click

from sunpy_coronagraph_inpaint._version import version


class _Group(click.Group):
    """A group whose commands are named by the modules that hold them."""

    def get_command(self, context, name):
        if isinstance(self.commands.get(name), str):
            self.add_command(getattr(import_module(self.commands[name]), name))
        return super().get_command(context, name)


_NAMES = ("calibrate", "calibration", "dataset", "demo", "evaluate", "fill", "find", "methods", "simulate", "train")


@click.group(
    cls=_Group,
    commands={name: f"{__name__}.{name}" for name in _NAMES},
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(version, prog_name="coronagraph-inpaint")
def main():
    """Find and fill missing telemetry blocks in coronagraph images."""
