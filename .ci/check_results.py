"""Read pytest's results files and fail where tests were left out that should have run here."""

import argparse
import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree as ET

DATA_VARIABLE = "CORONAGRAPH_INPAINT_DATA"
KINDS = ("tests", "examples in docstrings", "examples in pages")


def kind_of(case):
    """Tell what a test case is: a test, an example in a docstring, or an example in a page."""
    name = name_of(case)
    if ".rst" in name:
        return "examples in pages"
    return "tests" if name.startswith("tests.") else "examples in docstrings"


def name_of(case):
    """Return the name of a test case with that of its module."""
    return f"{case.get('classname', '')}.{case.get('name', '')}"


def needs_frames(case):
    """Tell whether a test case was skipped for want of real frames."""
    skip = case.find("skipped")
    return skip is not None and DATA_VARIABLE in (skip.get("message") or "")


def main():
    """Print how many cases of each kind ran, and return 1 where a kind or tests of real frames are missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path, help="file that pytest --junitxml has written")
    parser.add_argument(
        "--with-real-frames",
        type=Path,
        metavar="RESULTS",
        help="file of another run, in which each test must have run that the first skipped for want of real frames",
    )
    options = parser.parse_args()
    cases = list(ET.parse(options.results).iter("testcase"))
    ran = Counter(kind_of(case) for case in cases if case.find("skipped") is None)
    skipped = sum(case.find("skipped") is not None for case in cases)
    print("Ran " + ", ".join(f"{ran[kind]} {kind}" for kind in KINDS) + f"; skipped {skipped}.")
    failures = [f"No {kind} were run." for kind in KINDS if not ran[kind]]
    if options.with_real_frames:
        wanted = {name_of(case) for case in cases if needs_frames(case)}
        again = ET.parse(options.with_real_frames).iter("testcase")
        done = {name_of(case) for case in again if not needs_frames(case)}
        print(f"Ran {len(wanted & done)} of {len(wanted)} tests of real frames.")
        failures += [f"Skipped for want of real frames: {name}" for name in sorted(wanted - done)]
        failures += [] if wanted else ["No test has asked for real frames."]
    print("\n".join(failures), file=sys.stderr)
    return int(bool(failures))


if __name__ == "__main__":
    sys.exit(main())
