"""What people write for where an attacker is and what is wanted."""

from __future__ import annotations

from typing import Any

from ksec_tui.analysis.network.questions import SHORT_KINDS
from ksec_tui.analysis.paths.builder import ADMIN, INTERNET, OUTSIDE, goal, hub, node, secret, workload
from ksec_tui.analysis.paths.graph import AttackGraph
from ksec_tui.analysis.paths.holders import vertex_of
from ksec_tui.analysis.paths.model import Vertex
from ksec_tui.analysis.rbac.identity import ANONYMOUS
from ksec_tui.analysis.rbac.naming import NamingError, subject_named
from ksec_tui.analysis.workloads import top_owner
from ksec_tui.cluster.kinds import POD, Kind
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.cluster.text import clean

GOAL_WORDS = {
    "cluster-admin": "cluster-admin",
    "cloud": "cloud identity",
    "secrets": "every Secret",
    "node": "a node",
    "data": "a data store",
    "namespace-secrets": "Secrets of a namespace",
}
"""A word on the command line -> a goal."""

_WORDS = {
    "internet": INTERNET,
    "outside": OUTSIDE,
    "anonymous": Vertex("user", ANONYMOUS),
    "cluster-admin": ADMIN,
    **{word: goal(name) for word, name in GOAL_WORDS.items()},
}
FORMS = (
    "internet, outside, anonymous, user:NAME, group:NAME, sa:NAMESPACE/NAME, NAMESPACE/POD, NAMESPACE/deploy/NAME, "
    "node/NAME, secret:NAMESPACE/NAME, secrets:NAMESPACE"
)


def vertex_named(snapshot: Snapshot, graph: AttackGraph, text: str) -> Vertex:
    """The vertex that `text` means.

    Raises:
        NamingError: it means nothing, or nothing that is in the graph.
    """
    found = _meant(snapshot, text.strip())
    if found is None:
        raise NamingError(f"{clean(text, 80)!r} is none of {FORMS}, {', '.join(GOAL_WORDS)}")
    if graph.number(found) is None:
        raise NamingError(f"{found.words} is not among what was read, or nobody has or gives anything there")
    return found


def _meant(snapshot: Snapshot, text: str) -> Vertex | None:
    if text in _WORDS:
        return _WORDS[text]
    head, colon, rest = text.partition(":")
    if colon and head in ("user", "group", "sa", "serviceaccount"):
        return vertex_of(subject_named(text))
    if colon and head == "secrets":
        return hub("secrets", rest)
    if colon and head == "secret":
        space, slash, name = rest.partition("/")
        return secret(space, name) if slash else None
    parts = text.split("/")
    if parts[0] == "node" and len(parts) == 2:
        return node(parts[1])
    if len(parts) == 2:
        pod = snapshot.find(POD, parts[1], parts[0])
        return workload(top_owner(snapshot, pod)) if pod is not None else None
    kind = _kind(parts[1]) if len(parts) == 3 else None
    if kind is None:
        return None
    item = snapshot.find(kind, parts[2], parts[0])
    ref = ObjectRef(parts[0], kind.name, parts[2], kind.group)
    return workload(ref if item is None else top_owner(snapshot, item))


def _kind(word: str) -> Kind[Any] | None:
    found = SHORT_KINDS.get(word)
    if found is not None:
        return found
    return next((kind for kind in SHORT_KINDS.values() if word in (kind.plural, kind.name.lower())), None)
