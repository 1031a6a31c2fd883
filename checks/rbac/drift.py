"""Default roles and bindings that grant more than Kubernetes made them for."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.analysis.rbac.bindings import Bound, binding_named, bindings
from ksec_tui.analysis.rbac.covers import uncovered
from ksec_tui.analysis.rbac.default_policy import DefaultPolicy, default_policy, extra_subjects
from ksec_tui.checks.rbac.common import HOLDERS, minor_version
from ksec_tui.cluster.access import ClusterRole, PolicyRule, Role
from ksec_tui.cluster.kinds import CLUSTER_ROLE, CLUSTER_ROLE_BINDING, ROLE, ROLE_BINDING
from ksec_tui.cluster.ref import CLUSTER, ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import Subjects, check
from ksec_tui.findings.finding import Evidence, NotApplicable, Outcome, Unknown
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity

Default = Role | ClusterRole | Bound | Snapshot


def _policy(snapshot: Snapshot) -> DefaultPolicy | None:
    return default_policy(minor_version(snapshot))


def _select(snapshot: Snapshot) -> Iterator[Default]:
    """The default roles and bindings; where these are not known, the cluster as one subject."""
    policy = _policy(snapshot)
    if policy is None:
        yield snapshot
        return
    yield from (role for role in snapshot.of(CLUSTER_ROLE) if role.ref in policy.roles)
    yield from (role for role in snapshot.of(ROLE) if role.ref in policy.roles)
    yield from (bound for bound in bindings(snapshot) if bound.ref in policy.bindings)


def _find(snapshot: Snapshot, ref: ObjectRef) -> Default | None:
    if ref == CLUSTER:
        return snapshot
    found = snapshot.get(ref)
    return found if isinstance(found, Role | ClusterRole) else binding_named(snapshot, ref)


DEFAULTS: Subjects[Default] = Subjects(
    "default roles and bindings",
    (CLUSTER_ROLE, ROLE, CLUSTER_ROLE_BINDING, ROLE_BINDING),
    _select,
    lambda item: CLUSTER if isinstance(item, Snapshot) else item.ref,
    _find,
)
"""Not shown as Kubernetes' own: what is told of them is just what Kubernetes did not put there."""


@check(
    "hyg-default-role-drift",
    "A default role or binding was extended",
    Severity.HIGH,
    on=DEFAULTS,
    threats=HOLDERS,
    references=("T1098.006", "CIS 5.1.1"),
)
def default_role_drift(item: Default, snapshot: Snapshot) -> Iterator[Outcome]:
    """A default role grants, or a default binding names, more than this version of Kubernetes gives it.

    ## Why
    The API server puts back what is missing from its default roles at every start, but never removes what
    was added. So an addition stays for good, under a name that every reviewer skips, and works for all
    users, controllers or nodes that hold the role.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata:
      name: "system:basic-user"
      labels: {kubernetes.io/bootstrapping: rbac-defaults}
    rules:
    - {apiGroups: [authorization.k8s.io], resources: [selfsubjectaccessreviews], verbs: [create]}
    - {apiGroups: [""], resources: [secrets], verbs: [list]}
    ---
    {kind: Cluster, serverVersion: v1.36.2}
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata:
      name: "system:basic-user"
      labels: {kubernetes.io/bootstrapping: rbac-defaults}
    rules:
    - {apiGroups: [authorization.k8s.io], resources: [selfsubjectaccessreviews], verbs: [create]}
    ---
    {kind: Cluster, serverVersion: v1.36.2}
    ```
    """
    policy = _policy(snapshot)
    if policy is None or isinstance(item, Snapshot):
        version = snapshot.source.server_version or "the server's version, which is not known,"
        yield Unknown(f"what the default roles of {version} grant is not among the facts of this program")
    elif isinstance(item, Bound):
        yield from _binding(policy, item)
    elif isinstance(item, ClusterRole) and item.aggregation_rule is not None:
        yield NotApplicable("its rules are collected from others, which hyg-aggregated-surprise looks at")
    else:
        known = (*policy.roles[item.ref], *policy.gated.get(item.ref, ()))
        for index, rule in enumerate(item.rules or ()):
            for extra in uncovered(known, (rule,)):
                words = f"{item.ref} grants {_said(extra)}, which Kubernetes does not give it"
                yield Evidence(f"/rules/{index}", words)


def _binding(policy: DefaultPolicy, bound: Bound) -> Iterator[Evidence]:
    role, _ = policy.bindings[bound.ref]
    if bound.role != role:
        yield Evidence("/roleRef/name", f"{bound.ref} grants {bound.role} instead of {role}")
    for who in extra_subjects(policy, bound.ref, bound.people) or ():
        index = bound.subjects.index(who)
        yield Evidence(f"/subjects/{index}", f"{bound.ref} names {who}, whom Kubernetes does not put there")


def _said(rule: PolicyRule) -> str:
    what = ", ".join((rule.resources or rule.non_resource_urls)[:3])
    return f"{', '.join(rule.verbs[:4])} {what}"


@default_role_drift.fix
def _default_role_drift_fix(item: Default, _: Snapshot) -> Fix | None:
    if isinstance(item, Snapshot):
        return None
    steps = (
        "Find out who added it and what needs it: the audit log, or the manifests of what was installed.",
        "Grant that to those who need it by a role and a binding of your own.",
        f"Take it out of {item.ref} by hand; the API server does not put it back.",
    )
    return Fix(f"Give {item.ref} back what Kubernetes made it for", (), Risk.MANUAL, "", steps)
