"""NetworkPolicies whose rules admit nobody: peers that match nothing, and port names that no container has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ksec_tui.analysis.network.selectors import (
    alive,
    matches_workload,
    named_ports,
    namespace_labels,
    namespaces_running,
    selected_by_policy,
    workloads_in,
)
from ksec_tui.analysis.workloads import Workload
from ksec_tui.checks.network.policies import POLICIES
from ksec_tui.cluster.base import LabelSelector
from ksec_tui.cluster.kinds import NAMESPACE, WORKLOAD_KINDS
from ksec_tui.cluster.networking import NetworkPolicy, PolicyPeer, PolicyPort
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import check
from ksec_tui.findings.finding import Evidence, NotApplicable
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat


def rules(policy: NetworkPolicy) -> Iterator[tuple[str, str, Sequence[PolicyPeer], Sequence[PolicyPort]]]:
    """The rules that have effect: (JSON pointer, ``from`` or ``to``, peers, ports)."""
    if policy.isolates_ingress:
        for at, rule in enumerate(policy.spec.ingress):
            yield f"/spec/ingress/{at}", "from", rule.from_, rule.ports
    if policy.isolates_egress:
        for at, out in enumerate(policy.spec.egress):
            yield f"/spec/egress/{at}", "to", out.to, out.ports


def peers(snapshot: Snapshot, peer: PolicyPeer, home: str) -> Iterator[Workload]:
    """The workloads that the selectors of a peer match; host-network ones count, since plugins differ there."""
    if peer.ip_block is not None:
        return
    spaces = peer.namespace_selector
    names: Iterable[str] = (home,)
    if spaces is not None:
        names = (
            name
            for name in namespaces_running(snapshot)
            if spaces.empty or spaces.matches(namespace_labels(snapshot, name))
        )
    for name in names:
        for workload in workloads_in(snapshot, name):
            if alive(workload) and matches_workload(snapshot, workload, peer.pod_selector, spaces, home):
                yield workload


@check(
    "net-policy-dangling-peer",
    "A peer of a NetworkPolicy matches nothing",
    Severity.LOW,
    on=POLICIES,
    everywhere=(NAMESPACE, *WORKLOAD_KINDS),
    threats=(Threat.CONTAINER,),
    references=("CIS 5.3.2", "NSA Network policies", "OWASP K05"),
)
def dangling_peer(policy: NetworkPolicy, cluster: Snapshot) -> Iterator[Evidence | NotApplicable]:
    """A peer of a rule selects no pod of the cluster.

    ## Why
    Either the rule is a mistake and something that should be admitted is not, or what it admitted is gone and
    the door is still there: whoever may create pods or namespaces can make some that fit and walk in.

    ## Risky
    ```yaml
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Ingress]
      ingress:
        - from:
            - podSelector: {}
            - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: old-frontend}}
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: shop}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers: [{name: app, image: "registry.example/web:1.4.2"}]
    ```

    ## Fixed
    ```yaml
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Ingress]
      ingress:
        - from:
            - podSelector: {}
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: shop}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers: [{name: app, image: "registry.example/web:1.4.2"}]
    ```
    """
    if not policy.spec.pod_selector.empty and not selected_by_policy(cluster, policy):
        yield NotApplicable("it selects no pods itself")
        return
    for path, side, listed, _ in rules(policy):
        for at, peer in enumerate(listed):
            # An ipBlock is for addresses outside, of which no pod need be one.
            if peer.ip_block is None and not _matches_any(cluster, peer, policy.namespace):
                words = f"no pod has what a peer asks for: {_asked(peer, policy.namespace)}"
                yield Evidence(f"{path}/{side}/{at}", words)


def _matches_any(snapshot: Snapshot, peer: PolicyPeer, home: str) -> bool:
    if peer.pod_selector is not None and peer.pod_selector.empty and peer.namespace_selector is None:
        return True  # the pods of the own namespace, whether there are some now or not
    known: dict[str, bool] = snapshot.derived(_answers, _answers)
    key = repr((peer.pod_selector, peer.namespace_selector, home if peer.namespace_selector is None else ""))
    if key not in known:
        known[key] = next(peers(snapshot, peer, home), None) is not None
    return known[key]


def _answers(_: Snapshot) -> dict[str, bool]:
    return {}


def _asked(peer: PolicyPeer, home: str) -> str:
    parts = (
        [_labels(peer.pod_selector)] if peer.pod_selector is not None and not peer.pod_selector.empty else []
    )
    spaces = peer.namespace_selector
    if spaces is None:
        parts.append(f"namespace {home}")
    elif not spaces.empty:
        parts.append(f"a namespace with {_labels(spaces)}")
    return " in ".join(parts) or "any pod"


def _labels(selector: LabelSelector) -> str:
    said = [f"{key}={value}" for key, value in selector.match_labels.items()]
    said += [
        f"{item.key} {item.operator} {', '.join(item.values)}".rstrip() for item in selector.match_expressions
    ]
    return ", ".join(said)


@dangling_peer.fix
def _repair(policy: NetworkPolicy, _: Snapshot) -> Fix:
    steps = (
        f"Compare the peers of {policy.ref} with the labels of the pods and namespaces that are meant.",
        "Correct them, or remove the peer when what it admitted is gone.",
        "Do not leave a rule without any peer: a rule without from admits everyone.",
    )
    return Fix(f"Repair the peers of {policy.ref}", (), Risk.MANUAL, "", steps)


@check(
    "net-policy-port-name",
    "A NetworkPolicy names a port that no pod has",
    Severity.LOW,
    on=POLICIES,
    everywhere=(NAMESPACE, *WORKLOAD_KINDS),
    threats=(Threat.CONTAINER,),
    references=("CIS 5.3.2", "NSA Network policies", "OWASP K05"),
)
def port_name(policy: NetworkPolicy, cluster: Snapshot) -> Iterator[Evidence | NotApplicable]:
    """A rule admits traffic to a port by a name that no container of the pods in question gives to one.

    ## Why
    A name is looked up in each destination pod, for that very protocol. Where nothing is found the rule admits
    nothing, so that what should work does not; the usual repair in a hurry is a rule for all ports.

    ## Risky
    ```yaml
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      podSelector: {matchLabels: {app: web}}
      policyTypes: [Ingress]
      ingress:
        - from: [{podSelector: {}}]
          ports: [{protocol: TCP, port: https}]
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: shop}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers:
            - name: app
              image: registry.example/web:1.4.2
              ports: [{name: http, containerPort: 8080}]
    ```

    ## Fixed
    ```yaml
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      podSelector: {matchLabels: {app: web}}
      policyTypes: [Ingress]
      ingress:
        - from: [{podSelector: {}}]
          ports: [{protocol: TCP, port: http}]
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: shop}
    spec:
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers:
            - name: app
              image: registry.example/web:1.4.2
              ports: [{name: http, containerPort: 8080}]
    ```
    """
    named = False
    for path, side, listed, ports in rules(policy):
        for at, port in enumerate(ports):
            if not isinstance(port.port, str) or port.port.isdecimal():
                continue
            named = True
            ends = _ends(cluster, policy, side, listed)
            protocol = port.protocol or "TCP"
            if ends and not any(named_ports(item.spec, port.port, protocol) for item in ends):
                words = f"no container of {_few(ends)} calls a {protocol} port {port.port}"
                yield Evidence(f"{path}/ports/{at}/port", words)
    if not named:
        yield NotApplicable("it names no port")


def _ends(
    snapshot: Snapshot, policy: NetworkPolicy, side: str, listed: Sequence[PolicyPeer]
) -> tuple[Workload, ...]:
    """The workloads in whose pods the port is looked up: the selected ones for ingress, the peers for egress."""
    if side == "from":
        return tuple(item for item in selected_by_policy(snapshot, policy) if alive(item))
    if not listed:
        listed = (PolicyPeer(namespace_selector=LabelSelector()),)
    return tuple(item for peer in listed for item in peers(snapshot, peer, policy.namespace))


def _few(ends: Sequence[Workload]) -> str:
    more = len(ends) - 1
    return f"{ends[0].ref}" + (f" and {more} more" if more else "")


@port_name.fix
def _number(policy: NetworkPolicy, _: Snapshot) -> Fix:
    steps = (
        f"Look which port {policy.ref} means, and name it in the container's ports or give its number in the rule.",
        "The protocol must agree too: a UDP port of that name does not count for TCP.",
    )
    may_break = "Once the name is found, the connection is admitted."
    return Fix(f"Let {policy.ref} name a port that there is", (), Risk.MANUAL, may_break, steps)
