"""A large cluster with many NetworkPolicies, and the plain loop that judges pairs of its pods one by one."""

from __future__ import annotations

import ipaddress
import random
from collections.abc import Sequence

from ksec_tui.cluster.base import KubeObject, LabelRequirement, LabelSelector, ObjectMeta, OwnerReference
from ksec_tui.cluster.coverage import Coverage, KindCoverage, State
from ksec_tui.cluster.kinds import KINDS, NAMESPACE, NETWORK_POLICY, POD, REPLICA_SET
from ksec_tui.cluster.networking import (
    EgressPolicyRule,
    IngressPolicyRule,
    IPBlock,
    NetworkPolicy,
    NetworkPolicySpec,
    PolicyPeer,
    PolicyPort,
)
from ksec_tui.cluster.platform import Namespace
from ksec_tui.cluster.pods import Container, ContainerPort, Pod, PodIP, PodSpec, PodStatus
from ksec_tui.cluster.snapshot import Snapshot, SourceInfo
from ksec_tui.cluster.workloads import PodTemplate, ReplicaSet, WorkloadSpec

APPS = ("web", "api", "db")
NAME = "kubernetes.io/metadata.name"
METADATA_AND_PRIVATE = ("169.254.0.0/16", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")


def world(namespaces: int, pods: int, policies: int, seed: int = 5) -> Snapshot:
    """A cluster of that size, three applications a namespace; the same for the same seed."""
    dice = random.Random(seed)
    names = [f"ns-{number}" for number in range(namespaces)]
    spaces = [
        Namespace(metadata=ObjectMeta(name=name, labels=_space_labels(name, number)))
        for number, name in enumerate(names)
    ]
    sets: dict[tuple[str, str], ReplicaSet] = {}
    made = [_pod(names[number % namespaces], number, sets) for number in range(pods)]
    rules = [_policy(names[number % namespaces], number, dice) for number in range(policies)]
    objects: dict[str, tuple[KubeObject, ...]] = {
        NAMESPACE.resource: tuple(sorted(spaces, key=_order)),
        POD.resource: tuple(sorted(made, key=_order)),
        REPLICA_SET.resource: tuple(sorted(sets.values(), key=_order)),
        NETWORK_POLICY.resource: tuple(sorted(rules, key=_order)),
    }
    coverage = Coverage({kind.resource: KindCoverage(State.OK) for kind in KINDS})
    return Snapshot(SourceInfo(kind="files", label="bench"), objects, coverage)


def _order(item: KubeObject) -> tuple[str, str]:
    return item.metadata.namespace, item.metadata.name


def _space_labels(name: str, number: int) -> dict[str, str]:
    stage = ("dev", "test", "prod")[number % 3]
    return {NAME: name, "team": f"team-{number % 400}", "stage": stage, "zone": f"z-{number % 20}"}


def _pod(namespace: str, number: int, sets: dict[tuple[str, str], ReplicaSet]) -> Pod:
    app = APPS[number // 7 % 3]
    key = namespace, app
    labels = {
        "app": app,
        "app.kubernetes.io/name": app,
        "tier": "data" if app == "db" else "front",
        "pod-template-hash": f"{number % 997:x}",
    }
    if key not in sets:
        meta = ObjectMeta(name=f"{app}-1", namespace=namespace, uid="1")
        sets[key] = ReplicaSet(metadata=meta, spec=WorkloadSpec(template=PodTemplate(spec=_spec(app))))
    owner = OwnerReference(api_version="apps/v1", kind="ReplicaSet", name=f"{app}-1", controller=True)
    meta = ObjectMeta(name=f"{app}-1-{number}", namespace=namespace, labels=labels, owner_references=(owner,))
    ip = str(ipaddress.IPv4Address(int(ipaddress.IPv4Address("10.64.0.0")) + number))
    status = PodStatus(phase="Running", pod_ip=ip, pod_ips=(PodIP(ip=ip),))
    return Pod(metadata=meta, spec=_spec(app), status=status)


def _spec(app: str) -> PodSpec:
    port = ContainerPort(name="pg" if app == "db" else "http", container_port=5432 if app == "db" else 8080)
    return PodSpec(containers=(Container(name=app, image=f"registry.example/{app}:1", ports=(port,)),))


def _policy(namespace: str, number: int, dice: random.Random) -> NetworkPolicy:
    meta = ObjectMeta(name=f"np-{number}", namespace=namespace)
    which = dice.randrange(8)
    app = LabelSelector(match_labels={"app": dice.choice(APPS)})
    spec: NetworkPolicySpec
    if which == 0:
        spec = NetworkPolicySpec(policy_types=("Ingress",))
    elif which == 1:
        rule = IngressPolicyRule(from_=(PolicyPeer(pod_selector=LabelSelector()),))
        spec = NetworkPolicySpec(policy_types=("Ingress",), ingress=(rule,))
    elif which == 2:
        spec = NetworkPolicySpec(
            pod_selector=app, ingress=(IngressPolicyRule(from_=_web_and_monitoring(dice)),)
        )
    elif which == 3:
        ports = (PolicyPort(port=dice.choice(("http", "pg"))),)
        team = LabelSelector(match_labels={"team": f"team-{dice.randrange(400)}"})
        rule = IngressPolicyRule(from_=(PolicyPeer(namespace_selector=team),), ports=ports)
        spec = NetworkPolicySpec(pod_selector=app, ingress=(rule,))
    elif which == 4:
        stage = LabelRequirement(
            key="stage", operator="NotIn", values=(dice.choice(("dev", "test", "prod")),)
        )
        peer = PolicyPeer(namespace_selector=LabelSelector(match_expressions=(stage,)), pod_selector=app)
        ports = (PolicyPort(port=8000, end_port=9000),)
        spec = NetworkPolicySpec(ingress=(IngressPolicyRule(from_=(peer,), ports=ports),))
    elif which == 5:
        block = IPBlock(cidr="0.0.0.0/0", except_=METADATA_AND_PRIVATE)
        dns = EgressPolicyRule(ports=(PolicyPort(protocol="UDP", port=53),))
        to = EgressPolicyRule(to=(PolicyPeer(ip_block=block), PolicyPeer(pod_selector=LabelSelector())))
        spec = NetworkPolicySpec(pod_selector=app, policy_types=("Egress",), egress=(to, dns))
    elif which == 6:
        block = IPBlock(cidr=f"203.0.{dice.randrange(256)}.{dice.randrange(256)}/32")
        rule = IngressPolicyRule(from_=(PolicyPeer(ip_block=block),), ports=(PolicyPort(port=8080),))
        spec = NetworkPolicySpec(pod_selector=app, ingress=(rule,))
    else:
        spec = NetworkPolicySpec(pod_selector=app, ingress=(IngressPolicyRule(),))
    return NetworkPolicy(metadata=meta, spec=spec)


def _web_and_monitoring(dice: random.Random) -> tuple[PolicyPeer, ...]:
    names = [f"ns-{dice.choice((0, 1, dice.randrange(1000)))}" for _ in range(2)]
    return tuple(
        PolicyPeer(
            namespace_selector=LabelSelector(match_labels={NAME: name}),
            pod_selector=LabelSelector(match_labels={"app": "web"}),
        )
        for name in names
    )


class Plain:
    """Judges one pair after another, asking every policy each time; nothing is prepared but labels by name."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.policies = snapshot.of(NETWORK_POLICY)
        self.spaces = {item.name: item.metadata.labels for item in snapshot.of(NAMESPACE)}

    def allowed(self, source: Pod, destination: Pod, port: int) -> bool:
        """Whether a TCP connection is allowed."""
        return self._end("Ingress", destination, source, destination, port) and self._end(
            "Egress", source, destination, destination, port
        )

    def _end(self, way: str, subject: Pod, peer: Pod, destination: Pod, port: int) -> bool:
        isolated = False
        for policy in self.policies:
            affects = policy.isolates_ingress if way == "Ingress" else policy.isolates_egress
            if not affects or policy.namespace != subject.namespace:
                continue
            if not policy.spec.pod_selector.matches(subject.metadata.labels):
                continue
            isolated = True
            for peers, ports in self._rules(policy, way):
                if self._peers(policy, peers, peer) and self._ports(ports, destination, port):
                    return True
        return not isolated

    def _rules(
        self, policy: NetworkPolicy, way: str
    ) -> list[tuple[Sequence[PolicyPeer], Sequence[PolicyPort]]]:
        if way == "Ingress":
            return [(rule.from_, rule.ports) for rule in policy.spec.ingress]
        return [(rule.to, rule.ports) for rule in policy.spec.egress]

    def _peers(self, policy: NetworkPolicy, peers: Sequence[PolicyPeer], pod: Pod) -> bool:
        return not peers or any(self._peer(policy, peer, pod) for peer in peers)

    def _peer(self, policy: NetworkPolicy, peer: PolicyPeer, pod: Pod) -> bool:
        if peer.ip_block is not None:
            ip = ipaddress.ip_address(pod.status.pod_ip)
            inside = ip in ipaddress.ip_network(peer.ip_block.cidr)
            return inside and not any(ip in ipaddress.ip_network(text) for text in peer.ip_block.except_)
        if peer.namespace_selector is None:
            if pod.namespace != policy.namespace:
                return False
        elif not peer.namespace_selector.matches(self.spaces[pod.namespace]):
            return False
        return peer.pod_selector is None or peer.pod_selector.matches(pod.metadata.labels)

    def _ports(self, ports: Sequence[PolicyPort], pod: Pod, port: int) -> bool:
        if not ports:
            return True
        for item in ports:
            if (item.protocol or "TCP") != "TCP":
                continue
            if isinstance(item.port, int) and item.port <= port <= (item.end_port or item.port):
                return True
            named = [one for box in pod.spec.containers for one in box.ports if one.name == item.port]
            if any(one.container_port == port for one in named):
                return True
        return False
