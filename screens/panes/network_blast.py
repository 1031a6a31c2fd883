"""What a compromised workload reaches: the world outside of pods first, then data stores, then all the rest.

Until a workload is chosen, all of them: those that reach the most data stores and pods first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ksec_tui.analysis.network.blast import Blast, Reached, Target, blast_radius
from ksec_tui.analysis.network.ports import Connections
from ksec_tui.analysis.network.sensitive import stores
from ksec_tui.analysis.workloads import workload_named, workloads
from ksec_tui.cluster.kinds import POD, WORKLOAD_KINDS
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.cluster.text import one_line
from ksec_tui.screens.pane import (
    Listing,
    Row,
    View,
    kind_column,
    name_column,
    namespace_column,
    object_row,
    risk_column,
    value_column,
)
from ksec_tui.screens.panes.network_notice import notice
from ksec_tui.screens.widgets.columns import Cell

TARGETS = {
    "metadata": ("the node's metadata and credentials", "high"),
    "api server": ("the Kubernetes API", "medium"),
    "nodes": ("other nodes, their kubelets and host ports", "medium"),
    "internet": ("any address of the internet", "medium"),
}
"""What lies outside of pods: in words, and how bad it is when it can be reached."""

MANY = 6
"""Ports that are named."""

HOW = "n shows what a workload reaches, in any list; so does :blast NAMESPACE/NAME"


def blast_of(snapshot: Snapshot, ref: ObjectRef) -> Blast | None:
    """The blast radius of a workload; worked out once. None for what is no workload of this Snapshot."""
    known: dict[ObjectRef, Blast] = snapshot.derived(blast_of, lambda _: {})
    if ref not in known:
        workload = workload_named(snapshot, ref)
        if workload is None:
            return None
        known[ref] = blast_radius(snapshot, workload)
    return known[ref]


def blast_rows(view: View) -> Sequence[Row]:
    """One row for each thing that the chosen workload reaches, and for what lies outside whether it does.

    Where none is chosen, one row for each workload with pods.
    """
    ref = view.lens.blast
    if ref is None:
        return _everybody(view)
    blast = blast_of(view.state.snapshot, ref)
    if blast is None:
        if ref.kind not in {kind.name for kind in WORKLOAD_KINDS}:
            return [remark(f"{ref} is no workload: x on it shows what follows if it is compromised")]
        return [remark(f"{ref} was not read", unknown=True)]
    if not blast.groups:
        return [remark(f"{ref} has no pods that run")]
    return [
        *(_target(view, item) for item in blast.targets),
        *(_reached(view, item) for item in blast.workloads),
    ]


def _everybody(view: View) -> Sequence[Row]:
    """The workloads that run, the one from which most is reached first."""
    snapshot = view.state.snapshot
    found = [(item.ref, blast_of(snapshot, item.ref)) for item in workloads(snapshot)]
    running = [(ref, blast) for ref, blast in found if blast is not None and blast.groups]
    running.sort(key=lambda item: (-len(item[1].stores), -item[1].pods, item[0]))
    return [_overview(view, ref, blast) for ref, blast in running]


def _overview(view: View, ref: ObjectRef, blast: Blast) -> Row:
    held = ", ".join(dict.fromkeys(name for item in blast.stores for name in item.stores.values()))
    some = any(item.gap for item in blast.doubts)
    values = {
        "may": may_cell(None if some else bool(blast.pods), "high" if held else "medium"),
        "holds": Cell(held, "high") if held else "",
        "pods": blast.pods,
    }
    said = f"reaches {_count(blast.pods, 'pod')}, {_count(len(blast.stores), 'data store')}"
    notes = (said, *(f"in doubt: {item.words}" for item in blast.doubts))
    return object_row(view, ref, values, subjects="workloads", notes=notes)


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def remark(words: str, *, unknown: bool = False) -> Row:
    """A row that says something about the answer as a whole."""
    shown = one_line(words, 300)
    return Row(
        f"remark {shown}",
        ObjectRef("", "Answer", shown),
        values={"from": shown},
        unknown=shown if unknown else "",
        text=shown,
        haystack=shown.lower(),
        notes=() if unknown else (shown,),
    )


def _target(view: View, item: Target) -> Row:
    words, style = TARGETS[item.name]
    values = {
        "may": may_cell(item.allowed, style),
        "ports": _flows(item.connections) if item.allowed else "",
        "holds": Cell(words, style if item.allowed else "muted"),
        "by": one_line("; ".join(reason.words for reason in item.reasons[-2:]), 200),
    }
    notes = (
        f"{words}: {_SAID[item.allowed]}",
        *(reason.words for reason in item.reasons),
        *([f"allowed there: {item.connections}"] if item.allowed else []),
    )
    unknown = "; ".join(reason.words for reason in item.reasons) if item.allowed is None else ""
    row = object_row(view, ObjectRef("", "Target", item.name), values, notes=notes, key=f"target {item.name}")
    return replace(row, unknown=unknown)


_SAID = {True: "reached", False: "not reached", None: "not known"}


def may_cell(allowed: bool | None, style: str = "medium") -> Cell:
    """``yes``, ``no`` or ``?``."""
    if allowed is None:
        return Cell("?", "unknown")
    return Cell("yes", style) if allowed else Cell("no", "pass")


def _reached(view: View, item: Reached) -> Row:
    held = ", ".join(dict.fromkeys(item.stores.values()))
    pods = len([pod for pod in item.workload.pods if not pod.finished])
    values = {
        "may": may_cell(True, "high" if held else "medium"),
        "ports": _serving(item),
        "holds": Cell(held, "high") if held else "",
        "pods": pods or "",
        "by": "",
    }
    notes = [f"{item.connections} may flow there"]
    if held:
        notes.append(f"data stores: {', '.join(f'{name} on {port}' for port, name in item.stores.items())}")
    return object_row(view, item.workload.ref, values, subjects="workloads", notes=tuple(notes))


def _serving(item: Reached) -> str:
    if not item.serving:
        return _flows(item.connections)
    named = [f"{port}/{protocol.lower()}" for protocol, port in item.serving]
    more = f" +{len(named) - MANY}" if len(named) > MANY else ""
    rest = " +all" if item.connections.all_ports else ""
    return f"{' '.join(named[:MANY])}{more}{rest}"


def _flows(connections: Connections) -> str:
    return "all ports" if connections.all_ports else one_line(str(connections), 60)


def _notice(view: View) -> str:
    """Whose blast radius it is, and how large; then what one must know."""
    ref, doubt = view.lens.blast, notice(view)
    snapshot = view.state.snapshot
    blast = blast_of(snapshot, ref) if ref is not None else None
    if blast is None or not blast.groups:
        return f"{HOW}  {doubt}".rstrip() if ref is None else doubt
    share = "of those that were read" if snapshot.gap(POD) else f"({blast.share:.0%})"
    pods = f"{_count(blast.pods, 'pod')} {share}"
    kept = f", {_count(len(blast.stores), 'data store')}" if blast.stores else ", no data store"
    own = ", ".join(stores(blast.workload).values())
    itself = f" (itself {own})" if own else ""
    first = f"{blast.workload.ref}{itself} reaches {pods}{kept}"
    return f"{first}  {doubt}" if doubt else first


LISTING = Listing(
    "blast",
    "Blast radius",
    (POD, *WORKLOAD_KINDS),
    (
        risk_column(),
        value_column("may", "MAY", width=4, min_width=4, priority=0),
        namespace_column(),
        kind_column(),
        name_column(width=22),
        value_column("ports", "PORTS", width=20, min_width=12, grow=2, priority=1),
        value_column("holds", "WHAT", width=18, min_width=10, grow=1, priority=1),
        value_column("pods", "PODS", width=4, min_width=4, right=True, priority=4),
        value_column("by", "BECAUSE", width=20, min_width=16, grow=2, priority=5),
    ),
    blast_rows,
    empty="no workload has pods that run",
    notice=_notice,
)
