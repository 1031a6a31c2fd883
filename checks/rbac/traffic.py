"""Rights to redirect traffic, or to lift what holds it back."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.analysis.rbac.bindings import Bound
from ksec_tui.checks.rbac.common import (
    BINDINGS,
    CHANGE,
    HOLDERS,
    WRITE,
    Power,
    cut_powers,
    granted,
    powers,
)
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import check
from ksec_tui.findings.finding import Outcome
from ksec_tui.findings.fix import Fix
from ksec_tui.findings.verdict import Severity

ENDPOINTS_WRITE = (Power(WRITE, "", "endpoints"), Power(WRITE, "discovery.k8s.io", "endpointslices"))


@check(
    "rbac-endpoints-write",
    "Traffic of Services can be redirected",
    Severity.HIGH,
    on=BINDINGS,
    threats=HOLDERS,
    references=("CVE-2021-25740", "T1557", "MS-TA9036"),
)
def endpoints_write(bound: Bound, _: Snapshot) -> Iterator[Outcome]:
    """A binding lets its subjects write the addresses behind Services.

    ## Why
    Endpoints and EndpointSlices say where a Service or an Ingress sends its requests, and any address may
    stand there, those of other namespaces too. The default roles have not contained it since 1.22.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: service-syncer, namespace: shop}
    rules:
    - {apiGroups: [""], resources: [endpoints], verbs: [get, list, update]}
    - {apiGroups: [""], resources: [services], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: service-syncer, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: service-syncer}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: service-syncer, namespace: shop}
    rules:
    - {apiGroups: [""], resources: [endpoints], verbs: [get, list]}
    - {apiGroups: [""], resources: [services], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: service-syncer, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: service-syncer}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```
    """
    yield from granted(bound, ENDPOINTS_WRITE, Severity.HIGH, Severity.MEDIUM)


@endpoints_write.fix
def _endpoints_write_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    return cut_powers(bound, snapshot, ENDPOINTS_WRITE, "writing of addresses")


SERVICE_MITM = (Power(WRITE, "", "services"), Power(("update", "patch"), "", "services/status"))


@check(
    "rbac-service-mitm",
    "Traffic to foreign addresses can be taken",
    Severity.HIGH,
    on=BINDINGS,
    threats=HOLDERS,
    references=("CVE-2020-8554", "T1557", "MS-TA9036"),
)
def service_mitm(bound: Bound, _: Snapshot) -> Iterator[Outcome]:
    """A binding lets its subjects write Services, which can claim any external address.

    ## Why
    A Service may list external IP addresses, and every node then sends traffic for these into the cluster, to
    the pods of that Service. This is unfixed by design. The admission plugin DenyServiceExternalIPs forbids
    it; writing the status of a Service does the same with load balancer addresses.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: service-owner, namespace: shop}
    rules:
    - {apiGroups: [""], resources: [services], verbs: [create, get, list, patch]}
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: service-owner, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: service-owner}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: service-owner, namespace: shop}
    rules:
    - {apiGroups: [""], resources: [services], verbs: [get, list]}
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: service-owner, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: service-owner}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```
    """
    yield from granted(bound, SERVICE_MITM, Severity.HIGH, Severity.MEDIUM)


@service_mitm.fix
def _service_mitm_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    return cut_powers(bound, snapshot, SERVICE_MITM, "writing of Services")


INGRESS_WRITE = (
    Power(WRITE, "networking.k8s.io", "ingresses"),
    Power(WRITE, "networking.k8s.io", "ingressclasses"),
    *powers(WRITE, "gateway.networking.k8s.io", "gatewayclasses", inside=False),
    *powers(
        WRITE, "gateway.networking.k8s.io", "gateways httproutes grpcroutes tlsroutes tcproutes udproutes"
    ),
    *powers(WRITE, "gateway.networking.k8s.io", "referencegrants listenersets"),
)


@check(
    "rbac-ingress-write",
    "Host names can be claimed",
    Severity.MEDIUM,
    on=BINDINGS,
    threats=HOLDERS,
    references=("T1557", "MS-TA9005"),
)
def ingress_write(bound: Bound, _: Snapshot) -> Iterator[Outcome]:
    """A binding lets its subjects write Ingresses or Gateway routes.

    ## Why
    An Ingress or a route can claim a host name or path that belongs to another team and receive its requests
    with their cookies. Controllers that copy annotations into their configuration have been made to run code
    by them more than once.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: route-owner, namespace: shop}
    rules:
    - {apiGroups: [networking.k8s.io], resources: [ingresses], verbs: [create, get, list, update]}
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: route-owner, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: route-owner}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: route-owner, namespace: shop}
    rules:
    - {apiGroups: [networking.k8s.io], resources: [ingresses], verbs: [get, list]}
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: route-owner, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: route-owner}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```
    """
    yield from granted(bound, INGRESS_WRITE, Severity.MEDIUM, Severity.MEDIUM)


@ingress_write.fix
def _ingress_write_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    return cut_powers(bound, snapshot, INGRESS_WRITE, "writing of routes")


NETPOL_WRITE = (
    Power(CHANGE, "networking.k8s.io", "networkpolicies"),
    *powers(CHANGE, "policy.networking.k8s.io", "adminnetworkpolicies", inside=False),
    *powers(
        CHANGE,
        "policy.networking.k8s.io",
        "baselineadminnetworkpolicies clusternetworkpolicies",
        inside=False,
    ),
    Power(CHANGE, "cilium.io", "ciliumnetworkpolicies"),
    Power(CHANGE, "cilium.io", "ciliumclusterwidenetworkpolicies", inside=False),
    *powers(CHANGE, "crd.projectcalico.org", "globalnetworkpolicies", inside=False),
    *powers(CHANGE, "crd.projectcalico.org", "networkpolicies"),
    *powers(CHANGE, "projectcalico.org", "globalnetworkpolicies", inside=False),
    *powers(CHANGE, "projectcalico.org", "networkpolicies"),
)


@check(
    "rbac-netpol-write",
    "Isolation of the network can be lifted",
    Severity.HIGH,
    on=BINDINGS,
    threats=HOLDERS,
    references=("CIS 5.3.2", "T1562.004", "MS-TA9034"),
)
def netpol_write(bound: Bound, _: Snapshot) -> Iterator[Outcome]:
    """A binding lets its subjects write or delete network policies.

    ## Why
    Without its policies every pod can be reached from everywhere and reach everything. One more policy that
    admits all does the same as deleting them, and looks harmless in a list.

    ## Risky
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: net-helper, namespace: shop}
    rules:
    - {apiGroups: [networking.k8s.io], resources: [networkpolicies], verbs: [delete, get, list]}
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: net-helper, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: net-helper}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```

    ## Fixed
    ```yaml
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: net-helper, namespace: shop}
    rules:
    - {apiGroups: [networking.k8s.io], resources: [networkpolicies], verbs: [get, list]}
    - {apiGroups: [""], resources: [pods], verbs: [get, list]}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: net-helper, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: net-helper}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```
    """
    yield from granted(bound, NETPOL_WRITE, Severity.HIGH, Severity.MEDIUM)


@netpol_write.fix
def _netpol_write_fix(bound: Bound, snapshot: Snapshot) -> Fix | None:
    return cut_powers(bound, snapshot, NETPOL_WRITE, "changing of network policies")
