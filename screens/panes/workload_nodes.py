"""The view Nodes of pane 6: what runs together, and where a break-out of one pod meets the power of another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ksec_tui.analysis.workloads import Workload, workloads
from ksec_tui.cluster.kinds import NODE, POD
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.findings.finding import Finding
from ksec_tui.findings.verdict import Severity, Verdict
from ksec_tui.screens.pane import Listing, Row, View, name_column, short_kind, value_column
from ksec_tui.screens.powers import powerful
from ksec_tui.screens.widgets.columns import Cell, Column

BREAK_OUTS = frozenset(
    {
        "wl-cap-dangerous",
        "wl-host-pid",
        "wl-host-process-windows",
        "wl-hostpath-credentials",
        "wl-hostpath-sensitive",
        "wl-hostpath-writable",
        "wl-privileged",
        "wl-proc-mount",
        "wl-runtime-socket",
    }
)
"""The checks of which a critical finding means that the container owns its node."""

MANY = 15
"""Workloads that the detail names."""


@dataclass(slots=True)
class Shared:
    """What runs on one node: each workload with how many pods of it; of those, the two kinds that matter."""

    pods: int = 0
    workloads: dict[ObjectRef, int] = field(default_factory=dict)
    breakers: dict[ObjectRef, Finding] = field(default_factory=dict)
    powers: dict[ObjectRef, tuple[str, Finding]] = field(default_factory=dict)

    @property
    def meets(self) -> tuple[ObjectRef, ObjectRef] | None:
        """A workload that can take the node, and another whose account is worth stealing there."""
        for one in self.breakers:
            for other in self.powers:
                if one != other:
                    return one, other
        return None


def breaker(view: View, workload: Workload) -> Finding | None:
    """The worst finding by which a broken container of a workload takes the node it runs on, if there is one."""
    for finding in view.results.on(workload.ref):
        critical = finding.verdict is Verdict.FAIL and finding.severity is Severity.CRITICAL
        if critical and finding.check in BREAK_OUTS:
            return finding
    return None


def shared(view: View) -> dict[str, Shared]:
    """What runs on each node, by the node's name; nodes without pods too."""
    found = {node.name: Shared() for node in view.state.snapshot.of(NODE)}
    # What belongs to Kubernetes itself comes last: less can be done about it.
    for workload in sorted(workloads(view.state.snapshot), key=lambda item: item.system):
        counts: dict[str, int] = {}
        for pod in workload.pods:
            if pod.spec.node_name and not pod.finished:
                counts[pod.spec.node_name] = counts.get(pod.spec.node_name, 0) + 1
        if not counts:
            continue
        breaks, power = breaker(view, workload), powerful(view, workload)
        for name, count in counts.items():
            node = found.setdefault(name, Shared())
            node.pods += count
            node.workloads[workload.ref] = count
            if breaks is not None:
                node.breakers[workload.ref] = breaks
            if power is not None:
                node.powers[workload.ref] = workload.spec.account, power
    return found


def rows(view: View) -> Sequence[Row]:
    """One row for each node that is known, if only from its pods."""
    return [_row(view, name, item) for name, item in sorted(shared(view).items())]


def _row(view: View, name: str, item: Shared) -> Row:
    ref = ObjectRef("", "Node", name)
    spaces = {workload.namespace for workload in item.workloads}
    meets = item.meets
    words = ""
    if meets is not None:
        one, other = meets
        words = f"{_short(one)} → {_short(other)}"
    values = {
        "pods": item.pods,
        "workloads": len(item.workloads),
        "namespaces": len(spaces),
        "breakers": Cell(str(len(item.breakers)), "critical") if item.breakers else "",
        "powers": Cell(str(len(item.powers)), "high") if item.powers else "",
        "meets": Cell(words, "critical") if words else "",
    }
    found = view.state.snapshot.find(NODE, name)
    text = f"Node {name} {words}"
    return Row(
        ref.id,
        ref,
        values=values,
        labels=found.metadata.labels if found is not None else {},
        text=text,
        haystack=text.lower(),
        notes=tuple(_notes(view, item)),
    )


def _short(ref: ObjectRef) -> str:
    return f"{short_kind(ref.kind)} {ref.path}"


def _notes(view: View, item: Shared) -> list[str]:
    said = [f"{item.pods} pods of {len(item.workloads)} workloads run here"]
    for ref, finding in list(item.breakers.items())[:MANY]:
        said.append(f"can take the node: {ref}: {finding.words}")
    for ref, (account, finding) in list(item.powers.items())[:MANY]:
        said.append(f"worth stealing: {ref} runs as {account}: {finding.words}")
    if item.meets is not None:
        said.append("whoever breaks out of the former finds the tokens of the latter on the node")
    gap = view.state.snapshot.gap(POD)
    if gap:
        said.append(f"there may be more: {gap}")
    return said


def _count(id: str, title: str, *, width: int, priority: int) -> Column[Row]:  # noqa: A002 - as in value_column
    return value_column(id, title, width=width, min_width=width, right=True, priority=priority)


LISTING = Listing(
    "nodes",
    "Nodes",
    (NODE, POD),
    (
        name_column("NODE", width=28),
        _count("pods", "PODS", width=5, priority=1),
        _count("workloads", "WORKL", width=5, priority=3),
        _count("namespaces", "NS", width=3, priority=2),
        _count("breakers", "TAKE IT", width=7, priority=0),
        _count("powers", "POWERFUL", width=8, priority=0),
        value_column("meets", "BREAK-OUT → POWER", width=40, min_width=20, grow=3, priority=1),
    ),
    rows,
    empty="no nodes, and no pod that is on one",
)
