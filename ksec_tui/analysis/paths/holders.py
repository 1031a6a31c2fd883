"""Who holds which of the rights that matter, by which binding; and which groups everybody is in."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from ksec_tui.analysis.paths.builder import Builder
from ksec_tui.analysis.paths.model import Cut, Proof, Vertex
from ksec_tui.analysis.paths.rights import IS_WIDE, Held, Rights, rights_of
from ksec_tui.analysis.rbac.bindings import Bound, bindings
from ksec_tui.analysis.rbac.defaults import is_anonymous, is_system_binding
from ksec_tui.analysis.rbac.identity import ANONYMOUS, NODE_PREFIX, Who, identity_of
from ksec_tui.analysis.security_context import minor_version
from ksec_tui.analysis.workloads import workloads
from ksec_tui.cluster.kinds import SERVICE_ACCOUNT
from ksec_tui.cluster.snapshot import Snapshot


class Given(msgspec.Struct, frozen=True, gc=False):
    """One right of one binding: which, the binding, where it counts, and the rule."""

    atom: str
    bound: Bound
    place: str | None
    held: Held


Powers = dict[str, list[Given]]
"""Atom -> everything that gives it to one login."""


def vertex_of(who: Who) -> Vertex:
    """The vertex of a subject."""
    kind = {"ServiceAccount": "account", "User": "user", "Group": "group"}[who.kind]
    return Vertex(kind, who.name, who.namespace)


def powers_of(builder: Builder, snapshot: Snapshot) -> dict[Who, Powers]:
    """What every subject of a binding holds by itself; what was not read becomes an edge to it."""
    minor = minor_version(snapshot.source.server_version)
    found: dict[Who, Powers] = {}
    for bound in bindings(snapshot):
        people = bound.people
        if bound.unknown:
            target = builder.at(Vertex("unread", str(bound.role), bound.namespace or ""))
            for who in people:
                found.setdefault(who, {})
                source = builder.at(vertex_of(who))
                cut = (Cut(bound.ref),)
                builder.add(
                    "unread", source, target, "", bound.unknown, (Proof(bound.ref),), cut, bound.unknown
                )
            continue
        rights: Rights | None = bound.memo.get(rights_of)
        if rights is None:
            rights = bound.memo[rights_of] = rights_of(bound.rules, minor)
        for who in people:
            powers = found.setdefault(who, {})
            for atom, helds in rights.items():
                if bound.namespace is not None and atom in IS_WIDE:
                    continue
                slot = powers.setdefault(atom, [])
                for held in helds:
                    slot.extend(_placed(atom, bound, held))
    return found


def _placed(atom: str, bound: Bound, held: Held) -> Iterator[Given]:
    """Where a right counts; the name of a namespace is a place as well (requestinfo.go)."""
    if atom != "namespaces.change" or not held.names:
        yield Given(atom, bound, bound.namespace, held)
        return
    for name in held.names:
        if bound.namespace in (None, name):
            yield Given(atom, bound, name, Held(held.index))


def add_members(builder: Builder, snapshot: Snapshot, every: dict[Who, Powers]) -> None:
    """Everybody into the groups that hold anything; what is implied by another group is left to that."""
    people = dict.fromkeys(who for who in every if who.kind != "Group")
    people.update(
        dict.fromkeys(
            Who("ServiceAccount", item.name, item.namespace) for item in snapshot.of(SERVICE_ACCOUNT)
        )
    )
    people.update(
        dict.fromkeys(
            Who("ServiceAccount", item.spec.account, item.namespace)
            for item in workloads(snapshot)
            if not item.static
        )
    )
    people[Who("User", ANONYMOUS)] = None
    builder.starts["credentials"] = [builder.at(vertex_of(who)) for who in sorted(every)]
    builder.system.update(builder.at(vertex_of(who)) for who in _own(snapshot, every))
    groups = {who.name: vertex_of(who) for who in every if who.kind == "Group"}
    for who in people:
        source = builder.at(vertex_of(who))
        for name in identity_of(who).groups:
            if name in groups:
                builder.add("member", source, builder.at(groups[name]))
    for name, vertex in groups.items():
        for other in identity_of(Who("Group", name)).groups:
            if other != name and other in groups:
                builder.add("member", builder.at(vertex), builder.at(groups[other]))


def _own(snapshot: Snapshot, every: dict[Who, Powers]) -> set[Who]:
    """The subjects that are part of Kubernetes itself: every binding that names them is."""
    found = set(every)
    for bound in bindings(snapshot):
        if not is_system_binding(bound):
            found.difference_update(who for who in bound.people if not _component(who))
    return {who for who in found if not is_anonymous(who)}


def _component(who: Who) -> bool:
    """Whether it is a login of a part of the control plane."""
    return who.kind == "User" and who.name.startswith("system:") and not who.name.startswith(NODE_PREFIX)
