"""What can be reached from where, as text for people and as JSON."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from ksec_tui.analysis.network.api_doors import ApiDoor, api_doors
from ksec_tui.analysis.network.backing import Link
from ksec_tui.analysis.network.balancers import Zone
from ksec_tui.analysis.network.dead_ends import DeadEnd, dead_ends
from ksec_tui.analysis.network.doubts import doubts, unenforced
from ksec_tui.analysis.network.exposure import Certainty, Exposure, blocked, exposures
from ksec_tui.analysis.network.surface import INNER, Reach, Surface, surface
from ksec_tui.analysis.network.unread import unread
from ksec_tui.analysis.rbac.identity import MASTERS
from ksec_tui.analysis.workloads import workloads
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.cluster.text import one_line
from ksec_tui.reports.columns import columns

_CELL, _LONG = 80, 2000
_ORDER = {zone: number for number, zone in enumerate(Zone)}


class _Row(NamedTuple):
    zone: str
    workload: str
    port: str
    policy: str
    way: str


_HEAD = _Row("FROM", "WORKLOAD", "PORT", "POLICY", "WAY")


def exposure_text(
    snapshot: Snapshot, zones: Collection[Zone], unknown: Sequence[str] = (), *, width: int | None = None
) -> str:
    """One row for each port and zone, widest first; then what policies shut, what leads nowhere, and remarks.

    Args:
        snapshot: the cluster.
        zones: which to list. For those inside the cluster every port of every workload is judged.
        unknown: what was not read.
        width: cells of a line where the terminal has so many; None prints everything in full.
    """
    rows = [
        (*(one_line(cell, _CELL) for cell in row[:-1]), one_line(row.way, _LONG))
        for row in _rows(snapshot, zones)
    ]
    lines = [f"policies are not enforced: {one_line(words)}"] if (words := unenforced(snapshot)) else []
    lines += list(columns([_HEAD, *rows], most=width)) if rows else ["nothing can be reached from there"]
    lines += (f"note: {one_line(words)}" for words in _remarks(snapshot))
    lines += (f"not known: {one_line(reason)}" for reason in unknown)
    return "".join(f"{line}\n" for line in lines)


def exposure_json(snapshot: Snapshot, zones: Collection[Zone], unknown: Sequence[str] = ()) -> str:
    """The same as one JSON object; with zones inside the cluster every answer, ``no`` as well, is under `ports`."""
    ignored = unenforced(snapshot)
    tree: dict[str, Any] = {
        **({"notEnforced": ignored} if ignored else {}),
        "exposures": [_exposure(item) for item in exposures(snapshot) if item.zone in zones],
        "shut": [_exposure(item, shut=True) for item in blocked(snapshot) if item.zone in zones],
        "deadEnds": [_dead_end(item) for item in dead_ends(snapshot) if item.zone in zones],
        "notAnalysed": [
            {"object": _ref(item.ref), "tunnel": item.tunnel, "says": item.words} for item in unread(snapshot)
        ],
    }
    if not set(INNER).isdisjoint(zones):
        tree["ports"] = [_surface(item, zones) for item in _surfaces(snapshot)]
    tree["apiServer"] = [{"subject": str(item.who), "right": item.right} for item in _by_rights(snapshot)]
    tree["doubts"] = [item.words for item in doubts(snapshot)]
    tree["unknown"] = list(unknown)
    return msgspec.json.format(msgspec.json.encode(tree), indent=2).decode() + "\n"


def _rows(snapshot: Snapshot, zones: Collection[Zone]) -> Iterator[_Row]:
    for item in sorted(exposures(snapshot), key=_rank):
        if item.zone in zones:
            maybe = "?" if item.certainty is Certainty.MAYBE else ""
            policy = ", ".join(ref.name for ref in item.restricted_by) or "none"
            yield _Row(f"{item.zone.value}{maybe}", *_end(item), policy, _doubted(_way(item), item.doubt))
    if not set(INNER).isdisjoint(zones):
        yield from _inner_rows(snapshot, zones)
    for item in blocked(snapshot):
        if item.zone in zones:
            policy = ", ".join(ref.name for ref in item.restricted_by)
            yield _Row(f"{item.zone.value} (shut)", *_end(item), policy, _way(item))
    for end in dead_ends(snapshot):
        if end.zone in zones:
            maybe = "?" if end.doubt else ""
            why = f"{_joined(end.chain)}: {end.why}"
            yield _Row(f"{end.zone.value}{maybe}", "(nothing)", "", "", _doubted(why, end.doubt))


def _inner_rows(snapshot: Snapshot, zones: Collection[Zone]) -> Iterator[_Row]:
    for item in _surfaces(snapshot):
        for reach in item.zones:
            if reach.zone in INNER and reach.zone in zones and reach.answer.value is not False:
                maybe = "" if reach.answer.value else "?"
                yield _Row(f"{reach.zone.value}{maybe}", *_end(item), "", reach.answer.reason)


def _surfaces(snapshot: Snapshot) -> Iterator[Surface]:
    for workload in workloads(snapshot):
        yield from surface(snapshot, workload)


def _end(item: Exposure | Surface) -> tuple[str, str]:
    return str(item.workload), f"{item.port}/{item.protocol.lower()}"


def _rank(item: Exposure) -> tuple[int, bool]:
    """Widest first, and what is certain before what is not."""
    return _ORDER[item.zone], item.certainty is Certainty.MAYBE


def _way(item: Exposure) -> str:
    """The objects before the workload; a port of its node's is a way by itself."""
    return _joined(item.chain[:-1]) or f"its node's address ({item.chain[-1].words})"


def _joined(chain: Sequence[Link]) -> str:
    return " → ".join(map(str, chain))


def _doubted(words: str, doubt: str) -> str:
    return f"{words}; not certain: {doubt}" if doubt else words


def _remarks(snapshot: Snapshot) -> Iterator[str]:
    yield from (str(item.ref) + f": {item.words}" if item.tunnel else item.words for item in unread(snapshot))
    yield from (item.words for item in doubts(snapshot) if not item.unenforced)
    subjects = list(dict.fromkeys(str(item.who) for item in _by_rights(snapshot)))
    if subjects:
        more = f" and {len(subjects) - 6} more" if len(subjects) > 6 else ""
        yield (
            "through the API server, by port-forward or proxy and past every policy, all pods are reached by "
            f"{', '.join(subjects[:6])}{more}"
        )


def _by_rights(snapshot: Snapshot) -> tuple[ApiDoor, ...]:
    """Who reaches pods of every namespace by rights, without Kubernetes' own ServiceAccounts and masters."""
    return tuple(
        item
        for item in api_doors(snapshot, "").doors
        if item.who.namespace != "kube-system" and item.who.name != MASTERS
    )


def _exposure(item: Exposure, *, shut: bool = False) -> dict[str, Any]:
    return {
        "zone": item.zone.value,
        "answer": "no" if shut else item.certainty.value,
        "workload": _ref(item.workload),
        "port": item.port,
        "protocol": item.protocol,
        "http": item.http,
        "doubt": item.doubt,
        "chain": [_link(link) for link in item.chain],
        "policies": [_ref(ref) for ref in item.restricted_by],
        "admittedBy": [_link(link) for link in item.admitted_by],
    }


def _dead_end(item: DeadEnd) -> dict[str, Any]:
    chain = [_link(link) for link in item.chain]
    return {"zone": item.zone.value, "chain": chain, "missing": item.why, "doubt": item.doubt}


def _surface(item: Surface, zones: Collection[Zone]) -> dict[str, Any]:
    answers = {reach.zone.value: _reach(reach) for reach in item.zones if reach.zone in zones}
    return {
        "workload": _ref(item.workload),
        "port": item.port,
        "protocol": item.protocol,
        "zones": answers,
    }


def _reach(item: Reach) -> dict[str, Any]:
    tree: dict[str, Any] = {"answer": item.words, "reason": item.answer.reason}
    if item.everywhere:
        tree["everyNamespace"] = True
    return tree | ({"namespaces": list(item.namespaces)} if item.namespaces else {})


def _link(link: Link) -> dict[str, Any]:
    return {"object": _ref(link.ref), "path": link.path, "says": link.words}


def _ref(ref: ObjectRef) -> dict[str, str]:
    return {"kind": ref.kind, "name": ref.name} | ({"namespace": ref.namespace} if ref.namespace else {})
