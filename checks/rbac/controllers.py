"""Rights to write what makes pods: the same as creating pods; and to lift what limits pods."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.analysis.rbac.bindings import Bound
from ksec_tui.checks.rbac.common import (
    BINDINGS,
    HOLDERS,
    WRITE,
    Power,
    cut_powers,
    granted,
    minor_version,
    powers,
)
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import check
from ksec_tui.findings.finding import Evidence, Outcome
from ksec_tui.findings.fix import Fix
from ksec_tui.findings.verdict import Severity

TEMPLATES = (
    *powers(WRITE, "apps", "deployments statefulsets replicasets"),
    *powers(WRITE, "batch", "cronjobs jobs"),
    Power(WRITE, "", "replicationcontrollers"),
)


def _names(bound: Bound, outcome: Outcome) -> tuple[str, ...]:
    """The resourceNames of the rule that evidence stands in."""
    if not isinstance(outcome, Evidence) or not outcome.path.startswith("/rules/"):
        return ()
    return bound.rules[int(outcome.path.removeprefix("/rules/"))].resource_names


CONTROLLER_WRITE = TEMPLATES


@check(
    "rbac-controller-write",
    "Workloads can be written",
    Severity.CRITICAL,
    on=BINDINGS,
    threats=HOLDERS,
    references=("CIS 5.1.4", "T1610", "T1053.007", "MS-TA9008", "MS-TA9012"),
)
def controller_write(bound: Bound, _: Snapshot) -> Iterator[Outcome]:
    """A binding lets its subjects create or change what makes pods.

    ## Why
    A Deployment, Job or CronJob makes pods with any ServiceAccount of its namespace and mounts any Secret
    there. Changing one that exists is worse: its pods may be privileged and known to everybody, so that
    another image in them is easily overlooked.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: releaser, namespace: shop}
    rules:
    - {apiGroups: [apps], resources: [deployments], verbs: [get, list, patch]}
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: releaser, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: releaser}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: releaser, namespace: shop}
    rules:
    - {apiGroups: [apps], resources: [deployments], verbs: [get, list]}
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: releaser, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: releaser}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```
    """
    yield from granted(bound, CONTROLLER_WRITE, Severity.CRITICAL, Severity.HIGH)


@controller_write.fix
def _controller_write_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    return cut_powers(bound, snapshot, CONTROLLER_WRITE, "writing of workloads")


DAEMONSET_WRITE = (Power(WRITE, "apps", "daemonsets"),)


@check(
    "rbac-daemonset-write",
    "Programs can be placed on every node",
    Severity.CRITICAL,
    on=BINDINGS,
    threats=HOLDERS,
    references=("CIS 5.1.4", "T1610", "MS-TA9008"),
)
def daemonset_write(bound: Bound, _: Snapshot) -> Iterator[Outcome]:
    """A binding lets its subjects create or change DaemonSets.

    ## Why
    A DaemonSet runs a pod on each node, with a toleration also on those of the control plane. Agents that
    exist already are often privileged, and a new image in their template has all nodes at once.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: agent-operator, namespace: shop}
    rules:
    - {apiGroups: [apps], resources: [daemonsets], verbs: [create, get, list, update]}
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: agent-operator, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: agent-operator}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: agent-operator, namespace: shop}
    rules:
    - {apiGroups: [apps], resources: [daemonsets], verbs: [get, list]}
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: agent-operator, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: agent-operator}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```
    """
    yield from granted(bound, DAEMONSET_WRITE, Severity.CRITICAL, Severity.HIGH)


@daemonset_write.fix
def _daemonset_write_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    return cut_powers(bound, snapshot, DAEMONSET_WRITE, "writing of DaemonSets")


SCC_PSP_USE = (
    Power(("use",), "security.openshift.io", "securitycontextconstraints", inside=True),
    Power(("use",), "policy", "podsecuritypolicies", inside=True),
)


@check(
    "rbac-scc-psp-use",
    "Pod hardening can be lifted",
    Severity.HIGH,
    on=BINDINGS,
    threats=HOLDERS,
    references=("T1611", "MS-TA9018"),
)
def scc_psp_use(bound: Bound, snapshot: Snapshot) -> Iterator[Outcome]:
    """A binding lets its subjects use a security context constraint or pod security policy.

    ## Why
    On OpenShift, and on clusters before 1.25 with pod security policies, the verb use decides which limits a
    pod is held to. The use of a wide one gives pods privileges and host access. Bind the restricted one by
    name.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: privileged-user, namespace: shop}
    rules:
    - apiGroups: [security.openshift.io]
      resources: [securitycontextconstraints]
      resourceNames: [privileged]
      verbs: [use]
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: privileged-user, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: privileged-user}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: privileged-user, namespace: shop}
    rules:
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: privileged-user, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: privileged-user}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```
    """
    minor = minor_version(snapshot)
    # PodSecurityPolicy was removed in 1.25.
    wanted = SCC_PSP_USE[:1] if minor is not None and minor >= 25 else SCC_PSP_USE
    for outcome in granted(bound, wanted, Severity.HIGH, Severity.HIGH):
        names = _names(bound, outcome)
        if not names or not all(name.startswith("restricted") for name in names):
            yield outcome


@scc_psp_use.fix
def _scc_psp_use_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    return cut_powers(bound, snapshot, SCC_PSP_USE, "using of wide constraints")
