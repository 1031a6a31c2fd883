"""NetworkPolicies that close a namespace and keep the flows that its objects show to be needed.

Kept are the pods of the same namespace and what `network_needs` finds; the pod's own node is always admitted
by the API's definition.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal

import msgspec

from ksec_tui.analysis.network.entries import Source
from ksec_tui.analysis.network.policies import isolating
from ksec_tui.analysis.network.selectors import (
    NAME_LABEL,
    matches_workload,
    selected_by_policy,
    workloads_in,
)
from ksec_tui.analysis.network.sensitive import stores
from ksec_tui.analysis.workloads import Workload, workload_named
from ksec_tui.cluster.base import LabelSelector
from ksec_tui.cluster.kinds import NETWORK_POLICY
from ksec_tui.cluster.networking import IngressPolicyRule, NetworkPolicy
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot
from ksec_tui.cluster.workloads import ControllerSpec, WorkloadSpec
from ksec_tui.findings.fix import Change
from ksec_tui.fixes.build import Body, create, json_patch, op
from ksec_tui.fixes.network_needs import Need, Who, entries_of, needs_of, scrapes_unseen, unread

MANAGED = {"app.kubernetes.io/managed-by": "ksec-tui"}
"""The label of everything that a fix creates."""

ALLOW = "ksec-allow"
ALLOW_EGRESS = "ksec-allow-egress"
"""How the names of policies for one workload begin."""

_OF_NAMESPACES = frozenset((f"{ALLOW}-dns", f"{ALLOW}-same-namespace", f"{ALLOW_EGRESS}-every-pod"))
"""Names of policies for a whole namespace."""

_LONGEST = 240

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
    "Calls from other namespaces or from outside that no Service, Ingress, route, webhook, annotation, variable or "
    "command shows are cut off until a rule admits them."
)

MONITORED = (
    "So is Prometheus from what ServiceMonitors and PodMonitors tell it to scrape, which are not looked at."
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


Rules = tuple[list[Body], tuple[str, ...]]
"""Policy rules, and the evidence for them in words, one line each."""


def needed_rules(snapshot: Snapshot, chosen: Sequence[Workload]) -> Rules:
    """The ingress rules that workloads need besides `SAME_NAMESPACE`, narrow ones first, without duplicates."""
    groups: dict[str, tuple[Body | None, set[Port]]] = {}
    notes: dict[str, None] = {}
    for workload in chosen:
        for need in needs_of(snapshot, workload.ref):
            peer = _caller(snapshot, need, workload.namespace)
            if peer == {}:
                continue
            groups.setdefault(repr(peer), (peer, set()))[1].add((need.protocol, need.port))
            notes[need.words] = None
    rules: list[Body] = []
    covered: set[Port] = set()
    for key, (peer, ports) in sorted(groups.items(), key=lambda item: _width(item[1][0])):
        left = ports - covered - _covered_by_namespace(groups, key, peer)
        if peer is None or peer == EVERY_POD:
            covered |= ports
        if left:
            rules.append({**({} if peer is None else {"from": [peer]}), "ports": _ports(left)})
    rules.reverse()
    return rules, tuple(notes)


Port = tuple[str, int]
"""(protocol, number)."""

EVERY_POD: Body = {"namespaceSelector": {}}
"""The peer that is every pod of the cluster."""


def _width(peer: Body | None) -> tuple[int, str]:
    """The order in which peers are looked at: everyone, every pod, then the others backwards by name."""
    if peer is None:
        return 0, ""
    if peer == EVERY_POD:
        return 1, ""
    return 2, "".join(chr(0x10FFFF - ord(char)) for char in repr(peer))


def _covered_by_namespace(
    groups: Mapping[str, tuple[Body | None, set[Port]]], key: str, peer: Body | None
) -> set[Port]:
    """The ports that the peer's whole namespace is admitted to anyway."""
    if peer is None or "podSelector" not in peer:
        return set()
    whole = repr({"namespaceSelector": peer["namespaceSelector"]})
    return groups[whole][1] if whole in groups and whole != key else set()


def _caller(snapshot: Snapshot, need: Need, home: str) -> Body | None:
    """Who is to be admitted as a policy peer; empty in the same namespace, None for everyone."""
    if need.who is Who.ANYONE or need.caller is None:
        return dict(EVERY_POD) if need.who is Who.PODS else None
    space = need.caller.name if need.who is Who.NAMESPACE else need.caller.namespace
    if space == home:
        return {}
    peer: Body = {"namespaceSelector": {"matchLabels": {NAME_LABEL: space}}}
    workload = workload_named(snapshot, need.caller) if need.who is Who.WORKLOAD else None
    selector = pod_selector(workload) if workload is not None else None
    return peer if selector is None else {**peer, "podSelector": selector}


def _ports(ports: Iterable[Port]) -> list[Body]:
    return [{"protocol": protocol, "port": port} for protocol, port in sorted(ports)]


def may_break(snapshot: Snapshot) -> str:
    """`MAY_BREAK`, and what was not read and may show more that is needed."""
    missing = unread(snapshot)
    said = f"{MAY_BREAK} {MONITORED}" if scrapes_unseen(snapshot) else MAY_BREAK
    return f"{said} Not read: {', '.join(missing)}." if missing else said


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


def policy(
    snapshot: Snapshot,
    namespace: str,
    name: str,
    selector: Body,
    rules: Sequence[Body],
    notes: Sequence[str] = (),
    direction: Literal["Ingress", "Egress"] = "Ingress",
) -> Change:
    """A new NetworkPolicy for one direction; a name that is taken gets a number. `notes` say why it has its rules."""
    base = _short(name)
    free, number = base, 2
    while snapshot.find(NETWORK_POLICY, free, namespace) is not None:
        free, number = f"{base}-{number}", number + 1
    ref = ObjectRef(namespace, NETWORK_POLICY.name, free, NETWORK_POLICY.group)
    spec: Body = {"podSelector": selector, "policyTypes": [direction]}
    if rules:
        spec[direction.lower()] = list(rules)
    document = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": free, "namespace": namespace, "labels": dict(MANAGED)},
        "spec": spec,
    }
    return create(ref, document, notes)


def policy_name(snapshot: Snapshot, prefix: str, workload: Workload) -> str:
    """The name of a workload's own policy: with its kind where another policy of ours may have it without."""
    name = f"{prefix}-{workload.ref.name}"
    same = [item for item in workloads_in(snapshot, workload.namespace) if item.ref.name == workload.ref.name]
    other = name in _OF_NAMESPACES or (prefix == ALLOW and name.startswith(f"{ALLOW_EGRESS}-"))
    return f"{name}-{workload.ref.kind.lower()}" if other or (len(same) > 1 and same[0] != workload) else name


def _short(wanted: str) -> str:
    """A name that the server takes, with room for a number; one that is cut is told apart by its hash."""
    name = re.sub(r"[^a-z0-9.-]", "-", wanted)
    if len(name) <= _LONGEST:
        return name
    return f"{name[: _LONGEST - 9].rstrip('-.')}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def close_workload(snapshot: Snapshot, workload: Workload) -> Change | None:
    """A policy that isolates one workload and admits its namespace and what it needs.

    None when its pods cannot be selected without pods of a workload that is already isolated, which the
    new rules would open wider.
    """
    selector = pod_selector(workload)
    if selector is None or _touches_isolated(snapshot, workload, selector):
        return None
    rules, notes = needed_rules(snapshot, (workload,))
    name = policy_name(snapshot, ALLOW, workload)
    return policy(snapshot, workload.namespace, name, selector, [SAME_NAMESPACE, *rules], notes)


def close_namespace(
    snapshot: Snapshot, namespace: str, unprotected: Sequence[Workload]
) -> list[Change] | None:
    """Policies that isolate a namespace's unprotected workloads: what to admit first, then the default deny.

    Whichever policy selects a pod first cuts off what it does not admit: each admits all that its pods need.
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
        return [*changes, deny]
    for workload in unprotected:
        rules, notes = needed_rules(snapshot, (workload,))
        selector = pod_selector(workload)
        if not rules:
            continue
        if selector is None:
            return None
        name = policy_name(snapshot, ALLOW, workload)
        changes.append(policy(snapshot, namespace, name, selector, [SAME_NAMESPACE, *rules], notes))
    inside = policy(snapshot, namespace, f"{ALLOW}-same-namespace", {}, [SAME_NAMESPACE])
    return [*changes, inside, deny]


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
    needed, notes = needed_rules(snapshot, selected_by_policy(snapshot, wide))
    rules += needed
    kept = [rule for index, rule in enumerate(rules) if rule not in rules[:index]]
    change = json_patch(wide.ref, op("test", "/spec/ingress", old), op("replace", "/spec/ingress", kept))
    return msgspec.structs.replace(change, notes=notes)
