"""Whether somebody may do something, with every way by which RBAC grants it, or why that is not known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from ksec_tui.analysis.rbac.bindings import rules_of
from ksec_tui.analysis.rbac.grants import BUILT_IN
from ksec_tui.analysis.rbac.holdings import Grant, Holdings, holdings
from ksec_tui.analysis.rbac.identity import MASTERS, NODES, Identity, Who
from ksec_tui.analysis.rbac.index import numbers_in
from ksec_tui.analysis.rbac.requests import (
    STREAMS,
    WEBSOCKET_NEEDS_CREATE,
    Alternatives,
    Request,
    requests_for,
)
from ksec_tui.analysis.rbac.resources import is_cluster_scoped
from ksec_tui.analysis.rbac.rules import aggregated_from, permits, permits_url
from ksec_tui.analysis.security_context import minor_version
from ksec_tui.cluster.access import PolicyRule
from ksec_tui.cluster.kinds import CLUSTER_ROLE, CLUSTER_ROLE_BINDING, ROLE_BINDING
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot


class Path(msgspec.Struct, frozen=True, order=True):
    """One way by which a right is granted.

    Attributes:
        subject: whom the binding names: the identity itself, or one of its groups.
        binding: the binding; for members of system:masters the group.
        role: the role.
        rule: the number of the rule in the role, from 0.
        sources: for an aggregated role, the ClusterRoles from which the rule came.
        namespace: where it holds; None for the whole cluster.
    """

    subject: Who
    binding: ObjectRef
    role: ObjectRef
    rule: int
    sources: tuple[ObjectRef, ...] = ()
    namespace: str | None = None

    @property
    def built_in(self) -> bool:
        """Whether no binding stands behind it: members of system:masters are never asked for one."""
        return self.binding == BUILT_IN.binding

    def __str__(self) -> str:
        """``Group dev > RoleBinding shop/dev > ClusterRole edit, rule 3 (from ClusterRole extra)``."""
        if self.built_in:
            return f"{self.subject} is allowed everything before RBAC is asked"
        of = f" (from {', '.join(str(source) for source in self.sources)})" if self.sources else ""
        return f"{self.subject} > {self.binding} > {self.role}, rule {self.rule + 1}{of}"


class Answer(msgspec.Struct, frozen=True):
    """Whether RBAC grants something.

    Attributes:
        allowed: True when it is granted, False when it is not, None when that is not known.
        by: every way by which it is granted.
        unknown: what was not read and could grant it; empty unless `allowed` is None.
        notes: what else decides, or what the answer means on this server's version.
    """

    allowed: bool | None
    by: tuple[Path, ...] = ()
    unknown: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """``granted by RBAC``, ``not granted by RBAC`` or ``unknown``; RBAC itself never denies."""
        if self.allowed is None:
            return "unknown"
        return "granted by RBAC" if self.allowed else "not granted by RBAC"


def explain(snapshot: Snapshot, identity: Identity, request: Request) -> Answer:
    """Whether `identity` may do `request`, as the authorizer decides with exactly these groups."""
    index = holdings(snapshot)
    logins = identity.logins
    masters = MASTERS in identity.groups
    by = [path_of(snapshot, BUILT_IN, _built_in_rule(request))] if masters else []
    for grant, rules in index.some_of(logins, _hits(index, request), request.namespace):
        by += (path_of(snapshot, grant, number) for number in numbers_in(rules))
    remarks = notes(snapshot, identity, request)
    if by:
        return Answer(True, tuple(by), (), remarks)
    unread = [grant for login in logins for grant in index.unread(login)]
    unknown = _unknown(snapshot, request.namespace, unread)
    return Answer(None if unknown else False, (), unknown, remarks)


def explain_any(snapshot: Snapshot, identity: Identity, ways: Alternatives) -> Answer:
    """Whether one of several ways is open to `identity`, of which each may need several requests."""
    unknown: dict[str, None] = {}
    said: dict[str, None] = {}
    for way in ways:
        answers = [explain(snapshot, identity, request) for request in way]
        said.update((note, None) for answer in answers for note in answer.notes)
        if all(answer.allowed for answer in answers):
            return Answer(True, tuple(path for answer in answers for path in answer.by), (), tuple(said))
        if not any(answer.allowed is False for answer in answers):
            unknown.update((reason, None) for answer in answers for reason in answer.unknown)
    return Answer(None if unknown else False, (), tuple(unknown), tuple(said))


def explain_action(
    snapshot: Snapshot, identity: Identity, action: str, *, name: str = "", namespace: str = ""
) -> Answer:
    """Whether `identity` can ``exec``, ``attach``, ``portforward`` or ``kubelet-exec`` on this server's version.

    Raises:
        ValueError: there is no such action.
    """
    minor = minor_version(snapshot.source.server_version)
    answer = explain_any(snapshot, identity, requests_for(action, minor, name=name, namespace=namespace))
    if minor is not None or answer.allowed is not False:
        return answer
    older = requests_for(action, 0, name=name, namespace=namespace)
    if not explain_any(snapshot, identity, older).allowed:
        return answer
    reason = f"the server's version is not known: before 1.{WEBSOCKET_NEEDS_CREATE} get is enough"
    return Answer(None, (), (reason,), answer.notes)


def elsewhere(snapshot: Snapshot, identity: Identity, request: Request) -> tuple[str, ...]:
    """The namespaces in which `identity` may do what `request` asks for elsewhere, by name.

    Empty for what has no namespace.
    """
    if request.path is not None or is_cluster_scoped(request.resource, (request.group,)):
        return ()
    return tuple(
        sorted(
            {
                grant.namespace
                for grant in _granted_to(snapshot, identity)
                if grant.namespace is not None and any(_permits(rule, request) for rule in grant.rules)
            }
        )
    )


class Holders(msgspec.Struct, frozen=True):
    """Who may do something: the subjects that bindings name, with the ways; groups are not unfolded.

    Attributes:
        holders: by kind and name.
        unknown: what was not read and could name more.
    """

    holders: dict[Who, tuple[Path, ...]]
    unknown: tuple[str, ...] = ()


def explain_who(snapshot: Snapshot, request: Request, *, anywhere: bool = False) -> Holders:
    """Every subject to which RBAC grants `request`, and how.

    Args:
        snapshot: the cluster.
        request: what to do.
        anywhere: whether to name those as well who may do it in some namespace only; `request` has none then.
    """
    index = holdings(snapshot)
    place = None if anywhere else request.namespace
    found: dict[Who, list[Path]] = {BUILT_IN.subject: [path_of(snapshot, BUILT_IN, _built_in_rule(request))]}
    for grant in index.holders(_hits(index, request), place):
        found.setdefault(grant.subject, []).extend(paths(snapshot, grant, request))
    unknown = _unknown(snapshot, place, index.grants)
    return Holders({who: tuple(found[who]) for who in sorted(found)}, unknown)


def paths(snapshot: Snapshot, grant: Grant, request: Request) -> Iterator[Path]:
    """The rules of one grant that permit `request`."""
    for number, rule in enumerate(grant.rules):
        if _permits(rule, request):
            yield path_of(snapshot, grant, number)


def path_of(snapshot: Snapshot, grant: Grant, number: int) -> Path:
    """The way by which rule `number` of a grant reaches its subject."""
    origin = sources(snapshot, grant, number)
    return Path(grant.subject, grant.binding, grant.role, number, origin, grant.namespace)


def sources(snapshot: Snapshot, grant: Grant, number: int) -> tuple[ObjectRef, ...]:
    """The ClusterRoles that gave a rule to the aggregated role of a grant; empty for other roles.

    A rule whose source has gone since, or was put there by hand, has none either.
    """
    if grant.role.kind != "ClusterRole" or grant is BUILT_IN:
        return ()
    known: dict[str, dict[PolicyRule, tuple[ObjectRef, ...]]] = snapshot.derived(sources, lambda _: {})
    name = grant.role.name
    if name not in known:
        known[name] = _contributions(snapshot, name)
    return known[name].get(grant.rules[number], ())


def notes(snapshot: Snapshot, identity: Identity, request: Request) -> tuple[str, ...]:
    """What else decides about a request, or what it means on this version of the server."""
    found = []
    if NODES in identity.groups:
        found.append("nodes are judged by the Node authorizer first; it is not part of RBAC")
    if request.group or not request.subresource:
        return tuple(found)
    if request.resource == "pods" and request.subresource in STREAMS:
        minor = minor_version(snapshot.source.server_version)
        if request.verb == "get":
            found.append(_stream_note(minor))
    if request.full == "nodes/proxy" and request.verb in ("get", "create"):
        found.append("nodes/proxy runs commands in every container of a node, past audit and admission")
    return tuple(found)


def _stream_note(minor: int | None) -> str:
    line = f"1.{WEBSOCKET_NEEDS_CREATE}"
    if minor is None:
        return f"before {line} get alone opens the stream through a WebSocket; this server's version is not known"
    if minor < WEBSOCKET_NEEDS_CREATE:
        return f"before {line}, as here, get alone opens the stream through a WebSocket"
    return f"since {line} the stream needs create as well"


def _hits(index: Holdings, request: Request) -> int:
    rules = index.rules
    if request.path is not None:
        return rules.url(request.verb, request.path)
    return rules.resource(request.verb, request.group, request.resource, request.subresource, request.name)


def _built_in_rule(request: Request) -> int:
    return 0 if request.path is None else 1


def _permits(rule: PolicyRule, request: Request) -> bool:
    if request.path is not None:
        return permits_url(rule, request.verb, request.path)
    return permits(rule, request.verb, request.group, request.resource, request.name, request.subresource)


def _contributions(snapshot: Snapshot, name: str) -> dict[PolicyRule, tuple[ObjectRef, ...]]:
    role = snapshot.find(CLUSTER_ROLE, name)
    found: dict[PolicyRule, tuple[ObjectRef, ...]] = {}
    if role is None or role.aggregation_rule is None:
        return found
    for other in aggregated_from(role, snapshot.of(CLUSTER_ROLE)):
        for rule in dict.fromkeys(rules_of(snapshot, other)):
            found[rule] = (*found.get(rule, ()), other.ref)
    return found


def _granted_to(snapshot: Snapshot, identity: Identity) -> Iterator[Grant]:
    index = holdings(snapshot)
    return (grant for login in identity.logins for grant in index.of(login))


def _unknown(snapshot: Snapshot, namespace: str | None, some: Iterable[Grant]) -> tuple[str, ...]:
    """What could change an answer: bindings that were not read, and roles of `some` that were not."""
    of_roles = [
        grant.unknown for grant in some if grant.unknown and (namespace is None or grant.reaches(namespace))
    ]
    missing = binding_gaps(snapshot, namespace)
    return tuple(dict.fromkeys((*missing, *of_roles))) if of_roles else missing


def binding_gaps(snapshot: Snapshot, namespace: str | None) -> tuple[str, ...]:
    """Why not all bindings that count for a request in `namespace` are known; empty when they are.

    An empty `namespace` asks for the whole cluster, None for any place at all.
    """
    known: dict[str | None, tuple[str, ...]] = snapshot.derived(binding_gaps, lambda _: {})
    if namespace not in known:
        known[namespace] = tuple(dict.fromkeys(_binding_gaps(snapshot, namespace)))
    return known[namespace]


def _binding_gaps(snapshot: Snapshot, namespace: str | None) -> Iterator[str]:
    wide = snapshot.coverage.gap(CLUSTER_ROLE_BINDING)
    if wide:
        yield wide
    broken = snapshot.undecoded(CLUSTER_ROLE_BINDING)
    if namespace != "":
        near = snapshot.coverage.gap(ROLE_BINDING, namespace)
        if near:
            yield near
        broken += snapshot.undecoded(ROLE_BINDING, namespace)
    for entry in broken:
        yield f"{entry.ref} could not be read: {entry.reason}"
