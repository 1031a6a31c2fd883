"""From powers in a namespace to what is there: ServiceAccounts, Secrets, running pods, nodes.

A power is one vertex, however many hold it and however much it reaches: edges stay as many as holders and things,
not as many as pairs of them.
"""

from __future__ import annotations

from ksec_tui.analysis.admission import NAME_LABEL, guards_pods
from ksec_tui.analysis.paths.builder import (
    ADMIN,
    ANYONE,
    NODES,
    Builder,
    account,
    goal,
    hub,
    node,
    secret,
    workload,
)
from ksec_tui.analysis.paths.model import Cut, Proof, Vertex
from ksec_tui.analysis.pod_security import enforced
from ksec_tui.analysis.rbac.bindings import bindings
from ksec_tui.analysis.workloads import Workload, workloads
from ksec_tui.cluster.kinds import NAMESPACE, NODE, SECRET, SERVICE_ACCOUNT, VALIDATING_WEBHOOK
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot

TOKEN_TYPE = "kubernetes.io/service-account-token"  # noqa: S105 - the type of a Secret
TOKEN_OWNER = "kubernetes.io/service-account.name"  # noqa: S105 - an annotation
HOME = "kube-system"
GOALS = (
    "cluster-admin",
    "cloud identity",
    "every Secret",
    "a node",
    "a data store",
    "Secrets of a namespace",
)
"""What attackers want, the gravest first; the names are those of `judgement.VALUES`."""


def add_hubs(builder: Builder, snapshot: Snapshot) -> None:
    """All that powers lead to. Called last, when it is known which powers somebody may have."""
    names = _namespaces(snapshot)
    for kind in ("secrets", "accounts", "pods", "privileged", "inside", "namespace-admin"):
        _everywhere(builder, kind, names)
    _admin(builder)
    _nodes(builder, snapshot)
    for name in names:
        _namespace(builder, snapshot, name)
    _everyone(builder)
    _tokens(builder, snapshot)
    _system_accounts(builder, snapshot)
    builder.add("is", builder.at(hub("secrets", None)), builder.at(goal("every Secret")))


def _namespaces(snapshot: Snapshot) -> tuple[str, ...]:
    found = dict.fromkeys(item.name for item in snapshot.of(NAMESPACE))
    found.update(dict.fromkeys(item.namespace for item in snapshot.of(SERVICE_ACCOUNT)))
    found.update(dict.fromkeys(item.namespace for item in workloads(snapshot)))
    found.update(dict.fromkeys(item.namespace for item in bindings(snapshot) if item.namespace))
    return tuple(sorted(found))


def _everywhere(builder: Builder, kind: str, names: tuple[str, ...]) -> None:
    source = builder.at(hub(kind, None))
    for name in names:
        builder.add("within", source, builder.at(hub(kind, name)))


def _admin(builder: Builder) -> None:
    source = builder.at(ADMIN)
    builder.add("is", source, builder.at(goal("cluster-admin")))
    for target in (hub("secrets", None), hub("pods", None), NODES):
        builder.add("within", source, builder.at(target))


def _everyone(builder: Builder) -> None:
    detail = "system:kube-controller-manager, who makes tokens of every ServiceAccount"
    builder.add("impersonate", builder.at(ANYONE), builder.at(ADMIN), "right", detail)


def _nodes(builder: Builder, snapshot: Snapshot) -> None:
    every = builder.at(NODES)
    builder.add("is", every, builder.at(goal("a node")))
    builder.add("on-node", every, builder.at(hub("inside", None)), "on the node")
    for item in snapshot.of(NODE):
        place = builder.at(node(item.name))
        builder.add("within", every, place)
        builder.add("is", place, builder.at(goal("a node")))
        builder.add("on-node", place, builder.at(Vertex("on", item.name)), "on the node")
        kubelet = Vertex("user", f"system:node:{item.name}")
        group = Vertex("group", "system:nodes")
        for who in (kubelet, group):
            if builder.has(who):
                builder.add("kubelet-identity", place, builder.at(who), "on the node", "the kubelet's login")
        if item.control_plane:
            proofs = (Proof(item.ref, "/metadata/labels"),)
            builder.add("control-plane-node", place, builder.at(ADMIN), "control plane", "", proofs)


def _namespace(builder: Builder, snapshot: Snapshot, name: str) -> None:
    pods, secrets, accounts = (builder.at(hub(kind, name)) for kind in ("pods", "secrets", "accounts"))
    everything, inside = builder.at(hub("namespace-admin", name)), builder.at(hub("inside", name))
    for target in (pods, secrets, accounts, inside):
        builder.add("within", everything, target)
    lifted = builder.at(hub("privileged", name))
    builder.add("lift-psa", everything, lifted, "many steps", "labels of the namespace")
    builder.add("use-account", pods, accounts, "token in the pod")
    builder.add("mount-any", pods, secrets, "secret in the pod")
    builder.add("is", secrets, builder.at(goal("Secrets of a namespace")))
    builder.add("pod-to-node", lifted, builder.at(NODES), "escape by design")
    level = enforced(snapshot, name)[0].level
    if level == "privileged":
        found = snapshot.find(NAMESPACE, name)
        ref = ObjectRef("", "Namespace", name)
        doubt = "" if found is not None else snapshot.unsure(NAMESPACE, name) or ""
        guard = _guard(snapshot, name)
        builder.add(
            "run-privileged",
            pods,
            lifted,
            "privileged pod",
            "the namespace enforces no Pod Security level above privileged",
            (Proof(ref, "/metadata/labels"),),
            (Cut(ref, ("ns-psa-missing", "ns-psa-privileged", "ns-psa-warn-only", "ns-psa-can-tighten")),),
            doubt or guard,
        )


def _guard(snapshot: Snapshot, name: str) -> str:
    """Which webhook may refuse privileged pods of a namespace all the same; empty when none is asked about them."""
    space = snapshot.find(NAMESPACE, name)
    labels = {NAME_LABEL: name, **(space.metadata.labels if space is not None else {})}
    for item in snapshot.of(VALIDATING_WEBHOOK):
        for hook in item.webhooks:
            if guards_pods(hook) and hook.namespace_selector.matches(labels):
                return f"{item.ref} is asked about pods and may refuse it"
    return ""


def _tokens(builder: Builder, snapshot: Snapshot) -> None:
    """ServiceAccounts of each namespace, and the Secrets that hold a token of one."""
    for item in snapshot.of(SERVICE_ACCOUNT):
        target = builder.at(account(item.namespace, item.name))
        builder.add("within", builder.at(hub("accounts", item.namespace)), target)
    for held in snapshot.of(SECRET):
        if held.type != TOKEN_TYPE:
            continue
        name = held.metadata.annotations.get(TOKEN_OWNER, "")
        if not name or not builder.has(account(held.namespace, name)):
            continue
        proofs, cuts = (Proof(held.ref, "/type"),), (Cut(held.ref, ("hyg-legacy-token-secret",)),)
        target = builder.at(account(held.namespace, name))
        for source in (secret(held.namespace, held.name), hub("secrets", held.namespace)):
            builder.add("secret-is-token", builder.at(source), target, "right", str(held.ref), proofs, cuts)


def _system_accounts(builder: Builder, snapshot: Snapshot) -> None:
    """Where the default bindings were not read, those of the controllers in kube-system are taken to be there."""
    if any(item.ref.name.startswith("system:controller:") for item in bindings(snapshot)):
        return
    doubt = "the default bindings of the controllers were not among what was read"
    source = builder.at(hub("accounts", HOME))
    builder.add("administer", source, builder.at(ADMIN), "right", "controllers with every right", doubt=doubt)


def add_inside(builder: Builder, items: tuple[Workload, ...]) -> None:
    """Running pods by namespace, for whoever gets into them without their network."""
    for item in items:
        builder.add("within", builder.at(hub("inside", item.namespace)), builder.at(workload(item.ref)))
