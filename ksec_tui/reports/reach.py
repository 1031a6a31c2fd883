"""Answers on who can reach whom, as text for people and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from ksec_tui.analysis.network.explaining import Decision, Reason
from ksec_tui.analysis.network.questions import Answer, Answers
from ksec_tui.cluster.text import one_line
from ksec_tui.reports.columns import columns

_CELL = 80
_WORDS = {True: "allowed", False: "denied", None: "not known"}


def reach_text(found: Answers, *, width: int | None = None) -> str:
    """Whether it is allowed at both ends, by which rules, and what speaks against it; ends with a line feed.

    Args:
        found: what `ask` says.
        width: cells of a line where the terminal has so many; None prints everything in full.
    """
    return "".join(f"{line}\n" for line in _lines(found, width))


def reach_json(found: Answers) -> str:
    """The same as one JSON object."""
    tree = {
        **_ignored(found),
        "from": found.source,
        "to": found.destination,
        "protocol": found.port.protocol,
        "port": found.port.number,
        **_verdict(found),
        "pairs": [_pair(answer) for answer in found.found],
    }
    return msgspec.json.format(msgspec.json.encode(tree), indent=2).decode() + "\n"


def reach_line(found: Answers) -> str:
    """One line of JSON: ``ingress``, ``egress``, ``allowed`` (null where not known), ``because`` and any ``doubts``."""
    return msgspec.json.encode(_ignored(found) | _verdict(found)).decode() + "\n"


def unanswered_line(reason: str) -> str:
    """The same for a question that cannot be answered."""
    tree = {"ingress": None, "egress": None, "allowed": None, "because": [reason]}
    return msgspec.json.encode(tree).decode() + "\n"


def _ignored(found: Answers) -> dict[str, str]:
    """What is told before all else: that the network plugin ignores policies."""
    return {"notEnforced": found.unenforced} if found.unenforced else {}


def _lines(found: Answers, width: int | None) -> Iterator[str]:
    if found.unenforced:
        yield f"policies are not enforced: {one_line(found.unenforced)}"
    asked = f"{one_line(found.source, _CELL)} to {one_line(found.destination, _CELL)}, {found.port}"
    if found.allowed is None and {answer.verdict.allowed for answer in found.found} == {True, False}:
        yield f"allowed for some of its pods: {asked}"
    else:
        yield f"{_WORDS[found.allowed]} by the policies: {asked}"
    rows: list[tuple[str, str, str]] = []
    for answer in found.found:
        if len(found.found) > 1:
            where = f"{one_line(str(answer.source), _CELL)} to {one_line(str(answer.destination), _CELL)}"
            rows.append((f"{where}, {answer.port}", _WORDS[answer.verdict.allowed], ""))
        for way, said in (("egress", answer.verdict.egress), ("ingress", answer.verdict.ingress)):
            for place, reason in enumerate(said.reasons):
                rows.append(
                    (way, _WORDS[said.allowed], one_line(reason.words))
                    if not place
                    else ("", "", one_line(reason.words))
                )
    yield from columns(rows, most=width)
    yield from (f"not certain: {one_line(words)}" for words in _doubts(found))


def _doubts(found: Answers) -> list[str]:
    every = (doubt.words for answer in found.found for doubt in answer.verdict.turning)
    return list(dict.fromkeys(every))


def _verdict(found: Answers) -> dict[str, Any]:
    reasons = (
        reason.words
        for answer in found.found
        for said in (answer.verdict.egress, answer.verdict.ingress)
        for reason in said.reasons
    )
    tree: dict[str, Any] = {
        "ingress": found.ingress,
        "egress": found.egress,
        "allowed": found.allowed,
        "because": list(dict.fromkeys(reasons)),
    }
    return tree | ({"doubts": doubts} if (doubts := _doubts(found)) else {})


def _pair(answer: Answer) -> dict[str, Any]:
    return {
        "from": str(answer.source),
        "to": str(answer.destination),
        "protocol": answer.port.protocol,
        "port": answer.port.number,
        "allowed": answer.verdict.allowed,
        "egress": _decision(answer.verdict.egress),
        "ingress": _decision(answer.verdict.ingress),
    }


def _decision(said: Decision) -> dict[str, Any]:
    return {"allowed": said.allowed, "reasons": [_reason(reason) for reason in said.reasons]}


def _reason(reason: Reason) -> dict[str, Any]:
    tree: dict[str, Any] = {"words": reason.words, "allows": reason.allows}
    if reason.ref is not None:
        ref = reason.ref
        policy = {"kind": ref.kind, "name": ref.name}
        tree["policy"] = policy | ({"namespace": ref.namespace} if ref.namespace else {})
    if reason.rule:
        tree["rule"] = reason.rule
    return tree
