"""Ports that rules call by name, of pods that are not there: nobody knows their numbers, so the names are told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ksec_tui.analysis.network.ports import FIRST, LAST, PROTOCOLS, Connections
from ksec_tui.analysis.network.rules import DIRECTIONS, Policy
from ksec_tui.cluster.pods import ContainerPort


class NamedPorts:
    """Gives every name a number that no rule tells from the one below it, and finds the names again.

    Args:
        policies: whose rules.
    """

    def __init__(self, policies: Iterable[Policy]) -> None:
        every = [rule.ports for item in policies for way in DIRECTIONS for rule in item.rules(way) or ()]
        names = sorted({name for ports in every for name, _ in ports.names})
        edges = {
            edge
            for ports in every
            for _, numbers in ports.fixed.protocols()
            for first, last in numbers.ranges
            for edge in (first, last + 1)
        }
        self.numbers = dict(zip(names, _free(edges), strict=False))

    def declared(self) -> tuple[ContainerPort, ...]:
        """What a pod declares that has all of them, over every protocol."""
        return tuple(
            ContainerPort(name=name, container_port=number, protocol=protocol)
            for name, number in self.numbers.items()
            for protocol in PROTOCOLS
        )

    def told(self, connections: Connections) -> tuple[Connections, tuple[str, ...]]:
        """Connections to such a pod without those numbers, and the names in their place.

        A name over every protocol is told without one, as np-guard's netpol-analyzer does.
        """
        said: list[str] = []
        for name, number in self.numbers.items():
            over = [way for way in PROTOCOLS if _alone(connections, way, number)]
            for way in over:
                connections = connections - Connections.of(way, number, number)
            for way in PROTOCOLS:
                if connections.allows(way, number - 1) and way not in over:
                    connections = connections | Connections.of(way, number, number)
            if len(over) == len(PROTOCOLS):
                said.append(f" {name}")
            else:
                said.extend(f"{way} {name}" for way in over)
        return connections, tuple(said)


def _alone(connections: Connections, protocol: str, number: int) -> bool:
    return connections.allows(protocol, number) and not connections.allows(protocol, number - 1)


def _free(edges: set[int]) -> Iterator[int]:
    """Numbers from the top that no range starts at, each with another below it."""
    for number in range(LAST, FIRST, -2):
        if number not in edges:
            yield number
