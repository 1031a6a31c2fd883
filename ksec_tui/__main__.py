"""The entry point: ``ksec-tui``, ``kubectl ksec`` and ``python -m ksec_tui``."""

from __future__ import annotations

import sys

from ksec_tui import cli


def main() -> None:
    """Run the command line and end the process with its exit code."""
    sys.exit(cli.main(sys.argv[1:]))


if __name__ == "__main__":
    main()
