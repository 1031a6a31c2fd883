"""Which cluster state to look at: the options that all commands share, and opening what they name."""

from __future__ import annotations

import argparse
import datetime as dt
import os
import re
import sys
from typing import TYPE_CHECKING

from ksec_tui.cli.command import SOURCE, CliError

if TYPE_CHECKING:  # the parser must not pay for what only some commands need
    from ksec_tui.sources.base import Source
    from ksec_tui.sources.kubeconfig import ConnectionOptions

_LIVE = {
    "kubeconfig": "--kubeconfig",
    "context": "--context",
    "namespace": "-n/--namespace",
    "all_namespaces": "-A/--all-namespaces",
    "as_user": "--as",
    "as_group": "--as-group",
    "as_uid": "--as-uid",
    "request_timeout": "--request-timeout",
}
_KINDS = {"demo": "--demo", "file": "-f/--file", "snapshot": "--snapshot"}
_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s?)?\Z")


def add_arguments(parser: argparse.ArgumentParser, *, namespaces: bool = True) -> None:
    """Give `parser` the options that name a source.

    Without `namespaces` those that choose namespaces are left out: everything is read, and the command may
    give ``-n`` and ``-A`` a meaning of its own.
    """
    group = parser.add_argument_group("what to look at (by default the current context of the kubeconfig)")
    group.add_argument("--demo", action="store_true", help="the demo cluster that comes with the program")
    group.add_argument(
        "-f",
        "--file",
        action="append",
        default=[],
        metavar="PATH",
        help="manifests, kubectl get -o yaml|json lists, a directory, a tar archive, - for stdin; repeatable",
    )
    group.add_argument("--snapshot", metavar="FILE", help="what 'snapshot save' wrote")
    group.add_argument(
        "--today",
        type=date,
        default=None,
        metavar="YYYY-MM-DD",
        help="judge ages and support as of this date (not for a live cluster)",
    )
    add_facts_argument(group)
    add_live_arguments(parser, namespaces=namespaces)


def add_facts_argument(parser: argparse._ActionsContainer) -> None:
    """Give `parser` the option ``--data``."""
    parser.add_argument(
        "--data",
        metavar="DIR",
        help="look for newer facts on versions here (else where 'data update' puts them)",
    )


def use_facts(arguments: argparse.Namespace) -> None:
    """From now on judge versions by the newest facts: those of ``--data``, else the user's, or the program's.

    Raises:
        CliError: ``--data`` names no folder.
    """
    from pathlib import Path

    from ksec_tui.data import places

    if arguments.data is None:
        places.use(places.user_folder())
        return
    folder = Path(arguments.data)
    if not folder.is_dir():
        raise CliError(f"--data {arguments.data}: there is no such folder")
    places.use(folder)


def add_live_arguments(parser: argparse.ArgumentParser, *, namespaces: bool = True) -> None:
    """Give `parser` the options that name a live cluster; spelled as kubectl's."""
    live = parser.add_argument_group("a live cluster")
    live.add_argument(
        "--kubeconfig", metavar="FILE", help="the kubeconfig file (else $KUBECONFIG, ~/.kube/config)"
    )
    live.add_argument("--context", metavar="NAME", help="the context to use")
    if namespaces:
        live.add_argument(
            "-n",
            "--namespace",
            action="append",
            default=[],
            metavar="NAMES",
            help="namespaces to read: names, globs (team-*), exclusions (!kube-*), comma-separated; repeatable",
        )
        live.add_argument("-A", "--all-namespaces", action="store_true", help="all namespaces (the default)")
    else:
        parser.set_defaults(namespace=[], all_namespaces=False)
    live.add_argument("--as", dest="as_user", metavar="USER", help="act as this user")
    live.add_argument(
        "--as-group", action="append", default=[], metavar="GROUP", help="and this group; repeatable"
    )
    live.add_argument("--as-uid", metavar="UID", help="and this UID")
    live.add_argument(
        "--request-timeout",
        type=_seconds,
        metavar="TIME",
        help="how long the server may be silent in one request: 30, 30s, 2m (default 30s)",
    )


def open_source(arguments: argparse.Namespace, *, stdin: bytes | None = None) -> Source:
    """The source that the options name; for a live one this logs in.

    Args:
        arguments: as `add_arguments` reads them.
        stdin: what ``-f -`` stands for, if it has been read already.

    Raises:
        CliError: the options contradict each other, or the cluster cannot be opened.
    """
    check(arguments)
    if is_live(arguments):
        from ksec_tui.cli.live import open_live

        return open_live(connection_options(arguments))
    today: str = arguments.today or ""
    if arguments.demo:
        from ksec_tui.sources.demo import DemoSource

        return DemoSource(today=today)
    if arguments.snapshot is not None:
        from pathlib import Path

        from ksec_tui.sources.saved import SavedSource

        return SavedSource(Path(arguments.snapshot), today=today)
    from ksec_tui.sources.files import FileSource

    return FileSource(arguments.file, today=today, stdin=stdin)


def check(arguments: argparse.Namespace) -> None:
    """Refuse options that contradict each other; what they say of facts holds from now on.

    Raises:
        CliError: they do.
    """
    use_facts(arguments)
    chosen = [words for name, words in _KINDS.items() if getattr(arguments, name)]
    live = [words for name, words in _LIVE.items() if getattr(arguments, name)]
    if len(chosen) > 1:
        raise CliError(f"{' and '.join(chosen)} name different sources: choose one")
    if chosen and live:
        hint = " (to see some namespaces only, use --filter ns:NAME)" if _LIVE["namespace"] in live else ""
        raise CliError(f"{', '.join(live)} {_are(live)} for a live cluster, {chosen[0]} is none{hint}")
    if not chosen and arguments.today:
        raise CliError("--today is for files, snapshots and the demo: a live cluster is judged as of now")
    if arguments.as_user is None and (arguments.as_group or arguments.as_uid):
        raise CliError("--as-group and --as-uid need --as: a group is taken on together with a user")


def is_live(arguments: argparse.Namespace) -> bool:
    """Whether the options name a live cluster."""
    return not any(getattr(arguments, name) for name in _KINDS)


def connection_options(arguments: argparse.Namespace) -> ConnectionOptions:
    """How to reach the live cluster that the options name.

    Raises:
        CliError: what stands for a namespace can be none.
    """
    from ksec_tui.sources.base import SourceError
    from ksec_tui.sources.kubeconfig import ConnectionOptions
    from ksec_tui.sources.live_scope import Patterns

    words = (word.strip() for words in arguments.namespace for word in words.split(","))
    namespaces = tuple(word for word in words if word)
    try:
        Patterns.parse(namespaces)
    except SourceError as error:
        raise CliError(str(error)) from error
    options = ConnectionOptions(
        kubeconfig=arguments.kubeconfig,
        context=arguments.context,
        namespaces=namespaces,
        all_namespaces=arguments.all_namespaces,
        as_user=arguments.as_user,
        as_groups=tuple(arguments.as_group),
        as_uid=arguments.as_uid,
    )
    if arguments.request_timeout is None:
        return options
    import dataclasses

    return dataclasses.replace(options, request_timeout=arguments.request_timeout)


def take_stdin(arguments: argparse.Namespace) -> bytes | None:
    """Read all of stdin if ``-f -`` asks for it, and give the terminal back its keys.

    Raises:
        CliError: stdin cannot be read, or there is no terminal to read keys from.
    """
    if "-" not in arguments.file:
        return None
    from ksec_tui.sources.base import SourceError
    from ksec_tui.sources.inputs import read_stdin

    try:
        data = read_stdin()
    except (SourceError, OSError) as error:
        raise CliError(str(error), SOURCE) from error
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY)
    except OSError as error:
        raise CliError(
            "the manifests come from stdin and there is no terminal to read keys from: use ksec-tui scan -f -"
        ) from error
    os.dup2(terminal, sys.__stdin__.fileno() if sys.__stdin__ is not None else 0)
    os.close(terminal)
    return data


def _are(words: list[str]) -> str:
    return "is" if len(words) == 1 else "are"


def date(text: str) -> str:
    """A date as an option has it, checked.

    Raises:
        argparse.ArgumentTypeError: it is none.
    """
    try:
        return dt.date.fromisoformat(text).isoformat()
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date like 2026-11-21") from None


def _seconds(text: str) -> float:
    match = _DURATION.match(text)
    hours, minutes, seconds = (float(part or 0) for part in match.groups()) if match else (0.0, 0.0, 0.0)
    total = hours * 3600 + minutes * 60 + seconds
    if total <= 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no time like 30, 30s or 2m")
    return total
