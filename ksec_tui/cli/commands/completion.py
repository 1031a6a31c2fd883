"""``completion``: scripts that let a shell complete commands and options."""

from __future__ import annotations

import argparse

from ksec_tui.cli import output
from ksec_tui.cli.command import Command


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=("bash", "zsh", "fish"), help="the shell")
    parser.epilog = (
        "bash: source <(ksec-tui completion bash)\n"
        "zsh:  source <(ksec-tui completion zsh)\n"
        "fish: ksec-tui completion fish | source"
    )


def _run(arguments: argparse.Namespace) -> int:
    from ksec_tui.cli import completions
    from ksec_tui.cli.tree import command_tree

    make = {"bash": completions.bash, "zsh": completions.zsh, "fish": completions.fish}[arguments.shell]
    output.emit(make(command_tree()), encoding="utf-8")
    return 0


COMMAND = Command("completion", "print a completion script for a shell", _add_arguments, _run)
