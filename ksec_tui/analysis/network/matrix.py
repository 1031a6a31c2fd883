"""Namespace by namespace: whose pods reach whose, without looking at pairs of pods."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
        asked = [_Asked(layers, groups, self.network.space.size) for layers, groups in alike.items()]
        return {name: self._cell(name, asked) for name in self.namespaces}

    def _cell(self, name: str, asked: list[_Asked]) -> Cell:
        there = self.network.in_namespace(name)
        reached = pairs = 0
        some, every = NONE, ALL
        for one in asked:
            # The pods that ask are among those asked about, when it is their own namespace.
            selves = {group.number for group in one.groups} if there[0].namespace == one.namespace else set()
            left = many = self._pods[name]
            pairs += one.count * many - (one.count if selves else 0)
            lone = 0
            for connections, groups in one.among(there):
                some, every = some | connections, every & connections
                here = sum(group.count for group in groups)
                left -= here
                own = sum(group.count for group in groups if group.number in selves)
                lone += own
                reached += one.count * here - own
            # A single pod is not among those it reaches; nobody else may be missing.
            if left - (1 if selves and one.count == 1 and not lone else 0):
                every = NONE
        return Cell(reached, pairs, some, every if pairs else NONE)


class _Asked:
    """Groups of one namespace that reach the same.

    Attributes:
        layers: what they reach.
        groups: the groups.
        namespace: where they are.
        count: how many pods they have.
    """

    __slots__ = ("_blobs", "count", "groups", "namespace")

    def __init__(self, layers: frozenset[Layer], groups: list[Group], size: int) -> None:
        self.groups = groups
        self.namespace = groups[0].namespace
        self.count = sum(group.count for group in groups)
        self._blobs = [
            (layer.connections, layer.bits.to_bytes(size // 8 + 1, "little"))
            for layer in layers
            if layer.connections
        ]

    def among(self, there: Sequence[Group]) -> Iterator[tuple[Connections, list[Group]]]:
        """What they may send to some groups that stand next to each other."""
        for connections, blob in self._blobs:
            found = [group for group in there if blob[group.number >> 3] >> (group.number & 7) & 1]
            if found:
                yield connections, found


def matrix(snapshot: Snapshot, rules: Rules = DEFAULT) -> Matrix:
    """Which namespaces reach which; made once for each Snapshot and way of reading policies."""
    found: Matrix = snapshot.derived((matrix, rules), partial(_made, rules=rules))
    return found


def _made(snapshot: Snapshot, rules: Rules) -> Matrix:
    return Matrix(network(snapshot, rules))
