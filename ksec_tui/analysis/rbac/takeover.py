"""Rights with which a ServiceAccount is as good as an administrator, be it by one more step."""

from __future__ import annotations

import msgspec

from ksec_tui.analysis.rbac.grants import can
from ksec_tui.analysis.rbac.holdings import holdings
from ksec_tui.analysis.rbac.identity import Who, identity_of
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot

_RBAC = "rbac.authorization.k8s.io"
_HOME = "kube-system"
_EVERYWHERE = (
    ("*", "*", "*", "", "do everything"),
    ("escalate", _RBAC, "clusterroles", "", "write any right into a role"),
    ("bind", _RBAC, "clusterroles", "", "hand out any role"),
    ("impersonate", "", "groups", "", "act as any group"),
    ("impersonate", "", "users", "", "act as any user"),
    ("impersonate", "", "serviceaccounts", "", "act as any ServiceAccount"),
    ("list", "", "secrets", "", "read every Secret"),
    ("get", "", "secrets", "", "read every Secret whose name is known"),
    ("create", "", "serviceaccounts", "token", "make tokens of any ServiceAccount"),
    ("create", "", "pods", "", "run pods as any ServiceAccount"),
    ("create", "apps", "daemonsets", "", "run pods as any ServiceAccount"),
    ("create", "apps", "deployments", "", "run pods as any ServiceAccount"),
    ("create", "apps", "statefulsets", "", "run pods as any ServiceAccount"),
    ("create", "batch", "jobs", "", "run pods as any ServiceAccount"),
    ("create", "batch", "cronjobs", "", "run pods as any ServiceAccount"),
    ("patch", "apps", "daemonsets", "", "change what every workload runs"),
    ("patch", "apps", "deployments", "", "change what every workload runs"),
    ("create", "", "pods", "exec", "open a shell in every pod"),
    ("patch", "", "pods", "ephemeralcontainers", "put a container into every pod"),
    ("create", "", "nodes", "proxy", "run commands on every node"),
    ("get", "", "nodes", "proxy", "run commands on every node"),
)
"""What it takes a ClusterRoleBinding for; the gravest first."""

_AT_HOME = (
    ("create", "", "pods", "", "run pods as any ServiceAccount"),
    ("create", "apps", "daemonsets", "", "run pods as any ServiceAccount"),
    ("create", "apps", "deployments", "", "run pods as any ServiceAccount"),
    ("create", "", "serviceaccounts", "token", "make tokens of ServiceAccounts"),
    ("create", "", "pods", "exec", "open a shell in pods"),
)
"""What is enough in kube-system, where controllers run that hold every right."""


class Takeover(msgspec.Struct, frozen=True):
    """One such right.

    Attributes:
        words: what it allows, a verb first: ``read every Secret``.
        bindings: the bindings that give it.
    """

    words: str
    bindings: tuple[ObjectRef, ...]


def takeovers(snapshot: Snapshot, namespace: str, account: str) -> tuple[Takeover, ...]:
    """The takeover rights of a ServiceAccount, its groups' included, the gravest first; cached."""
    known: dict[tuple[str, str], tuple[Takeover, ...]] = snapshot.derived(takeovers, lambda _: {})
    key = (namespace, account)
    if key not in known:
        known[key] = _judged(snapshot, namespace, account)
    return known[key]


def _hits(snapshot: Snapshot) -> int:
    """The mask of the rules that give any of the rights."""
    rules = holdings(snapshot).rules
    found = 0
    for verb, group, resource, subresource, _ in (*_EVERYWHERE, *_AT_HOME):
        found |= rules.resource(verb, group, resource, subresource, "")
    return found


HITS = _hits
"""The key under which a Snapshot keeps that mask."""


def _judged(snapshot: Snapshot, namespace: str, account: str) -> tuple[Takeover, ...]:
    identity = identity_of(Who("ServiceAccount", account, namespace))
    # What holds in the whole cluster holds in kube-system too: who has no such rule there has none of the rights.
    if not holdings(snapshot).some_of(identity.logins, snapshot.derived(_hits, _hits), _HOME):
        return ()
    found: dict[str, Takeover] = {}
    told: set[tuple[str, str, str, str]] = set()
    for place, rights in (("", _EVERYWHERE), (_HOME, _AT_HOME)):
        for verb, group, resource, subresource, words in rights:
            right = (verb, group, resource, subresource)
            if right in told:
                continue
            grants = can(snapshot, identity, verb, group, resource, subresource=subresource, namespace=place)
            if not grants:
                continue
            told.add(right)
            said = f"{words} of {place}" if place else words
            if not any(said.startswith(known) for known in found):
                found[said] = Takeover(said, tuple(dict.fromkeys(grant.binding for grant in grants)))
            if verb == "*":
                return tuple(found.values())
    return tuple(found.values())
