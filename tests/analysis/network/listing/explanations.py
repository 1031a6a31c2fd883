"""Reads what netpol-analyzer prints as explanation: who, which ports, which end, which policies."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_PAIR = re.compile(r"Connections between (.*) => (.*):$")
_PORTS = re.compile(r"(SCTP|TCP|UDP)(?::\[([\d,-]*)\])?")
_END = re.compile(r"(Ingress|Egress) \((Allowed|Denied)\)")
_POLICY = re.compile(r"(NetworkPolicy|AdminNetworkPolicy|BaselineAdminNetworkPolicy) '([^']*)'(.*)")
_RULE = re.compile(r" (?:allows|denies|passes) connections by (?:Ingress|Egress) rule (\S+)")


@dataclass(frozen=True)
class Said:
    """What is said of some ports between two ends.

    Attributes:
        source: who connects.
        destination: to whom.
        allowed: whether it may.
        ports: protocol and port at each end of each range.
        ends: for each end in question whether it allows it.
        policies: for each end the policies that are named, as (kind, name).
        rules: for each end the rules that decide, as (kind, name, rule).
    """

    source: str
    destination: str
    allowed: bool
    ports: tuple[tuple[str, int], ...]
    ends: dict[str, bool] = field(default_factory=dict)
    policies: dict[str, set[tuple[str, str]]] = field(default_factory=dict)
    rules: dict[str, set[tuple[str, str, str]]] = field(default_factory=dict)


def read(text: str) -> Iterator[Said]:
    """Every paragraph on some ports of a pair."""
    source = destination = ""
    said: Said | None = None
    end = ""
    for line in text.splitlines():
        words = line.strip()
        if pair := _PAIR.match(words):
            source, destination = pair.groups()
        elif words.startswith("#") and said is not None:
            yield said
            said = None
        elif words.startswith(("Allowed ", "Denied ")) and "due to" in words:
            if said is not None:
                yield said
            allowed = words.startswith("Allowed")
            said = Said(source, destination, allowed, tuple(_ports(words.partition(" due to")[0])))
            if "system default" in words:
                said.ends.update(ingress=True, egress=True)
        elif said is not None and (found := _END.match(words)):
            end = found[1].lower()
            said.ends[end] = found[2] == "Allowed"
        elif said is not None and (named := _POLICY.match(words)):
            said.policies.setdefault(end, set()).add((named[1], named[2]))
            if rule := _RULE.match(named[3]):
                said.rules.setdefault(end, set()).add((named[1], named[2], rule[1]))
    if said is not None:
        yield said


def open_pairs(text: str) -> Iterator[tuple[str, str]]:
    """The pairs that are open since no policy governs either end."""
    _, found, rest = text.partition("# All Connections due to the system default (Allow all) #")
    for line in rest.partition("Exposure Analysis")[0].splitlines() if found else ():
        source, arrow, destination = line.partition(" => ")
        if arrow:
            yield source.strip(), destination.strip()


def _ports(words: str) -> Iterator[tuple[str, int]]:
    for protocol, ranges in _PORTS.findall(words):
        for part in (ranges or "1-65535").split(","):
            first, _, last = part.partition("-")
            yield protocol, int(first)
            yield protocol, int(last or first)
