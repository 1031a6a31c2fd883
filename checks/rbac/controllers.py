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
    pinned,
    powers,
    rule_at,
)
from ksec_tui.cluster.kinds import CUSTOM_RESOURCE
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import check
from ksec_tui.findings.finding import Evidence, Outcome, Unknown
from ksec_tui.findings.fix import Fix
from ksec_tui.findings.verdict import Severity

TEMPLATES = (
    *powers(WRITE, "apps", "deployments statefulsets replicasets"),
    *powers(WRITE, "batch", "cronjobs jobs"),
    Power(WRITE, "", "replicationcontrollers"),
)


def _restricted(bound: Bound, outcome: Outcome) -> bool:
    """Whether the rule that evidence stands in names nothing but restricted ones."""
    rule = rule_at(bound, outcome)
    return (
        rule is not None
        and pinned(rule)
        and all(name.startswith("restricted") for name in rule.resource_names)
    )


SCC = "securitycontextconstraints.security.openshift.io"
"""Where this resource is defined, the cluster is one of OpenShift."""


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
SCC_USE, PSP_USE = SCC_PSP_USE[:1], SCC_PSP_USE[1:]


@check(
    "rbac-scc-psp-use",
    "Pod hardening can be lifted",
    Severity.HIGH,
    on=BINDINGS,
    everywhere=(CUSTOM_RESOURCE,),
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
    ---
    apiVersion: apiextensions.k8s.io/v1
    kind: CustomResourceDefinition
    metadata: {name: securitycontextconstraints.security.openshift.io}
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
    ---
    apiVersion: apiextensions.k8s.io/v1
    kind: CustomResourceDefinition
    metadata: {name: securitycontextconstraints.security.openshift.io}
    ```
    """
    minor = minor_version(snapshot)
    policies = granted(bound, PSP_USE, Severity.HIGH, Severity.HIGH)
    constraints = granted(bound, SCC_USE, Severity.HIGH, Severity.HIGH)
    if snapshot.find(CUSTOM_RESOURCE, SCC) is not None:
        yield from (outcome for outcome in constraints if not _restricted(bound, outcome))
    # PodSecurityPolicy was removed in 1.25.
    if minor is not None and minor < 25:
        yield from (outcome for outcome in policies if not _restricted(bound, outcome))
    elif minor is None and any(isinstance(outcome, Evidence) for outcome in policies):
        yield Unknown("pod security policies count before Kubernetes 1.25, and the version is not known")


@scc_psp_use.fix
def _scc_psp_use_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    return cut_powers(bound, snapshot, SCC_PSP_USE, "using of wide constraints")
