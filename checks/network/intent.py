"""NetworkPolicies that admit others than their author probably meant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ksec_tui.analysis.network.selectors import (
    NAME_LABEL,
    alive,
    matches_workload,
    namespace_labels,
    namespaces_running,
    workloads_in,
)
from ksec_tui.analysis.rbac.bindings import binding_named
from ksec_tui.analysis.rbac.defaults import is_system_binding
from ksec_tui.analysis.rbac.grants import Grant, can, grants
from ksec_tui.analysis.rbac.identity import identity_of
from ksec_tui.analysis.rbac.rules import permits
from ksec_tui.analysis.workloads import Workload
from ksec_tui.checks.network.policies import POLICIES
from ksec_tui.cluster.base import LabelSelector
from ksec_tui.cluster.kinds import (
    CLUSTER_ROLE,
    CLUSTER_ROLE_BINDING,
    NAMESPACE,
    ROLE,
    ROLE_BINDING,
    WORKLOAD_KINDS,
)
from ksec_tui.cluster.networking import NetworkPolicy, PolicyPeer
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.findings.check import check
from ksec_tui.findings.finding import Evidence, NotApplicable
from ksec_tui.findings.fix import Fix, Risk
from ksec_tui.findings.verdict import Severity, Threat

Place = tuple[str, Sequence[PolicyPeer]]


def _peers(policy: NetworkPolicy) -> Iterator[Place]:
    """The peers of each rule that has effect: (JSON pointer of the list, its items)."""
    if policy.isolates_ingress:
        for at, rule in enumerate(policy.spec.ingress):
            yield f"/spec/ingress/{at}/from", rule.from_
    if policy.isolates_egress:
        for at, out in enumerate(policy.spec.egress):
            yield f"/spec/egress/{at}/to", out.to


@check(
    "net-policy-accidental-or",
    "A NetworkPolicy may join two selectors the wrong way",
    Severity.LOW,
    on=POLICIES,
    everywhere=(NAMESPACE, *WORKLOAD_KINDS),
    threats=(Threat.CONTAINER,),
    references=("CIS 5.3.2", "NSA Network policies", "OWASP K05"),
)
def accidental_or(policy: NetworkPolicy, cluster: Snapshot) -> Iterator[Evidence | NotApplicable]:
    """A rule lists a namespaceSelector and a podSelector as two peers, where one peer with both admits far less.

    ## Why
    Two items of the list are joined by or: every pod of those namespaces is admitted, and besides them the
    selected pods of the policy's own namespace. Written as one item they are joined by and. The difference
    is one dash, and the wider reading goes unnoticed since all that should work does.

    ## Risky
    ```yaml
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: db, namespace: shop}
    spec:
      podSelector: {matchLabels: {app: db}}
      policyTypes: [Ingress]
      ingress:
        - from:
            - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ops}}
            - podSelector: {matchLabels: {app: backup}}
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: db, namespace: shop}
    spec:
      selector: {matchLabels: {app: db}}
      template:
        metadata: {labels: {app: db}}
        spec:
          containers: [{name: app, image: "registry.example/db:1.4.2"}]
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: backup, namespace: ops}
    spec:
      selector: {matchLabels: {app: backup}}
      template:
        metadata: {labels: {app: backup}}
        spec:
          containers: [{name: app, image: "registry.example/backup:1.4.2"}]
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: chat, namespace: ops}
    spec:
      selector: {matchLabels: {app: chat}}
      template:
        metadata: {labels: {app: chat}}
        spec:
          containers: [{name: app, image: "registry.example/chat:1.4.2"}]
    ```

    ## Fixed
    ```yaml
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: db, namespace: shop}
    spec:
      podSelector: {matchLabels: {app: db}}
      policyTypes: [Ingress]
      ingress:
        - from:
            - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ops}}
              podSelector: {matchLabels: {app: backup}}
    ```
    """
    for path, peers in _peers(policy):
        pair = _pair(peers)
        if pair is None:
            continue
        spaces, pods = pair
        meant, admitted = _readings(cluster, spaces, pods, policy.namespace)
        at_home = any(
            alive(item) and matches_workload(cluster, item, pods, None, policy.namespace)
            for item in workloads_in(cluster, policy.namespace)
        )
        # Where both readings have a meaning, the author is believed: pods at home, and a whole namespace.
        if meant and admitted >= 2 * meant and not at_home:
            words = (
                f"two peers admit all {admitted} workloads of the namespaces, where one peer with both selectors "
                f"would admit {meant}; in {policy.namespace} itself the podSelector matches nothing"
            )
            yield Evidence(path, words)


def _pair(peers: Sequence[PolicyPeer]) -> tuple[LabelSelector, LabelSelector] | None:
    """The selectors of a list that holds just one peer of namespaces and one of pods."""
    if len(peers) != 2 or any(peer.ip_block is not None for peer in peers):
        return None
    spaces = [
        item.namespace_selector for item in peers if item.namespace_selector and item.pod_selector is None
    ]
    pods = [item.pod_selector for item in peers if item.pod_selector and item.namespace_selector is None]
    return (spaces[0], pods[0]) if spaces and pods and not pods[0].empty else None


def _readings(snapshot: Snapshot, spaces: LabelSelector, pods: LabelSelector, home: str) -> tuple[int, int]:
    """How many workloads of the selected namespaces the selectors admit: (joined by and, namespaces alone)."""
    known: dict[object, tuple[int, int]] = snapshot.derived(_counts, _counts)
    key = repr((spaces, pods, home))
    if key not in known:
        found = [
            item
            for name in namespaces_running(snapshot)
            if name != home and spaces.matches(namespace_labels(snapshot, name))
            for item in workloads_in(snapshot, name)
            if alive(item)
        ]
        known[key] = (sum(_selected(pods, item) for item in found), len(found))
    return known[key]


def _counts(_: Snapshot) -> dict[object, tuple[int, int]]:
    return {}


def _selected(pods: LabelSelector, workload: Workload) -> bool:
    return pods.matches(workload.labels)


@accidental_or.fix
def _join(policy: NetworkPolicy, _: Snapshot) -> Fix:
    steps = (
        f"Ask the author of {policy.ref} whether both selectors were meant to hold at once.",
        "If so, make one peer of the two: remove the dash before podSelector.",
        "If not, write the two peers as two rules, so that the next reader does not wonder.",
    )
    may_break = "Pods of those namespaces that the podSelector does not match lose the connection."
    return Fix(f"Say what the peers of {policy.ref} mean", (), Risk.MANUAL, may_break, steps)


@check(
    "net-policy-trusts-labels",
    "A NetworkPolicy trusts labels that others may set",
    Severity.MEDIUM,
    on=POLICIES,
    everywhere=(CLUSTER_ROLE, CLUSTER_ROLE_BINDING, ROLE, ROLE_BINDING),
    threats=(Threat.CREDENTIALS,),
    references=("KEP-2161", "T1562.007", "OWASP K05"),
)
def trusts_labels(policy: NetworkPolicy, cluster: Snapshot) -> Iterator[Evidence | NotApplicable]:
    """A rule selects namespaces by a label that somebody may set who may not change the policy.

    ## Why
    A namespaceSelector believes the labels of namespaces. Whoever may update a namespace gives it the label
    that is asked for, and all its pods are let in. The label kubernetes.io/metadata.name is set by the API
    server and cannot be forged; rights to change Namespaces should be with those who run the cluster.

    ## Risky
    ```yaml
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: db, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Ingress]
      ingress: [{from: [{namespaceSelector: {matchLabels: {team: shop}}}]}]
    ---
    apiVersion: v1
    kind: Namespace
    metadata:
      name: shop-jobs
      labels: {team: shop, kubernetes.io/metadata.name: shop-jobs}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: labeller}
    rules: [{apiGroups: [""], resources: [namespaces], verbs: [get, patch]}]
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: labeller}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: labeller}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```

    ## Fixed
    ```yaml
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: db, namespace: shop}
    spec:
      podSelector: {}
      policyTypes: [Ingress]
      ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop-jobs}}}]}]
    ---
    apiVersion: v1
    kind: Namespace
    metadata:
      name: shop-jobs
      labels: {team: shop, kubernetes.io/metadata.name: shop-jobs}
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: {name: labeller}
    rules: [{apiGroups: [""], resources: [namespaces], verbs: [get, patch]}]
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRoleBinding
    metadata: {name: labeller}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: labeller}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann@example.com}]
    ```
    """
    trusting = [
        (f"{path}/{at}/namespaceSelector", key)
        for path, peers in _peers(policy)
        for at, peer in enumerate(peers)
        if peer.namespace_selector is not None and (key := _forgeable(peer.namespace_selector))
    ]
    if not trusting:
        yield NotApplicable("it selects no namespaces by labels that can be set")
        return
    grant = next((item for item in _labellers(cluster) if _outsider(cluster, item, policy.namespace)), None)
    if grant is None:
        return
    where = "any namespace" if grant.namespace is None else f"namespace {grant.namespace}"
    for path, key in trusting:
        words = (
            f"it trusts the label {key} of namespaces; {grant.subject} may label {where} ({grant.binding})"
        )
        yield Evidence(path, words)


def _forgeable(selector: LabelSelector) -> str:
    """A label of namespaces that a selector hangs on; empty when it names the namespaces, or takes all."""
    named = NAME_LABEL in selector.match_labels or any(
        item.key == NAME_LABEL and item.operator == "In" for item in selector.match_expressions
    )
    keys = [*selector.match_labels, *(item.key for item in selector.match_expressions)]
    return "" if named else next((key for key in keys if key != NAME_LABEL), "")


def _labellers(snapshot: Snapshot) -> tuple[Grant, ...]:
    """The grants of a right to change Namespaces, Kubernetes' own left out; computed once."""
    found: tuple[Grant, ...] = snapshot.derived(_collect_labellers, _collect_labellers)
    return found


def _collect_labellers(snapshot: Snapshot) -> tuple[Grant, ...]:
    found: list[Grant] = []
    for grant in grants(snapshot):
        name = grant.namespace or ""
        if any(
            permits(rule, verb, "", "namespaces", name=name)
            for rule in grant.rules
            for verb in ("patch", "update")
        ):
            bound = binding_named(snapshot, grant.binding)
            if bound is not None and not is_system_binding(bound):
                found.append(grant)
    return tuple(found)


def _outsider(snapshot: Snapshot, grant: Grant, namespace: str) -> bool:
    """Whether somebody who labels (another) namespace could not simply change the policies of this one."""
    if grant.namespace == namespace:
        return False
    known: dict[object, bool] = snapshot.derived(_outsiders, _outsiders)
    key = grant.subject, namespace
    if key not in known:
        identity = identity_of(grant.subject)
        group, plural = "networking.k8s.io", "networkpolicies"
        known[key] = not any(
            can(snapshot, identity, verb, group, plural, namespace=namespace)
            for verb in ("create", "patch", "update")
        )
    return known[key]


def _outsiders(_: Snapshot) -> dict[object, bool]:
    return {}


@trusts_labels.fix
def _names(policy: NetworkPolicy, cluster: Snapshot) -> Fix:
    selected = {
        item.name
        for _, peers in _peers(policy)
        for peer in peers
        if peer.namespace_selector is not None and _forgeable(peer.namespace_selector)
        for item in cluster.of(NAMESPACE)
        if peer.namespace_selector.matches(namespace_labels(cluster, item.name))
    }
    today = (
        f"they select {', '.join(sorted(selected)[:8])} today" if selected else "they select nothing today"
    )
    steps = (
        f"Select the namespaces by {NAME_LABEL} (In, with their names); {today}.",
        "Or take the right to update Namespaces from those who do not run the cluster.",
    )
    may_break = "Namespaces that get the label later must be added by name."
    return Fix(f"Let {policy.ref} name its namespaces", (), Risk.MANUAL, may_break, steps)
