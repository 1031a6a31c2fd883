"""Pane 5: what can be reached from where, by which chain of objects; and what each policy does."""

from __future__ import annotations

from collections.abc import Sequence

from ksec_tui.analysis.network.balancers import Zone
from ksec_tui.analysis.network.engines import enforcing_cni
from ksec_tui.analysis.network.backing import Link
from ksec_tui.analysis.network.exposure import Certainty, Exposure, blocked, exposures
from ksec_tui.analysis.network.policies import openness
from ksec_tui.analysis.workloads import Workload, workloads
from ksec_tui.cluster.kinds import INGRESS, NETWORK_POLICY, SERVICE, WORKLOAD_KINDS
from ksec_tui.cluster.networking import NetworkPolicy
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.text import one_line
from ksec_tui.findings.finding import Finding, rank
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
    short_kind,
    value_column,
    why_column,
)
from ksec_tui.screens.widgets.columns import Cell, Column

ZONE_STYLES = {Zone.INTERNET: "critical", Zone.OUTSIDE: "high", Zone.NODES: "medium", Zone.UNKNOWN: "unknown"}


def exposure_rows(view: View) -> Sequence[Row]:
    """One row for each port that can be reached from outside, widest first; then what policies shut."""
    snapshot = view.state.snapshot
    order = {zone: number for number, zone in enumerate(Zone)}
    found = [_exposure(view, item, shut=False) for item in exposures(snapshot)]
    found += [_exposure(view, item, shut=True) for item in blocked(snapshot)]
    return sorted(
        found, key=lambda row: (row.values["shut"], order[row.values["zone-value"]], _worst(row), row.ref)
    )


def _worst(row: Row) -> int:
    return -int(row.severity) if row.severity is not None else 1


def _exposure(view: View, item: Exposure, *, shut: bool) -> Row:
    maybe = item.certainty is Certainty.MAYBE and not shut
    zone = item.zone.value + ("?" if maybe else "")
    values = {
        "shut": shut,
        "zone-value": item.zone,
        "zone": Cell("shut", "pass") if shut else Cell(zone, ZONE_STYLES.get(item.zone, "muted")),
        "port": f"{item.port}/{item.protocol.lower()}",
        "chain": one_line(" → ".join(map(_step, item.chain[:-1])), 400),
        "policies": Cell(str(len(item.restricted_by)), "pass")
        if item.restricted_by
        else Cell("none", "medium"),
        "doubt": item.doubt,
    }
    through = [link.ref for link in item.chain[:-1]]
    own = view.state.results.on(item.workload)
    findings = sorted(dict.fromkeys((*_network_findings(view, through), *own)), key=rank)
    notes = (item.zone.value, *(f"→ {link}" for link in item.chain))
    if item.doubt:
        notes = (*notes, f"in doubt: {item.doubt}")
    if item.restricted_by:
        passed = "shut by" if shut else "let through by"
        notes = (*notes, f"{passed} {', '.join(map(str, item.restricted_by))}")
    key = f"{item.workload.id}:{item.port}:{item.protocol}:{item.zone.value}:{item.words}"
    return object_row(
        view, item.workload, values, subjects="workloads", key=key, findings=findings, notes=notes
    )


def _step(link: Link) -> str:
    """``svc ingress-nginx/controller LoadBalancer 203.0.113.10``."""
    return f"{short_kind(link.ref.kind)} {link.ref.path} {link.words}"


def _network_findings(view: View, refs: Sequence[ObjectRef]) -> Sequence[Finding]:
    """What was found on the way: anything of the network family, on any object of the chain."""
    results = view.state.results
    return [item for ref in refs for item in results.on(ref) if item.check.startswith("net-")]


def policy_rows(view: View) -> Sequence[Row]:
    """One row for each NetworkPolicy: what it selects, what it isolates, how wide it opens."""
    snapshot = view.state.snapshot
    by_namespace: dict[str, list[Workload]] = {}
    for workload in workloads(snapshot):
        by_namespace.setdefault(workload.namespace, []).append(workload)
    return [
        _policy(view, policy, by_namespace.get(policy.namespace, []))
        for policy in snapshot.of(NETWORK_POLICY)
    ]


def _policy(view: View, policy: NetworkPolicy, around: Sequence[Workload]) -> Row:
    chosen = [item.ref.name for item in around if policy.spec.pod_selector.matches(item.labels)]
    everything = policy.spec.pod_selector.empty
    values = {
        "selects": "every pod" if everything else one_line(", ".join(chosen), 80) or Cell("nothing", "low"),
        "directions": _directions(policy),
        "admits": _admits(policy),
    }
    return object_row(view, policy.ref, values, subjects="networkpolicies", labels=policy.metadata.labels)


def _directions(policy: NetworkPolicy) -> str:
    both = (("in", policy.isolates_ingress), ("out", policy.isolates_egress))
    return "+".join(name for name, holds in both if holds)


def _admits(policy: NetworkPolicy) -> Cell | str:
    """How wide its ingress rules are: the widest decides."""
    if not policy.isolates_ingress:
        return "(egress only)"
    rules = policy.spec.ingress
    if not rules:
        return Cell("nothing", "pass")
    wide = next((answer for rule in rules if (answer := openness(rule)) is not None), None)
    if wide is not None:
        return Cell(wide.value, "medium")
    return f"{len(rules)} rule{'s' if len(rules) != 1 else ''} for named peers"


def _badge(view: View) -> str:
    snapshot = view.state.snapshot
    if enforcing_cni(snapshot).value is False:
        return "!CNI"
    internet = {item.workload for item in exposures(snapshot) if item.zone is Zone.INTERNET}
    return str(len(internet)) if internet else ""


PANE = Pane(
    "network",
    5,
    "Network",
    "What can be reached from outside and through which objects; what each NetworkPolicy selects and admits. "
    "The number in the tab counts workloads reachable from the internet; !CNI means that no network plugin "
    "was seen which enforces policies.",
    (
        Listing(
            "exposure",
            "Exposure",
            (SERVICE, INGRESS, *WORKLOAD_KINDS),
            (
                risk_column(),
                value_column("zone", "FROM", width=10, min_width=9, priority=0),
                namespace_column(),
                kind_column(),
                name_column(width=20),
                value_column("port", "PORT", width=9, min_width=8, priority=1),
                value_column("policies", "POLICY", width=6, min_width=6, priority=3),
                Column(
                    "chain",
                    "CHAIN",
                    lambda row: str(row.values["chain"]),
                    width=40,
                    min_width=20,
                    grow=3,
                    priority=2,
                ),
                value_column("doubt", "IN DOUBT", width=24, min_width=10, wide=True, priority=6),
            ),
            exposure_rows,
            empty="nothing can be reached from outside the cluster",
        ),
        Listing(
            "policies",
            "Policies",
            (NETWORK_POLICY,),
            (
                risk_column(),
                namespace_column(),
                name_column(width=24),
                value_column("directions", "ISOLATES", width=8, min_width=8, priority=1),
                value_column("selects", "SELECTS", width=24, min_width=12, grow=1, priority=1),
                value_column("admits", "ADMITS", width=26, min_width=12, grow=1, priority=2),
                why_column(),
            ),
            policy_rows,
            frozenset({"NetworkPolicy"}),
            "there is no NetworkPolicy: every pod can reach every pod",
        ),
    ),
    aliases=("net", "exposure", "netpol", "svc", "ing"),
    badge=_badge,
    short="Net",
)
