"""Rights over certificates: who gets one, who signs it, and which roots workloads trust."""

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
    granted_with,
)
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import check
from ksec_tui.findings.finding import Outcome
from ksec_tui.findings.fix import Fix
from ksec_tui.findings.verdict import Severity

CERTIFICATES = "certificates.k8s.io"
SIGNERS = (
    "kubernetes.io/*",
    "kubernetes.io/kube-apiserver-client",
    "kubernetes.io/kube-apiserver-client-kubelet",
)
"""The signers whose certificates are logins of the API server, by name and by domain."""

DECIDE = (Power(("update", "patch"), CERTIFICATES, "certificatesigningrequests/approval"),)
WRITE_STATUS = (Power(("update", "patch"), CERTIFICATES, "certificatesigningrequests/status"),)
CSR_APPROVE = (Power(("approve",), CERTIFICATES, "signers", names=SIGNERS),)


@check(
    "rbac-csr-approve",
    "Certificates can be approved",
    Severity.CRITICAL,
    on=BINDINGS,
    threats=HOLDERS,
    references=("CIS 5.1.11", "T1649"),
)
def csr_approve(bound: Bound, snapshot: Snapshot) -> Iterator[Outcome]:
    """A binding lets its subjects approve certificates by which users log in.

    ## Why
    An approved request becomes a client certificate for whatever user and group it names, such as a
    controller of the control plane or a node; only the group system:masters is refused. It stays valid until
    it expires, since the API server knows no revocation.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: approver}
    rules:
    - {apiGroups: [certificates.k8s.io], resources: [certificatesigningrequests], verbs: [get, list]}
    - {apiGroups: [certificates.k8s.io], resources: [certificatesigningrequests/approval], verbs: [update]}
    - apiGroups: [certificates.k8s.io]
      resources: [signers]
      resourceNames: [kubernetes.io/kube-apiserver-client]
      verbs: [approve]
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: approver}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: approver}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: approver}
    rules:
    - {apiGroups: [certificates.k8s.io], resources: [certificatesigningrequests], verbs: [get, list]}
    - {apiGroups: [certificates.k8s.io], resources: [certificatesigningrequests/approval], verbs: [update]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: approver}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: approver}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```
    """
    outcomes = granted(bound, CSR_APPROVE, Severity.CRITICAL)
    yield from granted_with(snapshot, bound, outcomes, DECIDE, "write approvals")


@csr_approve.fix
def _csr_approve_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    return cut_powers(bound, snapshot, CSR_APPROVE, "approving of certificates")


CSR_SIGN = (Power(("sign",), CERTIFICATES, "signers", names=SIGNERS),)


@check(
    "rbac-csr-sign",
    "Certificates can be put into requests",
    Severity.MEDIUM,
    on=BINDINGS,
    threats=HOLDERS,
    references=("T1649",),
)
def csr_sign(bound: Bound, snapshot: Snapshot) -> Iterator[Outcome]:
    """A binding lets its subjects write the certificate of a signing request.

    ## Why
    Who may sign for a signer and write the status of requests decides which certificate the asking program
    receives. The bytes are not signed by the authority of the cluster thereby, but a program that trusts them
    can be handed a certificate that somebody else holds the key of.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: signer}
    rules:
    - {apiGroups: [certificates.k8s.io], resources: [certificatesigningrequests], verbs: [get, list, watch]}
    - {apiGroups: [certificates.k8s.io], resources: [certificatesigningrequests/status], verbs: [update]}
    - apiGroups: [certificates.k8s.io]
      resources: [signers]
      resourceNames: [kubernetes.io/kube-apiserver-client]
      verbs: [sign]
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: signer}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: signer}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: signer}
    rules:
    - {apiGroups: [certificates.k8s.io], resources: [certificatesigningrequests], verbs: [get, list, watch]}
    - {apiGroups: [certificates.k8s.io], resources: [certificatesigningrequests/status], verbs: [update]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: signer}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: signer}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```
    """
    outcomes = granted(bound, CSR_SIGN, Severity.MEDIUM)
    yield from granted_with(snapshot, bound, outcomes, WRITE_STATUS, "write the status of requests")


@csr_sign.fix
def _csr_sign_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    return cut_powers(bound, snapshot, CSR_SIGN, "signing of certificates")


CTB_ATTEST = (Power(WRITE, CERTIFICATES, "clustertrustbundles"), Power(("attest",), CERTIFICATES, "signers"))


@check(
    "rbac-ctb-attest",
    "Trusted roots of workloads can be changed",
    Severity.MEDIUM,
    on=BINDINGS,
    threats=HOLDERS,
    references=("T1553.004", "KEP-3257"),
)
def ctb_attest(bound: Bound, _: Snapshot) -> Iterator[Outcome]:
    """A binding lets its subjects write ClusterTrustBundles.

    ## Why
    Pods mount these bundles as the list of authorities they trust. Adding one of one's own makes every such
    program accept forged servers. The verb attest on a signer is needed for bundles that belong to it.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: trust-manager}
    rules:
    - apiGroups: [certificates.k8s.io]
      resources: [clustertrustbundles]
      verbs: [create, get, list, update]
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: trust-manager}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: trust-manager}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: trust-manager}
    rules:
    - {apiGroups: [certificates.k8s.io], resources: [clustertrustbundles], verbs: [get, list]}
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: trust-manager}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: trust-manager}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```
    """
    yield from granted(bound, CTB_ATTEST, Severity.MEDIUM)


@ctb_attest.fix
def _ctb_attest_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    return cut_powers(bound, snapshot, CTB_ATTEST, "writing of trust bundles")
