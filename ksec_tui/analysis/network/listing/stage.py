"""Asks the engine what may flow in an imagined cluster."""

from __future__ import annotations

from ksec_tui.analysis.network.addresses import AddressSet
from ksec_tui.analysis.network.intervals import Interval
from ksec_tui.analysis.network.listing.imagined import Imagined, pod_name
from ksec_tui.analysis.network.listing.owners import Owner
from ksec_tui.analysis.network.listing.rows import ported
from ksec_tui.analysis.network.ports import Connections
from ksec_tui.analysis.network.reach import AddressEnd, End, Flow, PodEnd, flow, pod_end
from ksec_tui.analysis.network.rules import Direction
from ksec_tui.analysis.network.world import Rules
from ksec_tui.cluster.snapshot import Snapshot

RULES = Rules(blocks_match_pods=False)


class Stage:
    """An imagined cluster and its pods as ends of flows.

    Args:
        snapshot: what `imagine` made.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self._ends: dict[tuple[str, str], End] = {}
        self._spans: dict[Interval, End] = {}
        self._flows: dict[tuple[object, object], Flow] = {}

    def owner(self, owner: Owner) -> End:
        """A workload's pod."""
        return self._pod(owner.namespace, pod_name(owner))

    def ghost(self, ghost: Imagined) -> End:
        """A pod that is not there."""
        return self._pod(ghost.namespace, ghost.name)

    def span(self, span: Interval) -> End:
        """A range of IPv4 addresses, all of which the rules treat alike."""
        if span not in self._spans:
            self._spans[span] = AddressEnd(AddressSet(ranges4=(span,)))
        return self._spans[span]

    def between(self, source: End, destination: End) -> Connections:
        """What may flow, as far as it has ports."""
        return ported(self._flow(source, destination).both)

    def one_side(self, source: End, destination: End, direction: Direction) -> Connections:
        """What the policies of one end let in (``ingress``) or out (``egress``), whatever those of the other say."""
        found = self._flow(source, destination)
        return ported(found.ingress if direction == "ingress" else found.egress)

    def _flow(self, source: End, destination: End) -> Flow:
        key = _mark(source), _mark(destination)
        found = self._flows.get(key)
        if found is None:
            found = self._flows[key] = flow(self.snapshot, source, destination, RULES)
        return found

    def _pod(self, namespace: str, name: str) -> End:
        key = namespace, name
        if key not in self._ends:
            # Which pod of its group it is makes no difference: none of them is on a node.
            self._ends[key] = PodEnd(pod_end(self.snapshot, namespace, name, RULES).group)
        return self._ends[key]


def _mark(end: End) -> object:
    return end.group.number if isinstance(end, PodEnd) else end.addresses
