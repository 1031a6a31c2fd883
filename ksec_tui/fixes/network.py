"""NetworkPolicies that close a namespace and keep the flows that its objects show to be needed.

Kept are: pods of the same namespace, what Services, Ingresses and Gateways let in from outside, webhooks
and aggregated APIs, and metrics ports by the prometheus.io annotations. Calls from other namespaces are in
no object and must be added by hand; the pod's own node is always admitted by the API's definition.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from ksec_tui.analysis.network.entries import Entry, Source
from ksec_tui.analysis.network.exposure import entries
from ksec_tui.analysis.network.policies import isolating
from ksec_tui.analysis.network.selectors import (
    NAME_LABEL,
    matches_workload,
    selected_by_policy,
    selected_by_service,
    target_ports,
    workloads_in,
)
from ksec_tui.analysis.network.sensitive import stores
from ksec_tui.analysis.workloads import Workload
from ksec_tui.cluster.base import LabelSelector
from ksec_tui.cluster.kinds import (
    API_SERVICE,
    MUTATING_WEBHOOK,
    NETWORK_POLICY,
    SERVICE,
    VALIDATING_WEBHOOK,
)
from ksec_tui.cluster.networking import IngressPolicyRule, NetworkPolicy
from ksec_tui.cluster.platform import ServiceReference
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.cluster.workloads import ControllerSpec, WorkloadSpec
from ksec_tui.findings.fix import Change
from ksec_tui.fixes.build import Body, create, json_patch, op

MANAGED = {"app.kubernetes.io/managed-by": "ksec-tui"}
"""The label of everything that a fix creates."""

GENERATED_LABELS = frozenset(
    {
        "pod-template-hash",
        "controller-revision-hash",
        "pod-template-generation",
        "controller-uid",
        "job-name",
        "batch.kubernetes.io/controller-uid",
        "batch.kubernetes.io/job-name",
        "statefulset.kubernetes.io/pod-name",
        "apps.kubernetes.io/pod-index",
    }
)
"""Labels that controllers put on pods and that the next pod has otherwise."""

SAME_NAMESPACE: Body = {"from": [{"podSelector": {}}]}
"""The ingress rule that admits the pods of the policy's own namespace."""

MAY_BREAK = (
    "Calls from other namespaces that no Service of type LoadBalancer or NodePort, Ingress, route or webhook shows "
    "are cut off until a rule admits them."
)


def pod_selector(workload: Workload) -> Body | None:
    """A selector of a workload's pods that lasts: its own when it has one, else its lasting labels.

    None when there is no label to select by, or when some of its pods have other labels.
    """
    found = _own_selector(workload)
    if found.empty or not all(
        found.matches(pod.metadata.labels) for pod in workload.pods if not pod.finished
    ):
        return None
    return _selector(found)


def _own_selector(workload: Workload) -> LabelSelector:
    spec = getattr(workload.object, "spec", None)
    if workload.owner_read and workload.ref.kind != "Job":
        if isinstance(spec, WorkloadSpec) and not spec.selector.empty:
            return spec.selector
        if isinstance(spec, ControllerSpec) and spec.selector:
            return LabelSelector(match_labels=spec.selector)
    labels = {key: value for key, value in workload.labels.items() if key not in GENERATED_LABELS}
    return LabelSelector(match_labels=labels)


def _selector(selector: LabelSelector) -> Body:
    body: Body = {}
    if selector.match_labels:
        body["matchLabels"] = dict(sorted(selector.match_labels.items()))
    if selector.match_expressions:
        body["matchExpressions"] = [
            {
                "key": item.key,
                "operator": item.operator,
                **({"values": list(item.values)} if item.values else {}),
            }
            for item in selector.match_expressions
        ]
    return body


def needed_rules(snapshot: Snapshot, chosen: Sequence[Workload]) -> list[Body]:
    """The ingress rules that workloads need besides `SAME_NAMESPACE`, sorted by port, without duplicates."""
    anyone: set[tuple[str, int]] = set()
    pods: set[tuple[str, int]] = set()
    proxies: dict[str, tuple[Body, set[tuple[str, int]]]] = {}
    for workload in chosen:
        if workload.spec.host_network:
            continue
        for entry in entries_of(snapshot, workload.ref):
            port = (entry.protocol, entry.port)
            peers = [_peer(proxy, workload.namespace) for proxy in entry.proxies]
            if entry.source is not Source.PROXY_PODS or None in peers:
                anyone.add(port)
                continue
            for peer in peers:
                if peer:
                    proxies.setdefault(repr(peer), (peer, set()))[1].add(port)
        anyone |= set(_called(snapshot, workload))
        pods |= set(_scraped(workload))
    rules: list[Body] = []
    for _, (peer, ports) in sorted(proxies.items()):
        if ports - anyone:
            rules.append({"from": [peer], "ports": _ports(ports - anyone)})
    if pods - anyone:
        rules.append({"from": [{"namespaceSelector": {}}], "ports": _ports(pods - anyone)})
    if anyone:
        rules.append({"ports": _ports(anyone)})
    return rules


def entries_of(snapshot: Snapshot, ref: ObjectRef) -> tuple[Entry, ...]:
    """The ways from outside to one workload, before policies are asked."""
    index: dict[ObjectRef, list[Entry]] = snapshot.derived(_entry_index, _entry_index)
    return tuple(index.get(ref, ()))


def _entry_index(snapshot: Snapshot) -> dict[ObjectRef, list[Entry]]:
    index: dict[ObjectRef, list[Entry]] = {}
    for entry in entries(snapshot):
        index.setdefault(entry.workload.ref, []).append(entry)
    return index


def _peer(proxy: Workload, home: str) -> Body | None:
    """A proxy's pods as a policy peer; empty in the same namespace, None when selectors cannot reach them."""
    selector = pod_selector(proxy)
    if proxy.spec.host_network or selector is None:
        return None
    if proxy.namespace == home:
        return {}
    return {"namespaceSelector": {"matchLabels": {NAME_LABEL: proxy.namespace}}, "podSelector": selector}


def _ports(ports: Iterable[tuple[str, int]]) -> list[Body]:
    return [{"protocol": protocol, "port": port} for protocol, port in sorted(ports)]


def _called(snapshot: Snapshot, workload: Workload) -> Iterator[tuple[str, int]]:
    """The ports that the API server calls; its address is not known to a policy, so everyone is admitted."""
    index: dict[ObjectRef, set[tuple[str, int]]] = snapshot.derived(_calls, _calls)
    yield from index.get(workload.ref, ())


def _calls(snapshot: Snapshot) -> dict[ObjectRef, set[tuple[str, int]]]:
    index: dict[ObjectRef, set[tuple[str, int]]] = {}
    for wanted in _services_called(snapshot):
        service = snapshot.find(SERVICE, wanted.name, wanted.namespace)
        if service is None:
            continue
        for workload in selected_by_service(snapshot, service):
            for port in service.spec.ports:
                if port.port == (wanted.port or 443):
                    found = {(port.protocol, number) for number in target_ports(workload, port)}
                    index.setdefault(workload.ref, set()).update(found)
    return index


def _services_called(snapshot: Snapshot) -> Iterator[ServiceReference]:
    validating = (hook for item in snapshot.of(VALIDATING_WEBHOOK) for hook in item.webhooks)
    mutating = (hook for item in snapshot.of(MUTATING_WEBHOOK) for hook in item.webhooks)
    for hook in (*validating, *mutating):
        if hook.client_config.service is not None:
            yield hook.client_config.service
    for api in snapshot.of(API_SERVICE):
        if api.spec.service is not None:
            yield api.spec.service


def _scraped(workload: Workload) -> Iterator[tuple[str, int]]:
    """The port that the prometheus.io annotations name; the scraping pods may be in any namespace."""
    said = workload.annotations
    port = said.get("prometheus.io/port", "")
    if said.get("prometheus.io/scrape") == "true" and port.isdecimal():
        yield "TCP", int(port)


def withdraw_first(snapshot: Snapshot, chosen: Sequence[Workload]) -> tuple[str, ...]:
    """Steps for data stores that are published: a policy that keeps that way open would admit everyone to them."""
    steps: dict[str, None] = {}
    for workload in chosen:
        known = stores(workload)
        if known and not workload.spec.host_network:
            for entry in entries_of(snapshot, workload.ref):
                if entry.port in known and entry.source is not Source.PROXY_PODS:
                    name = known[entry.port]
                    steps[f"Stop publishing {name} on port {entry.port} by {entry.chain[0].ref}."] = None
    return tuple(steps)


def policy(snapshot: Snapshot, namespace: str, name: str, selector: Body, rules: Sequence[Body]) -> Change:
    """A new NetworkPolicy for ingress; a name that is taken gets a number."""
    free, number = name[:240], 2
    while snapshot.find(NETWORK_POLICY, free, namespace) is not None:
        free, number = f"{name[:240]}-{number}", number + 1
    ref = ObjectRef(namespace, NETWORK_POLICY.name, free, NETWORK_POLICY.group)
    spec: Body = {"podSelector": selector, "policyTypes": ["Ingress"]}
    if rules:
        spec["ingress"] = list(rules)
    return create(
        ref,
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": {"name": free, "namespace": namespace, "labels": dict(MANAGED)},
            "spec": spec,
        },
    )


def close_workload(snapshot: Snapshot, workload: Workload) -> Change | None:
    """A policy that isolates one workload and admits its namespace and what it needs.

    None when its pods cannot be selected without pods of a workload that is already isolated, which the
    new rules would open wider.
    """
    selector = pod_selector(workload)
    if selector is None or _touches_isolated(snapshot, workload, selector):
        return None
    rules = [SAME_NAMESPACE, *needed_rules(snapshot, (workload,))]
    return policy(snapshot, workload.namespace, f"ksec-allow-{workload.ref.name}", selector, rules)


def close_namespace(
    snapshot: Snapshot, namespace: str, unprotected: Sequence[Workload]
) -> list[Change] | None:
    """Policies that isolate a namespace's unprotected workloads: what to admit first, then the default deny.

    None when a workload cannot be selected apart from those that are already isolated.
    """
    subjects = [item for item in workloads_in(snapshot, namespace) if not item.spec.host_network]
    deny = policy(snapshot, namespace, "ksec-default-deny-ingress", {}, ())
    changes: list[Change] = []
    if any(isolating(snapshot, item, "ingress") for item in subjects):
        for workload in unprotected:
            change = close_workload(snapshot, workload)
            if change is None:
                return None
            changes.append(change)
        return [*_distinct(changes), deny]
    for workload in unprotected:
        rules = needed_rules(snapshot, (workload,))
        selector = pod_selector(workload)
        if not rules:
            continue
        if selector is None:
            return None
        changes.append(policy(snapshot, namespace, f"ksec-allow-{workload.ref.name}", selector, rules))
    inside = policy(snapshot, namespace, "ksec-allow-same-namespace", {}, [SAME_NAMESPACE])
    return [*_distinct(changes), inside, deny]


def _distinct(changes: list[Change]) -> list[Change]:
    """The same changes, in which two workloads of one name (of different kinds) do not share a policy's name."""
    seen: set[ObjectRef] = set()
    kept: list[Change] = []
    for change in changes:
        ref, number = change.target, 2
        while ref in seen:
            name = f"{change.target.name}-{number}"
            ref, number = ObjectRef(ref.namespace, ref.kind, name, ref.group), number + 1
        seen.add(ref)
        if ref != change.target:
            body = {**change.body, "metadata": {**change.body["metadata"], "name": ref.name}}
            change = create(ref, body)
        kept.append(change)
    return kept


def _touches_isolated(snapshot: Snapshot, workload: Workload, selector: Body) -> bool:
    labels = selector.get("matchLabels", {})
    chosen = LabelSelector(match_labels=labels)
    return any(
        isolating(snapshot, other, "ingress")
        for other in workloads_in(snapshot, workload.namespace)
        if matches_workload(snapshot, other, chosen, None, workload.namespace)
    )


def narrow_policy(
    snapshot: Snapshot, wide: NetworkPolicy, concerned: Callable[[IngressPolicyRule], bool]
) -> Change | None:
    """Rules that admit everyone replaced by the own namespace and by what the selected workloads need.

    The list has no merge key and is replaced whole, guarded by a `test` of what stands there.
    """
    document = snapshot.document(wide.ref)
    if document is None:
        return None
    old = document["spec"]["ingress"]
    rules: list[Body] = []
    for rule, written in zip(wide.spec.ingress, old, strict=True):
        if not concerned(rule):
            rules.append(written)
            continue
        ports = {"ports": written["ports"]} if written.get("ports") else {}
        rules.append({**SAME_NAMESPACE, **ports})
    rules += needed_rules(snapshot, selected_by_policy(snapshot, wide))
    kept = [rule for index, rule in enumerate(rules) if rule not in rules[:index]]
    return json_patch(wide.ref, op("test", "/spec/ingress", old), op("replace", "/spec/ingress", kept))
