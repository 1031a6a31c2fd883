"""Namespace by namespace: whose pods reach whose, without looking at pairs of pods."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Literal

from ksec_tui.analysis.network.bulk import Layer, receivers
from ksec_tui.analysis.network.groups import Group
from ksec_tui.analysis.network.ports import ALL, NONE, Connections
from ksec_tui.analysis.network.world import DEFAULT, Network, Rules, network
from ksec_tui.cluster.snapshot import Snapshot

Share = Literal["none", "some", "all"]


@dataclass(frozen=True, slots=True)
class Cell:
    """What pods of one namespace may do to pods of another.

    Attributes:
        reached: pairs (pod, other pod) between which something may flow.
        pairs: all pairs; a pod and itself are none.
        some: what may flow between at least one pair.
        every: what may flow between all of them.
    """

    reached: int
    pairs: int
    some: Connections
    every: Connections

    @property
    def share(self) -> Share:
        """Between how many of the pairs something may flow."""
        if not self.reached:
            return "none"
        return "all" if self.reached == self.pairs else "some"

    @property
    def free(self) -> bool:
        """Whether every pod reaches every other on every port."""
        return self.pairs > 0 and self.every.all_ports


class Matrix:
    """Rows are computed when asked for, and kept.

    Attributes:
        network: the cluster.
        namespaces: those that have pods, by name.
    """

    def __init__(self, world: Network) -> None:
        self.network = world
        self.namespaces = tuple(dict.fromkeys(group.namespace for group in world.groups if group.count))
        self._rows: dict[str, dict[str, Cell]] = {}
        self._pods = {
            name: sum(group.count for group in world.in_namespace(name)) for name in self.namespaces
        }

    def row(self, source: str) -> dict[str, Cell]:
        """What pods of a namespace may do to those of each namespace, itself included; empty for one without pods."""
        known = self._rows.get(source)
        if known is None:
            known = self._rows[source] = self._row(source) if source in self._pods else {}
        return known

    def cell(self, source: str, destination: str) -> Cell:
        """One of them.

        Raises:
            KeyError: one of the namespaces has no pods.
        """
        return self.row(source)[destination]

    def pods(self, namespace: str) -> int:
        """How many pods a namespace has."""
        return self._pods.get(namespace, 0)

    def _row(self, source: str) -> dict[str, Cell]:
        # Groups that nothing tells apart here are asked once, for all their pods.
        alike: dict[frozenset[Layer], list[Group]] = {}
        for group in self.network.in_namespace(source):
            if group.count:
                layers = frozenset(receivers(self.network, group).layers)
                alike.setdefault(layers, []).append(group)
        asked = [(layers, groups, sum(group.count for group in groups)) for layers, groups in alike.items()]
        return {name: self._cell(source, name, asked) for name in self.namespaces}

    def _cell(self, source: str, name: str, asked: list[tuple[frozenset[Layer], list[Group], int]]) -> Cell:
        there = self._bits(name)
        many = self._pods[name]
        reached = pairs = 0
        some, every = NONE, ALL
        for layers, groups, count in asked:
            pairs += count * many - (count if name == source else 0)
            left = there
            for layer in layers:
                bits = layer.bits & there
                if not bits or not layer.connections:
                    continue
                left &= ~bits
                some, every = some | layer.connections, every & layer.connections
                reached += count * self.network.pods_in(bits)
                reached -= sum(group.count for group in groups if bits >> group.number & 1)
            if left and self._others(left, groups):
                every = NONE
        return Cell(reached, pairs, some, every if pairs else NONE)

    def _others(self, left: int, groups: list[Group]) -> bool:
        """Whether groups that are not reached hold a pod other than the one that asks."""
        if len(groups) == 1 and groups[0].count == 1:
            left &= ~(1 << groups[0].number)
        return self.network.pods_in(left) > 0

    def _bits(self, namespace: str) -> int:
        groups = self.network.in_namespace(namespace)
        return ((1 << len(groups)) - 1) << groups[0].number


def matrix(snapshot: Snapshot, rules: Rules = DEFAULT) -> Matrix:
    """Which namespaces reach which; made once for each Snapshot and way of reading policies."""
    found: Matrix = snapshot.derived((matrix, rules), partial(_made, rules=rules))
    return found


def _made(snapshot: Snapshot, rules: Rules) -> Matrix:
    return Matrix(network(snapshot, rules))
