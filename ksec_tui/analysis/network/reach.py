"""Who can reach whom: verdicts with their reasons, and what flows between two ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ksec_tui.analysis.network.addresses import AddressError, AddressSet
from ksec_tui.analysis.network.deciding import OPEN, Outcome
from ksec_tui.analysis.network.doubts import Doubt, block_doubts, doubts
from ksec_tui.analysis.network.explaining import Decision, Reason, explained
from ksec_tui.analysis.network.groups import Group, addresses_of
from ksec_tui.analysis.network.pairs import judge
from ksec_tui.analysis.network.ports import Connections
from ksec_tui.analysis.network.rules import Direction
from ksec_tui.analysis.network.world import DEFAULT, Network, Rules, network
from ksec_tui.cluster.coverage import State
from ksec_tui.cluster.kinds import NODE, POD, Kind, kind_named
from ksec_tui.cluster.pods import Pod
from ksec_tui.cluster.ref import ObjectRef
from ksec_tui.cluster.snapshot import Snapshot

__all__ = [
    "AddressEnd",
    "Decision",
    "End",
    "EndError",
    "Flow",
    "PodEnd",
    "Reason",
    "UnreadEndError",
    "Verdict",
    "address_end",
    "flow",
    "group_end",
    "no_end",
    "pod_end",
    "verdict",
]


class EndError(ValueError):
    """What was named is no end of a connection: no such pod, one that has ended, no address."""


class UnreadEndError(EndError):
    """Whether there is such an end is not known: what would tell could not be read."""


def no_end(snapshot: Snapshot, words: str, kind: Kind[Any], name: str, namespace: str) -> EndError:
    """The error for an object that was not found: an `UnreadEndError` where it may be there all the same."""
    reason = snapshot.unsure(kind, name, namespace)
    if reason is None:
        return EndError(words)
    there = snapshot.coverage.of(kind).state is not State.NOT_SUPPLIED
    return (UnreadEndError if there else EndError)(f"{words}: {reason}")


@dataclass(frozen=True, slots=True)
class PodEnd:
    """Pods: a group, or one pod of it.

    Attributes:
        group: the class of equal pods.
        pod: the one, where it matters which (its node, itself).
        name: what to call it; empty for the name of the pod or group.
    """

    group: Group
    pod: Pod | None = None
    name: str = ""

    def __str__(self) -> str:
        if self.name:
            return self.name
        return f"{self.pod.namespace}/{self.pod.name}" if self.pod is not None else str(self.group)


@dataclass(frozen=True, slots=True)
class AddressEnd:
    """Addresses outside of pods: the internet, another network, a node."""

    addresses: AddressSet

    def __str__(self) -> str:
        return str(self.addresses)


End = PodEnd | AddressEnd


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a connection may be made.

    Attributes:
        ingress: what the policies at the destination say.
        egress: what those at the source say.
        doubts: why reality may differ from what the policies say.
    """

    ingress: Decision
    egress: Decision
    doubts: tuple[Doubt, ...] = ()

    @property
    def allowed(self) -> bool | None:
        """What the policies say: both ends must allow it; None when they leave it open."""
        if self.ingress.allowed is False or self.egress.allowed is False:
            return False
        return True if self.ingress.allowed and self.egress.allowed else None

    @property
    def turning(self) -> tuple[Doubt, ...]:
        """The doubts that could turn the answer round."""
        said = self.allowed
        return tuple(item for item in self.doubts if (item.may_deny if said else item.may_allow))

    @property
    def certain(self) -> bool | None:
        """What the policies say, but None where a doubt could turn it round."""
        return None if self.turning else self.allowed

    @property
    def doubt(self) -> str:
        """Why it is not certain, in one phrase; empty when it is."""
        return "; ".join(item.words for item in self.turning)


@dataclass(frozen=True, slots=True)
class Flow:
    """What may flow between two ends, on all ports at once.

    Attributes:
        ingress: what the destination's policies allow for certain.
        egress: what the source's do.
        both: what both do.
        unknown: what may be allowed or not.
    """

    ingress: Connections
    egress: Connections
    both: Connections
    unknown: Connections

    @staticmethod
    def of(ingress: Outcome, egress: Outcome) -> Flow:
        """From what both ends say."""
        both = ingress.sure & egress.sure
        return Flow(ingress.sure, egress.sure, both, (ingress.allow & egress.allow) - both)


def pod_end(snapshot: Snapshot, namespace: str, name: str, rules: Rules = DEFAULT) -> PodEnd:
    """A pod as an end.

    Raises:
        EndError: there is none of that name, or it has ended; an `UnreadEndError` where there may be one.
    """
    pod = snapshot.find(POD, name, namespace)
    if pod is None:
        raise no_end(snapshot, f"no pod {namespace}/{name} was read", POD, name, namespace)
    groups = network(snapshot, rules).group_of(pod.ref)
    if not groups:
        raise EndError(f"the pod {namespace}/{name} has ended")
    return PodEnd(groups[0], pod)


def group_end(snapshot: Snapshot, ref: ObjectRef, rules: Rules = DEFAULT) -> tuple[PodEnd, ...]:
    """A workload's pods as ends: one for each group of them.

    Raises:
        EndError: it was not read, or none of its pods is to run; an `UnreadEndError` where there may be some.
    """
    found = tuple(PodEnd(group, name=ref.path) for group in network(snapshot, rules).group_of(ref))
    kind = kind_named(ref.group, ref.kind)
    if not found and kind is not None:
        raise no_end(snapshot, f"{ref} was not read, or has no pods", kind, ref.name, ref.namespace)
    return found


def address_end(ip: str) -> AddressEnd:
    """An address, or a block of them in CIDR notation, outside of pods.

    Raises:
        EndError: the text is neither.
    """
    try:
        return AddressEnd(AddressSet.block(ip) if "/" in ip else AddressSet.address(ip))
    except AddressError as error:
        raise EndError(str(error)) from error


def verdict(
    snapshot: Snapshot, source: End, destination: End, protocol: str, port: int, rules: Rules = DEFAULT
) -> Verdict:
    """Whether `source` may connect to a port of `destination`, and which rules decide.

    Args:
        snapshot: the cluster.
        source: who connects.
        destination: to whom; the port is the pod's own, after a Service has translated it.
        protocol: TCP, UDP, SCTP; any other word stands for protocols that have no ports.
        port: of the destination, 1 to 65535.
        rules: how policies are read where plugins differ.
    """
    world = network(snapshot, rules)
    asked = Connections.of(protocol, port, port)
    same = _same_pod(source, destination)
    ingress = _decided(world, "ingress", destination, source, destination, asked, same=same)
    egress = _decided(world, "egress", source, destination, destination, asked, same=same)
    spaces = [end.group.namespace for end in (source, destination) if isinstance(end, PodEnd)]
    found = doubts(snapshot, spaces)
    if by_address := next(filter(None, map(_by_address_alone, (ingress, egress))), None):
        found = (*found, *block_doubts(snapshot, by_address))
    return Verdict(ingress, egress, found)


def _by_address_alone(said: Decision) -> ObjectRef | None:
    """The policy, if all that lets a pod through is a rule that means it by its address."""
    named = [item.ref for item in said.reasons if item.by_address]
    return named[-1] if named and all(item.by_address for item in said.reasons if item.allows) else None


def flow(snapshot: Snapshot, source: End, destination: End, rules: Rules = DEFAULT) -> Flow:
    """What may flow from `source` to `destination`."""
    world = network(snapshot, rules)
    if _same_pod(source, destination):
        return Flow.of(OPEN, OPEN)
    named = destination.group.ports if isinstance(destination, PodEnd) else ()
    ends: list[Outcome] = []
    for way, end, other in (("ingress", destination, source), ("egress", source, destination)):
        direction: Direction = "ingress" if way == "ingress" else "egress"
        if not isinstance(end, PodEnd) or end.group.host_network:
            ends.append(OPEN)
            continue
        home = at_home(snapshot, end, other)
        if home and direction == "ingress":
            ends.append(OPEN)
            continue
        peer = other.group if isinstance(other, PodEnd) else other.addresses
        ends.append(judge(world.side(direction), end.group, peer, named, at_home=home))
    return Flow.of(*ends)


def at_home(snapshot: Snapshot, end: PodEnd, other: End) -> bool:
    """Whether the other end is the very node on which a pod runs.

    Traffic between a pod and its node is always allowed (NetworkPolicy API reference), so that kubelets can probe.
    """
    if end.pod is None:
        return False
    if isinstance(other, PodEnd):
        there = other.pod
        node = end.pod.spec.node_name
        return bool(node and there is not None and there.spec.host_network and there.spec.node_name == node)
    if not other.addresses:
        return False
    return _node_addresses(snapshot, end.pod).covers(other.addresses)


def _node_addresses(snapshot: Snapshot, pod: Pod) -> AddressSet:
    node = snapshot.find(NODE, pod.spec.node_name) if pod.spec.node_name else None
    texts = [item.address for item in node.status.addresses] if node is not None else []
    return AddressSet.readable((*texts, pod.status.host_ip))


def pod_at(snapshot: Snapshot, ip: str) -> Pod | None:
    """The pod that has an address of its own, if one has it; host-network pods share their node's."""
    index: dict[str, Pod] = snapshot.derived(_by_address, _by_address)
    return index.get(ip)


def _by_address(snapshot: Snapshot) -> dict[str, Pod]:
    return {
        text: pod
        for pod in snapshot.of(POD)
        if not pod.spec.host_network and not pod.finished
        for text in addresses_of(pod)
    }


def _same_pod(source: End, destination: End) -> bool:
    return (
        isinstance(source, PodEnd)
        and isinstance(destination, PodEnd)
        and source.pod is not None
        and source.pod is destination.pod
    )


def _decided(
    world: Network,
    direction: Direction,
    end: End,
    other: End,
    destination: End,
    asked: Connections,
    *,
    same: bool,
) -> Decision:
    """What the policies at one end say, in words."""
    if same:
        return Decision(True, (Reason(None, "", True, "a pod always reaches itself"),))
    if isinstance(end, AddressEnd):
        return Decision(True, (Reason(None, "", True, f"{end} is no pod, so no policy governs it"),))
    if end.group.host_network:
        words = f"{end} is in its node's network, which policies do not govern"
        return Decision(True, (Reason(None, "", True, words),))
    named = destination.group.ports if isinstance(destination, PodEnd) else ()
    home = at_home(world.snapshot, end, other)
    if home and direction == "ingress":
        words = f"{other} is the node of {end}, which always reaches its pods"
        return Decision(True, (Reason(None, "", True, words),))
    peer = other.group if isinstance(other, PodEnd) else other.addresses
    return explained(
        world.side(direction), end.group, peer, named, asked, names=(str(end), str(other)), home=home
    )
