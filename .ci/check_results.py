"""Read pytest's results file and fail where tests were left out that should have run here."""

import argparse
import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree as ET

DATA_VARIABLE = "CORONAGRAPH_INPAINT_DATA"


def kind_of(case):
    """Tell what a test case is: a test, an example in a docstring, or an example in a page."""
    name = case.get("classname", "") + "." + case.get("name", "")
    if ".rst" in name:
        return "examples in pages"
    return "tests" if name.startswith("tests.") else "examples in docstrings"


def main():
    """Print how many cases of each kind ran, and return 1 where a kind or the real frames are missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path, help="file written by pytest --junitxml")
    parser.add_argument("--with-real-frames", action="store_true", help="fail where tests of real frames were skipped")
    options = parser.parse_args()
    ran, skipped = Counter(), []
    for case in ET.parse(options.results).iter("testcase"):
        skip = case.find("skipped")
        if skip is None:
            ran[kind_of(case)] += 1
        else:
            skipped.append((case.get("classname"), case.get("name"), skip.get("message") or ""))
    kinds = ("tests", "examples in docstrings", "examples in pages")
    print("Ran " + ", ".join(f"{ran[kind]} {kind}" for kind in kinds) + f"; skipped {len(skipped)}.")
    failures = [f"No {kind} were run." for kind in kinds if not ran[kind]]
    if options.with_real_frames:
        failures += [f"Skipped for want of real frames: {c}.{n}" for c, n, why in skipped if DATA_VARIABLE in why]
    print("\n".join(failures), file=sys.stderr)
    return int(bool(failures))


if __name__ == "__main__":
    sys.exit(main())
