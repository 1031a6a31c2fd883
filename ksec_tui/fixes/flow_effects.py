"""What a plan does to connections, in words: what is cut off, what becomes possible, which ways in come and go."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ksec_tui.analysis.network.addresses import ANYWHERE, AddressSet
from ksec_tui.analysis.network.changes import Change, Place, flow_changes
from ksec_tui.analysis.network.exposure import Exposure, exposures
from ksec_tui.analysis.network.ports import ALL, Connections
from ksec_tui.cluster.kinds import GATEWAY, HTTP_ROUTE, INGRESS, POD, SERVICE
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.cluster.text import one_line
from ksec_tui.fixes.flows import POLICY_KINDS

_PUBLISHING = frozenset((kind.group, kind.name) for kind in (SERVICE, INGRESS, GATEWAY, HTTP_ROUTE))
"""What lets clients in from outside."""

SHOWN = 3
"""Names of a longer list."""


def said(before: Snapshot, after: Snapshot, touched: Iterable[ObjectRef]) -> Iterator[str]:
    """Every effect of a plan on connections, one line each; what concerns most pods first, losses before gains."""
    refs = tuple(touched)
    yield from connections(before, after, refs)
    if publishes(refs):
        closed, opened = ways(before, after)
        yield from (f"no way in any more: {one_line(item.words)}" for item in closed)
        yield from (f"new way in: {one_line(item.words)}" for item in opened)


def connections(before: Snapshot, after: Snapshot, touched: Iterable[ObjectRef]) -> Iterator[str]:
    """What changed policies cut off and open, one line each."""
    if not {(ref.group, ref.kind) for ref in touched} & POLICY_KINDS:
        return
    found = flow_changes(before, after)
    # Without pods, in manifests, templates stand for them; else what has none now is not worth a line.
    live = bool(before.of(POD))
    yield from (_words("cut off", item) for item in found.lost if item.pairs or not live)
    yield from (_words("opened", item) for item in found.gained if item.pairs or not live)


def publishes(touched: Iterable[ObjectRef]) -> bool:
    """Whether one of the objects is of a kind that decides who comes in."""
    return bool({(ref.group, ref.kind) for ref in touched} & (POLICY_KINDS | _PUBLISHING))


def ways(before: Snapshot, after: Snapshot) -> tuple[tuple[Exposure, ...], tuple[Exposure, ...]]:
    """The ways in that go, and those that come."""
    old, new = _ways(before), _ways(after)
    closed = tuple(item for key, item in old.items() if key not in new)
    return closed, tuple(item for key, item in new.items() if key not in old)


def _words(verb: str, change: Change) -> str:
    """``cut off: namespace ops → Deployment shop/db: everything but TCP 5432 (12 pairs of pods)``."""
    ends = (change.source, change.destination)
    outside = any(end.addresses is not None for end in ends)
    unit = "pod" if outside else "pair of pods"
    many = "pods" if outside else "pairs of pods"
    count = f" ({change.pairs:,} {unit if change.pairs == 1 else many})" if change.pairs else ""
    source, destination = map(_place, ends)
    return one_line(f"{verb}: {source} → {destination}: {_connections(change.connections)}{count}")


def _connections(found: Connections) -> str:
    if found.all:
        return "everything"
    rest = f"everything but {ALL - found}"
    said = str(found)
    return rest if len(rest) < len(said) else said


def _place(place: Place) -> str:
    if place.every:
        return "every pod"
    if place.addresses is not None:
        return _addresses(place.addresses)
    names = [*(f"namespace {name}" for name in place.namespaces), *map(str, place.workloads)]
    return _listed(names)


def _addresses(found: AddressSet) -> str:
    if found == ANYWHERE:
        return "every address outside of pods"
    named = str(found).split(", ")
    rest = str(ANYWHERE - found).split(", ")
    if len(rest) < len(named):
        return f"every address outside of pods but {_listed(rest)}"
    return _listed(named)


def _listed(names: list[str]) -> str:
    if len(names) <= SHOWN + 1:
        return ", ".join(names)
    return f"{', '.join(names[:SHOWN])} and {len(names) - SHOWN} more"


def _ways(snapshot: Snapshot) -> dict[object, Exposure]:
    return {
        (item.workload, item.zone, item.protocol, item.port, item.chain[0].ref): item
        for item in exposures(snapshot)
    }
