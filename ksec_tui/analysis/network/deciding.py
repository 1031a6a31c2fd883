"""How tiers decide, given which rules match: the one place that knows their order.

Admin policies by priority, each rule in its place, first match wins for each port; then the NetworkPolicies of
the namespace, if any isolates the pod; else the baseline policies; what nobody decided is allowed
(network-policy-api, "Evaluation order").

A match may be uncertain, and two policies of one priority may disagree. So a port may have several possible
ends, and what is answered is what may be allowed and what may be denied.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ksec_tui.analysis.network.ports import ALL, NONE, Connections
from ksec_tui.analysis.network.rules import Action
from ksec_tui.analysis.network.side import Rule


@dataclass(frozen=True, slots=True)
class Outcome:
    """What may be allowed and what may be denied; together always everything.

    Attributes:
        allow: what is allowed in at least one possible case.
        deny: what is denied in at least one.
    """

    allow: Connections
    deny: Connections

    @property
    def sure(self) -> Connections:
        """What is allowed in every case."""
        return self.allow - self.deny

    @property
    def unknown(self) -> Connections:
        """What depends on something that is not known."""
        return self.allow & self.deny


OPEN = Outcome(ALL, NONE)


@dataclass(frozen=True, slots=True)
class Match:
    """A rule that matches two ends.

    Attributes:
        action: what the rule does.
        ports: what it covers there, names resolved.
        sure: whether it matches for certain.
        rule: the rule itself, for the trace.
    """

    action: Action
    ports: Connections
    sure: bool
    rule: Rule


Bucket = Sequence[Sequence[Match]]
"""The policies of one priority, each with its matching rules in their order."""

Trace = Callable[[Match, Connections], None]
"""Told each rule that decides, and on which ports."""


@dataclass(slots=True)
class _Walk:
    rest: Connections
    allow: Connections = NONE
    deny: Connections = NONE
    passed: Connections = NONE


def _untraced(_match: Match, _ports: Connections) -> None:
    pass


def decide(
    admin: Iterable[Bucket],
    isolated: Connections | None,
    possible: Connections,
    baseline: Iterable[Bucket],
    trace: Trace = _untraced,
    asked: Connections = ALL,
) -> Outcome:
    """What is allowed in one direction between two ends.

    Args:
        admin: the matching rules of the admin tier, by priority.
        isolated: what the NetworkPolicies that select the pod allow; None when none selects it.
        possible: what they allow besides, if uncertain rules match.
        baseline: the matching rules of the baseline tier, by priority.
        trace: told of the rules of the admin and baseline tiers that decide.
        asked: the ports in question.
    """
    first = _walk(admin, asked, trace)
    rest = first.rest | first.passed
    allow, deny = first.allow, first.deny
    if isolated is not None:
        return Outcome(allow | (rest & (isolated | possible)), deny | (rest - isolated))
    last = _walk(baseline, rest, trace)
    return Outcome(allow | last.allow | last.passed | last.rest, deny | last.deny)


def _walk(buckets: Iterable[Bucket], rest: Connections, trace: Trace) -> _Walk:
    walk = _Walk(rest)
    for bucket in buckets:
        if not walk.rest:
            break
        before = walk.rest
        left = before
        for policy in bucket:
            # Policies of one priority have no order among them: each begins with the same ports.
            walk.rest = before
            for match in policy:
                _apply(walk, match, trace)
            left = left & walk.rest
        walk.rest = left
    return walk


def _apply(walk: _Walk, match: Match, trace: Trace) -> None:
    hit = walk.rest & match.ports
    if not hit:
        return
    trace(match, hit)
    match match.action:
        case Action.ALLOW:
            walk.allow = walk.allow | hit
        case Action.DENY:
            walk.deny = walk.deny | hit
        case Action.PASS:
            walk.passed = walk.passed | hit
    if match.sure:
        walk.rest = walk.rest - hit
