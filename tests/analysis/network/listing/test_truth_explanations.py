"""Verdicts name the policies and rules that netpol-analyzer's public explanations name.

Left out: what an unknown ingress controller may reach, since Ingresses and Routes are no policies (the lists
tell it); and the exposure below the explanations, which is told like that of the lists.
"""

from __future__ import annotations

import json
from ipaddress import IPv4Address
from typing import Any

import pytest

from ksec_tui.analysis.network.listing.imagined import imagine
from ksec_tui.analysis.network.listing.owners import owners
from ksec_tui.analysis.network.listing.stage import RULES, Stage
from ksec_tui.analysis.network.reach import Decision, End, verdict
from ksec_tui.sources.base import load
from ksec_tui.sources.files import FileSource
from tests.analysis.network.listing.explanations import Said, open_pairs, read
from tests.cli.connection_cases import THERE, TRUTH, folder

pytestmark = pytest.mark.skipif(not THERE, reason="shared/conformance/network/netpol-analyzer is not here")

INDEX: list[dict[str, Any]] = json.loads((TRUTH / "index.json").read_text("utf-8")) if THERE else []
CASES = [item for item in INDEX if item["kind"] == "explain"]


class Ends:
    """The ends of a case by the words of its explanation."""

    def __init__(self, directory: str) -> None:
        snapshot, _ = load(FileSource([folder(directory)]))
        every = owners(snapshot)
        self.stage = Stage(imagine(snapshot, every))
        self._owners = {str(owner): owner for owner in every}

    def __getitem__(self, words: str) -> End:
        if words in self._owners:
            return self.stage.owner(self._owners[words])
        first, last = words.removesuffix("[External]").split("-")
        return self.stage.span((int(IPv4Address(first)), int(IPv4Address(last))))


def expected(item: dict[str, Any]) -> str:
    path = TRUTH / "expected" / str(item["expected"][0])
    return path.read_text("utf-8")


def named(found: Decision) -> set[tuple[str, str]]:
    return {(reason.ref.kind, reason.ref.path) for reason in found.reasons if reason.ref is not None}


def wrong(said: Said, ends: Ends) -> list[str]:
    """Where verdicts on the ports of one paragraph differ from it."""
    found = []
    for protocol, port in said.ports:
        answer = verdict(
            ends.stage.snapshot, ends[said.source], ends[said.destination], protocol, port, RULES
        )
        where = f"{said.source} => {said.destination} {protocol} {port}"
        if answer.allowed is not said.allowed:
            found.append(f"{where}: {answer.allowed}")
        for way, allowed in said.ends.items():
            decision = answer.ingress if way == "ingress" else answer.egress
            if decision.allowed is not allowed:
                found.append(f"{where}: {way} {decision.allowed}")
            if named(decision) != said.policies.get(way, set()):
                found.append(f"{where}: {way} names {named(decision)}, not {said.policies.get(way)}")
            for kind, name, rule in said.rules.get(way, ()):
                told = [
                    reason.rule
                    for reason in decision.reasons
                    if reason.ref is not None and (reason.ref.kind, reason.ref.path) == (kind, name)
                ]
                if not any(rule in words for words in told):
                    found.append(f"{where}: {way} {kind} {name}: {told}, not {rule}")
    return found


@pytest.mark.parametrize("item", CASES, ids=lambda item: str(item["expected"][0]).rpartition("/")[2])
def test_verdicts_and_policies_are_those_of_the_explanation(item: dict[str, Any]) -> None:
    ends = Ends(item["dir"])
    text = expected(item)
    paragraphs = [said for said in read(text) if not said.source.startswith("{")]
    pairs = [pair for pair in open_pairs(text) if not pair[0].startswith("{")]
    assert paragraphs or pairs
    assert [line for said in paragraphs for line in wrong(said, ends)] == []
    for source, destination in pairs:
        assert ends.stage.between(ends[source], ends[destination]).all
        answer = verdict(ends.stage.snapshot, ends[source], ends[destination], "TCP", 80, RULES)
        assert (answer.allowed, named(answer.ingress), named(answer.egress)) == (True, set(), set())


def test_all_explanations_are_there() -> None:
    assert len(CASES) == 26
