"""Pane 3: is this tenant well kept? One row a namespace, its native controls side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ksec_tui.analysis.identity import is_system
from ksec_tui.analysis.workloads import workloads
from ksec_tui.cluster.base import KubeObject
from ksec_tui.cluster.kinds import LIMIT_RANGE, NAMESPACE, NETWORK_POLICY, RESOURCE_QUOTA, Kind
from ksec_tui.cluster.platform import Namespace
from ksec_tui.findings.verdict import Severity, Verdict
from ksec_tui.screens.pane import (
    Listing,
    Pane,
    Row,
    View,
    name_column,
    object_row,
    risk_column,
    value_column,
    why_column,
)
from ksec_tui.screens.widgets.columns import Cell

PSA = "pod-security.kubernetes.io/"
LEVELS = {"privileged": "high", "baseline": "medium", "restricted": "pass"}


def rows(view: View) -> Sequence[Row]:
    """One row for each namespace: those of Kubernetes itself last."""
    snapshot = view.state.snapshot
    counts = Counter(workload.namespace for workload in workloads(snapshot))
    fails: dict[str, Counter[Severity]] = {}
    for finding in view.state.results.findings:
        if finding.verdict is Verdict.FAIL:
            place = finding.subject.name if finding.subject.kind == "Namespace" else finding.subject.namespace
            fails.setdefault(place, Counter())[finding.severity] += 1
    return [
        object_row(
            view,
            item.ref,
            {
                "pss": _level(item),
                "ingress": _isolation(view, item.name, ingress=True),
                "egress": _isolation(view, item.name, ingress=False),
                "quota": _presence(view, RESOURCE_QUOTA, item.name),
                "limits": _presence(view, LIMIT_RANGE, item.name),
                "workloads": counts[item.name],
                "critical": fails.get(item.name, Counter())[Severity.CRITICAL] or "",
                "high": fails.get(item.name, Counter())[Severity.HIGH] or "",
            },
            subjects="namespaces",
            labels=item.metadata.labels,
        )
        for item in sorted(snapshot.of(NAMESPACE), key=is_system)
    ]


def _level(item: Namespace) -> Cell:
    labels = item.metadata.labels
    enforce = labels.get(f"{PSA}enforce")
    if enforce is not None:
        return Cell(enforce, LEVELS.get(enforce, "critical"))
    softer = [mode for mode in ("warn", "audit") if f"{PSA}{mode}" in labels]
    return Cell("+".join(softer) + " only", "medium") if softer else Cell("none", "high")


def _isolation(view: View, namespace: str, *, ingress: bool) -> Cell:
    """Whether policies isolate all, some or none of the namespace's pods by their selectors."""
    snapshot = view.state.snapshot
    if snapshot.coverage.gap(NETWORK_POLICY, namespace):
        return Cell("?", "unknown")
    policies = [
        policy
        for policy in snapshot.within(NETWORK_POLICY, namespace)
        if (policy.isolates_ingress if ingress else policy.isolates_egress)
    ]
    if not policies:
        return Cell("open", "medium")
    if any(policy.spec.pod_selector.empty for policy in policies):
        return Cell("isolated", "pass")
    mine = [item for item in workloads(snapshot) if item.namespace == namespace]
    chosen = sum(any(policy.spec.pod_selector.matches(item.labels) for policy in policies) for item in mine)
    if not mine or chosen == len(mine):
        return Cell("isolated", "pass")
    return Cell(f"{chosen}/{len(mine)}", "medium")


def _presence(view: View, kind: Kind[KubeObject], namespace: str) -> Cell:
    snapshot = view.state.snapshot
    if snapshot.coverage.gap(kind, namespace):
        return Cell("?", "unknown")
    return Cell("yes", "pass") if snapshot.within(kind, namespace) else Cell("no", "low")


PANE = Pane(
    "namespaces",
    3,
    "Namespaces",
    "Each namespace with its native controls: Pod Security, isolation in and out, quota, limits.",
    (
        Listing(
            "all",
            "All",
            (NAMESPACE,),
            (
                risk_column(),
                name_column("NAMESPACE", width=22),
                value_column("pss", "POD SECURITY", width=14, min_width=10, priority=1),
                value_column("ingress", "INGRESS", width=9, min_width=8, priority=2),
                value_column("egress", "EGRESS", width=9, min_width=8, priority=2),
                value_column("quota", "QUOTA", width=5, min_width=5, priority=4),
                value_column("limits", "LIMITS", width=6, min_width=6, priority=4),
                value_column("workloads", "WORKL", width=5, min_width=5, right=True, priority=3),
                value_column("critical", "CRIT", width=4, min_width=4, right=True, priority=2),
                value_column("high", "HIGH", width=4, min_width=4, right=True, priority=2),
                why_column(priority=3),
            ),
            rows,
            frozenset({"Namespace"}),
            "no namespaces",
        ),
    ),
    aliases=("ns", "namespace"),
    badge=lambda view: str(len(view.state.snapshot.of(NAMESPACE))),
    short="NS",
)
