"""One end of a connection between two given ends: what its policies let through, and which rule decides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ksec_tui.analysis.network.addresses import AddressSet
from ksec_tui.analysis.network.deciding import Bucket, Match, Outcome, Trace, decide
from ksec_tui.analysis.network.groups import Group, NamedPort
from ksec_tui.analysis.network.ports import ALL, NONE, Connections
from ksec_tui.analysis.network.side import BoundPolicy, Rule, Side, resolved


@dataclass(frozen=True, slots=True)
class Local:
    """What the NetworkPolicies at one end say of one peer.

    Attributes:
        policies: those that select the pod; none leaves it open.
        rules: their rules that match the peer, with what each lets through and whether it matches for certain.
    """

    policies: tuple[BoundPolicy, ...]
    rules: tuple[tuple[Rule, Connections, bool], ...]

    @property
    def isolated(self) -> Connections | None:
        """What they allow for certain; None when none selects the pod."""
        if not self.policies:
            return None
        return Connections.union(ports for _, ports, sure in self.rules if sure)

    @property
    def possible(self) -> Connections:
        """What they allow if rules match that may match."""
        return Connections.union(ports for _, ports, sure in self.rules if not sure)


def local(side: Side, subject: Group, peer: Group | AddressSet, named: tuple[NamedPort, ...]) -> Local:
    """What NetworkPolicies say.

    Args:
        side: which end.
        subject: the pods at that end.
        peer: the other end.
        named: the destination's ports by name.
    """
    policies = side.selecting(subject)
    found = tuple(
        (rule, ports, bool(sure))
        for item in policies
        for rule in item.rules(side.direction) or ()
        if (sure := rule.touches(peer)) is not False and (ports := resolved(rule.clause.ports, named))
    )
    return Local(policies, found)


def judge(
    side: Side,
    subject: Group,
    peer: Group | AddressSet,
    named: tuple[NamedPort, ...],
    *,
    said: Local | None = None,
    trace: Trace | None = None,
    asked: Connections = ALL,
    at_home: bool = False,
) -> Outcome:
    """What the policies at one end allow between `subject` there and `peer`.

    Args:
        side: which end.
        subject: the pods at that end; those in their node's network are governed by nothing.
        peer: the other end.
        named: the destination's ports by name.
        said: what NetworkPolicies say, if known already.
        trace: told of the rules of admin and baseline policies that decide.
        asked: the ports in question.
        at_home: whether the peer is the node of the pod: NetworkPolicies never cut that off.
    """
    said = said or local(side, subject, peer, named)
    isolated, possible = said.isolated, said.possible
    if at_home and isolated is not None:
        isolated, possible = ALL, NONE
    admin = [list(matches(bucket, side, subject, peer, named)) for bucket in side.admin]
    baseline: list[Bucket] = []
    if isolated is None:
        baseline = [list(matches(bucket, side, subject, peer, named)) for bucket in side.baseline]
    if trace is None:
        return decide(admin, isolated, possible, baseline, asked=asked)
    return decide(admin, isolated, possible, baseline, trace, asked)


def matches(
    bucket: Sequence[BoundPolicy],
    side: Side,
    subject: Group,
    peer: Group | AddressSet,
    named: tuple[NamedPort, ...],
) -> Iterator[list[Match]]:
    """For each policy of one priority that governs `subject` its rules that match `peer`."""
    for item in bucket:
        if not item.subjects.has(subject.number):
            continue
        found = []
        for rule in item.rules(side.direction) or ():
            sure = rule.touches(peer)
            if sure is not False:
                ports = resolved(rule.clause.ports, named)
                found.append(Match(rule.clause.action, ports, bool(sure), rule))
        if found:
            yield found
