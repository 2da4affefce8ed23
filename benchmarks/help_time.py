"""
Measure the CPU time of ``--help`` for the command, each group and each subcommand, including the start of Python.

Each figure is the minimum of user plus system time over several fresh processes; with ``--imports`` the slowest imports
of the help of the command are listed, too::

    python benchmarks/help_time.py --runs 3 --imports 10
"""

import argparse
import resource
import subprocess
import sys

import click

from sunpy_coronagraph_inpaint.cli import main as command

TARGET = 1.0
PROGRAM = "import sys; from sunpy_coronagraph_inpaint.cli import main; main(sys.argv[1:])"


def calls(group, words=()):
    """Yield the arguments of each call with a help text."""
    yield words
    if isinstance(group, click.Group):
        context = click.Context(group)
        for name in group.list_commands(context):
            yield from calls(group.get_command(context, name), (*words, name))


def cpu_seconds(words):
    """Return user and system time of one fresh process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", PROGRAM, *words, "--help"], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def slowest_imports(number):
    """Yield the lines of ``python -X importtime`` with the largest cumulative times."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", PROGRAM, "--help"], check=True, capture_output=True, text=True
    )
    lines = [line for line in done.stderr.splitlines()[1:] if line.startswith("import time:")]
    yield from sorted(lines, key=lambda line: -int(line.split("|")[1]))[:number]


def main():
    """Print the times, and return 1 if one exceeds the target."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("--runs", type=int, default=3, help="fresh processes for each help (default 3)")
    parser.add_argument("--imports", type=int, default=0, help="how many imports to list (default 0)")
    options = parser.parse_args()
    cpu_seconds(())
    slowest = 0.0
    for words in calls(command):
        seconds = min(cpu_seconds(words) for _ in range(options.runs))
        slowest = max(slowest, seconds)
        print(f"{seconds:6.3f} s  coronagraph-inpaint {' '.join((*words, '--help'))}")
    print(f"slowest {slowest:.3f} s, target {TARGET:.1f} s")
    for line in slowest_imports(options.imports):
        print(line)
    return int(slowest > TARGET)


if __name__ == "__main__":
    sys.exit(main())
