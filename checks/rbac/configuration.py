"""Rights to write the ConfigMaps by which a cluster, or a program in it, is steered."""

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
    pinned,
    unpinned,
)
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import check
from ksec_tui.findings.finding import Evidence, NotApplicable, Outcome, Unknown
from ksec_tui.findings.fix import Fix
from ksec_tui.findings.verdict import Severity
from ksec_tui.fixes.rbac import lesser_role

SYSTEM = ("kube-system",)
PUBLISHED = ("kube-public", "kube-system")
DNS = ("coredns", "coredns-custom", "kube-dns", "node-local-dns")
TRUST = (
    "cluster-info",
    "extension-apiserver-authentication",
    "kube-proxy",
    "kube-root-ca.crt",
    "kubeadm-config",
    "kubelet-config*",
)
"""ConfigMaps that say whom components trust and how nodes are set up."""


def _cut_named(bound: Bound, snapshot: Snapshot, wanted: tuple[Power, ...], what: str) -> Fix | None:
    """Cut where the rule names just these objects; names cannot be subtracted from a rule without them."""
    rules = [rule for rule in bound.rules if any(power.of(rule) for power in wanted)]
    if all(pinned(rule) for rule in rules):
        return cut_powers(bound, snapshot, wanted, what)
    return lesser_role(bound, f"{what}: list the ConfigMaps that are needed in resourceNames")


CM_COREDNS = (Power(("update", "patch"), "", "configmaps", names=DNS),)


@check(
    "rbac-cm-coredns",
    "The cluster's DNS can be redirected",
    Severity.HIGH,
    on=BINDINGS,
    threats=HOLDERS,
    references=("T1557", "MS-TA9035"),
)
def cm_coredns(bound: Bound, _: Snapshot) -> Iterator[Outcome]:
    """A binding lets its subjects change the configuration of the cluster's DNS.

    ## Why
    Every program in the cluster finds the others by DNS. A rewrite rule in this ConfigMap sends their traffic
    elsewhere, and no NetworkPolicy or RBAC rule notices.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: dns-tuner, namespace: kube-system}
    rules:
    - {apiGroups: [""], resources: [configmaps], resourceNames: [coredns], verbs: [get, patch]}
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: dns-tuner, namespace: kube-system}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: dns-tuner}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: dns-tuner, namespace: kube-system}
    rules:
    - {apiGroups: [""], resources: [configmaps], resourceNames: [coredns], verbs: [get]}
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: dns-tuner, namespace: kube-system}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: dns-tuner}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```
    """
    yield from granted(bound, CM_COREDNS, Severity.HIGH, Severity.HIGH, only_in=SYSTEM)


@cm_coredns.fix
def _cm_coredns_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    return _cut_named(bound, snapshot, CM_COREDNS, "changing of the DNS configuration")


CM_AWS_AUTH = (Power(("update", "patch"), "", "configmaps", names=("aws-auth",)),)


@check(
    "rbac-cm-aws-auth",
    "Cloud identities can be mapped to administrators",
    Severity.CRITICAL,
    on=BINDINGS,
    threats=HOLDERS,
    references=("T1098", "MS-TA9019"),
)
def cm_aws_auth(bound: Bound, snapshot: Snapshot) -> Iterator[Outcome]:
    """A binding lets its subjects change which cloud identities may log in to an EKS cluster.

    ## Why
    The ConfigMap aws-auth maps roles and users of the cloud account to users and groups of the cluster. One
    more line makes any of them a member of system:masters. EKS access entries do not need it.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: node-group-manager, namespace: kube-system}
    rules:
    - {apiGroups: [""], resources: [configmaps], resourceNames: [aws-auth], verbs: [get, update]}
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: node-group-manager, namespace: kube-system}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: node-group-manager}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ---
    {kind: Cluster, serverVersion: v1.33.1-eks-1de2ab1}
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: node-group-manager, namespace: kube-system}
    rules:
    - {apiGroups: [""], resources: [configmaps], resourceNames: [aws-auth], verbs: [get]}
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: node-group-manager, namespace: kube-system}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: node-group-manager}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ---
    {kind: Cluster, serverVersion: v1.33.1-eks-1de2ab1}
    ```
    """
    version = snapshot.source.server_version
    if version and "-eks-" not in version:
        yield NotApplicable("the cluster is none of EKS")
        return
    found = list(granted(bound, CM_AWS_AUTH, Severity.CRITICAL, only_in=SYSTEM))
    if version or not any(isinstance(outcome, Evidence) for outcome in found):
        yield from found
    else:
        yield Unknown("it matters on EKS, and the server's version is not known")


@cm_aws_auth.fix
def _cm_aws_auth_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    return _cut_named(bound, snapshot, CM_AWS_AUTH, "changing of aws-auth")


CM_TRUST = (Power(WRITE, "", "configmaps", names=TRUST),)


@check(
    "rbac-cm-trust",
    "Trust of the control plane can be changed",
    Severity.HIGH,
    on=BINDINGS,
    threats=HOLDERS,
    references=("T1553.004", "T1556"),
)
def cm_trust(bound: Bound, _: Snapshot) -> Iterator[Outcome]:
    """A binding lets its subjects change ConfigMaps that say whom the components of the cluster trust.

    ## Why
    They hold the authority by which aggregated API servers know their front, the configuration that new nodes
    start with, and the address and authority of the API server that joining nodes believe. Changing one of
    them lets an attacker stand between components.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: node-setup, namespace: kube-system}
    rules:
    - {apiGroups: [""], resources: [configmaps], resourceNames: [kubeadm-config], verbs: [get, update]}
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: node-setup, namespace: kube-system}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: node-setup}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: node-setup, namespace: kube-system}
    rules:
    - {apiGroups: [""], resources: [configmaps], resourceNames: [kubeadm-config], verbs: [get]}
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: node-setup, namespace: kube-system}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: node-setup}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```
    """
    yield from granted(bound, CM_TRUST, Severity.HIGH, Severity.HIGH, only_in=PUBLISHED)


@cm_trust.fix
def _cm_trust_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    return _cut_named(bound, snapshot, CM_TRUST, "changing of trust")


CONFIGMAPS_WRITE = (Power(WRITE, "", "configmaps"),)


@check(
    "rbac-configmaps-write",
    "Any ConfigMap can be changed",
    Severity.MEDIUM,
    on=BINDINGS,
    threats=HOLDERS,
    references=("T1565",),
)
def configmaps_write(bound: Bound, _: Snapshot) -> Iterator[Outcome]:
    """A binding lets its subjects change all ConfigMaps in reach.

    ## Why
    Programs take commands, addresses and scripts from ConfigMaps, often without a restart. Who changes them
    steers these programs with their rights. List the ConfigMaps that are meant in resourceNames.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: feature-flags, namespace: shop}
    rules:
    - {apiGroups: [""], resources: [configmaps], verbs: [get, list, patch, update]}
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: feature-flags, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: feature-flags}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: feature-flags, namespace: shop}
    rules:
    - {apiGroups: [""], resources: [configmaps], verbs: [get, list]}
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: feature-flags, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: feature-flags}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```
    """
    yield from unpinned(bound, granted(bound, CONFIGMAPS_WRITE, Severity.MEDIUM, Severity.LOW))


@configmaps_write.fix
def _configmaps_write_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    return cut_powers(bound, snapshot, CONFIGMAPS_WRITE, "changing of ConfigMaps")
