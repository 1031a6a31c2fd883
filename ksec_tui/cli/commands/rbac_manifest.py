"""``rbac-manifest``: the rights that a user needs for a full view."""

from __future__ import annotations

import argparse

from ksec_tui.cli import output
from ksec_tui.cli.command import CliError, Command


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    who = parser.add_mutually_exclusive_group()
    who.add_argument("--user", metavar="NAME", help="bind the role to this user")
    who.add_argument(
        "--group", metavar="NAME", help="bind the role to this group (default: ksec-tui-readers)"
    )
    who.add_argument(
        "--service-account", metavar="NAMESPACE/NAME", help="bind the role to this service account"
    )
    parser.add_argument("--without-secrets", action="store_true", help="leave out Secrets and ConfigMaps")
    parser.add_argument("--watch", action="store_true", help="with the right to watch, for ksec-tui --watch")


def _run(arguments: argparse.Namespace) -> int:
    from ksec_tui.cluster.text import one_line
    from ksec_tui.reports.rights import Reader, manifest

    if arguments.user:
        reader = Reader("User", arguments.user)
    elif arguments.service_account:
        namespace, _, name = arguments.service_account.partition("/")
        if not namespace or not name:
            raise CliError(f"--service-account {arguments.service_account!r}: NAMESPACE/NAME is expected")
        reader = Reader("ServiceAccount", name, namespace)
    else:
        reader = Reader("Group", arguments.group or "ksec-tui-readers")
    if one_line(reader.name) != reader.name or one_line(reader.namespace) != reader.namespace:
        raise CliError("a name to bind holds control characters")
    output.emit(manifest(reader, payloads=not arguments.without_secrets, watch=arguments.watch))
    return 0


COMMAND = Command("rbac-manifest", "print the ClusterRole that ksec-tui needs", _add_arguments, _run)
