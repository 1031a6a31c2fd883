"""Pods that are not there yet: whether policies would let one in that has no labels and nobody's trust."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ksec_tui.analysis.network.addresses import ANY4, ANY6
from ksec_tui.analysis.network.deciding import Bucket, Match, Outcome, decide
from ksec_tui.analysis.network.groups import Group
from ksec_tui.analysis.network.labels import meets
from ksec_tui.analysis.network.ports import ALL, NONE, Connections
from ksec_tui.analysis.network.rules import Clause
from ksec_tui.analysis.network.selectors import NAME_LABEL, namespace_labels
from ksec_tui.analysis.network.side import BoundPolicy, Rule, resolved
from ksec_tui.analysis.network.world import Network

NOWHERE_YET = "a-namespace-to-come"


def stranger_enters(world: Network, group: Group, namespace: str = "", asked: Connections = ALL) -> Outcome:
    """What policies at a group's end say of a pod without labels.

    Args:
        world: the cluster.
        group: the pods that it wants to reach.
        namespace: where it stands; empty for a new namespace that has no label but its name.
        asked: the ports in question.
    """
    labels = namespace_labels(world.snapshot, namespace) if namespace else {NAME_LABEL: NOWHERE_YET}
    asker = _Stranger(namespace, labels, group)
    side = world.ingress
    selecting = side.selecting(group)
    isolated = possible = None
    if selecting:
        found = [match for item in selecting for match in asker.matches(item)]
        isolated = Connections.union(match.ports for match in found if match.sure)
        possible = Connections.union(match.ports for match in found if not match.sure)
    admin = [asker.bucket(bucket) for bucket in side.admin]
    baseline = [] if selecting else [asker.bucket(bucket) for bucket in side.baseline]
    return decide(admin, isolated, possible or NONE, baseline, asked=asked)


class _Stranger:
    def __init__(self, namespace: str, labels: dict[str, str], group: Group) -> None:
        self._namespace = namespace
        self._labels = labels
        self._group = group

    def bucket(self, policies: Sequence[BoundPolicy]) -> Bucket:
        """The rules of policies of one priority that match the stranger."""
        return [list(self.matches(item)) for item in policies if item.subjects.has(self._group.number)]

    def matches(self, item: BoundPolicy) -> Iterator[Match]:
        """The rules of one policy that match, or may match as its address is not known."""
        for rule in item.rules("ingress") or ():
            sure = self._is(rule)
            if sure is not False:
                ports = resolved(rule.clause.ports, self._group.ports)
                yield Match(rule.clause.action, ports, bool(sure), rule)

    def _is(self, rule: Rule) -> bool | None:
        clause = rule.clause
        if clause.anyone or self._selected(clause):
            return True
        if any(block.covers(ANY4) or block.covers(ANY6) for block in clause.blocks):
            return True
        return None if clause.blocks else False

    def _selected(self, clause: Clause) -> bool:
        return any(
            (
                meets(scope.namespaces, self._labels)
                if scope.home is None
                else bool(self._namespace) and scope.home == self._namespace
            )
            and meets(scope.pods, {})
            for scope in clause.scopes
        )
