"""``exposure``: what can be reached from where, and through which objects."""

from __future__ import annotations

import argparse
import shutil
from typing import TYPE_CHECKING

from ksec_tui.cli import output, source
from ksec_tui.cli.command import COVERAGE, Command

if TYPE_CHECKING:  # the parser must not pay for it
    from ksec_tui.cluster.snapshot import Snapshot

ZONES = ("internet", "outside", "nodes", "unknown", "any-pod", "namespaces", "same-namespace")
OUTER = ZONES[:4]


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    source.add_arguments(parser)
    group = parser.add_argument_group("the answer")
    group.add_argument(
        "--zone",
        action="append",
        default=[],
        choices=ZONES,
        help="only what is reached from there: internet, outside (a private network), nodes, unknown, or inside "
        "the cluster any-pod, namespaces (pods of others), same-namespace; repeatable",
    )
    group.add_argument("--all", action="store_true", help="the zones inside the cluster as well")
    group.add_argument(
        "-o", "--output", choices=("table", "json"), default="table", help="how to print the answer"
    )
    parser.epilog = (
        "A question mark stands for what is not certain; the reason follows. Exit codes: 0 answered, 2 wrong usage, "
        "3 the source cannot be read, 4 there may be more because not everything could be read. What files "
        "leave out is taken not to be there, but told."
    )
    parser.formatter_class = argparse.HelpFormatter


def _run(arguments: argparse.Namespace) -> int:
    from ksec_tui.analysis.network.balancers import Zone
    from ksec_tui.cli.reading import read
    from ksec_tui.reports.exposure import exposure_json, exposure_text

    snapshot, _ = read(source.open_source(arguments))
    wanted = arguments.zone or (ZONES if arguments.all else OUTER)
    zones = tuple(zone for zone in Zone if zone.value.replace(" ", "-") in wanted)
    unknown, left_out = _gaps(snapshot)
    if left_out:
        output.tell(f"not supplied: {', '.join(left_out)}")
    if arguments.output == "json":
        output.emit(exposure_json(snapshot, zones, unknown), encoding="utf-8")
    else:
        width = shutil.get_terminal_size().columns if output.stdout_is_terminal() else None
        output.emit(exposure_text(snapshot, zones, unknown, width=width))
    return COVERAGE if unknown else 0


def _gaps(snapshot: Snapshot) -> tuple[list[str], list[str]]:
    """What could not be read, and the kinds of which files hold nothing."""
    from ksec_tui.analysis.network.exposure import EXPOSURE_KINDS
    from ksec_tui.cluster.coverage import State
    from ksec_tui.cluster.kinds import ENDPOINT_SLICE, WORKLOAD_KINDS

    unknown: list[str] = []
    left_out: list[str] = []
    for kind in (*EXPOSURE_KINDS, ENDPOINT_SLICE, *WORKLOAD_KINDS):
        gap = snapshot.gap(kind)
        if gap and snapshot.coverage.of(kind).state is not State.NOT_SUPPLIED:
            unknown.append(gap)
        elif gap and not kind.optional and kind not in WORKLOAD_KINDS:
            left_out.append(kind.resource)
    return unknown, left_out


COMMAND = Command("exposure", "list what can be reached from where, and the way", _add_arguments, _run)
