"""What whoever reads a list should know besides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ksec_tui.analysis.network.listing.choice import Choice
from ksec_tui.analysis.network.listing.owners import Owner, is_virtual_machine
from ksec_tui.analysis.network.rules import DIRECTIONS, Clause, Policy
from ksec_tui.analysis.network.world import policies_of
from ksec_tui.cluster.kinds import POD, USER_DEFINED_NETWORK
from ksec_tui.cluster.snapshot import Snapshot


def remarks(snapshot: Snapshot, every: Iterable[Owner], choice: Choice) -> Iterator[str]:
    """What was left out, chosen in vain, or is not judged; one sentence each."""
    policies = policies_of(snapshot)
    if not policies:
        yield "there is no NetworkPolicy or policy of a like kind: everything may connect to everything"
    for word in choice.unknown((owner.namespace, owner.name) for owner in every):
        yield f"there is no workload called {word}"
    if choice.exposure and choice.focus and choice.peers:
        yield "what pods to come could exchange is not told for pairs: leave --peer or --exposure out"
    for pod in snapshot.of(POD):
        if is_virtual_machine(pod.metadata.labels):
            yield f"{pod.ref} runs a virtual machine and is left out"
    yield from own_networks(snapshot)
    for policy in policies:
        yield from _of_rules(policy)


def own_networks(snapshot: Snapshot) -> Iterator[str]:
    """Networks of a namespace alone, which lists do not look at; one sentence each.

    Pods of a primary one reach no pod elsewhere (ovn-org/ovn-kubernetes, user-defined networks).
    """
    for network in snapshot.of(USER_DEFINED_NETWORK):
        if network.role == "Secondary":
            yield f"{network.ref} is a secondary network: what flows there is not told"
        elif network.role == "Primary":
            where = network.namespace
            yield f"{network.ref} is a primary network: pods of {where} reach none elsewhere, whatever is told"


def _of_rules(policy: Policy) -> Iterator[str]:
    for direction in DIRECTIONS:
        for clause in policy.rules(direction) or ():
            where = f"{policy.ref}: {_named(direction, clause)}"
            if any(block.ranges6 for block in clause.blocks):
                yield f"{where} names IPv6 addresses, which this form of list leaves out"
            if direction == "egress" and clause.blocks and clause.ports.names:
                names = ", ".join(name for name, _ in clause.ports.names)
                yield f"{where}: the port name {names} means nothing for addresses, of which no port has a name"


def _named(direction: str, clause: Clause) -> str:
    return f"spec.{direction}[{clause.number - 1}]" + (f" ({clause.name})" if clause.name else "")
