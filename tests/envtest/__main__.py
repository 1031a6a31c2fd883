"""``python -m tests.envtest``: builds the control plane if it is not there, says where it is, runs the tests on it."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

from tests.envtest.assets import MissingError, build

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    """0 and the folder on stdout when there is a control plane, 1 and the reason on stderr when there is none."""
    parser = argparse.ArgumentParser(prog="python -m tests.envtest", description=__doc__)
    parser.add_argument(
        "--timeout",
        type=float,
        default=1800,
        metavar="SECONDS",
        help="how long a build may take (default 1800)",
    )
    parser.add_argument("--test", action="store_true", help="run the tests that ask it, several at once")
    arguments = parser.parse_args()
    begun = time.monotonic()
    try:
        assets = build(arguments.timeout)
    except MissingError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if (took := time.monotonic() - begun) > 1:
        sys.stderr.write(f"built in {took:.0f} seconds\n")
    sys.stdout.write(f"{assets.folder}\n")
    sys.stdout.flush()
    if not arguments.test:
        return 0
    # Tests of one file share servers; much of the time is spent in waiting for these.
    several = ("-n", "3", "--dist", "loadfile")
    command = [sys.executable, "-m", "pytest", "-m", "cluster", *several, "tests/control_plane"]
    return subprocess.run(command, check=False, cwd=ROOT).returncode


if __name__ == "__main__":
    sys.exit(main())
