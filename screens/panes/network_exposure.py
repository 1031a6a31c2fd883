"""What can be reached from where, by which chain of objects: worst first, then what is shut or leads nowhere."""

from __future__ import annotations

from collections.abc import Sequence

from ksec_tui.analysis.network.backing import Link
from ksec_tui.analysis.network.balancers import Zone
from ksec_tui.analysis.network.dead_ends import DeadEnd, dead_ends
from ksec_tui.analysis.network.exposure import Certainty, Exposure, blocked, exposures
from ksec_tui.analysis.network.unread import Unread, unread
from ksec_tui.cluster.kinds import GATEWAY, HTTP_ROUTE, INGRESS, SERVICE, WORKLOAD_KINDS
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.text import one_line
from ksec_tui.findings.finding import Finding, rank
from ksec_tui.screens.pane import (
    Listing,
    Row,
    View,
    object_row,
    risk_column,
    short_kind,
    value_column,
)
from ksec_tui.screens.panes.network_notice import notice
from ksec_tui.screens.widgets.columns import Cell, Column

ZONE_STYLES = {Zone.INTERNET: "critical", Zone.OUTSIDE: "high", Zone.NODES: "medium", Zone.UNKNOWN: "unknown"}

REACH = {Zone.INTERNET: 4, Zone.OUTSIDE: 3, Zone.UNKNOWN: 3, Zone.NODES: 2}
"""How far the open clients stand away: what is only possible counts one step less."""

SHUT, NOWHERE = -1, -2


def exposure_rows(view: View) -> Sequence[Row]:
    """One row for each port that can be reached from outside, worst first; then what is shut or leads nowhere."""
    snapshot = view.state.snapshot
    found = [_exposure(view, item, shut=False) for item in exposures(snapshot)]
    found += [_unread(view, item) for item in unread(snapshot)]
    found += [_exposure(view, item, shut=True) for item in blocked(snapshot)]
    found += [_dead_end(view, item) for item in dead_ends(snapshot)]
    return sorted(found, key=lambda row: (-int(row.values["reach"]), _worst(row), row.ref, row.key))


def _worst(row: Row) -> int:
    return -int(row.severity) if row.severity is not None else 1


def _exposure(view: View, item: Exposure, *, shut: bool) -> Row:
    maybe = item.certainty is Certainty.MAYBE and not shut
    values = {
        "reach": SHUT if shut else REACH.get(item.zone, 1) - maybe,
        "zone": Cell("shut", "pass")
        if shut
        else Cell(item.zone.value + ("?" if maybe else ""), ZONE_STYLES.get(item.zone, "muted")),
        "port": f"{item.port}/{item.protocol.lower()}",
        "chain": chain_words(item.chain, item.port),
        "policies": Cell(
            f"shut by {len(item.restricted_by)}" if shut else str(len(item.restricted_by)), "pass"
        )
        if item.restricted_by
        else Cell("none", "medium"),
        "doubt": item.doubt,
        "through": " ".join(str(link.ref) for link in item.chain),
    }
    own = view.results.on(item.workload)
    on_the_way = _network_findings(view, [link.ref for link in item.chain[:-1]])
    findings = sorted(dict.fromkeys((*on_the_way, *own)), key=rank)
    key = f"{item.workload.id}:{item.port}:{item.protocol}:{item.zone.value}:{item.words}"
    notes = tuple(_notes(item, shut=shut))
    return object_row(
        view, item.workload, values, subjects="workloads", key=key, findings=findings, notes=notes
    )


def _notes(item: Exposure, *, shut: bool) -> Sequence[str]:
    found = [item.zone.value, *(f"→ {link}" for link in item.chain)]
    if item.doubt:
        found.append(f"in doubt: {item.doubt}")
    if shut:
        found.append(f"shut by {', '.join(map(str, item.restricted_by))}")
    elif item.admitted_by:
        found.append(f"let through by {', '.join(map(str, item.admitted_by))}")
    elif item.restricted_by:
        found.append(f"let through by {', '.join(map(str, item.restricted_by))}")
    else:
        found.append("no policy stands before it")
    return found


def chain_words(chain: Sequence[Link], port: int | None = None) -> str:
    """``LB 203.0.113.7 → ingress-nginx → ing/web → svc/web → deploy/web :8080``, for one line."""
    proxied = len(chain) > 1 and chain[1].words.startswith("serves ")
    steps = [_step(link, first=not place, proxied=proxied) for place, link in enumerate(chain)]
    if port is not None and steps:
        last = chain[-1].ref
        steps[-1] = f"{short_kind(last.kind)}/{last.name} :{port}"
        if len(chain) == 1:
            steps[-1] += f" ({chain[-1].words.partition(', ')[2] or chain[-1].words})"
    return one_line(" → ".join(steps), 400)


def _step(link: Link, *, first: bool, proxied: bool) -> str:
    name = f"{short_kind(link.ref.kind)}/{link.ref.name}"
    if link.words.startswith("serves "):
        return link.ref.name
    if not first:
        return name
    words = link.words.replace("LoadBalancer", "LB")
    # What clients connect to comes first; the proxy behind it tells more than the name of its Service.
    door = words.partition(" on every")[0].partition(",")[0]
    return door if proxied else f"{door} → {name}"


def _network_findings(view: View, refs: Sequence[ObjectRef]) -> Sequence[Finding]:
    """What was found on the way: anything of the network family, on any object of the chain."""
    results = view.results
    return [item for ref in refs for item in results.on(ref) if item.check.startswith("net-")]


def _dead_end(view: View, item: DeadEnd) -> Row:
    values = {
        "reach": NOWHERE,
        "zone": Cell("nowhere", "muted"),
        "port": "",
        "chain": f"{chain_words(item.chain)} → nothing: {one_line(item.why, 200)}",
        "doubt": item.doubt,
        "through": " ".join(str(link.ref) for link in item.chain),
    }
    notes = (item.zone.value, *(f"→ {link}" for link in item.chain), f"→ nothing: {item.why}")
    return object_row(view, item.ref, values, key=f"nowhere:{item.ref.id}:{item.words}", notes=notes)


def _unread(view: View, item: Unread) -> Row:
    values = {
        "reach": REACH[Zone.INTERNET] - 1,
        "zone": Cell("tunnel?" if item.tunnel else "unread?", "unknown"),
        "port": "",
        "chain": one_line(item.words, 200),
        "doubt": item.words,
    }
    return object_row(
        view, item.ref, values, subjects="workloads", key=f"unread:{item.ref.id}", notes=(item.words,)
    )


LISTING = Listing(
    "exposure",
    "Exposure",
    (SERVICE, INGRESS, GATEWAY, HTTP_ROUTE, *WORKLOAD_KINDS),
    (
        risk_column(),
        value_column("zone", "FROM", width=9, min_width=9, priority=0),
        Column("name", "WORKLOAD", lambda row: row.ref.path, width=26, min_width=20, grow=1, priority=0),
        value_column("port", "PORT", width=9, min_width=8, priority=2),
        value_column("policies", "POLICY", width=6, min_width=6, priority=3),
        Column(
            "chain",
            "THROUGH",
            lambda row: str(row.values["chain"]),
            width=60,
            min_width=30,
            grow=4,
            priority=0,
        ),
        value_column("doubt", "IN DOUBT", width=24, min_width=10, wide=True, priority=6),
    ),
    exposure_rows,
    empty="nothing can be reached from outside the cluster",
    notice=notice,
)
