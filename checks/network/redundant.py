"""Rules that decide nothing, and policies of one priority that contradict each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ksec_tui.analysis.identity import is_system
from ksec_tui.analysis.network.ports import Connections
from ksec_tui.analysis.network.redundancy import redundant
from ksec_tui.analysis.network.rules import DIRECTIONS, Direction
from ksec_tui.analysis.network.side import BoundPolicy, Rule
from ksec_tui.analysis.network.world import ADMIN_KINDS, network
from ksec_tui.checks.network.policies import POLICIES
from ksec_tui.cluster.admin_policies import AdminPolicy
from ksec_tui.cluster.kinds import (
    ADMIN_NETWORK_POLICY,
    BASELINE_ADMIN_NETWORK_POLICY,
    CLUSTER_NETWORK_POLICY,
    NAMESPACE,
    WORKLOAD_KINDS,
)
from ksec_tui.cluster.networking import NetworkPolicy
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import Subjects, check
from ksec_tui.findings.finding import Evidence
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat
from ksec_tui.fixes.build import json_patch, op


@check(
    "net-policy-redundant",
    "A rule of a NetworkPolicy adds nothing",
    Severity.INFO,
    on=POLICIES,
    threats=(Threat.CONTAINER,),
    references=("CIS 5.3.2", "NSA Network policies"),
)
def policy_redundant(policy: NetworkPolicy, cluster: Snapshot) -> Iterator[Evidence]:
    """What a rule admits is admitted by another rule for the same pods already.

    ## Why
    Policies only add up, so a narrow rule beside a wide one limits nothing. Whoever reads the narrow one believes
    the pods better protected than they are, and whoever removes the wide one later does not know what depends on it.

    ## Risky
    ```yaml
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: web, namespace: shop}
    spec:
      podSelector: {matchLabels: {app: web}}
      policyTypes: [Ingress]
      ingress:
        - from: [{podSelector: {matchLabels: {app: front}}}]
          ports: [{protocol: TCP, port: 8080}]
        - from: [{podSelector: {}}]
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
    ```
    """
    for item in redundant(cluster, policy.ref):
        where = "" if item.by == policy.ref else f" of {item.by.name}"
        words = (
            f"all that {item.direction} rule #{item.number} admits, rule #{item.by_number}{where} admits too"
        )
        yield Evidence(f"/spec/{item.direction}/{item.number - 1}", words)


@policy_redundant.fix
def _without(policy: NetworkPolicy, cluster: Snapshot) -> Fix | None:
    document = cluster.document(policy.ref)
    if document is None or is_system(policy):
        return None
    found = sorted(redundant(cluster, policy.ref), key=lambda item: (item.direction, -item.number))
    title = f"Take the rules out of {policy.ref} that add nothing"
    if not policy.spec.policy_types and any(item.direction == "egress" for item in found):
        # Without policyTypes it is the rules for egress that make a policy affect egress at all.
        steps = ("Write policyTypes: [Ingress, Egress] into it first, then remove the rules named.",)
        return Fix(title, (), Risk.MANUAL, "", steps)
    spec = document["spec"]
    operations = []
    for item in found:
        path = f"/spec/{item.direction}/{item.number - 1}"
        operations += [op("test", path, spec[item.direction][item.number - 1]), op("remove", path)]
    change = json_patch(policy.ref, *operations)
    others = tuple(dict.fromkeys(item.by for item in found if item.by != policy.ref))
    may_break = "Nothing, unless the wider rule is narrowed later."
    return Fix(title, (change,), Risk.LIKELY, may_break, rests_on=others)


def _admin_policies(snapshot: Snapshot) -> Iterator[AdminPolicy]:
    for kind in (CLUSTER_NETWORK_POLICY, ADMIN_NETWORK_POLICY):
        yield from snapshot.of(kind)


def _admin_policy(snapshot: Snapshot, ref: ObjectRef) -> AdminPolicy | None:
    kinds = (CLUSTER_NETWORK_POLICY, ADMIN_NETWORK_POLICY, BASELINE_ADMIN_NETWORK_POLICY)
    return next((snapshot.find(kind, ref.name) for kind in kinds if kind.name == ref.kind), None)


ADMIN_POLICIES: Subjects[AdminPolicy] = Subjects(
    "cluster-wide network policies",
    (*ADMIN_KINDS, *WORKLOAD_KINDS, NAMESPACE),
    _admin_policies,
    lambda item: item.ref,
    _admin_policy,
)


@check(
    "net-admin-policy-order",
    "Two cluster-wide policies of one priority contradict each other",
    Severity.LOW,
    on=ADMIN_POLICIES,
    threats=(Threat.CONTAINER,),
    references=("KEP-2091", "OWASP K05"),
)
def admin_policy_order(policy: AdminPolicy, cluster: Snapshot) -> Iterator[Evidence]:
    """A cluster-wide policy and another of the same tier and priority decide differently on the same connections.

    ## Why
    Which of two policies of one priority goes first is not defined: plugins differ, and may change their mind. A
    denial that somebody relies on may never be asked for.

    ## Risky
    ```yaml
    apiVersion: policy.networking.k8s.io/v1alpha2
    kind: ClusterNetworkPolicy
    metadata: {name: deny-cross}
    spec:
      tier: Admin
      priority: 50
      subject: {namespaces: {}}
      ingress: [{name: deny, action: Deny, from: [{namespaces: {}}]}]
    ---
    apiVersion: policy.networking.k8s.io/v1alpha2
    kind: ClusterNetworkPolicy
    metadata: {name: allow-monitoring}
    spec:
      tier: Admin
      priority: 50
      subject: {namespaces: {}}
      ingress:
        - name: allow
          action: Accept
          from: [{namespaces: {matchLabels: {kubernetes.io/metadata.name: monitoring}}}]
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: prometheus, namespace: monitoring}
    spec:
      selector: {matchLabels: {app: prometheus}}
      template:
        metadata: {labels: {app: prometheus}}
        spec:
          containers: [{name: app, image: "quay.io/prometheus/prometheus:v3.8.0"}]
    ```

    ## Fixed
    ```yaml
    apiVersion: policy.networking.k8s.io/v1alpha2
    kind: ClusterNetworkPolicy
    metadata: {name: deny-cross}
    spec:
      tier: Admin
      priority: 50
      subject: {namespaces: {}}
      ingress: [{name: deny, action: Deny, from: [{namespaces: {}}]}]
    ---
    apiVersion: policy.networking.k8s.io/v1alpha2
    kind: ClusterNetworkPolicy
    metadata: {name: allow-monitoring}
    spec:
      tier: Admin
      priority: 40
      subject: {namespaces: {}}
      ingress:
        - name: allow
          action: Accept
          from: [{namespaces: {matchLabels: {kubernetes.io/metadata.name: monitoring}}}]
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: prometheus, namespace: monitoring}
    spec:
      selector: {matchLabels: {app: prometheus}}
      template:
        metadata: {labels: {app: prometheus}}
        spec:
          containers: [{name: app, image: "quay.io/prometheus/prometheus:v3.8.0"}]
    ```
    """
    world = network(cluster)
    for direction in DIRECTIONS:
        side = world.side(direction)
        for bucket in (*side.admin, *side.baseline):
            mine = next((item for item in bucket if item.policy.ref == policy.ref), None)
            if mine is not None:
                yield from _contradictions(mine, bucket, direction)


def _contradictions(
    mine: BoundPolicy, bucket: Iterable[BoundPolicy], direction: Direction
) -> Iterator[Evidence]:
    for other in bucket:
        if other is mine or not mine.subjects.bits & other.subjects.bits:
            continue
        pairs = ((one, two) for one in mine.rules(direction) or () for two in other.rules(direction) or ())
        found = next(((one, two) for one, two in pairs if _disagree(one, two)), None)
        if found is not None:
            one, two = found
            words = (
                f"its {direction} rule {one.clause.name or f'#{one.clause.number}'} {one.clause.action.value} what "
                f"{other.policy.ref.name} of the same priority {two.clause.action.value}"
            )
            yield Evidence("/spec/priority", words)


def _disagree(one: Rule, two: Rule) -> bool:
    if one.clause.action is two.clause.action or not _shared_ports(one, two):
        return False
    return bool(one.peers.bits & two.peers.bits) or bool(one.addresses & two.addresses)


def _shared_ports(one: Rule, two: Rule) -> Connections:
    return one.clause.ports.fixed & two.clause.ports.fixed


@admin_policy_order.fix
def _order(policy: AdminPolicy, _: Snapshot) -> Fix:
    steps = (
        f"Decide which is to go first, {policy.ref} or the other.",
        "Give the one that goes first the lower priority number.",
    )
    may_break = "Connections on which the plugin decided the other way round so far."
    return Fix(f"Give {policy.ref} a priority of its own", (), Risk.MANUAL, may_break, steps)
