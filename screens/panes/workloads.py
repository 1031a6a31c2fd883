"""Pane 6: what runs, at its top owner; its images, its pods, and what shares a node."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ksec_tui.analysis.isolation import exposure_gap, outermost
from ksec_tui.analysis.network.balancers import Zone
from ksec_tui.analysis.network.exposure import exposures_of
from ksec_tui.analysis.pod_security import LEVELS, server_policy, standings
from ksec_tui.analysis.workloads import Workload, workloads
from ksec_tui.cluster.kinds import WORKLOAD_KINDS
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.cluster.text import one_line
from ksec_tui.screens.pane import (
    Listing,
    Pane,
    Row,
    View,
    kind_column,
    name_column,
    namespace_column,
    object_row,
    risk_column,
    value_column,
)
from ksec_tui.screens.panes import workload_images, workload_nodes, workload_pods
from ksec_tui.screens.powers import account_cell
from ksec_tui.screens.widgets.columns import Cell, Column
from ksec_tui.themes.palette import style_name

LEVEL_STYLES = {"privileged": "high", "baseline": "medium", "restricted": "pass"}
ZONE_STYLES = {Zone.INTERNET: "critical", Zone.OUTSIDE: "high", Zone.NODES: "medium"}


def rows(view: View) -> Sequence[Row]:
    """One row for each workload: the components of Kubernetes itself last."""
    needs = barriers_of(view.state.snapshot)
    found = sorted(workloads(view.state.snapshot), key=lambda item: item.system)
    return [_row(view, item, *needs[item.ref]) for item in found]


def _row(view: View, item: Workload, level: str, needs: str) -> Row:
    values = {
        "pods": sum(not pod.finished for pod in item.pods),
        "level": Cell(level, LEVEL_STYLES[level]),
        "needs": needs,
        "exposed": exposed_cell(view, item),
        "account": account_cell(view, item),
        "images": _images(item),
        "node": _nodes(item),
    }
    return object_row(view, item.ref, values, subjects="workloads", labels=item.labels)


def barriers_of(snapshot: Snapshot) -> Mapping[ObjectRef, tuple[str, str]]:
    """The Pod Security level of each workload, and what the next one would refuse; computed once."""
    found: Mapping[ObjectRef, tuple[str, str]] = snapshot.derived(barriers_of, _barriers)
    return found


def _barriers(snapshot: Snapshot) -> dict[ObjectRef, tuple[str, str]]:
    minor = server_policy(snapshot)
    found = {}
    for ref, standing in standings(snapshot).items():
        needs = ""
        if standing.level != LEVELS[-1]:
            reasons = dict.fromkeys(barrier.reason for barrier in standing.barriers(minor))
            needs = one_line(", ".join(reasons), 200)
        found[ref] = standing.level, needs
    return found


def exposed_cell(view: View, item: Workload) -> Cell:
    """The widest zone outside the cluster from which a workload is reached."""
    snapshot = view.state.snapshot
    found, sure = outermost(exposures_of(snapshot, item.ref))
    if found is not None and found.zone is not Zone.UNKNOWN:
        words = found.zone.value
        return Cell(words, ZONE_STYLES[found.zone]) if sure else Cell(f"{words}?", "unknown")
    if found is not None or exposure_gap(snapshot, item.namespace):
        return Cell("?", "unknown")
    return Cell("–", "muted")


def _images(item: Workload) -> str:
    images = dict.fromkeys(placed.container.image.rpartition("/")[2] for placed in item.placed)
    return one_line(", ".join(images), 200)


def _nodes(item: Workload) -> str:
    names = sorted({pod.spec.node_name for pod in item.pods if pod.spec.node_name})
    return names[0] if len(names) == 1 else f"{len(names)} nodes" if names else ""


def _worst(row: Row) -> str | Cell:
    """The title of the worst finding and how many more there are; else why nothing is known."""
    found = row.worst
    if found is None:
        return Cell(row.unknown, "unknown") if row.unknown else ""
    more = f" +{len(row.findings) - 1}" if len(row.findings) > 1 else ""
    return Cell(f"{found.title}{more}", style_name(row.severity, row.verdict))


_NAME: Column[Row] = replace(name_column(width=22), min_width=13)
_WORST: Column[Row] = Column("why", "WORST", _worst, width=34, min_width=23, grow=3, priority=0)

PANE = Pane(
    "workloads",
    6,
    "Workloads",
    "Deployments, StatefulSets, DaemonSets, Jobs and bare pods: the Pod Security level that each meets and "
    "what keeps it from the next, from where it is reached, what its account is worth, and the worst that is "
    "wrong with it. Further views: images and what really runs of them, pods, and what shares a node.",
    (
        Listing(
            "all",
            "All",
            WORKLOAD_KINDS,
            (
                risk_column(),
                namespace_column(),
                kind_column(),
                _NAME,
                value_column("level", "MEETS", width=10, min_width=10, priority=1),
                value_column("exposed", "EXPOSED", width=9, min_width=9, priority=2),
                value_column("account", "ACCOUNT", width=16, min_width=10, priority=4),
                value_column("needs", "NEXT LEVEL REFUSES", width=30, min_width=18, grow=2, priority=5),
                value_column("pods", "PODS", width=4, min_width=4, right=True, priority=6),
                value_column("images", "IMAGES", width=24, min_width=10, wide=True, priority=7),
                value_column("node", "NODE", width=14, min_width=6, wide=True, priority=8),
                _WORST,
            ),
            rows,
            frozenset(kind.name for kind in WORKLOAD_KINDS),
            "no workloads",
        ),
        workload_images.LISTING,
        workload_pods.LISTING,
        workload_nodes.LISTING,
    ),
    aliases=("wl", "workload", "pods", "po", "deploy"),
    badge=lambda view: str(len(workloads(view.state.snapshot))),
    short="Work",
)
