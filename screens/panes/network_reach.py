"""May one end reach another: the verdict on each port in each direction, with the policy and rule that decide."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice, product

from ksec_tui.analysis.network.admission import governing
from ksec_tui.analysis.network.bulk import Crowd, receivers
from ksec_tui.analysis.network.doubts import doubts
from ksec_tui.analysis.network.ends import ALL, USAGE, Asked, answers, asked, completed
from ksec_tui.analysis.network.explaining import Decision
from ksec_tui.analysis.network.groups import Group
from ksec_tui.analysis.network.ports import PROTOCOLS, Connections
from ksec_tui.analysis.network.questions import Answer, Port, ends_named
from ksec_tui.analysis.network.reach import End, EndError, PodEnd
from ksec_tui.analysis.network.world import Network, network
from ksec_tui.cluster.kinds import NETWORK_POLICY, POD, WORKLOAD_KINDS
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.cluster.text import one_line
from ksec_tui.screens.pane import Listing, Row, View, object_row, value_column
from ksec_tui.screens.panes.network_blast import may_cell, remark
from ksec_tui.screens.panes.network_notice import notice
from ksec_tui.screens.widgets.columns import Cell, Column, text_of

ORDER = {"yes": 0, "?": 1, "no": 2}
"""Pairs between which something flows come first."""

MOST = 20_000
"""Pairs that are listed."""


def reach_rows(view: View) -> Sequence[Row]:
    """The answer to what was asked: one row for each pair of ends and port."""
    question = view.lens.reach
    if not question:
        return []
    snapshot = view.state.snapshot
    try:
        wanted = asked(question)
        if wanted.crowd:
            return sorted(
                _crowd_rows(view, wanted), key=lambda row: ORDER.get(text_of(row.values.get("may", "")), 3)
            )
        found = [_row(view, item) for answer in answers(snapshot, wanted) for item in answer.found]
    except EndError as error:
        return [remark(str(error), unknown=True)]
    return list({row.key: row for row in found}.values())


def _row(view: View, item: Answer) -> Row:
    verdict = item.verdict
    said = verdict.allowed
    doubted = bool(verdict.turning) and said is not None
    values = {
        "may": Cell(f"{'yes' if said else 'no'}?", "unknown") if doubted else may_cell(said),
        "from": str(item.source),
        "to": str(item.destination),
        "port": port_words(item.port),
        "out": _decision(verdict.egress),
        "in": _decision(verdict.ingress),
    }
    notes = [
        f"{item.source} → {item.destination} on {item.port}: "
        + {True: "allowed", False: "denied", None: "not known"}[said]
        + (f", but not for certain: {verdict.doubt}" if doubted else ""),
        *(f"out: {reason.words}" for reason in verdict.egress.reasons),
        *(f"in: {reason.words}" for reason in verdict.ingress.reasons),
    ]
    key = f"{item.source}>{item.destination}:{item.port}"
    ref = _ref_of(item.destination) or _ref_of(item.source) or ObjectRef("", "Answer", str(item.destination))
    return object_row(view, ref, values, key=key, findings=(), notes=tuple(notes))


def _ref_of(end: End) -> ObjectRef | None:
    if not isinstance(end, PodEnd):
        return None
    return end.group.workloads[0].ref if end.group.workloads else end.pod.ref if end.pod is not None else None


def port_words(port: Port) -> str:
    """``443/tcp``; a protocol without ports by its name alone."""
    return f"{port.number}/{port.protocol.lower()}" if port.protocol in PROTOCOLS else port.protocol


def _decision(decision: Decision) -> Cell:
    """What one end says, with the policy and rule that decide."""
    lead = {True: "yes", False: "no", None: "?"}[decision.allowed]
    style = {True: "", False: "pass", None: "unknown"}[decision.allowed]
    by = ""
    for reason in reversed(decision.reasons):
        if reason.ref is not None:
            by = f"{reason.ref.name} {reason.rule}".strip()
            break
        by = by or reason.words
    return Cell(one_line(f"{lead}: {by}", 160), style)


# All workloads of a namespace


def _crowd_rows(view: View, wanted: Asked) -> Iterator[Row]:
    """Every pair of groups of two ends, of which at least one is a whole namespace."""
    snapshot = view.state.snapshot
    world = network(snapshot)
    sources, destinations = (_groups(snapshot, world, text) for text in (wanted.source, wanted.destination))
    count = len(sources) * len(destinations)
    crowds = {
        group.number: receivers(world, group) for group in sources[: MOST // max(1, len(destinations)) + 1]
    }
    for source, destination in islice(product(sources, destinations), MOST):
        if source is not destination or not source.lone:
            yield _pair(view, world, crowds[source.number], (source, destination), wanted.port)
    if count > MOST:
        yield remark(f"{count - MOST:,} more pairs are not listed: name one of the ends", unknown=True)


def _groups(snapshot: Snapshot, world: Network, text: str) -> tuple[Group, ...]:
    namespace, _, name = text.partition("/")
    if name != ALL:
        ends = ends_named(snapshot, completed(snapshot, text))
        return tuple(end.group for end in ends if isinstance(end, PodEnd))
    found = tuple(group for group in world.in_namespace(namespace) if group.count)
    if not found:
        gap = snapshot.gap(POD, namespace)
        raise EndError(
            f"no pods were read in namespace {one_line(namespace, 80)}" + (f": {gap}" if gap else "")
        )
    return found


def _pair(view: View, world: Network, crowd: Crowd, pair: tuple[Group, Group], port: Port | None) -> Row:
    source, destination = pair
    flows = crowd.with_group(destination)
    sure, maybe = flows.connections, flows.unknown
    if port is not None:
        only = Connections.of(port.protocol, port.number, port.number)
        sure, maybe = sure & only, maybe & only
    allowed = True if sure else None if maybe else False
    spaces = dict.fromkeys((source.namespace, destination.namespace))
    turning = [item.words for item in doubts(view.state.snapshot, spaces) if item.gap]
    out = governing(world.egress, source)
    into = governing(world.ingress, destination)
    values = {
        "may": Cell("?", "unknown") if turning else may_cell(allowed),
        "from": str(source),
        "to": str(destination),
        "port": "all ports" if sure.all_ports else one_line(str(sure), 60),
        "out": _governed(out, "leaves"),
        "in": _governed(into, "comes in"),
    }
    notes = [
        f"{source} ({_pods(source)}) → {destination} ({_pods(destination)}): {sure}",
        *([f"perhaps {maybe}: addresses that are not known decide"] if maybe else []),
        *(f"in doubt: {words}" for words in turning),
        f"out: {', '.join(map(str, out)) or 'no policy governs it'}",
        f"in: {', '.join(map(str, into)) or 'no policy governs it'}",
        *_examples(source, destination),
    ]
    ref = destination.workloads[0].ref if destination.workloads else ObjectRef("", "Answer", str(destination))
    key = f"{source.number}>{destination.number}"
    return object_row(view, ref, values, key=key, findings=(), notes=tuple(notes))


def _pods(group: Group) -> str:
    return f"{group.count:,} pod{'s' if group.count != 1 else ''}"


def _governed(policies: Sequence[ObjectRef], way: str) -> Cell:
    if not policies:
        return Cell(f"open: all {way}", "medium")
    return Cell(one_line(", ".join(item.name for item in policies), 100), "")


def _examples(*groups: Group) -> Iterator[str]:
    """Who else stands for a group that is known by its first workload."""
    for group in groups:
        if len(group.workloads) > 1:
            names = [item.ref.name for item in group.workloads[:12]]
            more = ", …" if len(group.workloads) > len(names) else ""
            yield f"{group}: {', '.join(names)}{more}"


def _text(name: str, title: str, width: int, grow: int) -> Column[Row]:
    return value_column(name, title, width=width, min_width=16, grow=grow, priority=1)


def _notice(view: View) -> str:
    """What was asked, or how to; then what one must know."""
    question = view.lens.reach
    said = f"may {one_line(question, 100)} ?" if question else f"N asks: {USAGE}"
    refused = _refusal(view.state.snapshot, question) if question else ""
    return "  ".join(filter(None, (said, refused or notice(view))))


def _refusal(snapshot: Snapshot, question: str) -> str:
    """Why a question has no answer; empty when it has one."""
    try:
        wanted = asked(question)
        if wanted.crowd:
            for text in (wanted.source, wanted.destination):
                _groups(snapshot, network(snapshot), text)
        else:
            answers(snapshot, wanted)
    except EndError as error:
        return str(error)
    return ""


LISTING = Listing(
    "reach",
    "Reach",
    (POD, NETWORK_POLICY, *WORKLOAD_KINDS),
    (
        value_column("may", "MAY", width=4, min_width=4, priority=0),
        _text("from", "FROM", 22, 2),
        _text("to", "TO", 22, 2),
        value_column("port", "PORT", width=12, min_width=8, grow=1, priority=0),
        value_column("out", "OUT OF THE SOURCE", width=24, min_width=12, grow=3, priority=2),
        value_column("in", "INTO THE DESTINATION", width=24, min_width=12, grow=3, priority=2),
    ),
    reach_rows,
    empty="nothing was asked yet: N asks whether one end may connect to another",
    notice=_notice,
)
