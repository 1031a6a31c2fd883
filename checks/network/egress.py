"""NetworkPolicies for egress that take from pods what they cannot do without."""

from __future__ import annotations

from collections.abc import Iterator

from ksec_tui.analysis.identity import SYSTEM_NAMESPACES
from ksec_tui.analysis.network.basics import Dns, api_servers, calls_api, dns
from ksec_tui.analysis.network.policies import isolating
from ksec_tui.analysis.network.ports import Connections
from ksec_tui.analysis.network.reach import End, address_end, flow, group_end
from ksec_tui.analysis.workloads import Workload
from ksec_tui.checks.network._common import labels_at
from ksec_tui.checks.network.isolation import SPACES, Space
from ksec_tui.cluster.kinds import (
    CLUSTER_ROLE,
    CLUSTER_ROLE_BINDING,
    ENDPOINT_SLICE,
    NAMESPACE,
    NETWORK_POLICY,
    NODE,
    ROLE,
    ROLE_BINDING,
    SERVICE,
    SERVICE_ACCOUNT,
)
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import check
from ksec_tui.findings.finding import Evidence, NotApplicable
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat
from ksec_tui.fixes.network_egress import allow_names


@check(
    "net-egress-no-dns",
    "Pods that policies keep from name resolution",
    Severity.LOW,
    on=SPACES,
    needs=(NETWORK_POLICY,),
    everywhere=(SERVICE, NAMESPACE),
    threats=(Threat.CONTAINER,),
    references=("NSA Network policies", "OWASP K05"),
)
def egress_no_dns(space: Space, cluster: Snapshot) -> Iterator[Evidence | NotApplicable]:
    """Policies for egress do not let pods ask the cluster's DNS.

    ## Why
    A default deny for egress that forgets DNS breaks every call by name, with timeouts that look like something
    else. In a hurry the policy is then removed altogether, or opened for everything. Name resolution is two ports
    of a few pods.

    ## Risky
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: shop}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          automountServiceAccountToken: false
          containers: [{name: app, image: "registry.example/web:1.4.2"}]
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: default-deny, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Ingress, Egress]
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: kube-dns, namespace: kube-system}
    spec:
      selector: {k8s-app: kube-dns}
      ports:
        - {name: dns, protocol: UDP, port: 53}
        - {name: dns-tcp, protocol: TCP, port: 53}
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: coredns, namespace: kube-system}
    spec:
      selector: {matchLabels: {k8s-app: kube-dns}}
      template:
        metadata: {labels: {k8s-app: kube-dns}}
        spec:
          containers: [{name: coredns, image: "registry.k8s.io/coredns/coredns:v1.13.1"}]
    ```

    ## Fixed
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: shop}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          automountServiceAccountToken: false
          containers: [{name: app, image: "registry.example/web:1.4.2"}]
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: default-deny, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Ingress, Egress]
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: kube-dns, namespace: kube-system}
    spec:
      selector: {k8s-app: kube-dns}
      ports:
        - {name: dns, protocol: UDP, port: 53}
        - {name: dns-tcp, protocol: TCP, port: 53}
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: coredns, namespace: kube-system}
    spec:
      selector: {matchLabels: {k8s-app: kube-dns}}
      template:
        metadata: {labels: {k8s-app: kube-dns}}
        spec:
          containers: [{name: coredns, image: "registry.k8s.io/coredns/coredns:v1.13.1"}]
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata:
      name: ksec-allow-dns
      namespace: shop
      labels: {app.kubernetes.io/managed-by: ksec-tui}
    spec:
      podSelector: {}
      policyTypes: [Egress]
      egress:
        - to:
            - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}
              podSelector: {matchLabels: {k8s-app: kube-dns}}
          ports: [{protocol: TCP, port: 53}, {protocol: UDP, port: 53}]
    ```
    """
    names = dns(cluster)
    if names is None:
        yield NotApplicable("no Service for DNS selects pods in what was read")
        return
    ends: tuple[End, ...] = tuple(end for item in names.workloads for end in group_end(cluster, item.ref))
    ends += tuple(address_end(address) for address in names.caches)
    for workload in space.workloads:
        if workload in names.workloads or _keeps_own(workload):
            continue
        if not _reaches_some(cluster, workload, ends, _wanted(names)):
            words = f"policies keep {workload.ref.kind} {workload.ref.name} from {names.service.ref}"
            yield Evidence(labels_at(workload), words, workload.object.ref)


def _keeps_own(workload: Workload) -> bool:
    """Whether its pods ask other servers than the cluster's (dnsPolicy None or Default)."""
    return workload.spec.dns_policy in ("None", "Default")


def _wanted(names: Dns) -> Connections:
    """UDP is what nearly every lookup takes."""
    ports = [(protocol, port) for protocol, port in names.ports if protocol == "UDP"] or names.ports
    return Connections.union(Connections.of(protocol, port, port) for protocol, port in ports)


def _reaches_some(snapshot: Snapshot, workload: Workload, ends: tuple[End, ...], wanted: Connections) -> bool:
    """Whether each of a workload's pods may connect to one of the ends, as far as is known."""
    for source in group_end(snapshot, workload.ref):
        flows = (flow(snapshot, source, end) for end in ends)
        if not any(wanted & (item.both | item.unknown) for item in flows):
            return False
    return True


@egress_no_dns.fix
def _allow_dns(space: Space, cluster: Snapshot) -> Fix | None:
    names = dns(cluster)
    title = f"Let the pods of {space.ref.name} resolve names"
    if names is None or space.ref.name in SYSTEM_NAMESPACES or space.ref.name == names.service.namespace:
        return None
    isolated = all(isolating(cluster, item, "egress") for item in space.workloads)
    if not isolated:
        steps = (
            "Allow DNS in the policies that deny it: the others of the namespace are not limited so far.",
        )
        return Fix(title, (), Risk.MANUAL, "", steps)
    return Fix(title, (allow_names(cluster, space.ref.name, names),), Risk.LIKELY, "Nothing that works now.")


@check(
    "net-egress-no-api",
    "Pods that policies keep from the API server they use",
    Severity.LOW,
    on=SPACES,
    needs=(NETWORK_POLICY,),
    everywhere=(
        SERVICE,
        ENDPOINT_SLICE,
        NODE,
        SERVICE_ACCOUNT,
        CLUSTER_ROLE,
        CLUSTER_ROLE_BINDING,
        ROLE,
        ROLE_BINDING,
    ),
    also=(NAMESPACE,),
    threats=(Threat.CONTAINER,),
    references=("NSA Network policies", "OWASP K05"),
)
def egress_no_api(space: Space, cluster: Snapshot) -> Iterator[Evidence | NotApplicable]:
    """Pods hold a token of an account with rights, and policies for egress keep them from every API server.

    ## Why
    Either the program that needs the API is broken by the policy, and somebody will remove the policy to repair
    it; or nothing in the pod uses the token, which then is only there to be stolen.

    ## Risky
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: operator, namespace: shop}
    spec:
      selector: {matchLabels: {app: operator}}
      template:
        metadata: {labels: {app: operator}}
        spec:
          serviceAccountName: operator
          containers: [{name: app, image: "registry.example/operator:1.4.2"}]
    ---
    apiVersion: v1
    kind: ServiceAccount
    metadata: {name: operator, namespace: shop}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: Role
    metadata: {name: operator, namespace: shop}
    rules: [{apiGroups: [""], resources: [configmaps], verbs: [get, watch]}]
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: operator, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: operator}
    subjects: [{kind: ServiceAccount, name: operator, namespace: shop}]
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: default-deny, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Ingress, Egress]
    ---
    apiVersion: discovery.k8s.io/v1
    kind: EndpointSlice
    metadata:
      name: kubernetes
      namespace: default
      labels: {kubernetes.io/service-name: kubernetes}
    addressType: IPv4
    endpoints: [{addresses: [10.0.0.10]}]
    ports: [{name: https, port: 6443, protocol: TCP}]
    ```

    ## Fixed
    ```yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: operator, namespace: shop}
    spec:
      selector: {matchLabels: {app: operator}}
      template:
        metadata: {labels: {app: operator}}
        spec:
          serviceAccountName: operator
          containers: [{name: app, image: "registry.example/operator:1.4.2"}]
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: operator, namespace: shop}
    spec:
      podSelector: {matchLabels: {app: operator}}
      policyTypes: [Ingress, Egress]
      egress:
        - to: [{ipBlock: {cidr: 10.0.0.10/32}}]
          ports: [{protocol: TCP, port: 6443}]
    ---
    apiVersion: discovery.k8s.io/v1
    kind: EndpointSlice
    metadata:
      name: kubernetes
      namespace: default
      labels: {kubernetes.io/service-name: kubernetes}
    addressType: IPv4
    endpoints: [{addresses: [10.0.0.10]}]
    ports: [{name: https, port: 6443, protocol: TCP}]
    ```
    """
    servers = api_servers(cluster)
    if not servers:
        yield NotApplicable("where the API server answers is in no object that was read")
        return
    ends = tuple(address_end(address) for address, _ in servers)
    wanted = Connections.union(Connections.of("TCP", port, port) for _, port in servers)
    for workload in space.workloads:
        if calls_api(cluster, workload) and not _reaches_some(cluster, workload, ends, wanted):
            said = f"{workload.ref.kind} {workload.ref.name}"
            words = f"policies keep {said} from the API server, on which its account {workload.spec.account} has rights"
            yield Evidence(labels_at(workload), words, workload.object.ref)


@egress_no_api.fix
def _allow_api(space: Space, cluster: Snapshot) -> Fix:
    servers = ", ".join(f"{address}:{port}" for address, port in api_servers(cluster)[:4])
    steps = (
        "Look whether the program uses the API at all: without, set automountServiceAccountToken to false.",
        f"Otherwise allow TCP to the API server ({servers}) for these pods; on managed clusters the addresses move.",
    )
    return Fix(
        f"Let the pods of {space.ref.name} reach the API server, or take their token",
        (),
        Risk.MANUAL,
        "",
        steps,
    )
