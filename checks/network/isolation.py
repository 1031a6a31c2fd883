"""Namespaces whose pods everyone inside the cluster can reach, or that reach everyone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ksec_tui.analysis.identity import SYSTEM_NAMESPACES
from ksec_tui.analysis.network.labels import bits_of
from ksec_tui.analysis.network.policies import Direction, isolated
from ksec_tui.analysis.network.ports import ALL
from ksec_tui.analysis.network.rules import Action
from ksec_tui.analysis.network.selectors import alive, namespaces_running, workloads_in
from ksec_tui.analysis.network.world import ADMIN_KINDS, network
from ksec_tui.analysis.workloads import Workload
from ksec_tui.checks.network._common import labels_at, no_tiers
from ksec_tui.cluster.kinds import CUSTOM_RESOURCE, NAMESPACE, NETWORK_POLICY, WORKLOAD_KINDS
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import Subjects, check
from ksec_tui.findings.finding import Evidence, NotApplicable, Unknown
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat
from ksec_tui.fixes.network import close_namespace, may_break, withdraw_first
from ksec_tui.fixes.network_egress import MAY_BREAK as EGRESS_MAY_BREAK
from ksec_tui.fixes.network_egress import limit_egress


@dataclass(frozen=True, slots=True)
class Space:
    """A namespace with the workloads that policies can govern."""

    ref: ObjectRef
    workloads: tuple[Workload, ...]


def _space(snapshot: Snapshot, name: str) -> Space:
    governed = (item for item in workloads_in(snapshot, name) if alive(item) and not item.spec.host_network)
    return Space(ObjectRef("", "Namespace", name), tuple(governed))


SPACES: Subjects[Space] = Subjects(
    "namespaces with workloads",
    (*WORKLOAD_KINDS, CUSTOM_RESOURCE, *ADMIN_KINDS),
    lambda snapshot: (_space(snapshot, name) for name in namespaces_running(snapshot)),
    lambda space: space.ref,
    lambda snapshot, ref: _space(snapshot, ref.name) if ref.name in namespaces_running(snapshot) else None,
    system=lambda space: space.ref.name in SYSTEM_NAMESPACES,
)
"""Known from their workloads, so that files without Namespace objects are judged as well."""


def _open(
    space: Space, cluster: Snapshot, direction: Direction
) -> Iterator[Evidence | NotApplicable | Unknown]:
    if not space.workloads:
        yield NotApplicable("its workloads are on their nodes' network, which policies do not govern")
    for workload in space.workloads:
        if _agent(workload) or _denied_by_default(cluster, workload, direction):
            continue
        answer = isolated(cluster, workload, direction)
        name = f"{workload.ref.kind} {workload.ref.name}"
        if answer.value is None:
            yield Unknown(f"whether {direction} of {name} is limited is not known: {answer.reason}")
        elif not answer.value:
            words = f"no NetworkPolicy limits {direction} of {name}"
            yield Evidence(labels_at(workload), words, workload.object.ref)


def _agent(workload: Workload) -> bool:
    """Whether it is an agent of Kubernetes on every node, whose distribution decides over its connections."""
    return workload.ref.kind == "DaemonSet" and workload.namespace in SYSTEM_NAMESPACES


def _denied_by_default(snapshot: Snapshot, workload: Workload, direction: Direction) -> bool:
    """Whether a cluster-wide policy denies its pods whatever no other policy allows.

    That is a rule that denies every port of all pods of other namespaces, in the admin or the baseline tier.
    """
    world = network(snapshot)
    side = world.side(direction)
    if not side.tiers:
        return False
    own = {group.number for group in world.in_namespace(workload.namespace)}
    others = sum(
        1 << item.number for item in world.groups if item.number not in own and not item.host_network
    )
    return all(
        any(
            rule.clause.action is Action.DENY
            and rule.clause.ports.fixed == ALL
            and not others & ~rule.peers.bits
            for bucket in (*side.admin, *side.baseline)
            for item in bucket
            if item.subjects.has(group.number)
            for rule in item.rules(direction) or ()
        )
        for group in world.groups_of(workload)
    )


def _selectable(snapshot: Snapshot) -> int:
    """The groups that selectors can match, as bits."""
    groups = network(snapshot).groups
    return bits_of([item.number for item in groups if not item.host_network], len(groups))


@check(
    "ns-no-netpol-ingress",
    "Pods that every pod can connect to",
    Severity.MEDIUM,
    on=SPACES,
    needs=(NETWORK_POLICY,),
    also=(NAMESPACE,),
    threats=(Threat.CONTAINER,),
    references=("CIS 5.3.2", "NSA Network policies", "T1046", "MS-TA9034", "OWASP K05"),
    near=no_tiers,
)
def no_ingress_policy(space: Space, cluster: Snapshot) -> Iterator[Evidence | NotApplicable | Unknown]:
    """A namespace has workloads whose incoming connections no NetworkPolicy limits.

    ## Why
    Pods accept connections from every pod of the cluster until a policy selects them. A single broken
    container, in whatever namespace, can then try every service, its debug ports and its unpatched flaws.
    A default deny with the few connections that are needed leaves it alone with its neighbours.

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
          containers:
            - name: app
              image: registry.example/web:1.4.2
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
          containers:
            - name: app
              image: registry.example/web:1.4.2
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata:
      name: ksec-allow-same-namespace
      namespace: shop
      labels: {app.kubernetes.io/managed-by: ksec-tui}
    spec:
      podSelector: {}
      policyTypes: [Ingress]
      ingress: [{from: [{podSelector: {}}]}]
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata:
      name: ksec-default-deny-ingress
      namespace: shop
      labels: {app.kubernetes.io/managed-by: ksec-tui}
    spec:
      podSelector: {}
      policyTypes: [Ingress]
    ```
    """
    yield from _open(space, cluster, "ingress")


@no_ingress_policy.fix
def _default_deny(space: Space, cluster: Snapshot) -> Fix | None:
    name = space.ref.name
    if name in SYSTEM_NAMESPACES:
        return None
    bare = [item for item in space.workloads if isolated(cluster, item, "ingress").value is False]
    title = f"Deny incoming connections in {name} by default and admit what its objects need"
    first = withdraw_first(cluster, bare)
    changes = None if first else close_namespace(cluster, name, bare)
    if changes is None:
        steps = first or (
            "Give the pods that no policy selects a label of their own.",
            "Write a policy that admits what they need, then one that selects all pods and admits nothing.",
        )
        return Fix(title, (), Risk.MANUAL, may_break(cluster), steps)
    return Fix(title, tuple(changes), Risk.REVIEW, may_break(cluster))


@check(
    "ns-no-netpol-egress",
    "Pods that can connect to everywhere",
    Severity.MEDIUM,
    on=SPACES,
    needs=(NETWORK_POLICY,),
    also=(NAMESPACE,),
    threats=(Threat.CONTAINER,),
    references=("CIS 5.3.2", "NSA Network policies", "T1041", "MS-TA9033", "OWASP K05"),
    near=no_tiers,
)
def no_egress_policy(space: Space, cluster: Snapshot) -> Iterator[Evidence | NotApplicable | Unknown]:
    """A namespace has workloads whose outgoing connections no NetworkPolicy limits.

    ## Why
    An intruder needs a way out: to fetch tools, to be commanded, to carry data away, and to ask the
    cloud's metadata service for the node's credentials. A policy for egress takes that way, and names what
    the workload really calls.

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
          containers:
            - name: app
              image: registry.example/web:1.4.2
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
          containers:
            - name: app
              image: registry.example/web:1.4.2
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: egress, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Egress]
      egress:
        - to:
            - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}
              podSelector: {matchLabels: {k8s-app: kube-dns}}
          ports: [{protocol: UDP, port: 53}, {protocol: TCP, port: 53}]
    ```
    """
    yield from _open(space, cluster, "egress")


@no_egress_policy.fix
def _egress(space: Space, cluster: Snapshot) -> Fix | None:
    name = space.ref.name
    if name in SYSTEM_NAMESPACES:
        return None
    title = f"Limit outgoing connections of {name}"
    made = limit_egress(cluster, name)
    if isinstance(made, list):
        return Fix(title, tuple(made), Risk.REVIEW, EGRESS_MAY_BREAK)
    return Fix(
        title,
        (),
        Risk.MANUAL,
        "Name resolution, the API server and every service called stop answering when they are forgotten.",
        (
            f"No patch can be proven: {made}.",
            f"Learn what the pods of {name} call, from flow logs or the plugin's audit mode: no object shows it.",
            "Allow DNS to the pods behind the kube-dns Service, on UDP and TCP, at their own port.",
            "Allow the API server's addresses (EndpointSlice default/kubernetes) to pods that use a token.",
            "Allow what else they call; leave 169.254.169.254 out unless the pods need the metadata service.",
            "Then add a policy that selects all pods with policyTypes [Egress] and no rules.",
        ),
    )
