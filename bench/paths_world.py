"""A large cluster with ways for attackers: network policies, ServiceAccounts, bindings, nodes, load balancers."""

from __future__ import annotations

import random

import msgspec

from bench.network_world import world as networked
from ksec_tui.cluster.access import (
    ClusterRole,
    ClusterRoleBinding,
    PolicyRule,
    Role,
    RoleBinding,
    RoleRef,
    Secret,
    ServiceAccount,
    Subject,
)
from ksec_tui.cluster.base import KubeObject, ObjectMeta
from ksec_tui.cluster.coverage import Coverage, KindCoverage, State
from ksec_tui.cluster.kinds import (
    CLUSTER_ROLE,
    CLUSTER_ROLE_BINDING,
    KINDS,
    NAMESPACE,
    NETWORK_POLICY,
    NODE,
    POD,
    REPLICA_SET,
    ROLE,
    ROLE_BINDING,
    SECRET,
    SERVICE_ACCOUNT,
)
from ksec_tui.cluster.platform import Node, NodeSpec
from ksec_tui.cluster.pods import Pod, SecurityContext
from ksec_tui.cluster.snapshot import Snapshot, SourceInfo

_RIGHTS = (
    PolicyRule(verbs=("get", "list"), api_groups=("",), resources=("secrets",)),
    PolicyRule(verbs=("create",), api_groups=("",), resources=("pods",)),
    PolicyRule(verbs=("create",), api_groups=("",), resources=("pods/exec",)),
    PolicyRule(verbs=("patch",), api_groups=("apps",), resources=("deployments",)),
    PolicyRule(verbs=("create",), api_groups=("",), resources=("serviceaccounts/token",)),
    PolicyRule(verbs=("get", "list", "watch"), api_groups=("",), resources=("pods", "services", "endpoints")),
    PolicyRule(verbs=("get", "list", "watch"), api_groups=("",), resources=("configmaps", "events")),
)


def world(pods: int, subjects: int, namespaces: int = 400, policies: int = 800, seed: int = 3) -> Snapshot:
    """A cluster of that size; the same for the same seed."""
    dice = random.Random(seed)
    base = networked(namespaces, pods, policies, seed)
    names = [item.name for item in base.of(NAMESPACE)]
    nodes = max(pods // 50, 1)
    placed = tuple(_placed(pod, number, nodes) for number, pod in enumerate(base.of(POD)))
    roles = [_role(name, number, dice) for name in names for number in range(2)]
    wide = [
        ClusterRole(metadata=ObjectMeta(name=f"cr-{number}", uid="1"), rules=tuple(dice.sample(_RIGHTS, 2)))
        for number in range(60)
    ]
    objects: dict[str, tuple[KubeObject, ...]] = {
        NAMESPACE.resource: base.of(NAMESPACE),
        NETWORK_POLICY.resource: base.of(NETWORK_POLICY),
        REPLICA_SET.resource: base.of(REPLICA_SET),
        POD.resource: placed,
        NODE.resource: tuple(_node(number) for number in range(nodes)),
        ROLE.resource: tuple(roles),
        CLUSTER_ROLE.resource: tuple(wide),
        SERVICE_ACCOUNT.resource: tuple(
            ServiceAccount(metadata=ObjectMeta(name=name, namespace=space))
            for space in names
            for name in ("app", "default", "runner")
        ),
        SECRET.resource: tuple(
            Secret(metadata=ObjectMeta(name="settings", namespace=space), type="Opaque") for space in names
        ),
        ROLE_BINDING.resource: tuple(_binding(dice, number, names) for number in range(subjects)),
        CLUSTER_ROLE_BINDING.resource: tuple(
            ClusterRoleBinding(
                metadata=ObjectMeta(name=f"crb-{number}"),
                role_ref=RoleRef(kind="ClusterRole", name=f"cr-{number % 60}"),
                subjects=(_subject(dice.randrange(subjects), names),),
            )
            for number in range(subjects // 20)
        ),
    }
    coverage = Coverage({kind.resource: KindCoverage(State.OK) for kind in KINDS})
    return Snapshot(SourceInfo(kind="files", label="bench", server_version="v1.33.0"), objects, coverage)


def _placed(pod: Pod, number: int, nodes: int) -> Pod:
    spec = msgspec.structs.replace(
        pod.spec, node_name=f"node-{number % nodes}", service_account_name=("app", "runner")[number % 2]
    )
    if number % 97 == 0:
        first = msgspec.structs.replace(spec.containers[0], security_context=SecurityContext(privileged=True))
        spec = msgspec.structs.replace(spec, containers=(first,))
    return msgspec.structs.replace(pod, spec=spec)


def _node(number: int) -> Node:
    labels = {"node-role.kubernetes.io/control-plane": ""} if number < 3 else {}
    return Node(
        metadata=ObjectMeta(name=f"node-{number}", labels=labels),
        spec=NodeSpec(provider_id=f"aws:///a/i-{number}"),
    )


def _role(space: str, number: int, dice: random.Random) -> Role:
    meta = ObjectMeta(name=f"r-{number}", namespace=space, uid="1")
    return Role(metadata=meta, rules=tuple(dice.sample(_RIGHTS, 3)))


def _binding(dice: random.Random, number: int, names: list[str]) -> RoleBinding:
    subject = _subject(number, names)
    space = subject.namespace or dice.choice(names)
    return RoleBinding(
        metadata=ObjectMeta(name=f"rb-{number}", namespace=space),
        role_ref=RoleRef(kind="Role", name=f"r-{number % 2}"),
        subjects=(subject,),
    )


def _subject(number: int, names: list[str]) -> Subject:
    if number % 2:
        return Subject(kind="User", name=f"user-{number}")
    name = ("app", "default", "runner")[number % 3]
    return Subject(kind="ServiceAccount", name=name, namespace=names[number // 2 % len(names)])
