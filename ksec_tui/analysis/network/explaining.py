"""Which rule decides, in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ksec_tui.analysis.network.addresses import AddressSet
from ksec_tui.analysis.network.deciding import Match
from ksec_tui.analysis.network.groups import Group, NamedPort
from ksec_tui.analysis.network.pairs import Local, judge, local
from ksec_tui.analysis.network.ports import Connections
from ksec_tui.analysis.network.rules import Action
from ksec_tui.analysis.network.side import Rule, Side
from ksec_tui.cluster.ref import ObjectRef


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that decides.

    Attributes:
        ref: the policy; None for what no object says.
        rule: ``Ingress rule #1``, or an admin rule's name; empty when no rule of `ref` matches.
        allows: what it does; None when it passes on or leaves it open.
        words: a plain phrase.
        by_address: whether a NetworkPolicy's rule means a pod by its address alone.
    """

    ref: ObjectRef | None
    rule: str
    allows: bool | None
    words: str
    by_address: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """What the policies at one end say.

    Attributes:
        allowed: None when it is not known; a reason tells why.
        reasons: what decides, the decisive one last.
    """

    allowed: bool | None
    reasons: tuple[Reason, ...]


def rule_name(side: Side, rule: Rule) -> str:
    """``Ingress rule #1``, with an admin rule's own name if it has one."""
    number = f"{side.direction.capitalize()} rule #{rule.clause.number}"
    return f"{number} ({rule.clause.name})" if rule.clause.name else number


def explained(
    side: Side,
    subject: Group,
    peer: Group | AddressSet,
    named: tuple[NamedPort, ...],
    asked: Connections,
    *,
    names: tuple[str, str],
    home: bool = False,
) -> Decision:
    """What the policies at one end say of one port, and which of their rules say it.

    Args:
        side: which end.
        subject: the pods at that end.
        peer: the other end.
        named: the destination's ports by name.
        asked: the port.
        names: what to call the two.
        home: whether the peer is the node of the pod.
    """
    said = local(side, subject, peer, named)
    steps: list[Match] = []
    outcome = judge(
        side,
        subject,
        peer,
        named,
        said=said,
        trace=lambda match, _: steps.append(match),
        asked=asked,
        at_home=home,
    )
    allow, deny = bool(outcome.allow & asked), bool(outcome.deny & asked)
    reasons = [_admin_reason(side, match) for match in steps]
    if any(match.action is not Action.PASS and match.sure for match in steps):
        pass  # an admin or baseline rule has decided
    elif said.policies:
        reasons += _home(names) if home else _local_reasons(side, said, peer, asked, names)
    else:
        what = "no other policy" if steps else "no policy"
        way = side.direction
        reasons.append(Reason(None, "", True, f"{what} governs the {way} of {names[0]}: open by default"))
    if allow and deny:
        reasons.append(Reason(None, "", None, _open_words(steps)))
        return Decision(None, tuple(reasons))
    return Decision(allow, tuple(reasons))


def _open_words(steps: list[Match]) -> str:
    done = {match.action for match in steps if match.sure}
    if len(done) > 1:
        return "policies of the same priority disagree, and nothing says which of them goes first"
    return "whether a rule matches depends on addresses that are not known, or on which of a pod's is used"


def _admin_reason(side: Side, match: Match) -> Reason:
    rule = match.rule
    allows = {Action.ALLOW: True, Action.DENY: False, Action.PASS: None}[match.action]
    name = rule_name(side, rule)
    maybe = "" if match.sure else ", if it matches,"
    verb = {True: "allows it", False: "denies it", None: "passes it on"}[allows]
    return Reason(rule.policy.ref, name, allows, f"{rule.policy.ref}: {name}{maybe} {verb}")


def _home(names: tuple[str, str]) -> list[Reason]:
    return [Reason(None, "", True, f"{names[1]} is the node of {names[0]}, which pods always reach")]


def _local_reasons(
    side: Side, said: Local, peer: Group | AddressSet, asked: Connections, names: tuple[str, str]
) -> Iterator[Reason]:
    found = [(rule, sure) for rule, ports, sure in said.rules if ports & asked]
    for rule, sure in found:
        name = rule_name(side, rule)
        block = rule.by_address(peer)
        words = f"{rule.policy.ref}: {name} allows it" + ("" if sure else ", if it matches")
        words += ", by the pod's address" if block else ""
        yield Reason(rule.policy.ref, name, True if sure else None, words, block)
    if found:
        return
    toward = "from" if side.direction == "ingress" else "to"
    for item in said.policies:
        ref = item.policy.ref
        matching = [rule for rule, _, _ in said.rules if rule.policy is item.policy]
        if matching:
            words = f"{ref} selects {names[0]} and allows {toward} {names[1]} other ports only"
        else:
            words = f"{ref} selects {names[0]} and no rule of it allows {toward} {names[1]}"
        yield Reason(ref, "", False, words)
