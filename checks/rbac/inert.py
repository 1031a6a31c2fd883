"""Rules that never match a request."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from ksec_tui.analysis.identity import is_system
from ksec_tui.analysis.rbac.inert import Inert, changed_by_name, inert_parts
from ksec_tui.cluster.access import ClusterRole, Role
from ksec_tui.cluster.kinds import CLUSTER_ROLE, ROLE
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import Subjects, check
from ksec_tui.findings.finding import Evidence
from ksec_tui.findings.fix import Cut, Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat
from ksec_tui.fixes.build import Body
from ksec_tui.fixes.rbac import changeable
from ksec_tui.fixes.rules import cut_change


def _find(snapshot: Snapshot, ref: ObjectRef) -> Role | ClusterRole | None:
    if ref.kind == "Role":
        return snapshot.find(ROLE, ref.name, ref.namespace)
    return snapshot.find(CLUSTER_ROLE, ref.name) if ref.kind == "ClusterRole" else None


ROLES: Subjects[Role | ClusterRole] = Subjects(
    "roles",
    (CLUSTER_ROLE, ROLE),
    lambda snapshot: chain(snapshot.of(CLUSTER_ROLE), snapshot.of(ROLE)),
    lambda role: role.ref,
    _find,
    system=is_system,
)
"""Roles and ClusterRoles."""


@check(
    "hyg-inert-rule",
    "A rule that can never match",
    Severity.INFO,
    on=ROLES,
    threats=(Threat.CREDENTIALS,),
    references=("CIS 5.1.3", "KEP-4961"),
)
def inert_rule(role: Role | ClusterRole, _: Snapshot) -> Iterator[Evidence]:
    """A role has a rule, or a resource in a rule, without any effect.

    ## Why
    RBAC compares exact words and says nothing when a rule is written wrongly: `pods/*`, `core`, `pod`, or
    nodes in a Role are stored and never match. Somebody believes to have granted something, and often
    grants far more in the next attempt.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: plugin, namespace: shop}
    rules:
    - {apiGroups: [""], resources: [nodes], verbs: [get, list, watch]}
    - {apiGroups: [""], resources: [pods, "pods/*"], verbs: [get, list, watch]}
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: plugin, namespace: shop}
    rules:
    - {apiGroups: [""], resources: [pods], verbs: [get, list, watch]}
    ```
    """
    for index, part in _parts(role):
        yield Evidence(f"/rules/{index}{part.path}", part.reason)


def _parts(role: Role | ClusterRole) -> Iterator[tuple[int, Inert]]:
    rules = role.rules or ()
    named = changed_by_name(rules)
    for index, rule in enumerate(rules):
        for part in inert_parts(rule, inside=isinstance(role, Role), named=named):
            yield index, part


@inert_rule.fix
def _inert_rule_fix(role: Role | ClusterRole, snapshot: Snapshot) -> Fix | None:
    document = snapshot.document(role.ref)
    if not changeable(role) or document is None:
        return None
    rules = list(document.get("rules") or ())
    idle: dict[int, set[str]] = {}
    for index, part in _parts(role):
        idle.setdefault(index, set()).update(_entries(rules[index], part))
    title = f"Take what has no effect out of {role.ref}"
    if not idle:
        return None
    cuts = [Cut(rule=index, entries=tuple(sorted(entries))) for index, entries in sorted(idle.items())]
    change = cut_change(role.ref, dict(enumerate(rules)), cuts)
    if any(not part.path and _creates_by_name(role, index) for index, part in _parts(role)):
        may_break = (
            "Someone who may patch the same object by another role could create it by server-side apply."
        )
        return Fix(title, (change,), Risk.LIKELY, may_break)
    return Fix(title, (change,), Risk.SAFE)


def _entries(rule: Body, part: Inert) -> tuple[str, ...]:
    """The words of a rule that an idle part stands for: one of its resources or URLs, or all."""
    if not part.path:
        return (*(rule.get("resources") or ()), *(rule.get("nonResourceURLs") or ()))
    _, field, place = part.path.split("/")
    return (str(rule[field][int(place)]),)


def _creates_by_name(role: Role | ClusterRole, index: int) -> bool:
    rule = (role.rules or ())[index]
    return "create" in rule.verbs and bool(rule.resource_names)
