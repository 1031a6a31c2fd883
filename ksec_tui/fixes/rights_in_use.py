"""Who is likely to miss rights that a fix takes away: the workloads that run with them, and roles that pass them on."""

from __future__ import annotations

from collections.abc import Iterable

from ksec_tui.analysis.accounts import token_mounted
from ksec_tui.analysis.network.selectors import alive
from ksec_tui.analysis.rbac.identity import ALL_ACCOUNTS, Who
from ksec_tui.analysis.workloads import workloads
from ksec_tui.cluster.access import ClusterRole, Role
from ksec_tui.cluster.kinds import CLUSTER_ROLE
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot

AGGREGATE = "rbac.authorization.k8s.io/aggregate-to-"
"""How the labels begin by which a ClusterRole is taken over into admin, edit or view."""

_NAMED = 3
"""Workloads that are told by name."""

_Index = dict[tuple[str, str], tuple[ObjectRef, ...]]


def running_with(snapshot: Snapshot, people: Iterable[Who | None]) -> str:
    """``Running with it: DaemonSet kube-system/kured.`` for workloads that hold a token of these subjects.

    Counted are ServiceAccounts and the groups of all accounts of a namespace. Empty when no such workload was read.
    """
    index = _by_login(snapshot)
    found = dict.fromkeys(ref for who in people if who is not None for ref in index.get(who.login, ()))
    if not found:
        return ""
    named = ", ".join(map(str, sorted(found)[:_NAMED]))
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return f"Running with it: {named}{more}."


def passed_on(snapshot: Snapshot, role: Role | ClusterRole | None) -> str:
    """``ClusterRole admin takes over its rules: whoever holds that loses it too.``; empty for other roles."""
    if not isinstance(role, ClusterRole):
        return ""
    labels = role.metadata.labels
    names = {
        label.removeprefix(AGGREGATE): None
        for label, value in labels.items()
        if label.startswith(AGGREGATE) and value == "true"
    }
    for other in snapshot.of(CLUSTER_ROLE):
        selectors = () if other.aggregation_rule is None else other.aggregation_rule.cluster_role_selectors
        if other.name != role.name and any(selector.matches(labels) for selector in selectors):
            names[other.name] = None
    if not names:
        return ""
    said = " and ".join(f"ClusterRole {name}" for name in sorted(names))
    return f"{said} take{'s' if len(names) == 1 else ''} over its rules: whoever holds that loses it too."


def _by_login(snapshot: Snapshot) -> _Index:
    """The workloads that hold a token of an account, by the account's login and the group of its namespace."""
    found: _Index = snapshot.derived(_index, _index)
    return found


def _index(snapshot: Snapshot) -> _Index:
    index: dict[tuple[str, str], list[ObjectRef]] = {}
    for workload in workloads(snapshot):
        space = workload.namespace
        if alive(workload) and token_mounted(workload.spec, space, snapshot):
            own = Who("ServiceAccount", workload.spec.account, space)
            for who in (own, Who("Group", f"{ALL_ACCOUNTS}:{space}")):
                index.setdefault(who.login, []).append(workload.ref)
    return {login: tuple(refs) for login, refs in index.items()}
