"""Pane 6: what runs, at its top owner."""

from __future__ import annotations

from collections.abc import Sequence

from ksec_tui.analysis.workloads import Workload, workloads
from ksec_tui.cluster.kinds import WORKLOAD_KINDS
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
    why_column,
)


def rows(view: View) -> Sequence[Row]:
    """One row for each workload: the components of Kubernetes itself last."""
    found = workloads(view.state.snapshot)
    return [
        object_row(
            view,
            item.ref,
            {
                "pods": len(item.pods),
                "account": item.spec.account,
                "images": _images(item),
                "node": _nodes(item),
            },
            subjects="workloads",
            labels=item.labels,
        )
        for item in sorted(found, key=lambda item: item.system)
    ]


def _images(item: Workload) -> str:
    images = dict.fromkeys(placed.container.image.rpartition("/")[2] for placed in item.placed)
    return one_line(", ".join(images), 200)


def _nodes(item: Workload) -> str:
    names = sorted({pod.spec.node_name for pod in item.pods if pod.spec.node_name})
    return names[0] if len(names) == 1 else f"{len(names)} nodes" if names else ""


PANE = Pane(
    "workloads",
    6,
    "Workloads",
    "Deployments, StatefulSets, DaemonSets, Jobs and bare pods, with the worst that is wrong with each.",
    (
        Listing(
            "all",
            "All",
            WORKLOAD_KINDS,
            (
                risk_column(),
                namespace_column(),
                kind_column(),
                name_column(width=26),
                value_column("pods", "PODS", width=4, min_width=4, right=True, priority=3),
                value_column("account", "ACCOUNT", width=16, min_width=8, priority=5),
                value_column("images", "IMAGES", width=24, min_width=10, wide=True, priority=6),
                value_column("node", "NODE", width=14, min_width=6, wide=True, priority=7),
                why_column(),
            ),
            rows,
            frozenset(kind.name for kind in WORKLOAD_KINDS),
            "no workloads",
        ),
    ),
    aliases=("wl", "workload", "pods", "po", "deploy"),
    badge=lambda view: str(len(workloads(view.state.snapshot))),
    short="Work",
)
