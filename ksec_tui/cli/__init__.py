"""The command line. Its parser imports nothing heavy; each command imports what it needs when it runs."""

from __future__ import annotations

from collections.abc import Sequence

from ksec_tui.cli import output
from ksec_tui.cli.command import DEFECT, CliError
from ksec_tui.cli.parser import parse


def main(argv: Sequence[str]) -> int:
    """Run one command.

    Args:
        argv: the words after the program's name.

    Returns:
        0 fine, 1 findings at or above ``--fail-on``, 2 usage, 3 connection or unreadable source,
        4 coverage below ``--min-coverage``, 70 a defect of this program, 130 interrupted.
    """
    try:
        command, arguments = parse(argv)
        return command.run(arguments)
    except CliError as error:
        output.tell(f"error: {error}")
        return error.code
    except KeyboardInterrupt:
        output.tell("interrupted")
        return 130
    except SystemExit as stop:  # argparse: help, version, wrong usage
        return stop.code if isinstance(stop.code, int) else 2
    except Exception as error:  # noqa: BLE001 - told without what it quotes, and never as the exit code of findings
        from ksec_tui.cluster.mishap import trace

        output.tell(f"{trace(error)}this is a defect of the program, please report it")
        return DEFECT
    finally:
        output.flush()
