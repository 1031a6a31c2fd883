"""Kubernetes' own controls, on or off, as text for people and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from ksec_tui.cluster.ref import CLUSTER
from ksec_tui.cluster.text import one_line
from ksec_tui.findings.controls.control import Posture, State
from ksec_tui.findings.verdict import Verdict
from ksec_tui.reports.columns import columns

SCHEMA = "ksec-controls/1"
_WORDS = 200


def audit_text(postures: Sequence[Posture], *, width: int | None = None) -> str:
    """A headline, then one line for each control and how to switch on what is not; ends with a line feed.

    Args:
        postures: the controls.
        width: cells of a line where the terminal has so many; None prints everything in full.
    """
    return "".join(f"{line}\n" for line in _lines(postures, width))


def headline(postures: Sequence[Posture]) -> str:
    """How many controls are in each state."""
    counts = Counter(item.state for item in postures)
    order = (State.ON, State.PARTLY, State.OFF, State.HIDDEN, State.NONE)
    said = ", ".join(f"{counts[state]} {state.value}" for state in order if counts[state])
    return f"{len(postures)} controls: {said}"


def _lines(postures: Sequence[Posture], width: int | None) -> Iterator[str]:
    yield headline(postures)
    yield ""
    rows = [("STATE", "PART", "CONTROL", "HOW FAR")]
    rows += [
        (item.state.value, item.control.group, item.control.title, one_line(item.words, _WORDS))
        for item in postures
    ]
    yield from columns(rows, most=width)
    lacking = [item for item in postures if item.state in (State.OFF, State.PARTLY) and item.off]
    if lacking:
        yield ""
        yield "To switch on what is off:"
        yield from columns([(item.control.title, item.control.todo) for item in lacking], most=width)


def audit_json(postures: Sequence[Posture]) -> str:
    """Every control with its places, reasons and fixes as one JSON object; ends with a line feed."""
    tree = {"schema": SCHEMA, "controls": [_tree(item) for item in postures]}
    return msgspec.json.format(msgspec.json.encode(tree)).decode() + "\n"


def _tree(item: Posture) -> dict[str, Any]:
    failed = [finding for finding in item.findings if finding.verdict is Verdict.FAIL]
    severity = item.severity
    return {
        "id": item.control.id,
        "part": item.control.group,
        "title": item.control.title,
        "state": item.state.value,
        "words": one_line(item.words),
        "on": item.on,
        "total": item.total,
        "off": ["cluster" if ref == CLUSTER else one_line(str(ref)) for ref in item.off],
        "unknown": [one_line(reason) for reason in item.unknown],
        "checks": list(item.control.checks),
        "severity": severity.word if severity is not None else None,
        "findings": [finding.fingerprint for finding in failed],
        "fixable": sum(finding.fixable for finding in failed),
        "todo": item.control.todo,
    }
